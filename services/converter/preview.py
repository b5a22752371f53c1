"""`python -m services.converter.preview LEAD_ID`: what a conversion of the lead would do now, as JSON. Changes nothing.

It runs the rules of the converter on the converter's tables, in a transaction that is rolled back.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import ValidationError

from leadline.contracts.codes import ErrorCode
from leadline.contracts.events.requests import ConversionOptions
from leadline.delivery.handler import Transaction
from leadline.errors import LeadlineError, SetupError
from leadline.postgres.ledger import PostgresLedger
from leadline.runtime.settings import database_url, load_settings
from services.converter import events
from services.converter.domain.carry import NO_ITEMS
from services.converter.domain.decision import Refusal, Request, implied_steps, refuse_by_lead
from services.converter.domain.guideline import hints
from services.converter.domain.match_keys import Domains
from services.converter.domain.plan import Found, Plan, make_plan, rekeyed
from services.converter.domain.preview import describe_fields, fingerprint
from services.converter.domain.profile import Profile
from services.converter.domain.result import Existing, Result, carry_out, link_to
from services.converter.free_mail import load_free_mail
from services.converter.profiles import load_profiles
from services.converter.store import ConverterStore
from services.converter.store_matches import MatchStore

_NOBODY = "00000000-0000-0000-0000-000000000000"  # in place of the id that a request's key will give
_NOW = ""


class Previews:
    """Plans conversions without carrying them out."""

    def __init__(self, profiles: Mapping[str, Profile], free_mail: Domains) -> None:
        self._store = ConverterStore()
        self._matches = MatchStore()
        self._profiles = profiles
        self._free_mail = free_mail

    def preview(self, transaction: Transaction, request: Request) -> dict[str, Any]:
        """The plan, or why there is none; raises SetupError for a profile that does not exist."""
        profile = self._profiles.get(request.profile or "default")
        if profile is None:
            message = f"there is no profile {request.profile}: it is one of {', '.join(sorted(self._profiles))}"
            raise SetupError(message)
        lead = self._store.leads_to_convert(transaction, [request.lead_id]).get(request.lead_id)
        implied = implied_steps(request, lead, profile)
        refusal = refuse_by_lead(request, lead, implied)
        if lead is None or refusal:
            return _refused(request, refusal or Refusal(ErrorCode.LEAD_UNKNOWN))
        items = self._store.items_of(transaction, [request.lead_id]).get(request.lead_id, NO_ITEMS)
        plan = make_plan(request, Found(lead, profile, items, implied=implied))
        return _refused(request, plan) if isinstance(plan, Refusal) else self._planned(transaction, plan)

    def _planned(self, transaction: Transaction, plan: Plan) -> dict[str, Any]:
        codes = {code for code in (plan.custom_code, plan.fields.get("code")) if code}
        taken = self._store.customers_in_the_way(transaction, {plan.email_key} if plan.email_key else set(), codes)
        same = taken.same_person(plan.email_key)
        existing = self._store.existing_customers(transaction, [same["customer_id"]]).get(same["customer_id"]) if same else None
        answer: dict[str, Any] = {
            "lead_id": plan.lead.lead_id,
            "profile": plan.profile.name,
            "candidates": [{**same, "reason": "same e-mail address"}] if same else [],
            "fingerprint": fingerprint(plan.lead, plan.items, existing),
        }
        custom = plan.fields.get("custom_fields") or {}
        refusal = self._store.custom_fields(transaction, custom).refuse(custom)
        refusal = refusal or (None if plan.links and same else taken.refuse(plan.email_key, plan.custom_code))
        if refusal:
            return {**answer, "would": "fail", "error": events.describe(refusal)}
        if existing and plan.links:
            would, result = "link", link_to(plan, existing, _NOW)
        else:
            would, result, existing = "create", carry_out(plan, 0, _NOW, taken_codes=taken.by_code), None
        return {**answer, "would": would, **_show(result, existing), "warnings": self._warnings(transaction, result)}

    def _warnings(self, transaction: Transaction, result: Result) -> list[Mapping[str, Any]]:
        """As the conversion would tell them."""
        keys = rekeyed(result.plan, self._free_mail).lead.match_keys
        alike = self._matches.alike_whatever_is_written(transaction, keys)
        unusual = [hint for each in result.opportunities for hint in hints(each["stage"], each["probability"])]
        return [*alike.warn(keys, result.customer["customer_id"]), *unusual]


def _refused(request: Request, refusal: Refusal) -> dict[str, Any]:
    return {"lead_id": request.lead_id, "would": "fail", "error": events.describe(refusal)}


def _show(result: Result, existing: Existing | None) -> dict[str, Any]:
    people = [{name: each[name] for name in ("first_name", "last_name", "email", "is_primary")} for each in result.contacts]
    return {
        "implied": list(result.plan.implied),
        "fields": describe_fields(result, existing),
        "contacts": people,
        "opportunity": result.opportunity and {name: result.opportunity[name] for name in ("name", "value", "stage")},
        "counts": {kind: part["count"] for kind, part in result.manifest.items()},
        "skipped": [{"kind": kind, **each} for kind, part in result.manifest.items() for each in part.get("skipped", ())],
    }


def ask(url: str, request: Request) -> dict[str, Any]:
    """The preview of one request, from the database at `url`."""
    ledger = PostgresLedger(url, "converter", "converter", "")
    try:
        with ledger.work() as work:
            return Previews(load_profiles(), load_free_mail()).preview(work, request)
    finally:
        ledger.close()


def read_request(lead_id: str, options: str, profile: str | None, origin: str | None) -> Request:
    """A request as it would be decoded; raises SetupError that names what is wrong in the options."""
    try:
        read = ConversionOptions.model_validate_json(options) if options else None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        message = f"options: {wrong}"
        raise SetupError(message) from error
    return Request(_NOBODY, "", lead_id, b"", {}, "", read, (), origin, profile)


def main() -> int:
    """Print one JSON document; 1 with a sentence on stderr where that cannot be done."""
    parser = argparse.ArgumentParser(description="What a conversion of a lead would do now.")
    parser.add_argument("lead_id")
    parser.add_argument("--options", default="", help="JSON, as in the body of a request")
    parser.add_argument("--profile")
    parser.add_argument("--origin")
    parser.add_argument("--database", help="URL; else that of the settings")
    given = parser.parse_args()
    try:
        settings = load_settings()
        url = given.database or database_url(settings, "converter")
        if url is None:
            raise SetupError("set LEADLINE_DATABASE_URL")
        request = read_request(given.lead_id, given.options, given.profile or settings.profile, given.origin)
        sys.stdout.write(orjson.dumps(ask(url, request), option=orjson.OPT_INDENT_2).decode() + "\n")
    except LeadlineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
