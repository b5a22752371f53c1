"""`python -m services.notifier.deliver`: settings, checks, wiring, run."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Final

from leadline.contracts.topics import full_name
from leadline.errors import SetupError
from leadline.kafka.admin import partition_counts
from leadline.kafka.publish import publish_records
from leadline.postgres.migrate import missing_migrations
from leadline.runtime.cluster import cluster
from leadline.runtime.health import serve_health
from leadline.runtime.logs import configure_logs
from leadline.runtime.settings import Settings, database_url, kafka_properties, load_settings
from services.notifier.deliver.app import TOPIC, build_app
from services.notifier.deliver.channels import Channel
from services.notifier.deliver.channels.email import Email
from services.notifier.deliver.channels.webhook import Webhooks
from services.notifier.deliver.client_logs import tell_rarely
from services.notifier.deliver.dispatch import Dispatcher
from services.notifier.deliver.ending import end, end_for, end_when_stuck
from services.notifier.deliver.measures import MEASURES
from services.notifier.deliver.progress import DeliverStatus
from services.notifier.deliver.rendering import Templates
from services.notifier.deliver.store import DeliveryStore
from services.notifier.deliver.taking import Taker
from services.notifier.deliver.worker import Loops, run
from services.notifier.domain.plan import Plan

SERVICE: Final = "notifier"


def make_channels(settings: Settings) -> dict[str, Channel]:
    """Every way out, by its name; to be called in a running loop."""
    channels: list[Channel] = [
        Email(settings.smtp_url, settings.mail_from, settings.mail_unsubscribe, Templates()),
        Webhooks(settings.webhook_networks, settings.webhook_timeout.total_seconds(), partial(datetime.now, UTC)),
    ]
    return {channel.name: channel for channel in channels}


def check(settings: Settings) -> str:
    """The URL of the ledger; raises SetupError for what is missing."""
    url = database_url(settings, SERVICE)
    if url is None or settings.kafka_bootstrap is None:
        message = "set LEADLINE_KAFKA_BOOTSTRAP and LEADLINE_DATABASE_URL, or start everything with `leadline up`"
        raise SetupError(message)
    if missing := missing_migrations(url, SERVICE):
        message = f"the database lacks {', '.join(missing)}: leadline db migrate"
        raise SetupError(message)
    if (name := full_name(settings.topic_prefix, TOPIC)) not in partition_counts(cluster(settings)):
        message = f"topic {name} is missing: leadline topics create"
        raise SetupError(message)
    return url


async def work(settings: Settings, url: str, status: DeliverStatus) -> None:
    """Put everything together and run it."""
    properties, prefix = kafka_properties(settings), settings.topic_prefix
    channels = make_channels(settings)
    plan = Plan({name: channel.route for name, channel in channels.items()})
    publish = partial(publish_records, properties, prefix)
    taker = Taker(DeliveryStore(url, settings.instance), plan, status, publish)
    ledger = DeliveryStore(url, settings.instance)
    dispatcher = Dispatcher(ledger, channels, settings.delivery_delay_seconds, status)
    await run(Loops(build_app(properties, prefix, settings.instance), taker, dispatcher, status, prefix))


def main() -> None:
    """Run until SIGTERM or SIGINT. Exit status 0 = asked to stop, anything else = restart me."""
    try:
        settings = load_settings()
        configure_logs("notifier.deliver", settings.instance, settings.log_format)
        tell_rarely()
        url, status = check(settings), DeliverStatus()
        if settings.health_port is not None:
            serve_health(settings.health_port, lambda: status, MEASURES)
        end_when_stuck(status)
        asyncio.run(work(settings, url, status))
    except BaseException as error:  # noqa: BLE001 - the edge of the process
        end_for(error)
    end(0)


if __name__ == "__main__":
    main()
