"""The Faust app: reads `notification.events` and hands batches of raw records to a taker.

At least once, one agent, no tables, no web server, no topics of Faust's own. Any error that gets here ends the process with
nothing acknowledged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, cast

import faust
from faust.types import EventT

from leadline.contracts.topics import full_name
from leadline.delivery.record import Record
from services.notifier.deliver.broker import broker_settings
from services.notifier.deliver.commits import CommittingConsumer, CommittingTransport

TOPIC: Final = "notification.events"
GROUP: Final = "notifier.deliver"
BATCH_RECORDS: Final = 500
BATCH_SECONDS: Final = 0.1
Take = Callable[[Sequence[Record]], Awaitable[None]]
Fail = Callable[[BaseException], None]


class _App(faust.App):
    def _create_directories(self) -> None:
        """No tables, no folders."""


def build_app(properties: Mapping[str, Any], topic_prefix: str, instance: str) -> faust.App:
    """An app that is a member of the group; `properties` are librdkafka's. To be called in a running loop."""
    group = f"{topic_prefix}{GROUP}"
    app = _App(
        group,
        broker_client_id=f"{group}-{instance}",
        consumer_group_instance_id=f"{group}-{instance}",  # a restarted instance takes its partitions back at once
        processing_guarantee="at_least_once",
        broker_commit_interval=1.0,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=2.0,
        broker_max_poll_records=BATCH_RECORDS,
        broker_commit_every=None,
        consumer_auto_offset_reset="earliest",
        stream_buffer_maxsize=BATCH_RECORDS,
        stream_wait_empty=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        store="memory://",
        autodiscover=False,
        **broker_settings(properties),
    )
    app.transport = CommittingTransport(app.conf.broker_consumer, app)
    return app


def add_agent(app: faust.App, topic_prefix: str, take: Take, fail: Fail) -> None:
    """Let `take` decide what comes, one batch after the other; what it raises goes to `fail`, which must not return."""
    name = full_name(topic_prefix, TOPIC)
    topic = app.topic(name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def agent(stream: Any) -> None:
        try:
            async for events in stream.noack_take(BATCH_RECORDS, within=BATCH_SECONDS):
                await take([_record(event, topic_prefix) for event in events])
                consumer(app).decide(event.message for event in events)
            error: BaseException = RuntimeError("the stream has ended by itself")
        except BaseException as raised:  # noqa: BLE001 - Faust would start the agent again, behind the batch in hand
            error = raised
        if not app.should_stop:
            fail(error)

    app.agent(topic, name="deliver", concurrency=1)(agent)


def consumer(app: faust.App) -> CommittingConsumer:
    """The app's consumer."""
    return cast("CommittingConsumer", app.consumer)


def _record(event: EventT[Any], topic_prefix: str) -> Record:
    message = event.message
    return Record(
        topic=message.topic.removeprefix(topic_prefix),
        partition=message.partition,
        offset=message.offset,
        timestamp_ms=round(message.timestamp * 1000),
        key=message.key,
        value=message.value,
        headers=list(cast("Sequence[tuple[str, bytes | None]]", message.headers or ())),
    )
