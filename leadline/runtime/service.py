"""The life of a service's process: settings, checks, engine, signals, exit status."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
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
from leadline.runtime.workers import Workers, tell_parent

GRACE_SECONDS: Final = 9.0  # a stop is promised within 10
LEAVE_SECONDS: Final = 3.0  # to leave the group after an error, so that others take over at once
MakeHandler = Callable[[Settings], Handler]
Beside = Callable[[Settings, Engine], None]


@dataclass(frozen=True)
class Service:
    """What a service is made of.

    `beside` is called once, before the work begins, to start what goes on beside it; it must return at once.
    """

    name: str
    make_handler: MakeHandler
    beside: Beside | None = None


def run_service(service: Service) -> int:
    """Run until SIGTERM or SIGINT; gives the exit status: 0 = asked to stop, anything else = restart me."""
    with _said(service.name):
        settings = load_settings()
        configure_logs(service.name, settings.instance, settings.log_format)
        if settings.workers > 1:
            return _run_workers(service, settings)
        engine = build_engine(service, settings)
        if settings.health_port is not None:
            serve_health(settings.health_port, lambda: engine.status)
        _run(engine, service, settings)
    return 0


def _run_workers(service: Service, settings: Settings) -> int:
    check_start(service.name, settings)
    workers = Workers(_work, settings, service, stop_seconds=GRACE_SECONDS)
    if settings.health_port is not None:
        serve_health(settings.health_port, workers.status)
    return workers.run()


def _work(settings: Settings, parent: Connection, service: Service) -> None:
    """What each of several workers does."""
    with _said(service.name):
        configure_logs(service.name, settings.instance, settings.log_format)
        engine = build_engine(service, settings)
        tell_parent(parent, engine.status, lambda: _stop(engine, status=1))
        _run(engine, service, settings)


def _run(engine: Engine, service: Service, settings: Settings) -> None:
    _stop_on_signals(engine)
    _collect_rarely()
    if service.beside is not None:
        service.beside(settings, engine)
    log("started", group_protocol=settings.group_protocol)
    engine.run()
    log("stopped")


@contextmanager
def _said(service: str) -> Iterator[None]:
    """Say what ends the process, and end it at once."""
    try:
        yield
    except LeadlineError as error:
        sys.stderr.write(f"{service}: {error}\n")
        _exit_hard(1)
    except Exception:  # noqa: BLE001 - the edge of the process: say what it was and let the supervisor start anew
        traceback.print_exc()
        _exit_hard(1)


def check_start(service: str, settings: Settings) -> PostgresLedger:
    """The ledger of a service that may start; raises SetupError for what is missing."""
    url = database_url(settings, service)
    if url is None or "bootstrap.servers" not in kafka_properties(settings):
        message = "set LEADLINE_KAFKA_BOOTSTRAP and LEADLINE_DATABASE_URL, or start everything with `leadline up`"
        raise SetupError(message)
    if missing := missing_migrations(url, service):
        message = f"the database lacks {', '.join(missing)}: leadline db migrate"
        raise SetupError(message)
    Failpoints(settings.failpoints)
    ledger = PostgresLedger(url, service, f"{settings.topic_prefix}{service}", settings.topic_prefix)
    if left := set(ledger.waiting_rungs()) - set(settings.retry_delays):
        message = f"LEADLINE_RETRY_DELAYS: records still wait on {', '.join(sorted(left))}: keep these delays until none does"
        raise SetupError(message)
    return ledger


def build_engine(service: Service, settings: Settings) -> Engine:
    """Put an engine together from the settings; raises SetupError for what is missing."""
    ledger = check_start(service.name, settings)
    user = kafka_properties(settings)
    group = f"{settings.topic_prefix}{service.name}"
    name = f"{group}-{settings.instance}"
    failpoints = Failpoints(settings.failpoints)
    parts = Parts(
        source=KafkaSource(
            {**consumer_properties(user, group, name, settings.group_protocol), "error_cb": RareLog("kafka_trouble")},
            settings.topic_prefix,
        ),
        sink=KafkaSink(transactional_properties(user, name), producer_properties(user, name), settings.topic_prefix, failpoints),
        ledger=ledger,
        ladder=Ladder.from_delays(service.name, settings.retry_delay_seconds),
        failpoints=failpoints,
        topic_prefix=settings.topic_prefix,
        batch_records=settings.batch_records,
        on_error=lambda _: _end_after(LEAVE_SECONDS, status=1),
    )
    return Engine(service.make_handler(settings), parts)


def _collect_rarely() -> None:
    """The batches under way hold some 700,000 objects in no cycle: looked at as often as by default, a third of the time."""
    gc.freeze()
    gc.set_threshold(1_000_000, 50, 100)


def _stop_on_signals(engine: Engine) -> None:
    """SIGTERM and SIGINT ask for an orderly stop; after the grace time the process ends as it is, which loses nothing."""
    signal.signal(signal.SIGTERM, lambda *_: _stop(engine, status=0))
    signal.signal(signal.SIGINT, lambda *_: _stop(engine, status=0))


def _stop(engine: Engine, *, status: int) -> None:
    engine.stop()
    _end_after(GRACE_SECONDS, status=status)


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
