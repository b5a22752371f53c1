"""What the service is made of: its handler as the settings want it."""

from __future__ import annotations

from leadline.delivery.handler import Handler
from leadline.runtime.service import Service
from leadline.runtime.settings import Settings
from services.projector.domain.scoring import Scales
from services.projector.handler import ProjectorHandler
from services.projector.store import StatusStore


def make_handler(settings: Settings) -> Handler:
    """Build the projector; the thresholds of scores are its settings."""
    return ProjectorHandler(
        StatusStore(Scales(settings.grade_thresholds, settings.temperature_thresholds)), settings.lost_reasons
    )


SERVICE = Service("projector", make_handler)
