"""What a service says when it cannot start: one sentence, status 1, and nothing is touched."""

from __future__ import annotations

import os
import subprocess
import sys

from leadline.postgres.migrate import migrate
from leadline.postgres.pool import connect
from tests.stack import Stack


def start(stack: Stack, database_url: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "LEADLINE_KAFKA_BOOTSTRAP": stack.kafka.bootstrap,
        "LEADLINE_DATABASE_URL": database_url,
        "LEADLINE_INSTANCE": "one",
        **more,
    }
    command = [sys.executable, "-m", "services.converter"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_database_without_its_tables_is_refused_with_the_command_that_makes_them(stack: Stack, database_url: str) -> None:
    ended = start(stack, database_url)
    assert ended.returncode == 1
    assert "leadline db migrate" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_keeps_several_workers_from_starting_is_said_once(stack: Stack, database_url: str) -> None:
    ended = start(stack, database_url, LEADLINE_WORKERS="3")
    assert ended.returncode == 1
    assert ended.stderr.count("leadline db migrate") == 1


def test_a_ladder_without_a_rung_that_records_still_wait_on_is_refused(stack: Stack, database_url: str) -> None:
    migrate(database_url, "converter")
    with connect(database_url, "converter") as connection:
        connection.execute(
            "INSERT INTO waiting_record (origin, order_key, goes_first, rung) VALUES ('in/0/1', 'L-1', false, '9m')"
        )
    ended = start(stack, database_url, LEADLINE_RETRY_DELAYS="5s,1m")
    assert ended.returncode == 1
    assert "LEADLINE_RETRY_DELAYS: records still wait on 9m" in ended.stderr


def test_a_setting_that_cannot_be_read_is_named(stack: Stack, database_url: str) -> None:
    ended = start(stack, database_url, LEADLINE_RETRY_DELAYS="soon")
    assert ended.returncode == 1
    assert "LEADLINE_RETRY_DELAYS" in ended.stderr
    assert "'soon' is no duration" in ended.stderr


def test_a_failpoint_that_does_not_exist_is_named(stack: Stack, database_url: str) -> None:
    migrate(database_url, "converter")
    ended = start(stack, database_url, LEADLINE_FAILPOINTS="somewhere=1:kill")
    assert ended.returncode == 1
    assert "LEADLINE_FAILPOINTS: 'somewhere=1:kill' is not name=nth:action" in ended.stderr
