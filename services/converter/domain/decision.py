"""What is to become of a conversion request: pure rules, from what the request asks and what exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from leadline.contracts.codes import ErrorCode
from services.converter.domain.lead import CONVERTED, CONVERTIBLE, NOT_CONVERTIBLE, Lead, LeadChange, LeadItem
from services.converter.domain.profile import Profile

UNREADABLE: Final = frozenset(
    {
        ErrorCode.ENVELOPE_INVALID,
        ErrorCode.PAYLOAD_NOT_JSON,
        ErrorCode.SCHEMA_INVALID,
        ErrorCode.TYPE_UNKNOWN,
        ErrorCode.KEY_MISMATCH,
    }
)


_IMPLIED: Final = {
    "new": ("lead.contacted", "lead.qualified"),
    "contacted": ("lead.qualified",),
    "nurturing": ("lead.qualified",),
}


class Request(NamedTuple):
    """A conversion request with its identity. `body` is kept to tell a repeat from another request with its key."""

    conversion_id: str
    idempotency_key: str
    lead_id: str
    body: bytes
    requested_by: Mapping[str, Any]
    requested_at: str
    options: Any
    snapshot: Sequence[LeadChange | LeadItem] = ()
    """The lead that the request brings along, if it does."""
    origin: str | None = None
    profile: str | None = None
    batch_id: str | None = None
    fingerprint: str | None = None
    """Of the preview that the requester has seen."""


@dataclass(frozen=True, slots=True)
class Known:
    """The conversion that exists already under a request's key."""

    state: str
    attempt: int
    body: bytes
    origin: str
    is_retryable: bool
    error_code: str | None = None
    is_erased: bool = False
    """Whether its lead is erased, and its body forgotten: whatever comes under its key is a repeat."""

    @property
    def was_unreadable(self) -> bool:
        """Whether the request itself could not be read: an operator may send it again, mended."""
        return self.error_code in UNREADABLE

    @property
    def has_left_nothing(self) -> bool:
        """Whether nothing of its last attempt is in the tables: it could not be read, or a fault of ours undid it."""
        return self.was_unreadable or self.error_code == ErrorCode.UNEXPECTED_ERROR


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not granted, as `conversion.failed` says it."""

    code: ErrorCode
    fields: Sequence[str] = ()
    candidates: Sequence[Mapping[str, Any]] = ()
    conversion_id: str | None = None
    customer_id: str | None = None
    may_resolve_itself: bool = False
    """Whether what is missing may still be on its way, so that the ladder is worth climbing."""
    is_unreadable: bool = False
    """Whether the request asks for what does not exist, as one that breaks its schema: it is a dead letter too."""


def is_repeat(origin: str, known: Known, *, is_replay: bool) -> bool:
    """Whether this request has had its say: the first result stands, nothing is done or emitted again.

    It has not while it waits for its next attempt itself, nor when an operator replays what may be tried again.
    """
    if known.state == "waiting":
        return origin != known.origin
    return not (is_replay and known.state == "failed" and (known.is_retryable or known.was_unreadable))


def is_key_reused(request: Request, known: Known, *, is_replay: bool) -> bool:
    """Whether the key names another request already."""
    return not known.is_erased and known.body != request.body and not (is_replay and known.was_unreadable)


def implied_steps(request: Request, lead: Lead | None, profile: Profile) -> tuple[str, ...]:
    """The lead events that a request of this origin implies, because its profile lets it qualify the lead on the way."""
    if lead is None or request.origin not in profile.qualifying_origins:
        return ()
    return _IMPLIED.get(lead.status, ())


def refuse_by_lead(request: Request, lead: Lead | None, implied: Sequence[str] = ()) -> Refusal | None:
    """The gate: only a qualified lead that nobody else converts is converted; `implied` are steps that qualify it."""
    if lead is None or not lead.has_name:
        return Refusal(ErrorCode.LEAD_UNKNOWN, may_resolve_itself=True)
    if lead.status == CONVERTED:
        return Refusal(ErrorCode.LEAD_ALREADY_CONVERTED, conversion_id=lead.conversion_id, customer_id=lead.customer_id)
    if lead.conversion_id is not None and lead.conversion_id != request.conversion_id:
        return Refusal(ErrorCode.CONVERSION_IN_PROGRESS, conversion_id=lead.conversion_id)
    if lead.status in NOT_CONVERTIBLE:
        return Refusal(ErrorCode.LEAD_NOT_CONVERTIBLE)
    if lead.status != CONVERTIBLE and not implied:
        return Refusal(ErrorCode.LEAD_NOT_QUALIFIED, may_resolve_itself=True)
    return None


@dataclass(slots=True)
class Taken:
    """Customers that stand in the way: by e-mail key and by code. Grows while a batch is decided, in order."""

    by_email: dict[str, Mapping[str, Any]]
    by_code: dict[str, Mapping[str, Any]]

    def add_customer(self, email_key: str | None, customer: Mapping[str, Any]) -> None:
        """This customer has just been made."""
        names = ("customer_id", "customer_number", "name", "email")
        self.add(email_key, customer["code"], {name: customer[name] for name in names})

    def add(self, email_key: str | None, code: str, customer: Mapping[str, Any]) -> None:
        """This customer exists now."""
        if email_key is not None:
            self.by_email[email_key] = customer
        self.by_code[code] = customer

    def same_person(self, email_key: str | None) -> Mapping[str, Any] | None:
        """The customer that has this e-mail address."""
        return None if email_key is None else self.by_email.get(email_key)

    def refuse(self, email_key: str | None, custom_code: str | None) -> Refusal | None:
        """Whether a new customer with this e-mail address and this code would be a second one."""
        if candidate := self.same_person(email_key):
            return Refusal(ErrorCode.CUSTOMER_EMAIL_EXISTS, fields=("email",), candidates=(candidate,))
        if custom_code is not None and (owner := self.by_code.get(custom_code)):
            return Refusal(ErrorCode.CUSTOMER_CODE_TAKEN, fields=("options.customer_code",), candidates=(owner,))
        return None
