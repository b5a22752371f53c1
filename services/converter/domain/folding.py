"""Names as they are compared: case, accents, apostrophes, punctuation, spaces and a company's legal form do not count. Pure.

An umlaut and its spelling with an e count as the letter alone: Müller, Mueller and Muller are one name. So `Joe` is `Jo`, too:
a warning more costs a look, a duplicate that nobody noticed costs more.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_CHARS: Final = 200
LEGAL_FORMS: Final = frozenset({
    "ab", "ag", "aps", "as", "asa", "bhd", "bv", "co", "company", "corp", "corporation", "cv", "dd", "doo", "ead", "ek",
    "eurl", "ev", "gbr", "gk", "gmbh", "haftungsbeschraenkt", "haftungsbeschrankt", "inc", "incorporated", "kft", "kg",
    "kgaa", "kk", "lda", "limited", "llc", "llp", "lp", "ltd", "ltda", "mbh", "nv", "nyrt", "oao", "ohg", "ood", "ooo",
    "oy", "oyj", "pao", "plc", "pte", "pty", "pvt", "sa", "sarl", "sas", "sasu", "sau", "sca", "scs", "sdn", "se", "sl",
    "slu", "snc", "spa", "spzoo", "srl", "srls", "sro", "ug", "vof", "zao", "zrt",
})  # fmt: skip
# Apostrophes, dots and slashes join: O'Brien is one word, and so are S.A. and A/S.
_JOINERS: Final = dict.fromkeys(map(ord, "'\u2019\u2018\u02bc`\u00b4\u2032./"))
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_SPLIT_SPZOO: Final = ["sp", "z", "oo"]
_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_WORD: Final = re.compile(r"[a-z0-9]+")
_SPELLED_UMLAUT: Final = re.compile("([aou])e+")


def fold_company(name: str) -> str:
    """The key of a company's name, without its legal form unless it is all there is.

    >>> fold_company("Müller & Söhne GmbH & Co. KG"), fold_company("MUELLER SOEHNE")
    ('mullersohne', 'mullersohne')
    """
    words = _words(name)
    if words[-3:] == _SPLIT_SPZOO:
        words[-3:] = ["spzoo"]
    while len(words) > 1 and words[-1] in LEGAL_FORMS:
        words.pop()
    return _join(words)


def fold_name(name: str) -> str:
    """The key of any other name.

    >>> fold_name("Jean-Luc O'Brien"), fold_name("jean luc obrien")
    ('jeanlucobrien', 'jeanlucobrien')
    """
    return _join(_words(name))


def _words(name: str) -> list[str]:
    text = name.translate(_JOINERS)
    if text.isascii():
        return _WORD.findall(text.lower())
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_LETTERS)
    if (plain := _ACCENTS.sub("", folded)).isascii():
        return _WORD.findall(plain.translate(_JOINERS))
    # What is combined is an accent or a vowel sign; only the latter (Mc, and Mn of class 0) tells words apart.
    kept = (letter for letter in folded if not unicodedata.combining(letter))
    return "".join(letter if _tells(letter) else " " for letter in kept).translate(_JOINERS).split()


def _tells(letter: str) -> bool:
    return letter.isalnum() or unicodedata.category(letter).startswith("M")


def _join(words: list[str]) -> str:
    return _SPELLED_UMLAUT.sub(r"\1", "".join(words))[:MAX_CHARS]
