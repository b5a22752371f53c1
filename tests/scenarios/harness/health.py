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


def metric(port: int, name: str) -> float:
    """The value of a metric without labels; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return 0
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))
