"""As whom a server runs: PostgreSQL refuses root.

Root gets a user namespace where it is `nobody`: nothing changes owner, and root's own private folders stay private and
usable. Where the system forbids namespaces (most containers), the server runs as the real `nobody`, and its data folder
changes owner.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

_LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass(frozen=True)
class Identity:
    """`same`: as we are; `namespace`: root shown as `user_id`; `user`: become `user_id`."""

    mode: Literal["same", "namespace", "user"]
    user_id: int = -1


SAME = Identity("same")


def unprivileged() -> Identity:
    """An identity that is not root, for servers that refuse root."""
    if os.geteuid() != 0:
        return SAME
    nobody = pwd.getpwnam("nobody").pw_uid
    return Identity("namespace" if namespaces_work(nobody) else "user", nobody)


@cache
def namespaces_work(user_id: int) -> bool:
    """Whether this system lets us start a process in a user namespace of its own."""
    probe = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()), "15", "namespace", str(user_id), "/bin/sh", "-c", ":"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0
