"""The checker as a command: counts and violations as a table; exit status 0 = clean, 1 = a promise is broken.

python -m tests.faults.checker --bootstrap HOST:PORT --database-url URL --ledger FILE [--prefix P] [--wait SECONDS]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from tests.faults.checker.facts import Facts, Violation
from tests.faults.checker.judge import count, judge
from tests.faults.checker.source import Source, Target

SHOWN = 50


def main() -> int:
    """Read, wait where asked to, judge and print."""
    args = _arguments()
    target = Target(args.bootstrap, args.database_url, args.prefix, args.ledger, args.with_notifier)
    with Source(target) as source:
        facts = source.wait_until_quiet(args.wait)
    violations = judge(facts)
    _print(facts, violations)
    return 1 if violations else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--ledger", required=True, type=Path)
    parser.add_argument("--wait", type=float, default=0.0, help="seconds to wait at most for the pipeline to rest")
    parser.add_argument("--with-notifier", action="store_true", help="require a notification for each end")
    return parser.parse_args()


def _print(facts: Facts, violations: list[Violation]) -> None:
    for name, number in count(facts).items():
        print(f"{number:>10,}  {name}")
    by_rule = Counter(violation.rule for violation in violations)
    print(f"\n{len(violations):>10,}  violations")
    for rule, number in by_rule.most_common():
        print(f"{number:>10,}    {rule}")
    for violation in violations[:SHOWN]:
        print(f"{violation.rule}  {violation.subject}  {violation.detail}")
    if len(violations) > SHOWN:
        print(f"... and {len(violations) - SHOWN} more")


if __name__ == "__main__":
    sys.exit(main())
