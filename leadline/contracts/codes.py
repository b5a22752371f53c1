"""The error codes of the contract: stable names that stand alike in events, dead letters, HTTP answers, logs and metrics."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class ErrorCode(StrEnum):
    """A code with its default message, what the Retry button may do, and the sentence for `docs/errors.md`."""

    message: str
    retryable: bool
    docs: str

    def __new__(cls, code: str, message: str = "", retryable: bool = False, docs: str = "") -> Self:  # noqa: D102, FBT001, FBT002
        member = str.__new__(cls, code)
        member._value_ = code
        member.message, member.retryable, member.docs = message, retryable, docs
        return member

    LEAD_NOT_QUALIFIED = (
        "LEAD_NOT_QUALIFIED",
        "Lead must be qualified before conversion",
        False,
        "The lead's status is not qualified; publish lead.qualified and ask for a new conversion.",
    )
    CUSTOMER_EMAIL_EXISTS = (
        "CUSTOMER_EMAIL_EXISTS",
        "Customer with this email already exists",
        True,
        "A customer has this e-mail address; retry with duplicate_policy link_existing or fill_empty, or change the lead.",
    )
    CUSTOMER_CODE_TAKEN = (
        "CUSTOMER_CODE_TAKEN",
        "Customer code is already in use",
        False,
        "Another customer has the code that was asked for; ask for a new conversion with another code or none.",
    )
    LEAD_ALREADY_CONVERTED = (
        "LEAD_ALREADY_CONVERTED",
        "Lead is already converted",
        False,
        "A customer exists for this lead; the error carries its customer_id and the conversion_id that made it.",
    )
    CONVERSION_IN_PROGRESS = (
        "CONVERSION_IN_PROGRESS",
        "Lead is already being converted",
        False,
        "Another conversion of this lead is under way; watch the conversion_id that the error carries.",
    )
    LEAD_NOT_CONVERTIBLE = (
        "LEAD_NOT_CONVERTIBLE",
        "Lead is lost, junk or erased and cannot be converted",
        False,
        "The lead was disqualified, marked as junk or erased; restore it first, or leave it.",
    )
    BRANCH_REQUIRED = (
        "BRANCH_REQUIRED",
        "A branch is required",
        False,
        "The profile wants options.branch_id; ask for a new conversion that names one.",
    )
    OPPORTUNITY_INVALID = (
        "OPPORTUNITY_INVALID",
        "The opportunity is incomplete or wrong",
        False,
        "An opportunity needs a name and a value; `fields` names what is missing.",
    )
    CUSTOM_FIELD_CLASH = (
        "CUSTOM_FIELD_CLASH",
        "A custom field does not fit the customer",
        False,
        "A custom field has another type already, or its target field is unknown or taken; `fields` names it.",
    )
    CONTACT_UNKNOWN = (
        "CONTACT_UNKNOWN",
        "A chosen contact does not belong to the lead",
        False,
        "options.contact_ids names a contact that the lead does not have; `fields` names it.",
    )
    PREVIEW_OUTDATED = (
        "PREVIEW_OUTDATED",
        "The lead or a matching customer has changed since the preview",
        False,
        "The request carries the fingerprint of a preview that is no longer true; look at a new one and ask again.",
    )
    LEAD_UNKNOWN = (
        "LEAD_UNKNOWN",
        "No event of this lead has arrived",
        True,
        "No lead event was seen before the last automatic attempt; publish the lead, then retry.",
    )
    CUSTOMER_UNKNOWN = (
        "CUSTOMER_UNKNOWN",
        "No such customer exists",
        True,
        "No conversion has made this customer before the last automatic attempt; correct the id, or replay when it exists.",
    )
    CUSTOMER_REVERTED = (
        "CUSTOMER_REVERTED",
        "The conversion that made this customer was taken back",
        False,
        "There is no such customer any longer; its lead may have been converted again, into another customer.",
    )
    REVERT_BLOCKED = (
        "REVERT_BLOCKED",
        "Other records rely on what the conversion made",
        False,
        "`blocking` names at most 20 of the records in the way, `blocking_count` says how many; undo what can be, and ask again.",
    )
    REVERT_TOO_LATE = (
        "REVERT_TOO_LATE",
        "The time in which the conversion could be taken back is over",
        False,
        "LEADLINE_REVERT_WITHIN says how long after its completion a conversion can be taken back.",
    )
    CONVERSION_NOT_COMPLETED = (
        "CONVERSION_NOT_COMPLETED",
        "Only a completed conversion can be taken back",
        False,
        "The conversion waits, has failed, was cancelled, or was taken back already; there is nothing to take back.",
    )
    UNEXPECTED_ERROR = (
        "UNEXPECTED_ERROR",
        "Something went wrong on our side",
        True,
        "A fault in Leadline; retry once it is fixed. The dead letter holds the record and the stack.",
    )
    ENVELOPE_INVALID = (
        "ENVELOPE_INVALID",
        "The record's headers are no CloudEvents 1.0 envelope",
        False,
        "A header is missing or malformed; the message names it. Correct the producer and publish again.",
    )
    PAYLOAD_NOT_JSON = (
        "PAYLOAD_NOT_JSON",
        "The record's body is not JSON",
        False,
        "The body is empty, is not UTF-8 or is no JSON document; correct the producer and publish again.",
    )
    SCHEMA_INVALID = (
        "SCHEMA_INVALID",
        "The record's body does not fit its schema",
        False,
        "`fields` names each wrong field, the message what it should be; schemas/ holds the rules.",
    )
    TYPE_UNKNOWN = (
        "TYPE_UNKNOWN",
        "The event type is not known here",
        False,
        "No such event type, or it does not belong on this topic; check ce_type against the contract.",
    )
    KEY_MISMATCH = (
        "KEY_MISMATCH",
        "The record's key is not the id in its body",
        False,
        "The record's key differs from the id in its body, so the order of events cannot be kept; correct the producer.",
    )
    IDEMPOTENCY_KEY_REUSED = (
        "IDEMPOTENCY_KEY_REUSED",
        "The idempotency key was used for another request",
        False,
        "The same key came with another body; use a new key for a new request.",
    )
