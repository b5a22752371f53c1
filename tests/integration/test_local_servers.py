"""The embedded servers as real processes: data, ports, and what is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from leadline.errors import SetupError
from leadline.local import identity, launcher
from leadline.local.kafka import start_kafka
from leadline.local.ports import LOOPBACK
from leadline.local.postgres import RunningPostgres, start_postgres
from tests.waiting import lives, until

_ROOT = Path(__file__).parents[2]
_START_BOTH = """
import sys, time
from pathlib import Path
from leadline.local.kafka import start_kafka
from leadline.local.postgres import start_postgres
postgres, kafka = start_postgres(Path(sys.argv[1])), start_kafka(Path(sys.argv[1]))
print(postgres.pid, kafka.pid, flush=True)
sys.stdin.read()
postgres.stop()
kafka.stop()
"""


def test_kafka_keeps_data_and_port_over_a_clean_restart_and_a_kill(tmp_path: Path) -> None:
    with start_kafka(tmp_path) as kafka:
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
        admin.create_topics([NewTopic("kept", 1, 1)])["kept"].result(10)
        _produce(kafka.bootstrap, b"one")
        port, pid = kafka.port, kafka.pid
        kafka.restart()
        assert (kafka.port, kafka.pid != pid) == (port, True)
        _produce(kafka.bootstrap, b"two")
        kafka.kill()
        assert not kafka.alive
        kafka.start()
        assert _consume(kafka.bootstrap, 2) == [b"one", b"two"]


def test_postgres_keeps_data_and_port_however_it_ends(tmp_path: Path) -> None:
    with start_postgres(tmp_path) as postgres:
        port = postgres.port
        _insert(postgres, 1)
        postgres.restart()
        _insert(postgres, 2)
        postgres.stop("immediate")
        postgres.start()
        _insert(postgres, 3)
        postgres.kill()
        postgres.start()
        with psycopg.connect(postgres.url) as connection:
            assert connection.execute("SELECT number FROM kept ORDER BY number").fetchall() == [(1,), (2,), (3,)]
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert postgres.port == port


def test_postgres_asks_for_the_password(tmp_path: Path) -> None:
    with start_postgres(tmp_path, durable=False) as postgres:
        assert (tmp_path / "postgres" / "password").stat().st_mode & 0o077 == 0
        wrong = f"postgresql://leadline:wrong@{LOOPBACK}:{postgres.port}/leadline"
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)


def test_a_taken_port_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SetupError, match=rf"Port {port} for the embedded Kafka is taken"):
            start_kafka(tmp_path, port=port)
        with pytest.raises(SetupError, match=rf"Port {port} for the embedded PostgreSQL is taken"):
            start_postgres(tmp_path, port=port)


def test_killing_the_parent_leaves_no_server_running_and_the_data_usable(tmp_path: Path) -> None:
    with _start_parent([], tmp_path) as parent:
        pids = _pids(parent)
        parent.kill()
    until(lambda: not any(map(lives, pids)))
    with start_postgres(tmp_path) as postgres:
        _insert(postgres, 1)


def test_both_run_for_a_normal_user(tmp_path: Path) -> None:
    as_user = [sys.executable, launcher.__file__, str(os.getpid()), str(int(signal.SIGKILL)), "namespace", "65534"]
    with _start_parent(as_user if os.geteuid() == 0 else [], tmp_path) as parent:
        pids = _pids(parent)
        parent.communicate(timeout=20)
    assert parent.returncode == 0
    assert not any(map(lives, pids))


def test_postgres_never_runs_as_root_not_even_without_namespaces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(identity, "namespaces_work", lambda _user_id: False)
    with TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        with start_postgres(Path(folder), durable=False) as postgres:
            _insert(postgres, 1)
            assert (Path(folder) / "postgres" / "data").stat().st_uid != 0
    if os.geteuid() == 0:  # whoever it would run as instead has to be able to enter the folder
        tmp_path.chmod(0o700)
        with pytest.raises(SetupError, match="who cannot enter"):
            start_postgres(tmp_path)


def _start_parent(prefix: list[str], data_dir: Path) -> subprocess.Popen[str]:
    argv = [*prefix, sys.executable, "-c", _START_BOTH, str(data_dir)]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT)


def _pids(parent: subprocess.Popen[str]) -> list[int]:
    assert parent.stdout is not None
    return [int(each) for each in parent.stdout.readline().split()]


def _produce(bootstrap: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    producer.produce("kept", value)
    assert producer.flush(20) == 0


def _consume(bootstrap: str, count: int) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test"})
    consumer.assign([TopicPartition("kept", 0, 0)])
    messages = consumer.consume(count, timeout=20)
    consumer.close()
    return [message.value() for message in messages]


def _insert(postgres: RunningPostgres, number: int) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int PRIMARY KEY)")
        connection.execute("INSERT INTO kept VALUES (%s)", (number,))
