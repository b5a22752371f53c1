"""`python -m leadline.runtime.healthcheck URL`: status 0 where it answers 200. For images, which have no curl.

It imports nothing of ours: a container runs it every few seconds.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from typing import Final

SECONDS: Final = 3.0


def main() -> int:
    """Print what was answered; gives the exit status."""
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=SECONDS) as answer:  # noqa: S310 - the image says which address
            sys.stdout.write(answer.read().decode())
    except urllib.error.HTTPError as error:
        sys.stdout.write(error.read().decode())
        return 1
    except OSError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
