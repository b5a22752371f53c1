"""`python -m services.notifier`: settings, wiring, run."""

from __future__ import annotations

import sys

from leadline.delivery.handler import Handler
from leadline.runtime.service import run_service
from leadline.runtime.settings import Settings
from services.notifier.handler import NotifierHandler
from services.notifier.store import NotifierStore
from services.notifier.ticker import start_ticker


def make_handler(settings: Settings) -> Handler:
    """Build the deciding half."""
    return NotifierHandler(NotifierStore(), dormant_after=settings.dormant_after)


if __name__ == "__main__":
    sys.exit(run_service("notifier", make_handler, start_ticker))
