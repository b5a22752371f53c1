"""The manifest of a conversion: what was created, linked, copied, carried over, closed and left out, counted and named.

Every thing of the lead must be in it once: where the counts differ, the conversion fails. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from services.converter.domain.carry import Items, Kept, Part, Skipped

PLURAL: Final = {
    "contact": "contacts",
    "message": "messages",
    "document": "documents",
    "task": "tasks",
    "note": "notes",
    "reminder": "reminders",
    "activity": "activities",
    "opportunity": "opportunities",
}
_WAYS: Final = ("created", "linked", "copied", "carried_over", "closed")
Manifest = dict[str, dict[str, Any]]


def plain_manifest(contacts: list[str]) -> Manifest:
    """The manifest of a lead that nothing hangs on, as `ManifestBuilder` would make it, in a quarter of the time."""
    return {
        "contacts": {"created": contacts, "count": len(contacts)},
        "messages": {"linked": [], "skipped": [], "count": 0},
        "documents": {"copied": [], "skipped": [], "count": 0},
    }


class UnequalCountsError(AssertionError):
    """The manifest does not account for everything that the lead had: a fault of ours."""


class ManifestBuilder:
    """Collects entries; `build` counts them."""

    def __init__(self) -> None:
        self._parts: Manifest = {
            "contacts": {"created": []},
            "messages": {"linked": [], "skipped": []},
            "documents": {"copied": [], "skipped": []},
        }

    def take(self, kind: str, way: str, names: Sequence[str]) -> None:
        """These were taken along in this way."""
        if names:
            self._parts.setdefault(kind, {}).setdefault(way, []).extend(names)

    def skip(self, kind: str, name: str, reason: str) -> None:
        """This one was left out."""
        self._parts.setdefault(kind, {}).setdefault("skipped", []).append({"id": name, "reason": reason})

    def add(self, parts: Sequence[Part]) -> None:
        """What became of the lead's things; each is named by the lead's id, a contact by the customer's."""
        for part in parts:
            if isinstance(part, Skipped):
                self.skip(PLURAL[part.kind], part.item_id, part.reason)
            else:
                name = part.item_id if part.kind == "contact" else part.source_id
                self.take(PLURAL[part.kind], part.how.replace("-", "_"), [name])

    def build(self) -> Manifest:
        """The manifest, each part with its count."""
        for part in self._parts.values():
            part["count"] = sum(len(part.get(way, ())) for way in _WAYS)
        return self._parts


def check_counts(items: Items, parts: Sequence[Part]) -> None:
    """Raise UnequalCountsError unless each of the lead's things has exactly one entry."""
    had = Counter({kind: len(things) for kind, things in items.items()})
    has = Counter(part.kind for part in parts)
    names = {(part.kind, part.source_id if isinstance(part, Kept) else part.item_id) for part in parts}
    if had != has or len(names) != len(parts):
        message = f"the lead had {dict(had)}, the manifest accounts for {dict(has)}"
        raise UnequalCountsError(message)
