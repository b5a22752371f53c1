"""PostgreSQL ends under load and comes back: the converter holds its batch, says that it is not ready, and blames no record."""

from __future__ import annotations

from leadline.local.ports import free_port
from tests.scenarios.harness.health import health
from tests.scenarios.harness.load import assert_clean, load, wait_for_progress
from tests.scenarios.harness.waiting import assert_stays, wait_until
from tests.scenarios.harness.world import World
from tests.stack import OwnStack

AWAY_SECONDS = 10.0
EXPECTED_RETRIES = {"LEAD_UNKNOWN", "LEAD_NOT_QUALIFIED"}
"""What the load itself brings about, whatever happens to the database."""
EXPECTED_DEATHS = {
    "LEAD_UNKNOWN", "IDEMPOTENCY_KEY_REUSED", "PAYLOAD_NOT_JSON", "SCHEMA_INVALID", "TYPE_UNKNOWN", "KEY_MISMATCH",
}  # fmt: skip


def test_an_outage_is_waited_out_and_no_record_is_blamed(own_stack: OwnStack, own_world: World) -> None:
    port = free_port()
    converter = own_world.start("converter", LEADLINE_HEALTH_PORT=str(port))
    own_world.start("projector")
    with load(own_world, seed=303):
        wait_for_progress(own_world)
        assert health(port, "/readyz") == 200
        own_stack.postgres.stop(mode="immediate")
        wait_until(lambda: health(port, "/readyz") == 503, seconds=5, what="/readyz says 503")
        assert_stays(
            lambda: health(port, "/readyz") == 503 and health(port, "/livez") == 200,
            seconds=AWAY_SECONDS,
            what="not ready, but alive",
        )
        own_stack.postgres.start()
        wait_until(lambda: health(port, "/readyz") == 200, seconds=20, what="/readyz says 200 again")
        wait_for_progress(own_world)
    assert_clean(own_world, at_least=200)
    assert converter.statuses == [], "it held out, and was not started again"
    with own_world.topics() as topics:
        rungs = [f"converter.retry.{delay}" for delay in own_world.delays.split(",")]
        retries = [record for found in topics.read_all(*rungs).values() for record in found]
        assert {record.header("retry-error-code") for record in retries} - {""} <= EXPECTED_RETRIES
        assert {letter.header("dlq-error-code") for letter in topics.dead_letters()} <= EXPECTED_DEATHS
        assert topics.dead_letters("projector") == []
