"""Mails from templates."""

from __future__ import annotations

from typing import Any

import pytest

from services.notifier.deliver.preview import EXAMPLE
from services.notifier.deliver.rendering import Templates

TEMPLATES = Templates()
SAID: dict[str, Any] = {"title": "First sale", "text": "Ada placed a first order.", "customer_id": "C-1", "order_id": "O-1"}


def test_a_mail_in_english_says_what_the_notification_says() -> None:
    mail = TEMPLATES.render("first-sale", "en", SAID)
    assert mail.subject == "First sale"
    assert mail.text == ("Ada placed a first order.\n\nYou are told this by Leadline because it concerns your work.\n")


def test_a_mail_in_german_is_german_from_subject_to_end() -> None:
    mail = TEMPLATES.render("first-sale", "de-CH", SAID)
    assert mail.subject == "Erster Verkauf"
    assert mail.text == (
        "Der Kunde C-1 hat zum ersten Mal bestellt (Auftrag O-1).\n\n"
        "Diese Nachricht kommt von Leadline, weil sie Ihre Arbeit betrifft.\n"
    )


def test_a_language_that_there_is_none_of_is_english() -> None:
    assert TEMPLATES.render("first-sale", "tlh", SAID) == TEMPLATES.render("first-sale", "en", SAID)


@pytest.mark.parametrize("kind", ["moon-is-full", "../de/first-sale", "conversion-failed"])
def test_a_kind_without_a_template_or_its_fields_makes_a_plainer_mail(kind: str) -> None:
    mail = TEMPLATES.render(kind, "en", {"title": "T", "text": "x"})
    assert (mail.subject, mail.text.splitlines()[0]) == ("T", "x")


def test_what_a_record_says_is_never_markup_in_a_page_nor_a_template() -> None:
    hostile = '<script>alert(1)</script> {{ 7 * 7 }} & "q"'
    mail = TEMPLATES.render("first-sale", "en", {"title": hostile, "text": hostile})
    assert "<script>" not in mail.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }} &amp;" in mail.html
    assert mail.text.startswith(hostile)


def test_a_subject_is_one_line_of_bounded_length() -> None:
    mail = TEMPLATES.render("first-sale", "en", {"title": "a\r\nBcc: everybody\n" + "b" * 1000, "text": "x"})
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert len(mail.subject) == 200
    assert mail.text.startswith("x\n")


@pytest.mark.parametrize("language", TEMPLATES.languages)
def test_every_template_is_fit_for_what_its_kind_says(language: str) -> None:
    for kind in TEMPLATES.kinds(language):
        assert TEMPLATES.render(kind, language, EXAMPLE).text.strip()


def test_german_has_a_template_of_its_own_for_every_kind() -> None:
    assert set(TEMPLATES.kinds("de")) >= {"conversion-completed", "conversion-failed", "first-sale", "stage-changed", "reminder"}


def test_a_digest_has_each_notification_with_its_title_and_says_once_why_one_is_told() -> None:
    mail = TEMPLATES.render_digest("en", [("first-sale", SAID), ("moon-is-full", {"title": "<Moon>", "text": "It is full."})])
    assert mail.subject == "2 notifications"
    assert mail.text == (
        "* First sale\n\nAda placed a first order.\n\n* <Moon>\n\nIt is full.\n\n"
        "You are told this by Leadline because it concerns your work.\n"
    )
    assert mail.html.count("because it concerns your work") == 1
    assert [mail.html.count(each) for each in (">First sale</h2>", ">&lt;Moon&gt;</h2>", "<p>It is full.</p>")] == [1, 1, 1]


def test_a_digest_of_one_is_german_where_its_reader_is() -> None:
    mail = TEMPLATES.render_digest("de", [("first-sale", SAID)])
    assert mail.subject == "1 Benachrichtigung"
    assert "* Erster Verkauf\n\nDer Kunde C-1 hat zum ersten Mal bestellt (Auftrag O-1).\n" in mail.text
    assert '<html lang="de">' in mail.html
