"""The settings of `docs/architecture.md`, read from the environment in this one place.

Durations are written `5s`, `1m`, `2h`, `90d` or as plain seconds.
"""

from __future__ import annotations

import os
import re
import socket
from datetime import timedelta
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from leadline.contracts.topics import DEFAULT_PARTITIONS, DEFAULT_RETRY_DELAYS
from leadline.errors import SetupError

_UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_KAFKA_PREFIX = "LEADLINE_KAFKA_"
_POINTS = re.compile("[0-9]{1,3}")
_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,4})?")
_MOST_POINTS = 100  # of a score


def parse_duration(text: str | timedelta) -> timedelta:
    """Turn `5s`, `1m`, `90d` into a timedelta.

    >>> parse_duration("10m")
    datetime.timedelta(seconds=600)
    """
    if isinstance(text, timedelta):
        return text
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?", text.strip())
    if not match:
        message = f"{text!r} is no duration: write a number and one of ms, s, m, h, d, such as 5s or 90d"
        raise ValueError(message)
    return timedelta(seconds=float(match[1]) * _UNIT_SECONDS[match[2] or "s"])


def _split(text: str | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(text, str):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _delays(text: str | tuple[str, ...]) -> tuple[str, ...]:
    delays = _split(text)
    seconds = [parse_duration(delay) for delay in delays]
    if not delays or seconds != sorted(seconds):
        message = "name at least one delay, shortest first, such as 5s,1m,10m"
        raise ValueError(message)
    return delays


def _pairs(text: str, value: re.Pattern[str]) -> list[tuple[str, str]]:
    """Read `name=number,name=number`; raises ValueError where a name is missing or stands twice, or a number is none."""
    pairs = [(name.strip(), number.strip()) for name, _, number in (each.partition("=") for each in _split(text))]
    names = {name for name, _ in pairs}
    if "" in names or len(names) < len(pairs) or not all(value.fullmatch(number) for _, number in pairs):
        message = "write name=number pairs with commas between, each name once, such as A=80,B=60"
        raise ValueError(message)
    return pairs


def _thresholds(text: Any) -> Any:
    return tuple((name, int(number)) for name, number in _pairs(text, _POINTS)) if isinstance(text, str) else text


def _costs(text: Any) -> Any:
    return tuple((name, Decimal(number)) for name, number in _pairs(text, _AMOUNT)) if isinstance(text, str) else text


def _descending(pairs: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    totals = [total for _, total in pairs]
    if not totals or totals != sorted(set(totals), reverse=True) or totals[0] > _MOST_POINTS:
        message = f"name at least one threshold, highest first, none twice, none above {_MOST_POINTS}"
        raise ValueError(message)
    return pairs


Thresholds = Annotated[tuple[tuple[str, int], ...], NoDecode, BeforeValidator(_thresholds), AfterValidator(_descending)]
Costs = Annotated[tuple[tuple[str, Decimal], ...], NoDecode, BeforeValidator(_costs)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Reason = Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")]


class Settings(BaseSettings):
    """What every process reads at its start; frozen afterwards."""

    model_config = SettingsConfigDict(env_prefix="LEADLINE_", frozen=True, extra="ignore")

    kafka_bootstrap: str | None = None
    database_url: str | None = None
    topic_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]*$", max_length=100)] = ""
    topic_partitions: Annotated[int, Field(ge=1, le=1000)] = DEFAULT_PARTITIONS
    topic_replication: Annotated[int, Field(ge=1, le=32)] = 1
    instance: Annotated[str, Field(min_length=1, max_length=100)] = Field(default_factory=socket.gethostname)
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    retry_delays: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_delays)] = DEFAULT_RETRY_DELAYS
    profile: Literal["default", "prospect", "staffing", "field-sales", "lead-api", "crm"] = "default"
    lost_reasons: Annotated[tuple[Reason, ...], NoDecode, BeforeValidator(_split)] = ()
    dormant_after: Annotated[Duration, Field(gt=timedelta(0), le=timedelta(days=36_500))] = timedelta(days=90)
    revert_within: Annotated[Duration, Field(ge=timedelta(0), le=timedelta(days=36_500))] = timedelta(days=7)
    replay_limit: Annotated[int, Field(ge=1, le=1000)] = 3
    group_protocol: Literal["consumer", "classic"] = "consumer"
    batch_records: Annotated[int, Field(ge=1, le=100_000)] = 2000
    failpoints: str = ""
    grade_thresholds: Thresholds = (("A", 80), ("B", 60), ("C", 40), ("D", 20))
    temperature_thresholds: Thresholds = (("hot", 70), ("warm", 40))
    channel_costs: Costs = ()
    smtp_url: str | None = None
    mail_from: Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")] = "leadline@localhost"
    mail_unsubscribe: Annotated[str, Field(pattern=r"^(https://|mailto:)[^\s<>]+$")] | None = None
    delivery_delays: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_delays)] = ("5s", "1m", "10m", "1h", "6h", "1d")
    webhook_timeout: Annotated[Duration, Field(gt=timedelta(0), le=timedelta(seconds=25))] = timedelta(seconds=10)
    webhook_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split)] = ()
    health_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    data_dir: Path = Path(".leadline")
    log_format: Literal["json", "text"] = "json"

    @property
    def retry_delay_seconds(self) -> dict[str, float]:
        """Each rung's name with its delay in seconds, shortest first."""
        return {delay: parse_duration(delay).total_seconds() for delay in self.retry_delays}

    @property
    def delivery_delay_seconds(self) -> tuple[float, ...]:
        """The seconds before the second attempt of a delivery, the third, and so on."""
        return tuple(parse_duration(delay).total_seconds() for delay in self.delivery_delays)


_OURS = {name.upper() for name in Settings.model_fields}


def load_settings() -> Settings:
    """Read and check the environment; raises SetupError that names each wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"LEADLINE_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise SetupError(wrong) from error


def database_url(settings: Settings, service: str) -> str | None:
    """The database of one service: `<SERVICE>_DATABASE_URL`, else LEADLINE_DATABASE_URL."""
    return own_database_url(service) or settings.database_url


def own_database_url(service: str) -> str | None:
    """What `<SERVICE>_DATABASE_URL` says, if it says anything."""
    return os.environ.get(f"{service.upper()}_DATABASE_URL") or None


def kafka_properties(settings: Settings) -> dict[str, Any]:
    """Every LEADLINE_KAFKA_* as the librdkafka property of that name (`_` becomes `.`), plus the bootstrap servers."""
    properties: dict[str, Any] = {
        name.removeprefix(_KAFKA_PREFIX).lower().replace("_", "."): value
        for name, value in os.environ.items()
        if name.startswith(_KAFKA_PREFIX) and name.removeprefix("LEADLINE_") not in _OURS
    }
    if settings.kafka_bootstrap:
        properties["bootstrap.servers"] = settings.kafka_bootstrap
    return properties
