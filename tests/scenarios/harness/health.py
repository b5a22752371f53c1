"""What a service says of itself on its health port."""

from __future__ import annotations

import urllib.error
import urllib.request

SECONDS = 2.0


def health(port: int, path: str) -> int:
    """The HTTP status of `/livez` or `/readyz`; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
