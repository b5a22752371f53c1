"""The rules of the embedded servers that need no server."""

from __future__ import annotations

import os
import re
import socket
from io import StringIO
from pathlib import Path

import pytest

from leadline.cli.doctor import exit_status
from leadline.errors import SetupError
from leadline.local import running
from leadline.local.backoff import Backoff
from leadline.local.checks import Check, machine_checks
from leadline.local.console import Console
from leadline.local.folder import DataFolder, try_lock
from leadline.local.jars import LOCK_FILE
from leadline.local.kafka_config import cluster_id, server_properties
from leadline.local.ports import LOOPBACK, free_port, is_free, require_free
from leadline.local.running import Addresses
from leadline.local.service_checks import session_check, topic_check
from leadline.local.settings import load_local_settings
from leadline.runtime.settings import Settings


def test_a_free_port_is_below_those_of_outgoing_connections() -> None:
    assert 1024 < free_port() < 32_768


def test_a_taken_port_is_refused_with_the_setting_to_change() -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        assert not is_free(port)
        with pytest.raises(SetupError, match=rf"Port {port} for the database is taken.*LEADLINE_X"):
            require_free(port, "the database", "LEADLINE_X")


def test_a_long_run_is_followed_by_an_immediate_restart_and_short_ones_by_longer_waits() -> None:
    backoff = Backoff()
    assert backoff.delay_seconds(6.0) == 0
    assert [backoff.delay_seconds(0.1) for _ in range(7)] == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert backoff.delay_seconds(6.0) == 0
    assert backoff.delay_seconds(0.1) == 0.5


def test_a_data_folder_of_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    DataFolder(tmp_path / "kafka", "Apache Kafka 4.1, layout 1").open()
    with pytest.raises(SetupError, match=r"is of Apache Kafka 4\.1, layout 1, this is Apache Kafka 4\.2"):
        DataFolder(tmp_path / "kafka", "Apache Kafka 4.2, layout 1").open()
    DataFolder(tmp_path / "kafka", "Apache Kafka 4.1, layout 1").open()


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match=r"cannot be used .*; set LEADLINE_DATA_DIR"):
        DataFolder(tmp_path / "file" / "kafka", "1").open()


def test_only_one_up_has_a_data_folder(tmp_path: Path) -> None:
    with running.only_one(tmp_path), pytest.raises(SetupError, match="`leadline up` already runs on"):
        running.only_one(tmp_path).__enter__()
    with running.only_one(tmp_path):
        pass


def test_the_running_stack_is_found_only_while_it_lives(tmp_path: Path) -> None:
    addresses = Addresses("127.0.0.1:1", "postgresql://x", {"kafka": 1}, {"api": "http://x"})
    assert running.find(tmp_path) is None
    with running.only_one(tmp_path):
        assert running.find(tmp_path) is None
        running.write(tmp_path, addresses)
        assert running.find(tmp_path) == addresses
    running.write(tmp_path, addresses)  # as a killed `up` leaves it
    assert running.find(tmp_path) is None


def test_the_run_file_with_the_password_is_for_its_owner_alone(tmp_path: Path) -> None:
    running.write(tmp_path, Addresses("b", "d"))
    assert (tmp_path / "running.json").stat().st_mode & 0o077 == 0


def test_a_claimed_folder_is_free_again_when_the_last_descriptor_is_closed(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path, "1")
    with os.fdopen(folder.claim(), "rb") as first, (tmp_path / "lock").open("rb") as second:
        assert not try_lock(second.fileno())
        first.close()
        assert try_lock(second.fileno())


def test_no_cluster_id_looks_like_an_option() -> None:
    ids = {cluster_id() for _ in range(2000)}
    assert len(ids) == 2000
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{21}", each) for each in ids)


def test_the_broker_makes_no_topic_by_itself_and_listens_on_loopback_only(tmp_path: Path) -> None:
    properties = dict(line.split("=", 1) for line in server_properties(tmp_path, 20_001, 20_002).splitlines())
    assert properties["auto.create.topics.enable"] == "false"
    assert properties["advertised.listeners"] == "PLAINTEXT://127.0.0.1:20001"
    assert all("//127.0.0.1:" in listener for listener in properties["listeners"].split(","))


def test_the_lock_file_names_a_checksum_for_each_jar_and_no_address() -> None:
    text = LOCK_FILE.read_text()
    assert text.count("sha256 = ") == text.count("[[dependencies]]") > 40
    assert "://" not in text


def test_lines_of_services_carry_their_names_without_colour_off_a_terminal() -> None:
    stream = StringIO()
    console = Console(stream, ["converter-1", "api-1"])
    console.show("api-1", "hello")
    assert stream.getvalue() == "api-1       | hello\n"


def test_a_wrong_local_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_LOCAL_KAFKA_PORT", "99999999")
    with pytest.raises(SetupError, match="LEADLINE_LOCAL_KAFKA_PORT"):
        load_local_settings()


@pytest.mark.parametrize(
    ("outcomes", "status"), [(["ok"], 0), (["ok", "failed"], 1), (["failed", "unreachable", "ok"], 6), ([], 0)]
)
def test_doctors_exit_status_tells_unreachable_from_failed(outcomes: list[str], status: int) -> None:
    assert exit_status([Check("x", outcome, "") for outcome in outcomes]) == status  # type: ignore[arg-type]


def test_doctor_sees_a_data_folder_of_another_version(tmp_path: Path) -> None:
    DataFolder(tmp_path / "kafka", "Apache Kafka 3.9, layout 1").open()
    found = {each.name: each for each in machine_checks(tmp_path, frozenset({"kafka"}))}
    assert found["data of kafka"].outcome == "failed"
    assert "3.9" in found["data of kafka"].detail


def test_doctor_wants_a_dead_consumer_noticed_within_15_s() -> None:
    assert session_check("10000").outcome == "ok"
    assert session_check("45000").outcome == "failed"
    assert session_check(None).outcome == "failed"


def test_doctor_names_each_missing_topic() -> None:
    result = topic_check(Settings(), {})
    assert result.outcome == "failed"
    assert "lead.events is missing" in result.detail
