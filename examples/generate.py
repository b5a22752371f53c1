"""Write a day of a sales team as JSON lines, and what must come of it; the same seed gives the same bytes.

python -m examples.generate --seed 7 --leads 500 --expected examples/expected.json > examples/day.jsonl
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from examples.broken import break_some
from examples.conversions import PER_500_LEADS, Desk
from examples.expected import expect
from examples.leads import Leads
from examples.orders import place_orders
from examples.records import Day


def generate(seed: int, leads: int) -> list[dict[str, Any]]:
    """Return the day's records in the order of publishing; every case occurs at least once, however few the leads."""
    day = Day(seed)
    desk = Desk(day, Leads(day))
    cases = [case for case, share in PER_500_LEADS.items() for _ in range(max(1, round(share * leads / 500)))]
    day.rng.shuffle(cases)
    converted = [key for case in cases for key in case(desk)]
    for _ in range(leads - len(cases)):
        _leave_unasked(desk)
    break_some(desk)
    place_orders(day, converted)
    return day.lines()


def _leave_unasked(desk: Desk) -> None:
    """A lead that nobody wants to convert today."""
    lead = desk.leads.work(desk.leads.create())
    decided = desk.day.rng.random()
    if decided < 0.3:
        desk.leads.qualify(lead)
    elif decided < 0.4:
        desk.leads.tell(lead, lead.ready_at + 60, "lead.disqualified", {"reason": "no_need", "notes": "kein Bedarf"})


def main() -> None:
    """Write the lines to stdout and, where asked, the expectation to a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--leads", type=int, default=500)
    parser.add_argument("--expected", type=Path, help="where to write what must come of the day")
    args = parser.parse_args()
    lines = generate(args.seed, args.leads)
    for line in lines:
        sys.stdout.buffer.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    if args.expected:
        args.expected.write_text(_text({"seed": args.seed, **expect(lines)}), encoding="utf-8")


def _text(expected: dict[str, Any]) -> str:
    """JSON with one line for each part, and one for each request's outcome."""
    outcomes = expected.pop("outcomes")
    parts = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in expected.items()]
    keys = [f"    {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in outcomes.items()]
    return "{\n" + ",\n".join(parts) + ',\n  "outcomes": {\n' + ",\n".join(keys) + "\n  }\n}\n"


if __name__ == "__main__":
    main()
