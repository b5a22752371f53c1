"""Mails from templates: `templates/<language>/<kind>.txt.j2` is the subject in its first line, then the text.

HTML is made of the same text, escaped, so that a kind needs one file for each language. Nothing that a record says is ever
taken for a template, and a kind or field that a template does not know makes a plainer mail, never none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateNotFound, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

FOLDER: Final = Path(__file__).with_name("templates")
DEFAULT_LANGUAGE: Final = "en"
ANY_KIND: Final = "notification"
DIGEST: Final = "digest"
IN_DIGEST: Final = "in_digest"  # a text that is one of several says only once, at the end, why one is told
SUBJECT_CHARS: Final = 200


class Mail(NamedTuple):
    """One message to a person."""

    subject: str
    text: str
    html: str


class Section(NamedTuple):
    """A part of a page: lines in paragraphs, under a title or none."""

    title: str | None
    paragraphs: Sequence[Sequence[str]]


class Templates:
    """The templates of a folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._texts = _environment(folder, autoescape=False)
        self._pages = _environment(folder, autoescape=True)
        self.languages = sorted(each.name for each in folder.iterdir() if each.is_dir())

    def render(self, kind: str, language: str, said: Mapping[str, Any]) -> Mail:
        """The mail of a notification of this kind; `said` has at least `title` and `text`."""
        known = self.language(language)
        subject, text = _split(self._text(kind, known, said))
        return Mail(subject, text + "\n", self._page(known, subject, [Section(None, _paragraphs(text))]))

    def render_digest(self, language: str, letters: Sequence[tuple[str, Mapping[str, Any]]]) -> Mail:
        """One mail of several notifications, each a kind with what it says; each has its own title and text."""
        known = self.language(language)
        parts = [_split(self._text(kind, known, {**said, IN_DIGEST: True})) for kind, said in letters]
        notifications = [{"title": title, "text": text} for title, text in parts]
        subject, text = _split(self._template(known, DIGEST).render(notifications=notifications))
        end = _paragraphs(text)[-1:]  # why the recipient is told
        sections = [*(Section(title, _paragraphs(text)) for title, text in parts), Section(None, end)]
        return Mail(subject, text + "\n", self._page(known, subject, sections))

    def language(self, wanted: str) -> str:
        """The language that is there for what is wanted: `de` for `de-AT`, English for what there is none for."""
        short = wanted.replace("_", "-").partition("-")[0].lower()
        return short if short in self.languages else DEFAULT_LANGUAGE

    def kinds(self, language: str) -> list[str]:
        """The kinds that have a text of their own in a language."""
        suffix = ".txt.j2"
        names = self._texts.list_templates(filter_func=lambda name: name.startswith(f"{language}/") and name.endswith(suffix))
        return sorted(name.removeprefix(f"{language}/").removesuffix(suffix) for name in names)

    def _page(self, language: str, subject: str, sections: Sequence[Section]) -> str:
        page = self._pages.get_template("page.html.j2")
        return page.render(language=language, subject=subject, sections=sections)

    def _text(self, kind: str, language: str, said: Mapping[str, Any]) -> str:
        one_line = {**said, "title": " ".join(str(said["title"]).split())}
        try:
            return self._template(language, kind).render(one_line)
        except (TemplateNotFound, UndefinedError):
            return self._template(language, ANY_KIND).render(one_line)

    def _template(self, language: str, kind: str) -> Template:
        return self._texts.get_template(f"{language}/{kind}.txt.j2")


def _split(rendered: str) -> tuple[str, str]:
    """The subject in one line, and the text."""
    head, _, body = rendered.strip().partition("\n")
    return " ".join(head.split())[:SUBJECT_CHARS], body.strip()


def _paragraphs(text: str) -> list[list[str]]:
    return [each.splitlines() for each in text.split("\n\n")]


def _environment(folder: Path, *, autoescape: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder), autoescape=autoescape, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
