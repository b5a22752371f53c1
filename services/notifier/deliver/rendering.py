"""Mails from templates: `templates/<language>/<kind>.txt.j2` is the subject in its first line, then the text.

HTML is made of the same text, escaped, so that a kind needs one file for each language. Nothing that a record says is ever
taken for a template, and a kind or field that a template does not know makes a plainer mail, never none.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateNotFound, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

FOLDER: Final = Path(__file__).with_name("templates")
DEFAULT_LANGUAGE: Final = "en"
ANY_KIND: Final = "notification"
SUBJECT_CHARS: Final = 200


class Mail(NamedTuple):
    """One message to a person."""

    subject: str
    text: str
    html: str


class Templates:
    """The templates of a folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._texts = _environment(folder, autoescape=False)
        self._pages = _environment(folder, autoescape=True)
        self.languages = sorted(each.name for each in folder.iterdir() if each.is_dir())

    def render(self, kind: str, language: str, said: Mapping[str, Any]) -> Mail:
        """The mail of a notification of this kind; `said` has at least `title` and `text`."""
        known = self.language(language)
        head, _, body = self._text(kind, known, said).strip().partition("\n")
        subject, text = " ".join(head.split())[:SUBJECT_CHARS], body.strip() + "\n"
        paragraphs = [each.splitlines() for each in text.strip().split("\n\n")]
        page = self._pages.get_template("page.html.j2")
        return Mail(subject, text, page.render(language=known, subject=subject, paragraphs=paragraphs))

    def language(self, wanted: str) -> str:
        """The language that is there for what is wanted: `de` for `de-AT`, English for what there is none for."""
        short = wanted.replace("_", "-").partition("-")[0].lower()
        return short if short in self.languages else DEFAULT_LANGUAGE

    def kinds(self, language: str) -> list[str]:
        """The kinds that have a text of their own in a language."""
        suffix = ".txt.j2"
        names = self._texts.list_templates(filter_func=lambda name: name.startswith(f"{language}/") and name.endswith(suffix))
        return sorted(name.removeprefix(f"{language}/").removesuffix(suffix) for name in names)

    def _text(self, kind: str, language: str, said: Mapping[str, Any]) -> str:
        one_line = {**said, "title": " ".join(str(said["title"]).split())}
        try:
            return self._template(language, kind).render(one_line)
        except (TemplateNotFound, UndefinedError):
            return self._template(language, ANY_KIND).render(one_line)

    def _template(self, language: str, kind: str) -> Template:
        return self._texts.get_template(f"{language}/{kind}.txt.j2")


def _environment(folder: Path, *, autoescape: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder), autoescape=autoescape, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
