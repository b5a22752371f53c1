"""`leadline up`: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType

import typer
from rich.console import Console

from leadline.cli import exits
from leadline.errors import SetupError, Unavailable
from leadline.local.up import LocalStack, local_stack
from leadline.runtime.settings import load_settings

_stderr = Console(stderr=True, highlight=False, soft_wrap=True)


def up() -> None:
    """Start Kafka, PostgreSQL and every service on this machine; stop them with Ctrl-C.

    Data stays in LEADLINE_DATA_DIR (.leadline) for the next time. With LEADLINE_KAFKA_BOOTSTRAP or LEADLINE_DATABASE_URL
    set, that server is used instead of an embedded one.
    """
    stop = threading.Event()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        settings = load_settings()
        _say(f"Starting, with data in {settings.data_dir.absolute()}")
        with local_stack(settings, _say) as stack:
            _show(stack)
            _wait_for_signal(stop)
            _say("Stopping.")
    except SetupError as error:
        _fail(error, exits.FAILED)
    except Unavailable as error:
        _fail(error, exits.UNREACHABLE)
    except KeyboardInterrupt:
        raise typer.Exit(exits.INTERRUPTED) from None


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM during the start is like Ctrl-C: leave every block, so that nothing is left running."""
    raise KeyboardInterrupt


def _wait_for_signal(stop: threading.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


def _show(stack: LocalStack) -> None:
    addresses = stack.addresses
    _say("Leadline runs. Stop it with Ctrl-C; the data stays.")
    _say(f"  Kafka       {addresses.bootstrap}")
    _say(f"  PostgreSQL  {addresses.database_url}")
    for name, url in addresses.health.items():
        _say(f"  {name:<11} {url}/metrics")


def _say(text: str) -> None:
    _stderr.print(text, markup=False)


def _fail(error: Exception, status: int) -> None:
    sys.stderr.write(f"leadline up: {error}\n")
    raise typer.Exit(status) from None
