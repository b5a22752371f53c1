"""Two delivering processes, and people who are reached in every way."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final, NamedTuple

import psycopg

from tests.scenarios.harness.world import World

SECRET: Final = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, yes").decode()
SETTINGS: Final = {
    "LEADLINE_DELIVERY_DELAYS": ",".join(["200ms"] * 20),
    "LEADLINE_WEBHOOK_TIMEOUT": "1s",
    "LEADLINE_WEBHOOK_NETWORKS": "127.0.0.0/8",
    "LEADLINE_MAIL_FROM": "leadline@example.com",
}


class Way(NamedTuple):
    """An address of a person."""

    user_id: str
    channel: str
    address: str
    secrets: Sequence[str] = ()


def register(world: World, ways: Sequence[Way], language: str = "en") -> None:
    """Write down how people are reached, as the deciding half does."""
    with psycopg.connect(world.database_url, options="-c search_path=notifier") as connection, connection.cursor() as cursor:
        people = sorted({way.user_id for way in ways})
        cursor.executemany(
            "INSERT INTO recipient (user_id, language, changed_at) VALUES (%s, %s, now()) ON CONFLICT DO NOTHING",
            [(person, language) for person in people],
        )
        cursor.executemany(
            "INSERT INTO recipient_channel (user_id, channel, address, secrets) VALUES (%s, %s, %s, %s)",
            [(way.user_id, way.channel, way.address, list(way.secrets)) for way in ways],
        )


def unfinished(world: World) -> int:
    """How many deliveries have not come to their end."""
    return int(world.rows("SELECT count(*) FROM notifier.delivery WHERE state NOT IN ('confirmed', 'sent')")[0][0])


def over(world: World) -> int:
    """How many deliveries by e-mail and webhook have come to their end."""
    query = "SELECT count(*) FROM notifier.delivery WHERE state IN ('confirmed', 'sent') AND channel <> 'in-app'"
    return int(world.rows(query)[0][0])


def letters(world: World) -> int:
    """How many notices are in the ledger."""
    return int(world.rows("SELECT count(*) FROM notifier.letter")[0][0])
