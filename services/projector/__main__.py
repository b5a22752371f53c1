"""`python -m services.projector`: settings, wiring, run."""

from __future__ import annotations

import sys

from leadline.delivery.handler import Handler
from leadline.runtime.service import run_service
from leadline.runtime.settings import Settings
from services.projector.domain.scoring import Scales
from services.projector.handler import ProjectorHandler
from services.projector.store import StatusStore


def make_handler(settings: Settings) -> Handler:
    """Build the projector; the thresholds of scores are its settings."""
    return ProjectorHandler(
        StatusStore(Scales(settings.grade_thresholds, settings.temperature_thresholds)), settings.lost_reasons
    )


if __name__ == "__main__":
    sys.exit(run_service("projector", make_handler))
