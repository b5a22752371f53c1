"""The one tree of errors: a class for each decision that its catcher has to take, not for each place it comes from."""

from __future__ import annotations


class LeadlineError(Exception):
    """Something that Leadline names and explains; the text is for people and says what to do."""


class Rejected(LeadlineError):
    """This record can never be handled as it is: dead-letter it at once, with its bytes untouched."""

    def __init__(self, code: str, message: str, *, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = fields


class Unavailable(LeadlineError):
    """A dependency (Kafka, PostgreSQL) does not answer now: hold everything, try again, blame no record."""


class Fenced(LeadlineError):
    """Another process owns this partition now: write nothing more and exit."""


class OffsetsMoved(LeadlineError):
    """The group's offsets, the log and `partition_progress` disagree: a person has to decide."""


class SetupError(LeadlineError):
    """The surroundings are not fit to start (setting, port, version, disk): say what is missing and exit."""
