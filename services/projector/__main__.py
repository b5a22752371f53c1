"""`python -m services.projector`: settings, wiring, run."""

from __future__ import annotations

import sys

from leadline.delivery.handler import Handler
from leadline.runtime.service import run_service
from leadline.runtime.settings import Settings
from services.projector.handler import ProjectorHandler
from services.projector.store import StatusStore


def make_handler(settings: Settings) -> Handler:
    """Build the projector; it has no settings of its own."""
    return ProjectorHandler(StatusStore())


if __name__ == "__main__":
    sys.exit(run_service("projector", make_handler))
