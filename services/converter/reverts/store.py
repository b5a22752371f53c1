"""The tables as reverts change them: a handful of statements for all that are taken back together, whatever their number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from leadline.contracts.times import time_now_text
from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.converter.domain.lead import Lead
from services.converter.domain.match_keys import NO_KEYS, Domains, match_keys
from services.converter.domain.revert import (
    MOST_NAMED,
    NOTHING_FILLED,
    Blocking,
    Fill,
    Found,
    Revert,
    Undone,
    named_request,
)
from services.converter.domain.status import ERASED
from services.converter.store import to_json
from services.converter.store_leads import LeadStore
from services.converter.store_matches import MatchStore

_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


class Conversion(NamedTuple):
    """A conversion that a revert is about: its request as it was kept, and how it stands."""

    conversion_id: str
    idempotency_key: str
    lead_id: str
    state: str
    attempt: int
    body: bytes
    requested_at: str
    completed_at: datetime | None
    customer_id: str | None
    is_erased: bool


class Answered(NamedTuple):
    """A revert that has its answer: where it came from, when (text), and the code of its refusal."""

    revert: Revert
    origin: str
    handled_at: str
    refused: str | None


class RevertStore:
    """Named queries on the transaction of a batch."""

    def __init__(self, free_mail: Domains) -> None:
        self._queries = load_queries(Path(__file__).with_name("store.sql"))
        self._leads = LeadStore()
        self._matches = MatchStore()
        self._free_mail = free_mail

    def known_reverts(self, transaction: Transaction, revert_ids: Sequence[str]) -> dict[str, bytes]:
        """Of those that have had their answer: the digest of the body."""
        rows = transaction.execute(self._queries["known_reverts"], {"ids": sorted(set(revert_ids))})
        return {str(row["revert_id"]): bytes(row["digest"]) for row in rows}

    def lock_conversions(self, transaction: Transaction, conversion_ids: Sequence[str]) -> dict[str, Conversion]:
        """These conversions as far as they are known, locked until the transaction ends."""
        ids = sorted({id for id in conversion_ids if _UUID(id)})
        rows = transaction.execute(self._queries["lock_conversions"], {"ids": ids})
        return {str(row["conversion_id"]): _conversion(row) for row in rows}

    def find(self, transaction: Transaction, conversions: Sequence[Conversion]) -> list[Found]:
        """What these completed conversions have left; their leads and customers are locked. No two of one customer."""
        leads = self._leads.lock_leads(transaction, {each.lead_id for each in conversions})
        ids = sorted(str(each.customer_id) for each in conversions)
        rows = transaction.execute(self._queries["lock_customers"], {"ids": ids})
        customers = {customer["customer_id"]: customer for customer in map(_as_text, rows)}
        found = [Found(each.conversion_id, leads[each.lead_id], customers[str(each.customer_id)]) for each in conversions]
        links = [each for each in found if not each.is_maker]
        return self._with_parts(transaction, found, links) if links else found

    def _with_parts(self, transaction: Transaction, found: Sequence[Found], links: Sequence[Found]) -> list[Found]:
        """What lies at customers that stay has to be told apart from what was there before."""
        pairs = _pairs(links)
        contacts = _by("customer_id", transaction.execute(self._queries["contacts_of_customers"], {"ids": pairs["customers"]}))
        opportunities = _by("lead_id", transaction.execute(self._queries["opportunities_of_leads"], pairs))
        items = _by("lead_id", transaction.execute(self._queries["items_of_leads"], pairs))
        rows = transaction.execute(self._queries["fills"], {"ids": [each.conversion_id for each in links]})
        fills = {str(row["conversion_id"]): Fill(row["changes"], row["contact_changes"]) for row in rows}
        return [
            each._replace(
                contacts=contacts.get(each.customer["customer_id"], ()),
                opportunities=opportunities.get(each.lead.lead_id, ()),
                items=items.get(each.lead.lead_id, ()),
                fill=fills.get(each.conversion_id, NOTHING_FILLED),
            )
            for each in found
        ]

    def blocking(self, transaction: Transaction, found: Sequence[Found]) -> dict[str, Blocking]:
        """By customer, what stands in the way; none where nothing does."""
        own = [id for each in found if not each.is_maker for id in each.own_opportunities]
        makers = {"are_makers": [each.is_maker for each in found], "own": own, "most": MOST_NAMED}
        blocking: dict[str, Blocking] = {}
        for row in transaction.execute(self._queries["blocking"], {**_pairs(found), **makers}):
            known = blocking.get(customer_id := str(row["customer_id"]), Blocking())
            blocking[customer_id] = Blocking([*known.records, named_request(row["kind"], row["id"])], row["total"])
        return blocking

    def save(self, transaction: Transaction, undone: Sequence[Undone], now: str) -> None:
        """Undo everything."""
        if not undone:
            return
        self._unlink(transaction, [each for each in undone if not each.found.is_maker])
        gone = [each.found.customer["customer_id"] for each in undone if each.found.is_maker]
        self._matches.forget_customers(transaction, gone)
        if gone:
            transaction.execute(self._queries["remove_customers"], {"ids": gone, "times": [now] * len(gone)})
        ids = [each.found.conversion_id for each in undone]
        transaction.execute(self._queries["mark_reverted"], {"ids": ids, "at": now})
        released = [(each.found.lead, self._with_keys(each.lead)) for each in undone]
        self._leads.release_leads(transaction, [lead for _, lead in released])
        self._matches.move_keys(transaction, released)

    def _with_keys(self, lead: Lead) -> Lead:
        """A conversion freezes the keys of its lead; without it they are those of what is known of the lead now."""
        return lead._replace(match_keys=NO_KEYS if lead.status == ERASED else match_keys(lead.fields, self._free_mail))

    def _unlink(self, transaction: Transaction, undone: Sequence[Undone]) -> None:
        if not undone:
            return
        contacts = [id for each in undone for id in each.found.own_contacts]
        opportunities = [id for each in undone for id in each.found.own_opportunities]
        own = {**_pairs([each.found for each in undone]), "contacts": contacts, "opportunities": opportunities}
        transaction.execute(self._queries["unlink"], own)
        self._matches.forget_links(transaction, _pairs([each.found for each in undone]))
        customers = {each.found.customer["customer_id"]: each.cleared for each in undone if each.cleared}
        cleared = {id: names for each in undone for id, names in each.cleared_contacts.items()}
        for query, fields in (("clear_customers", customers), ("clear_contacts", cleared)):
            if fields:
                parameters = {"ids": list(fields), "fields": [to_json(list(names)) for names in fields.values()]}
                transaction.execute(self._queries[query], parameters)

    def note(self, transaction: Transaction, answered: Sequence[Answered]) -> None:
        """Remember what was answered. Raises where another instance has answered one of the same key meanwhile."""
        if answered:
            transaction.copy(self._queries["copy_reverts"], [_answer_row(each) for each in answered])


def _conversion(row: Mapping[str, Any]) -> Conversion:
    id, key, lead_id, state, attempt, body, requested_at, completed_at, customer_id, is_erased = row.values()
    said = (bytes(body), time_now_text(requested_at), completed_at)
    return Conversion(str(id), key, lead_id, state, attempt, *said, str(customer_id) if customer_id else None, is_erased)


def _pairs(found: Sequence[Found]) -> dict[str, list[str]]:
    customers = [each.customer["customer_id"] for each in found]
    return {"customers": customers, "leads": [each.lead.lead_id for each in found]}


def _as_text(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its ids as the events say them."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}


def _by(name: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows without the column that they are found by."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in map(_as_text, rows):
        found.setdefault(row.pop(name), []).append(row)
    return found


def _answer_row(answered: Answered) -> list[object]:
    revert, origin, handled_at, refused = answered
    ids = [revert.revert_id, revert.idempotency_key, revert.conversion_id]
    return [*ids, revert.digest, origin, handled_at, refused]
