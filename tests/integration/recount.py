"""The metrics of docs/metrics.md, counted a second time in plain Python from raw events, without the projector's code.

`Facts` is what the events say of each lead and opportunity; every function below is one definition of that page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil
from typing import Any

Row = dict[str, Any]
Window = tuple[datetime | None, datetime | None]
REACHED = ("qualified", "converting", "converted")


@dataclass
class Lead:
    """A lead as its events leave it; `statuses` are its statuses with the times at which they began.

    One that `is_reverted` was converted once, and that was taken back.
    """

    created: datetime
    source: str = "unknown"
    rep: str = "unknown"
    reason: str = "unknown"
    statuses: list[tuple[str, datetime]] = field(default_factory=list)
    is_reverted: bool = False

    @property
    def status(self) -> str:
        return self.statuses[-1][0]

    @property
    def converted(self) -> datetime | None:
        return None if self.is_reverted else self.first("converted")

    def first(self, *names: str) -> datetime | None:
        return min((since for status, since in self.statuses if status in names), default=None)


@dataclass
class Deal:
    """An opportunity with its last stage and the time of it."""

    lead_id: str
    value: Decimal
    currency: str
    stage: str
    stage_at: datetime


@dataclass
class Facts:
    """Everything that is counted."""

    leads: dict[str, Lead]
    deals: list[Deal]
    costs: dict[str, Decimal]


def recount(facts: Facts, window: Window) -> dict[str, list[Row]]:
    """Every metric."""
    return {
        "conversion_rate": conversion_rate(facts, window),
        "time_to_conversion": [time_to_conversion(facts, window)],
        "time_in_status": time_in_status(facts, window),
        "sales_cycle": [sales_cycle(facts, window)],
        "win_rate": win_rate(facts, window),
        "deal_size": deal_size(facts, window),
        "cost_per_conversion": cost_per_conversion(facts, window),
        "lost_leads": lost_leads(facts, window),
    }


def inside(moment: datetime | None, window: Window) -> bool:
    since, until = window
    return moment is not None and (since is None or moment >= since) and (until is None or moment < until)


def seconds(since: datetime, until: datetime) -> Fraction:
    spent = until - since
    return Fraction((spent.days * 86400 + spent.seconds) * 1_000_000 + spent.microseconds, 1_000_000)


def rounded(value: Fraction, digits: int) -> Decimal:
    scaled = Decimal(value.numerator * 10**digits) / Decimal(value.denominator)
    return scaled.quantize(Decimal(1), ROUND_HALF_UP).scaleb(-digits)


def days(spent: Fraction | None) -> Decimal | None:
    return None if spent is None else rounded(spent / 86400, 4)


def mean(values: list[Fraction]) -> Fraction | None:
    return sum(values, Fraction(0)) / len(values) if values else None


def nearest_rank(values: list[Fraction], part: float) -> Fraction | None:
    return sorted(values)[ceil(part * len(values)) - 1] if values else None


def percent(part: int, whole: int) -> Decimal | None:
    return rounded(Fraction(100 * part, whole), 2) if whole else None


def conversion_rate(facts: Facts, window: Window) -> list[Row]:
    counted = [lead for lead in facts.leads.values() if lead.status != "junk" and inside(lead.first(*REACHED), window)]
    groups: list[tuple[str, str, list[Lead]]] = [("all", "all", counted)]
    groups += [("rep", name, leads) for name, leads in grouped(counted, lambda lead: lead.rep)]
    groups += [("source", name, leads) for name, leads in grouped(counted, lambda lead: lead.source)]
    return [
        {
            "grouped_by": by,
            "name": name,
            "qualified": len(leads),
            "converted": (converted := sum(lead.converted is not None for lead in leads)),
            "percent": percent(converted, len(leads)),
        }
        for by, name, leads in groups
    ]


def grouped(things: Iterable[Any], key: Callable[[Any], str]) -> list[tuple[str, list[Any]]]:
    found = defaultdict(list)
    for thing in things:
        found[key(thing)].append(thing)
    return sorted(found.items())


def time_to_conversion(facts: Facts, window: Window) -> Row:
    spent = [
        seconds(lead.created, lead.converted)
        for lead in facts.leads.values()
        if lead.converted and inside(lead.converted, window)
    ]
    return {
        "converted": len(spent),
        "mean_days": days(mean(spent)),
        "median_days": days(nearest_rank(spent, 0.5)),
        "p90_days": days(nearest_rank(spent, 0.9)),
    }


def time_in_status(facts: Facts, window: Window) -> list[Row]:
    spent: dict[str, list[Fraction]] = defaultdict(list)
    for lead in facts.leads.values():
        if not lead.converted or not inside(lead.converted, window):
            continue
        of_lead: dict[str, Fraction] = defaultdict(Fraction)
        for (status, since), (_, until) in zip(lead.statuses, lead.statuses[1:], strict=False):
            if until <= lead.converted:
                of_lead[status] += seconds(since, until)
        for status, time in of_lead.items():
            spent[status].append(time)
    return [
        {"status": status, "leads": len(times), "mean_days": days(mean(times)), "median_days": days(nearest_rank(times, 0.5))}
        for status, times in sorted(spent.items())
    ]


def closed(facts: Facts, window: Window, *stages: str) -> list[tuple[Deal, Lead]]:
    deals = [deal for deal in facts.deals if deal.stage in stages and inside(deal.stage_at, window)]
    return [(deal, facts.leads[deal.lead_id]) for deal in deals if deal.lead_id in facts.leads]


def sales_cycle(facts: Facts, window: Window) -> Row:
    won = closed(facts, window, "closed_won")
    since_created = [seconds(lead.created, deal.stage_at) for deal, lead in won]
    since_contacted = [seconds(first, deal.stage_at) for deal, lead in won if (first := lead.first("contacted"))]
    return {
        "won": len(won),
        "mean_days_since_created": days(mean(since_created)),
        "contacted": len(since_contacted),
        "mean_days_since_contacted": days(mean(since_contacted)),
    }


def win_rate(facts: Facts, window: Window) -> list[Row]:
    over = closed(facts, window, "closed_won", "closed_lost")
    groups: list[tuple[str, str, list[Any]]] = [("all", "all", over)]
    groups += [("source", name, pairs) for name, pairs in grouped(over, lambda pair: pair[1].source)]
    return [
        {
            "grouped_by": by,
            "name": name,
            "won": (won := sum(deal.stage == "closed_won" for deal, _ in pairs)),
            "lost": len(pairs) - won,
            "percent": percent(won, len(pairs)),
        }
        for by, name, pairs in groups
    ]


def deal_size(facts: Facts, window: Window) -> list[Row]:
    won = closed(facts, window, "closed_won")
    sizes: Mapping[tuple[str, str], list[Decimal]] = defaultdict(list)
    for deal, lead in won:
        sizes[lead.source, deal.currency].append(deal.value)
    return [
        {
            "source": source,
            "currency": currency,
            "won": len(values),
            "mean_value": rounded(Fraction(sum(values)) / len(values), 2),
            "total_value": sum(values),
        }
        for (source, currency), values in sorted(sizes.items())
    ]


def cost_per_conversion(facts: Facts, window: Window) -> list[Row]:
    converted = [lead.source for lead in facts.leads.values() if inside(lead.converted, window)]
    return [
        {
            "channel": channel,
            "cost": cost,
            "converted": (number := converted.count(channel)),
            "cost_each": rounded(Fraction(cost) / number, 2) if number else None,
        }
        for channel, cost in sorted(facts.costs.items())
    ]


def lost_leads(facts: Facts, window: Window) -> list[Row]:
    lost = [lead for lead in facts.leads.values() if lead.status == "disqualified" and inside(lead.statuses[-1][1], window)]
    return [{"reason": reason, "leads": len(leads)} for reason, leads in grouped(lost, lambda lead: lead.reason)]
