"""The supervisor with small processes in the place of services."""

from __future__ import annotations

import signal
import sys
import time
from io import StringIO

from leadline.local.supervisor import Service, Supervisor
from tests.waiting import lives, until

_SERVES = "import time; print('ready'); time.sleep(60)"
_STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready'); time.sleep(60)"
_ENDS = "print('done')"


def _python(name: str, code: str) -> Service:
    return Service(name, [sys.executable, "-I", "-S", "-u", "-c", code])


def test_a_killed_service_comes_back_and_its_neighbour_is_left_alone() -> None:
    with Supervisor([_python("a", _SERVES), _python("b", _SERVES)], StringIO()) as supervisor:
        until(lambda: supervisor.lines("a") == supervisor.lines("b") == ["ready"])
        before = supervisor.pids()
        supervisor.kill("a")
        until(lambda: supervisor.restarts("a") == 1 and "a" in supervisor.pids())
        after = supervisor.pids()
    assert after["a"] != before["a"]
    assert after["b"] == before["b"]
    assert supervisor.restarts("b") == 0
    assert not any(lives(pid) for pid in (*before.values(), *after.values()))


def test_a_service_that_ends_with_status_0_is_not_restarted() -> None:
    with Supervisor([_python("a", _ENDS)], StringIO()) as supervisor:
        supervisor.wait(10)
        assert supervisor.pids() == {}
    assert supervisor.restarts("a") == 0


def test_output_is_shown_and_kept_under_the_name_of_its_service() -> None:
    output = StringIO()
    with Supervisor([_python("a", _ENDS)], output) as supervisor:
        supervisor.wait(10)
    assert supervisor.lines("a") == ["done"]
    assert output.getvalue() == "a | done\n"


def test_a_service_gets_its_own_environment() -> None:
    service = Service(
        "a", [sys.executable, "-c", "import os; print(os.environ['LEADLINE_INSTANCE'])"], {"LEADLINE_INSTANCE": "a-7"}
    )
    with Supervisor([service], StringIO()) as supervisor:
        supervisor.wait(10)
    assert supervisor.lines("a") == ["a-7"]


def test_a_service_that_ignores_sigterm_is_killed_with_what_it_started() -> None:
    start = f"p = subprocess.Popen([sys.executable, '-c', {_SERVES!r}])"
    forks = f"import subprocess, sys; {start}; print(p.pid)\n{_STUBBORN}"
    supervisor = Supervisor([_python("a", forks)], StringIO(), patience_seconds=0.3)
    supervisor.start()
    until(lambda: "ready" in supervisor.lines("a"))
    child = next(int(line) for line in supervisor.lines("a") if line.isdigit())
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 5
    until(lambda: not lives(child))


def test_a_service_stopped_with_a_signal_it_does_not_survive_counts_as_failed() -> None:
    with Supervisor([_python("a", _SERVES)], StringIO()) as supervisor:
        until(lambda: supervisor.lines("a") == ["ready"])
        supervisor.kill("a", signal.SIGTERM)
        until(lambda: supervisor.restarts("a") == 1)
