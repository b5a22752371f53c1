"""Which deliveries a letter makes: one for the inbox, one for each address of its recipient. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from services.notifier.domain.delivery import delivery_id
from services.notifier.domain.letter import Address, Letter

IN_APP: Final = "in-app"
DEFAULT_LANGUAGE: Final = "en"
RouteOf = Callable[[str], str]
_Row = tuple[str, str, str, str, str, bool]
_COLUMNS: Final = ("delivery_ids", "ids", "channels", "addresses", "routes", "for_digest")


class Plan:
    """Knows of each channel on which route an address is; `routes` by the channel's name."""

    def __init__(self, routes: Mapping[str, RouteOf]) -> None:
        self._routes = routes

    def letter_columns(self, letters: Sequence[Letter], found: Iterable[Address]) -> dict[str, Sequence[Any]]:
        """The rows of `letter`, column by column; each in the language of its recipient."""
        languages = {each.user_id: each.language for each in found}
        return {
            "ids": [each.notification_id for each in letters],
            "types": [each.type for each in letters],
            "kinds": [each.kind for each in letters],
            "recipients": [each.recipient for each in letters],
            "languages": [languages.get(each.recipient, DEFAULT_LANGUAGE) for each in letters],
            "titles": [each.title for each in letters],
            "texts": [each.text for each in letters],
            "data": [each.data for each in letters],
            "created_at": [each.created_at for each in letters],
            "not_before": [each.not_before for each in letters],
        }

    def delivery_columns(
        self, letters: Sequence[Letter], fresh: Collection[str], found: Iterable[Address]
    ) -> dict[str, Sequence[Any]]:
        """The rows of `delivery` for the letters that are `fresh`, column by column. The inbox waits for no digest."""
        addresses: defaultdict[str, list[Address]] = defaultdict(list)
        for each in found:
            addresses[each.user_id].append(each)
        rows = {row[0]: row for letter in letters if letter.notification_id in fresh for row in self._rows(letter, addresses)}
        columns = list(zip(*rows.values(), strict=True)) or [()] * len(_COLUMNS)
        return {name: list(column) for name, column in zip(_COLUMNS, columns, strict=True)}

    def _rows(self, letter: Letter, addresses: Mapping[str, Sequence[Address]]) -> Iterable[_Row]:
        yield self._row(letter, IN_APP, letter.recipient, "")
        for each in addresses.get(letter.recipient, ()):
            if each.channel in self._routes:
                yield self._row(letter, each.channel, each.address, self._routes[each.channel](each.address))

    @staticmethod
    def _row(letter: Letter, channel: str, address: str, route: str) -> _Row:
        id = letter.notification_id
        return delivery_id(id, channel, address), id, channel, address, route, channel != IN_APP and bool(letter.digest)
