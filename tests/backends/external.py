"""Servers of somebody else: what tests made there is removed, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka.admin import AdminClient

SECONDS = 30.0


def remove_topics(bootstrap: str, prefixes: Sequence[str]) -> None:
    """Delete the topics of these prefixes, and the groups that read them."""
    client = AdminClient({"bootstrap.servers": bootstrap})
    ours = tuple(prefixes)
    topics = [name for name in client.list_topics(timeout=SECONDS).topics if ours and name.startswith(ours)]
    groups = [each.group_id for each in client.list_consumer_groups().result(SECONDS).valid if each.group_id.startswith(ours)]
    for future in [*_deleting(client, topics), *(client.delete_consumer_groups(groups).values() if groups else ())]:
        future.exception(SECONDS)


def _deleting(client: AdminClient, topics: list[str]) -> list[object]:
    return list(client.delete_topics(topics).values()) if topics else []
