"""Why a lead may be lost: the known reasons and those that a tenant adds. Every reader of lead events asks here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from leadline.contracts.codes import ErrorCode
from leadline.errors import Rejected

_REASON_FIELDS: Final = {
    "lead.disqualified": ("reason", "reason"),
    "lead.created": ("lost_reason", "lost_reason"),
    "lead.updated": ("lost_reason", "lost_reason"),
    "lead.snapshot": ("lost_reason", "lead.lost_reason"),
}
"""Where an event may say why a lead is lost: the field, and its path in the record's body."""


def check_lost_reason(kind: str, data: Any, lost_reasons: Collection[str]) -> None:
    """Raise Rejected for a reason that is not among `lost_reasons`."""
    name, path = _REASON_FIELDS.get(kind, ("", ""))
    reason = getattr(data, name) if name else None
    if reason is not None and reason not in lost_reasons:
        known = ", ".join(sorted(lost_reasons))
        raise Rejected(ErrorCode.SCHEMA_INVALID, f"{path}: expected one of {known}", fields=(path,))
