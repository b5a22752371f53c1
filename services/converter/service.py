"""What the service is made of: its handler as the settings want it."""

from __future__ import annotations

from leadline.delivery.handler import Handler
from leadline.runtime.service import Service
from leadline.runtime.settings import Settings
from services.converter.handler import ConverterHandler


def make_handler(settings: Settings) -> Handler:
    """The handler as the settings want it."""
    return ConverterHandler(
        instance=settings.instance,
        profile=settings.profile,
        lost_reasons=settings.lost_reasons,
        revert_within=settings.revert_within,
    )


SERVICE = Service("converter", make_handler)
