"""Run by path in a bare interpreter (`python -I -S launcher.py`): prepares itself, then becomes the command.

Arguments: parent's pid, signal on the parent's death, identity mode, user id, then the command. It imports nothing of
ours, and stays cheap: 15 ms. The same in `preexec_fn` would be unsafe, because we have threads.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import sys
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1


def _enter_namespace(user_id: int) -> None:
    outside_user, outside_group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not allowed here")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user_id} {outside_user} 1")
    Path("/proc/self/gid_map").write_text(f"{user_id} {outside_group} 1")


def _become(user_id: int) -> None:
    os.setgroups([])
    os.setgid(pwd.getpwuid(user_id).pw_gid)
    os.setuid(user_id)


def _die_with(parent: int, death_signal: int) -> None:
    """After every change of identity, since those clear it."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        sys.exit("the parent is gone")


def main(parent: str, death_signal: str, mode: str, user_id: str, *command: str) -> None:
    """Take the identity, arrange to die with the parent, and become the command."""
    if mode == "namespace":
        _enter_namespace(int(user_id))
    elif mode == "user":
        _become(int(user_id))
    _die_with(int(parent), int(death_signal))
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(*sys.argv[1:])
