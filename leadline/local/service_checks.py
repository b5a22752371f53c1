"""What `leadline doctor` asks the servers: Kafka about its topics and settings, PostgreSQL about its migrations."""

from __future__ import annotations

from collections.abc import Iterator

from leadline.contracts.topics import all_topics, full_name
from leadline.errors import LeadlineError, Unavailable
from leadline.local.checks import Check, check
from leadline.local.probes import describe_cluster, postgres_answers
from leadline.postgres.migrate import SCHEMAS, missing_migrations
from leadline.runtime.settings import Settings, database_url, kafka_properties

_LONGEST_SESSION_MS = 15_000
_SESSION_TIMEOUT = "group.consumer.session.timeout.ms"


def kafka_checks(settings: Settings) -> Iterator[Check]:
    """Reachable, topics as the contract wants them, a dead consumer noticed within 15 s."""
    try:
        cluster = describe_cluster(kafka_properties(settings))
    except Unavailable as error:
        remedy = "start it with `leadline up`, or correct LEADLINE_KAFKA_BOOTSTRAP"
        yield Check("Kafka", "unreachable", f"{settings.kafka_bootstrap}: {error}", remedy)
        return
    yield Check("Kafka", "ok", f"{settings.kafka_bootstrap}, {cluster.brokers} broker(s)")
    yield topic_check(settings, cluster.partitions)
    yield session_check(cluster.settings.get(_SESSION_TIMEOUT))


def topic_check(settings: Settings, present: dict[str, int]) -> Check:
    """Every topic of the contract there, all with the partition count that is set."""
    names = [full_name(settings.topic_prefix, topic.name) for topic in all_topics(settings.retry_delays)]
    wanted = settings.topic_partitions
    wrong = [f"{name} is missing" for name in names if name not in present]
    wrong += [f"{name} has {present[name]} partitions" for name in names if present.get(name, wanted) != wanted]
    detail = "; ".join(wrong) or f"{len(names)} topics with {wanted} partitions"
    return check("topics", not wrong, detail, f"leadline topics create; LEADLINE_TOPIC_PARTITIONS is {wanted}")


def session_check(milliseconds: str | None) -> Check:
    """How soon the broker notices a dead consumer; None: it does not know the setting."""
    if milliseconds is None:
        return Check("session timeout", "failed", f"no {_SESSION_TIMEOUT}", "use Kafka 4, or LEADLINE_GROUP_PROTOCOL=classic")
    quick = int(milliseconds) <= _LONGEST_SESSION_MS
    return check(
        "session timeout", quick, f"{milliseconds} ms", f"set {_SESSION_TIMEOUT} to {_LONGEST_SESSION_MS} or less on the broker"
    )


def postgres_checks(settings: Settings) -> Iterator[Check]:
    """Reachable, and every migration of every service applied."""
    urls = {service: database_url(settings, service) for service in SCHEMAS}
    for service, url in urls.items():
        if url is None or not postgres_answers(url):
            remedy = "start it with `leadline up`, or correct LEADLINE_DATABASE_URL"
            yield Check("PostgreSQL", "unreachable", f"the database of {service} does not answer", remedy)
            return
    yield Check("PostgreSQL", "ok", "answers")
    for service, url in urls.items():
        yield _migrations(service, str(url))


def _migrations(service: str, url: str) -> Check:
    name = f"migrations of {service}"
    try:
        missing = missing_migrations(url, service)
    except LeadlineError as error:
        return Check(name, "failed", str(error), "see the sentence itself")
    return check(name, not missing, ", ".join(missing) or "all applied", "leadline db migrate")
