"""`python -m services.converter`."""

from __future__ import annotations

import sys

from leadline.delivery.handler import Handler
from leadline.runtime.service import run_service
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


if __name__ == "__main__":
    sys.exit(run_service("converter", make_handler))
