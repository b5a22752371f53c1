"""The life of a service's process: settings, checks, engine, signals, exit status."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Final

from leadline.delivery.engine import Engine, Parts
from leadline.delivery.failpoints import Failpoints
from leadline.delivery.handler import Handler
from leadline.delivery.ladder import Ladder
from leadline.errors import LeadlineError, SetupError
from leadline.kafka.properties import consumer_properties, producer_properties, transactional_properties
from leadline.kafka.sink import KafkaSink
from leadline.kafka.source import KafkaSource
from leadline.postgres.ledger import PostgresLedger
from leadline.postgres.migrate import missing_migrations
from leadline.runtime.health import serve_health
from leadline.runtime.logs import RareLog, configure_logs, log
from leadline.runtime.settings import Settings, database_url, kafka_properties, load_settings

GRACE_SECONDS: Final = 9.0  # a stop is promised within 10
LEAVE_SECONDS: Final = 3.0  # to leave the group after an error, so that others take over at once
MakeHandler = Callable[[Settings], Handler]
Beside = Callable[[Settings, Engine], None]


def run_service(service: str, make_handler: MakeHandler, beside: Beside | None = None) -> int:
    """Run until SIGTERM or SIGINT; gives the exit status: 0 = asked to stop, anything else = restart me.

    `beside` is called once, before the work begins, to start what goes on beside it; it must return at once.
    """
    try:
        settings = load_settings()
        configure_logs(service, settings.instance, settings.log_format)
        engine = build_engine(service, make_handler(settings), settings)
        if settings.health_port is not None:
            serve_health(settings.health_port, engine.status)
        _stop_on_signals(engine)
        _collect_rarely()
        if beside is not None:
            beside(settings, engine)
        log("started", group_protocol=settings.group_protocol)
        engine.run()
    except LeadlineError as error:
        sys.stderr.write(f"{service}: {error}\n")
        _exit_hard(1)
    except Exception:  # noqa: BLE001 - the edge of the process: say what it was and let the supervisor start anew
        traceback.print_exc()
        _exit_hard(1)
    log("stopped")
    return 0


def build_engine(service: str, handler: Handler, settings: Settings) -> Engine:
    """Put an engine together from the settings; raises SetupError for what is missing."""
    url = database_url(settings, service)
    user = kafka_properties(settings)
    if url is None or "bootstrap.servers" not in user:
        message = "set LEADLINE_KAFKA_BOOTSTRAP and LEADLINE_DATABASE_URL, or start everything with `leadline up`"
        raise SetupError(message)
    if missing := missing_migrations(url, service):
        message = f"the database lacks {', '.join(missing)}: leadline db migrate"
        raise SetupError(message)
    group = f"{settings.topic_prefix}{service}"
    ledger = PostgresLedger(url, service, group, settings.topic_prefix)
    if left := set(ledger.waiting_rungs()) - set(settings.retry_delays):
        message = f"LEADLINE_RETRY_DELAYS: records still wait on {', '.join(sorted(left))}: keep these delays until none does"
        raise SetupError(message)
    name = f"{group}-{settings.instance}"
    failpoints = Failpoints(settings.failpoints)
    parts = Parts(
        source=KafkaSource(
            {**consumer_properties(user, group, name, settings.group_protocol), "error_cb": RareLog("kafka_trouble")},
            settings.topic_prefix,
        ),
        sink=KafkaSink(transactional_properties(user, name), producer_properties(user, name), settings.topic_prefix, failpoints),
        ledger=ledger,
        ladder=Ladder.from_delays(service, settings.retry_delay_seconds),
        failpoints=failpoints,
        topic_prefix=settings.topic_prefix,
        batch_records=settings.batch_records,
        on_error=lambda _: _end_after(LEAVE_SECONDS, status=1),
    )
    return Engine(handler, parts)


def _collect_rarely() -> None:
    """The batches under way hold some 700,000 objects in no cycle: looked at as often as by default, a third of the time."""
    gc.freeze()
    gc.set_threshold(1_000_000, 50, 100)


def _stop_on_signals(engine: Engine) -> None:
    """SIGTERM and SIGINT ask for an orderly stop; after the grace time the process ends as it is, which loses nothing."""

    def stop(*_: object) -> None:
        engine.stop()
        _end_after(GRACE_SECONDS, status=0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _end_after(seconds: float, *, status: int) -> None:
    """End the process by then, whatever it hangs in; it loses nothing by that."""

    def wait_and_end() -> None:
        time.sleep(seconds)
        _exit_hard(status)

    threading.Thread(target=wait_and_end, name="end", daemon=True).start()


def _exit_hard(status: int) -> None:
    """End without closing anything: a client in an unclear state may wait for minutes."""
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(status)
