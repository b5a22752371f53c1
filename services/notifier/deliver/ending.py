"""The ends of the process: at once, with nothing closed, since whatever is under way is in the ledger or not acknowledged."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from typing import Final, NoReturn

from leadline.errors import LeadlineError
from leadline.runtime.logs import log
from services.notifier.deliver.progress import DeliverStatus

LOOK_SECONDS: Final = 1.0
GRACE_SECONDS: Final = 9.0  # a stop is promised within 10


def end(status: int) -> NoReturn:
    """End now: a client in an unclear state may hang for minutes."""
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(status)


def end_for(error: BaseException) -> NoReturn:
    """Say what it was, and end so that the supervisor starts anew."""
    if isinstance(error, LeadlineError):
        sys.stderr.write(f"notifier.deliver: {error}\n")
    else:
        traceback.print_exception(error)
    end(1)


def end_when_stuck(status: DeliverStatus) -> None:
    """Watch from a thread of its own, which a loop that stands still cannot stop."""

    def watch() -> None:
        while status.is_alive:
            time.sleep(LOOK_SECONDS)
        log("stuck", overdue_seconds=status.overdue_seconds, positions=status.positions)
        end(1)

    threading.Thread(target=watch, name="watch", daemon=True).start()


def end_within_grace() -> None:
    """End after the grace time, whatever hangs."""

    def wait_and_end() -> None:
        time.sleep(GRACE_SECONDS)
        end(0)

    threading.Thread(target=wait_and_end, name="end", daemon=True).start()
