"""Reads `free_mail.txt`: the mail domains that say nothing about who belongs to which company."""

from __future__ import annotations

from importlib.resources import files

from services.converter.domain.match_keys import Domains


def load_free_mail() -> Domains:
    """Every domain of the list."""
    text = files("services.converter").joinpath("free_mail.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
