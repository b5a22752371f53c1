"""What becomes of a lead's custom fields: kept, put into a standard field, or left out. Nothing is overwritten. Pure.

Every custom field has a type, that of its first value; a value of another type is a clash, never converted nor cut off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from leadline.contracts.codes import ErrorCode
from services.converter.domain.decision import Refusal
from services.converter.domain.names import MAX_LINE_CHARS

TARGETS: Final = frozenset({"vat", "phone", "email", "first_name", "last_name", "company_name"})
MAX_CHARS: Final = {"email": 320}  # of the contract, 500 for the others
_TYPES: Final = {str: "text", bool: "boolean", int: "number", float: "number", list: "list", tuple: "list"}


class Merged(NamedTuple):
    """The custom fields that stay, the standard fields that are filled, and the names of those that are left out."""

    custom: dict[str, Any]
    standard: dict[str, Any]
    skipped: list[str]


def merge_custom_fields(lead: Mapping[str, Any], choices: Mapping[str, Any]) -> Merged | Refusal:
    """Follow the choices; what is not chosen stays a custom field.

    Refusal names each choice whose target is unknown, chosen twice, filled already, or of another type.
    """
    given: Mapping[str, Any] = lead.get("custom_fields") or {}
    merged = Merged({}, {}, [])
    clashes = []
    for name, value in given.items():
        choice = choices.get(name)
        if choice is None or choice.as_ == "custom":
            merged.custom[name] = value
        elif choice.as_ == "skip":
            merged.skipped.append(name)
        elif value is not None:
            if _fits(lead, merged, choice.target, value):
                merged.standard[choice.target] = value
            else:
                clashes.append(f"options.custom_fields.{name}")
    return Refusal(ErrorCode.CUSTOM_FIELD_CLASH, fields=clashes) if clashes else merged


def _fits(lead: Mapping[str, Any], merged: Merged, target: str | None, value: object) -> bool:
    is_free = target in TARGETS and not lead.get(target or "") and target not in merged.standard
    return is_free and isinstance(value, str) and len(value) <= MAX_CHARS.get(target or "", MAX_LINE_CHARS)


class Registry:
    """The types of custom fields by name; grows while a batch is decided, in order."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._types = dict(known)
        self.added: dict[str, str] = {}

    def refuse(self, values: Mapping[str, Any]) -> Refusal | None:
        """Refusal names the fields that have another type."""
        get = self._types.get
        clashes = [n for n, value in values.items() if value is not None and get(n, t := _TYPES[type(value)]) != t]
        return Refusal(ErrorCode.CUSTOM_FIELD_CLASH, fields=[f"custom_fields.{name}" for name in clashes]) if clashes else None

    def register(self, values: Mapping[str, Any]) -> None:
        """Take on the fields that are new, each with the type of its value."""
        for name, value in values.items():
            if value is not None and name not in self._types:
                self._types[name] = self.added[name] = _TYPES[type(value)]
