"""What is the same in two leads has one key, however it is written."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.converter.domain.alike import KEPT, MAX_CANDIDATES, Alike
from services.converter.domain.folding import LEGAL_FORMS, MAX_CHARS, fold_company, fold_name
from services.converter.domain.lead import Lead, LeadChange, apply, rekey
from services.converter.domain.match_keys import (
    KEYED,
    KINDS,
    NO_KEYS,
    compared_address,
    compared_domain,
    compared_name,
    compared_phone,
    compared_vat,
    match_keys,
)
from services.converter.free_mail import load_free_mail

FREE_MAIL = load_free_mail()
LETTERS = st.text(st.characters(categories=["L", "N", "M", "P", "S", "Z"]), max_size=30)
WORDS = st.lists(st.sampled_from(["Müller", "O'Brien", "Jean-Luc", "Søren", "Łódź", "Strauß", "Acme", "Zoë", "x9"]), min_size=1)
ANYTHING = st.none() | st.text(max_size=40)
FIELDS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(sorted(KEYED - {"address"}), ANYTHING)
    | {"address": st.none() | st.fixed_dictionaries({}, optional={"country": ANYTHING})},
)


def keys(**fields: Any) -> dict[str, int | None]:
    return dict(zip(KINDS, match_keys(fields, FREE_MAIL) or (None,) * len(KINDS), strict=True))


@given(LETTERS)
def test_what_is_folded_once_is_folded_for_good(name: str) -> None:
    for fold in (fold_name, fold_company):
        assert fold(fold(name)) == fold(name)


@given(WORDS, st.sampled_from([str.upper, str.lower, str.title, str.casefold]), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_case_form_and_spacing_make_no_other_name(words: list[str], change: Any, form: Any) -> None:
    other = "   ".join(unicodedata.normalize(form, change(word)) for word in words)
    assert fold_name(other) == fold_name(" ".join(words)) != ""


@given(WORDS)
def test_accents_apostrophes_and_hyphens_make_no_other_name(words: list[str]) -> None:
    name = " ".join(words)
    plain = name.replace("'", "").replace("-", " ").replace("ü", "u").replace("ë", "e").replace("ø", "o").replace("ó", "o")
    spelled = name.replace("'", "\u2019").replace("-", "\u2010").replace("ü", "ue").replace("ø", "oe").replace("ß", "ss")
    assert fold_name(plain) == fold_name(name) == fold_name(spelled)


@given(WORDS, st.lists(st.sampled_from(sorted(LEGAL_FORMS)), min_size=1, max_size=3))
def test_a_legal_form_makes_no_other_company(words: list[str], forms: list[str]) -> None:
    name = " ".join(words)
    dotted = " ".join(".".join(form) + "." for form in forms)
    assert fold_company(f"{name} {' '.join(forms)}") == fold_company(f"{name}, {dotted.upper()}") == fold_company(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller GmbH", "MUELLER G.m.b.H."),
        ("Müller & Söhne GmbH & Co. KG", "Muller Sohne"),
        ("O'Brien Ltd", "O\u00b4Brien Limited"),
        ("Ærø A/S", "Aero"),
        ("Zupa Sp. z o.o.", "ZUPA"),
        ("Acme, Inc.", "acme S.A."),
        ("İstanbul", "istanbul"),
    ],
)
def test_these_companies_have_one_name(one: str, other: str) -> None:
    assert fold_company(one) == fold_company(other)


@pytest.mark.parametrize(
    ("one", "other"), [("GmbH", "Ltd"), ("राम", "रोम"), ("株式会社トヨタ", "株式会社ホンダ"), ("Acme 1", "Acme 2")]
)
def test_these_companies_have_two_names(one: str, other: str) -> None:
    assert fold_company(one) != fold_company(other)


def test_a_key_is_no_longer_than_a_name_may_be() -> None:
    assert len(fold_company("\ufdfa" * 500)) == MAX_CHARS


def test_a_person_is_compared_by_first_and_last_name_where_there_is_no_company() -> None:
    assert compared_name({"first_name": "Ada", "last_name": "Byron", "company_name": " "}) == "adabyron"
    assert compared_name({"first_name": "Ada", "last_name": "Byron", "company_name": "Engines AG"}) == "engines"
    assert compared_name({"first_name": "Ada", "last_name": "-"}) is None


@given(st.sampled_from(["DE", "GB", "US", "FR", "IT", "CH", "BR"]), st.data())
@settings(max_examples=60)
def test_a_phone_number_has_one_key_in_every_form(region: str, data: st.DataObject) -> None:
    number = phonenumbers.example_number(region)
    assert number is not None
    forms = phonenumbers.PhoneNumberFormat
    e164 = phonenumbers.format_number(number, forms.E164)
    form = data.draw(st.sampled_from([forms.INTERNATIONAL, forms.NATIONAL, forms.RFC3966]))
    assert compared_phone(phonenumbers.format_number(number, form), region) == compared_phone(e164, None) == e164


@given(st.text(max_size=300), st.sampled_from([None, "DE", "ZZ", "X"]))
def test_a_phone_number_that_is_none_has_no_key_and_is_no_fault(phone: str, country: str | None) -> None:
    found = compared_phone(phone, country)
    assert found is None or re.fullmatch(r"\+[0-9]{2,17}", found)


@pytest.mark.parametrize(
    ("vat", "country", "compared"),
    [
        ("DE 136 695 976", None, "DE136695976"),
        ("136695976", "DE", "DE136695976"),
        ("DE136695976", "FR", "DE136695976"),
        ("EL 094259216", None, "GR094259216"),
        ("094259216", "GR", "GR094259216"),
        ("GB 980 7806 84", "US", "GB980780684"),
        ("CHE-107.787.577 IVA", "CH", "CHE107787577IVA"),
        ("BE 697449992", None, "BE0697449992"),
        ("hrb 47-11", None, "HRB4711"),
        ("DE 000 000 000", None, None),
        ("n/a", "DE", None),
        ("1 2 3", None, None),
    ],
)
def test_a_vat_number_is_compared_by_the_rules_of_its_country(vat: str, country: str | None, compared: str | None) -> None:
    assert compared_vat(vat, country) == compared


@given(st.text(max_size=60), st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2))
def test_no_text_in_place_of_a_vat_number_is_a_fault(vat: str, country: str) -> None:
    compared_vat(vat, country)
    compared_vat(country + vat, None)


def test_a_domain_at_which_anybody_may_have_an_address_is_not_compared() -> None:
    assert {"gmail.com", "outlook.com", "web.de", "example.com"} <= FREE_MAIL
    assert all(domain == domain.strip().lower() and "." in domain for domain in FREE_MAIL)
    assert compared_domain("ada@gmail.com", FREE_MAIL) is None
    assert compared_domain("ada@engines.co.uk", FREE_MAIL) == "engines.co.uk"
    assert [compared_domain(email, FREE_MAIL) for email in (None, "ada", "ada@localhost")] == [None, None, None]


def test_an_address_is_compared_without_its_tag_and_at_gmail_without_dots() -> None:
    assert compared_address("ada+fair@x.de") == compared_address("ada@x.de")
    assert compared_address("a.da+x@gmail.com") == compared_address("ada@googlemail.com")
    assert compared_address("a.da@x.de") != compared_address("ada@x.de")
    assert compared_address("+fair@x.de") == "+fair@x.de"


def test_one_text_of_two_kinds_has_two_keys_and_the_key_is_that_of_the_migration() -> None:
    found = keys(company_name="x9", vat="HRB4711", phone="+49 30 1234567", email="a@firm.de")
    assert len(set(found.values())) == len(KINDS)
    assert found["domain"] == int.from_bytes(sha256(b"domain:firm.de").digest()[:8], "big", signed=True)


@given(FIELDS, FIELDS)
def test_a_match_is_the_same_from_both_sides(one: dict[str, Any], other: dict[str, Any]) -> None:
    def warned(lead: dict[str, Any], customer: dict[str, Any]) -> list[str]:
        known: dict[int, list[Any]] = {key: [] for fields in (one, other) for key in match_keys(fields, FREE_MAIL) if key}
        alike = Alike(known)
        alike.meet(match_keys(customer, FREE_MAIL), {"customer_id": "1", "customer_number": "1", "name": "1"})
        return [each["reason"] for each in alike.warn(match_keys(lead, FREE_MAIL))]

    assert warned(one, other) == warned(other, one)
    assert warned(one, one) == [kind for kind, key in keys(**one).items() if key is not None]


def test_a_warning_names_five_others_the_latest_first_and_each_once() -> None:
    alike = Alike({7: []})
    customers = [{"customer_id": f"{n}", "customer_number": f"C-{n}", "name": "N", "email": "left out"} for n in range(8)]
    found = [alike.meet((7,), customer) for customer in [*customers, customers[3]]]
    assert [each.shared_keys for each in found] == [[7]] * 8 + [[]]
    (warning,) = found[-1].warnings
    assert [each["customer_id"] for each in warning["candidates"]] == ["7", "6", "5", "4", "2"]
    assert set(warning["candidates"][0]) == {"customer_id", "customer_number", "name"}
    assert len(warning["candidates"]) == MAX_CANDIDATES
    assert len(alike._by_key[7]) == KEPT, "or a batch of one company would take the square of its size"


def test_a_lead_has_the_keys_of_its_fields_until_it_is_converted() -> None:
    change = LeadChange("L-1", "1", "2026-11-22T08:00:00Z", {"phone": "+49 30 1234567"})
    lead = rekey(apply(Lead("L-1"), [change]), [change], FREE_MAIL)
    assert lead.match_keys == match_keys(change.fields, FREE_MAIL)
    gone = change._replace(stamp="2", fields={"phone": None})
    assert rekey(apply(lead, [gone]), [gone], FREE_MAIL).match_keys == NO_KEYS
    converted = lead._replace(status="converted")
    assert rekey(apply(converted, [gone]), [gone], FREE_MAIL).match_keys == lead.match_keys
    erased = LeadChange("L-1", "3", "2026-11-22T08:00:01Z", {}, "erased")
    assert rekey(apply(lead, [erased]), [erased], FREE_MAIL).match_keys == NO_KEYS
