"""What the service is made of: its handler as the settings want it."""

from __future__ import annotations

from leadline.delivery.handler import Handler
from leadline.runtime.service import Service
from leadline.runtime.settings import Settings
from services.notifier.handler import NotifierHandler
from services.notifier.store import NotifierStore
from services.notifier.ticker import start_ticker


def make_handler(settings: Settings) -> Handler:
    """Build the deciding half."""
    return NotifierHandler(NotifierStore(), dormant_after=settings.dormant_after)


SERVICE = Service("notifier", make_handler, start_ticker)
