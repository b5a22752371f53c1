"""The events of the contract: one frozen model for each type, and the registry that reads their bodies."""

from leadline.contracts.events.registry import EVENTS, EventType, accepted_on, decode

__all__ = ["EVENTS", "EventType", "accepted_on", "decode"]
