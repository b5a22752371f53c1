"""What a lead has in common with a customer that may be the same: one number for each kind, equal where the two match. Pure.

A key is the beginning of a hash of what is compared, so that neither tables nor logs repeat names and numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any, Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat
from stdnum.exceptions import ValidationError
from stdnum.util import NumberValidationModule, get_cc_module

from services.converter.domain.folding import fold_company, fold_name
from services.converter.domain.names import email_key

Keys = tuple[int | None, ...]
"""A key of each kind, in the order of KINDS, None where there is nothing to compare; empty: of none."""
Domains = frozenset[str]

KINDS: Final = ("name", "vat", "phone", "domain", "email_variant")
NO_KEYS: Final[Keys] = ()
KEYED: Final = frozenset({"company_name", "first_name", "last_name", "vat", "phone", "address", "email"})
"""The fields of a lead that its keys are made of."""
_NOT_IN_VAT: Final = re.compile("[^A-Z0-9]")
_MIN_VAT_CHARS: Final = 5
_COUNTRY: Final = re.compile("[A-Z]{2}").fullmatch
_OTHER_CODES: Final = {"UK": "GB", "EL": "GR", "XI": "GB"}
_GMAIL: Final = frozenset({"gmail.com", "googlemail.com"})


def match_keys(fields: Mapping[str, Any], free_mail: Domains) -> Keys:
    """The keys of a lead with these fields; `free_mail` are the mail domains that say nothing about a company."""
    country = _country((fields.get("address") or {}).get("country"))
    email = email_key(fields.get("email"))
    compared = (
        compared_name(fields),
        compared_vat(fields.get("vat") or "", country),
        compared_phone(fields.get("phone") or "", country),
        compared_domain(email, free_mail),
        compared_address(email),
    )
    keys = tuple(_number(kind, text) if text else None for kind, text in zip(KINDS, compared, strict=True))
    return keys if any(compared) else NO_KEYS


def _number(kind: str, text: str) -> int:
    """The migration that gave customers their first keys computes the same in SQL."""
    return int.from_bytes(sha256(f"{kind}:{text}".encode()).digest()[:8], "big", signed=True)


def compared_name(fields: Mapping[str, Any]) -> str | None:
    """The company, else a person of whom first and last name are known: a first name alone is too many people's."""
    company = fields.get("company_name")
    if company and (folded := fold_company(company)):
        return folded
    first, last = fold_name(fields.get("first_name") or ""), fold_name(fields.get("last_name") or "")
    return first + last if first and last else None


def compared_vat(vat: str, country: str | None) -> str | None:
    """The number by the rules of the country that it begins with or that the address names, else as it was written.

    >>> compared_vat("136 695 976", "DE"), compared_vat("de 136695976", None)
    ('DE136695976', 'DE136695976')
    """
    text = _NOT_IN_VAT.sub("", unicodedata.normalize("NFKC", vat).upper())
    for code in (text[:2], country):
        if code and (valid := _valid_vat(text, code)):
            return valid
    digits = {letter for letter in text if letter.isdigit()}
    return text if len(text) >= _MIN_VAT_CHARS and len(digits) > 1 else None  # not 00000 or n/a


def _valid_vat(text: str, code: str) -> str | None:
    prefix = _OTHER_CODES.get(code, code)
    module = _vat_module(prefix) if _COUNTRY(prefix) else None
    for number in (text, text[2:]) if module and text.startswith(code) else (text,):
        try:
            valid = module.validate(number) if module else ""
        except ValidationError:
            continue
        if valid:
            return valid if valid.startswith(prefix) else prefix + valid
    return None


@cache
def _vat_module(country: str) -> NumberValidationModule | None:
    return get_cc_module(country, "vat")


def compared_phone(phone: str, country: str | None) -> str | None:
    """The number in E.164; without a country code it is one of the address's country.

    >>> compared_phone("030 / 123 45 67", "DE"), compared_phone("+49 (0)30 1234567", None)
    ('+49301234567', '+49301234567')
    """
    if not phone:
        return None
    try:
        number = phonenumbers.parse(phone, country)
    except NumberParseException:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if phonenumbers.is_possible_number(number) else None


def compared_domain(email: str | None, free_mail: Domains) -> str | None:
    """The mail domain, unless anybody may have an address there."""
    _, at, domain = (email or "").rpartition("@")
    domain = domain.strip(".")
    return domain if at and "." in domain and domain not in free_mail else None


def compared_address(email: str | None) -> str | None:
    """The address without its tag, and without dots where the provider ignores them.

    >>> compared_address("ada+fair@x.de"), compared_address("a.da@googlemail.com")
    ('ada@x.de', 'ada@gmail.com')
    """
    local, at, domain = (email or "").rpartition("@")
    name = local.partition("+")[0]
    if domain in _GMAIL:
        name, domain = name.replace(".", ""), "gmail.com"
    return f"{name}@{domain}" if at and name else email


def _country(said: Any) -> str | None:
    code = str(said or "").strip().upper()
    return _OTHER_CODES.get(code, code) if _COUNTRY(code) else None
