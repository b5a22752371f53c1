"""What the world outside may rely on: events, envelope, topics and error codes."""

from __future__ import annotations

from typing import Final

CONTRACT_VERSION: Final = "0.1.0"
"""The version of the contract; each release of Leadline releases its contract under the same one."""
