"""Customers that a lead may be the same as, by its match keys: warned of, never a reason to refuse. Pure.

The same e-mail address is none of these: it is decided by the duplicate policy (`decision.Taken`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from services.converter.domain.match_keys import KINDS, Keys

MAX_CANDIDATES: Final = 5
KEPT: Final = MAX_CANDIDATES + 1
"""One more than are told: a lead that is linked to one of them is not warned of that one."""
SUSPECTED: Final = "DUPLICATE_SUSPECTED"
MESSAGES: Final = {
    "name": "Another customer has the same name.",
    "vat": "Another customer has the same VAT number.",
    "phone": "Another customer has the same phone number.",
    "domain": "Another customer has an address at the same mail domain.",
    "email_variant": "Another customer has the same e-mail address but for a tag or dots.",
}
Candidate = Mapping[str, Any]
"""A customer by customer_id, customer_number and name."""
Warnings = Sequence[Mapping[str, Any]]


class Met(NamedTuple):
    """What a lead is warned of, and the keys under which its customer is to be found from now on."""

    warnings: Warnings
    shared_keys: Sequence[int]


class Alike:
    """The customers of shared keys, latest first; grows while a batch is decided, in order."""

    def __init__(self, by_key: dict[int, list[Candidate]]) -> None:
        self._by_key = by_key

    def has_any(self, keys: Keys) -> bool:
        """Whether one of these keys is shared. Of most leads none is."""
        return not self._by_key.keys().isdisjoint(keys)

    def meet(self, keys: Keys, customer: Mapping[str, Any]) -> Met:
        """The lead of these keys becomes this customer's: it is warned of the others, and those after it of this one."""
        warnings = self.warn(keys, customer["customer_id"])
        own = {name: customer[name] for name in ("customer_id", "customer_number", "name")}
        shared = []
        for key in keys:
            if key is not None and (customers := self._by_key.get(key)) is not None and own not in customers:
                customers.insert(0, own)
                del customers[KEPT:]  # a whole batch may have one key
                shared.append(key)
        return Met(warnings, shared)

    def warn(self, keys: Keys, customer_id: str | None = None) -> list[Mapping[str, Any]]:
        """A warning for each kind of key that other customers than this one have, at most five of them."""
        warnings: list[Mapping[str, Any]] = []
        for kind, key in zip(KINDS, keys, strict=False):
            if key is not None and (others := _others(self._by_key.get(key, ()), customer_id)):
                warnings.append({"code": SUSPECTED, "message": MESSAGES[kind], "reason": kind, "candidates": others})
        return warnings


def _others(customers: Sequence[Candidate], customer_id: str | None) -> list[Candidate]:
    """Each once: a customer of several leads may be found several times."""
    others = {each["customer_id"]: each for each in customers if each["customer_id"] != customer_id}
    return list(others.values())[:MAX_CANDIDATES]
