"""What hangs on a lead, as its events tell it: for each field the newest word counts, and a removal takes all before it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
ItemKey = tuple[str, str, str]


class LeadItem(NamedTuple):
    """One word about an item: the fields that it sets, or that it is removed."""

    lead_id: str
    kind: str
    item_id: str
    fields: Mapping[str, Any]
    stamp: str
    is_removed: bool

    @property
    def key(self) -> ItemKey:
        """What names the item: an id is one among those of its kind at its lead."""
        return self[:3]


class Item(NamedTuple):
    """An item's present state. `said` and `removed` are the stamps of its newest word and of its newest removal."""

    lead_id: str
    kind: str
    item_id: str
    fields: Mapping[str, Any] = _NOTHING
    stamps: Mapping[str, str] = _NOTHING
    said: str = ""
    removed: str = ""

    @property
    def is_removed(self) -> bool:
        """Whether nothing was said since its removal."""
        return self.said <= self.removed


def apply_words(item: Item, words: Iterable[LeadItem]) -> Item:
    """The item after more words, in whatever order and however often they come."""
    fields, stamps = dict(item.fields), dict(item.stamps)
    said, removed = item.said, item.removed
    for word in words:
        said = max(said, word.stamp)
        if word.is_removed:
            removed = max(removed, word.stamp)
            continue
        for name, value in word.fields.items():
            if stamps.get(name, "") < word.stamp:
                stamps[name], fields[name] = word.stamp, value
    kept = {name: stamp for name, stamp in stamps.items() if stamp > removed}
    return item._replace(fields={name: fields[name] for name in kept}, stamps=kept, said=said, removed=removed)
