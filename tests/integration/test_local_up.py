"""`leadline up` as a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from leadline.local import running
from leadline.local.probes import kafka_answers, postgres_answers
from leadline.local.running import Addresses
from tests.waiting import lives, until

_ROOT = Path(__file__).parents[2]
_COMMAND = [sys.executable, "-c", "import typer; from leadline.cli.up import up; typer.run(up)"]


def test_up_runs_everything_repairs_what_dies_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with _up(tmp_path) as (process, addresses):
        _refuses_a_second(tmp_path)
        children = _children(process.pid)
        os.kill(addresses.pids["kafka"], signal.SIGKILL)
        os.kill(addresses.pids["postgres"], signal.SIGKILL)
        until(lambda: kafka_answers(addresses.bootstrap) and postgres_answers(addresses.database_url), seconds=40.0)
        until(lambda: _found(tmp_path).pids["kafka"] != addresses.pids["kafka"], seconds=40.0)
        children |= _children(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert len(children) >= 5
    assert not any(map(lives, children))
    assert running.find(tmp_path) is None


def test_an_unusable_data_folder_is_one_sentence_and_status_1(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        _COMMAND, env=_environment(tmp_path / "file" / "data"), cwd=_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("leadline up: The data folder")


def _refuses_a_second(data_dir: Path) -> None:
    done = subprocess.run(_COMMAND, env=_environment(data_dir), cwd=_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "already runs on" in done.stderr


@contextmanager
def _up(data_dir: Path) -> Iterator[tuple[subprocess.Popen[bytes], Addresses]]:
    log = data_dir.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(_COMMAND, env=_environment(data_dir), cwd=_ROOT, stderr=output)
    try:
        until(lambda: process.poll() is not None or running.find(data_dir) is not None, seconds=40.0)
        assert process.poll() is None, log.read_text()
        yield process, _found(data_dir)
    finally:
        process.kill()
        process.wait()


def _environment(data_dir: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LEADLINE_")}
    return ours | {"LEADLINE_DATA_DIR": str(data_dir)}


def _found(data_dir: Path) -> Addresses:
    addresses = running.find(data_dir)
    assert addresses is not None
    return addresses


def _children(parent: int) -> set[int]:
    rows = subprocess.run(["ps", "-axo", "pid=,ppid="], check=True, capture_output=True, text=True).stdout.splitlines()
    return {int(pid) for pid, ppid in (row.split() for row in rows) if int(ppid) == parent}
