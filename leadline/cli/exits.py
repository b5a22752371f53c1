"""The exit statuses of the command line, and the one place where errors become words and a status."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final, NoReturn

from leadline.errors import LeadlineError, Unavailable

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
NOTHING_MATCHED: Final = 3
PARTLY_FAILED: Final = 4
REFUSED: Final = 5
UNREACHABLE: Final = 6
INTERRUPTED: Final = 130


def run(app: Callable[[], None]) -> NoReturn:
    """Run the command line; an error that we name is one sentence on stderr."""
    try:
        app()
    except Unavailable as error:
        _leave(str(error), UNREACHABLE)
    except LeadlineError as error:
        _leave(str(error), FAILED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(DONE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(DONE)


def _leave(message: str, status: int) -> NoReturn:
    sys.stderr.write(f"leadline: {message}\n")
    sys.exit(status)
