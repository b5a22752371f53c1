"""`python -m services.notifier.deliver.preview KIND`: the mail of a kind, with made-up values, on stdout."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Final

from services.notifier.deliver.rendering import Templates

EXAMPLE: Final[dict[str, Any]] = {
    "title": "A title",
    "text": "What the notification says.",
    "lead_id": "L-1001",
    "customer_id": "C-1001",
    "order_id": "O-1001",
    "stage": "dormant",
    "notifications": [{"title": "A title", "text": "What it says."}, {"title": "Another one", "text": "What that one says."}],
    "error": {"code": "LEAD_NOT_QUALIFIED", "message": "Lead must be qualified before conversion", "retryable": True},
}


def main(arguments: list[str]) -> int:
    """Print it; a kind or language that has no template of its own gets that of all kinds, or English."""
    parser = argparse.ArgumentParser(prog="leadline notifications preview", description=__doc__)
    parser.add_argument("kind")
    parser.add_argument("--language", default="en")
    parser.add_argument("--html", action="store_true")
    chosen = parser.parse_args(arguments)
    templates = Templates()
    mail = templates.render(chosen.kind, chosen.language, EXAMPLE)
    own = chosen.kind in templates.kinds(templates.language(chosen.language))
    sys.stderr.write(f"language {templates.language(chosen.language)}, template {chosen.kind if own else 'notification'}\n")
    sys.stdout.write(mail.html if chosen.html else f"Subject: {mail.subject}\n\n{mail.text}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
