"""From records of `notification.events` to letters. Pure.

Kinds that are not known here are letters like any other: their title and text are all that a channel needs.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import ValidationError

from leadline.contracts.envelope import read_envelope
from leadline.contracts.events.faults import check_hidden, refusal
from leadline.contracts.events.types import Line, OurId, Part, Text, Time, Word
from leadline.delivery.record import Record
from services.notifier.domain.letter import Letter, Withdrawal

WITHDRAWN: Final = "leadline.notification.withdrawn.v1"
_PREFIX: Final = "leadline.notification."


class _Notification(Part):
    notification_id: OurId
    kind: Word
    recipient: OurId
    title: Line
    text: Text
    created_at: Time
    not_before: Time | None = None
    digest: bool | None = None


class _Withdrawn(Part):
    notification_id: OurId
    withdrawn_at: Time


def read(record: Record) -> Letter | Withdrawal | None:
    """The letter or withdrawal of a record, None for an event of another kind; raises Rejected for what cannot be read."""
    envelope = read_envelope(record.headers, record.value)
    if not envelope.type.startswith(_PREFIX):
        return None
    if envelope.type == WITHDRAWN:
        word = _body(_Withdrawn, envelope.data)
        return Withdrawal(word["notification_id"], word["withdrawn_at"])
    said = _body(_Notification, envelope.data)
    return Letter(type=envelope.type, data=envelope.data.decode(), **said)


def _body(model: type[Part], data: bytes) -> dict[str, Any]:
    try:
        text = data.decode()
        check_hidden(text)
        return model.model_validate_json(text).model_dump(mode="json")
    except (ValidationError, UnicodeDecodeError) as error:
        raise refusal(error) from None
