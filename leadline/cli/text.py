"""Text from records, fit for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""The text with control characters replaced, so that a record cannot move the cursor or colour the screen.

    >>> printable("a\x1b[31mb")
    'a?[31mb'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)
