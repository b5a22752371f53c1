"""What becomes of a lead's custom fields: kept, put into a standard field, or left out. Nothing is overwritten. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from leadline.contracts.codes import ErrorCode
from services.converter.domain.decision import Refusal
from services.converter.domain.names import MAX_LINE_CHARS

TARGETS: Final = frozenset({"vat", "phone", "email", "first_name", "last_name", "company_name"})
MAX_CHARS: Final = {"email": 320}  # of the contract, 500 for the others


class Merged(NamedTuple):
    """The custom fields that stay, and the standard fields that are filled."""

    custom: dict[str, Any]
    standard: dict[str, Any]


def merge_custom_fields(lead: Mapping[str, Any], choices: Mapping[str, Any]) -> Merged | Refusal:
    """Follow the choices; what is not chosen stays a custom field.

    Refusal names each choice whose target is unknown, chosen twice, filled already, or of another type.
    """
    given: Mapping[str, Any] = lead.get("custom_fields") or {}
    merged = Merged({}, {})
    clashes = []
    for name, value in given.items():
        choice = choices.get(name)
        if choice is None or choice.as_ == "custom":
            merged.custom[name] = value
        elif choice.as_ == "standard" and value is not None:
            if _fits(lead, merged, choice.target, value):
                merged.standard[choice.target] = value
            else:
                clashes.append(f"options.custom_fields.{name}")
    return Refusal(ErrorCode.CUSTOM_FIELD_CLASH, fields=clashes) if clashes else merged


def _fits(lead: Mapping[str, Any], merged: Merged, target: str | None, value: object) -> bool:
    is_free = target in TARGETS and not lead.get(target or "") and target not in merged.standard
    return is_free and isinstance(value, str) and len(value) <= MAX_CHARS.get(target or "", MAX_LINE_CHARS)
