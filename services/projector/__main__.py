"""`python -m services.projector`."""

from __future__ import annotations

import sys

from leadline.runtime.service import run_service
from services.projector.service import SERVICE

if __name__ == "__main__":
    sys.exit(run_service(SERVICE))
