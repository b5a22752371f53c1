"""Which changes of the published schemas break a promise, each as a sentence. Pure.

An event that comes in: whatever was accepted stays accepted. An event that goes out: whatever was promised still holds, so a
reader of the old schema can read the new events. Fields may be added either way; a doubt counts as a break.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from leadline.contracts.alternatives import document
from leadline.contracts.events.registry import Direction
from leadline.contracts.inclusion import Gap, Place, gaps

Document = Mapping[str, Any]

_SAYS: Final[Mapping[str, Mapping[Direction, str]]] = {
    "required": {"in": "{path} must be there now", "out": "{path} may be absent now"},
    "vanished": {"out": "{path} has vanished"},
    "type": {"in": "{path} may no longer be {what}", "out": "{path} may be {what} now"},
    "value": {"in": "{path} may no longer be {what}", "out": "{path} may be {what} now"},
    "additionalProperties": {"in": "{path} takes no further fields now", "out": "{path} may have further fields now"},
    "anyOf": {"in": "{path} needs more now than {what}", "out": "{path} may come with no more than {what} now"},
    "depth": {"in": "{path} is too deep to be judged", "out": "{path} is too deep to be judged"},
}
_OTHER: Final = "{path}: {keyword} was {old}, is {new}"


def broken_promises(released: Mapping[str, Document], current: Mapping[str, Document]) -> list[str]:
    """What of the released schemas the current ones do not keep, by file name; nothing: they are compatible."""
    gone = [f"{name}: the event has vanished" for name in sorted(released.keys() - current.keys())]
    both = sorted(released.keys() & current.keys())
    return gone + [f"{name}: {change}" for name in both for change in breaking_changes(released[name], current[name])]


def breaking_changes(old: Document, new: Document) -> list[str]:
    """What breaks between two schemas of one event; its direction and topics are those of `x-direction` and `x-topics`."""
    direction: Direction = old["x-direction"]
    if new["x-direction"] != direction:
        return [f"the direction was {direction}, is {new['x-direction']}"]
    lost = [f"it is no longer on topic {topic}" for topic in old["x-topics"] if topic not in new["x-topics"]]
    inner, outer = (old, new) if direction == "in" else (new, old)
    found = gaps(document(inner), document(outer), Place(keeps_fields=direction == "out"))
    return lost + [_sentence(gap, direction) for gap in found]


def _sentence(gap: Gap, direction: Direction) -> str:
    old, new = (gap.inner, gap.outer) if direction == "in" else (gap.outer, gap.inner)
    template = _SAYS.get(gap.keyword, {}).get(direction, _OTHER)
    return template.format(
        path=gap.path or "the body", keyword=gap.keyword, what=_shown(gap.inner), old=_shown(old), new=_shown(new)
    )


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
