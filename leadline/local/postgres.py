"""A real PostgreSQL on this machine, from the programs in a wheel, by our own launcher. For development, demos and tests.

TCP on loopback only, with a generated password; no Unix socket.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Literal

from leadline.errors import SetupError
from leadline.local.folder import DataFolder
from leadline.local.identity import Identity, unprivileged
from leadline.local.ports import LOOPBACK, free_port, require_free
from leadline.local.postgres_files import programs
from leadline.local.probes import ensure_database, postgres_answers
from leadline.local.process import Command, end, spawn_logged, tail
from leadline.local.server import Plan, Server
from leadline.local.versions import POSTGRES_DATA

_NAME = "leadline"
_INITDB_SECONDS = 120
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
# Survives the end of the process, not that of the machine: for tests.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
_STOP_SIGNALS: dict[str, signal.Signals] = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class RunningPostgres(Server):
    """The embedded database server."""

    def __init__(self, plan: Plan, cluster: _Cluster) -> None:
        self._cluster = cluster
        super().__init__(plan)
        ensure_database(cluster.url("postgres"), _NAME)

    @property
    def url(self) -> str:
        """Database `leadline` as its owner, who is the server's superuser; with the password."""
        return self._cluster.url(_NAME)

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """End it: `fast` breaks off connections and writes a checkpoint, `immediate` leaves recovery to the next start."""
        end(self._process, _STOP_SIGNALS[mode], self._plan.stop_timeout_seconds)


def start_postgres(data_dir: Path, *, port: int | None = None, durable: bool = True) -> RunningPostgres:
    """Start a server with its data in `data_dir/postgres`; returns when it answers.

    `port`: any free one unless given. `durable=False` is for tests only: a crash of the machine would lose data.
    Raises SetupError with one sentence when something is missing, taken or of another version.
    """
    if port is not None:
        require_free(port, "the embedded PostgreSQL", "LEADLINE_LOCAL_POSTGRES_PORT")
    folder = DataFolder(data_dir.absolute() / "postgres", POSTGRES_DATA)
    settings = _SETTINGS if durable else _SETTINGS | _NOT_DURABLE
    cluster = _Cluster(folder.path, port or free_port(), settings, unprivileged())
    plan = Plan("PostgreSQL", folder, folder.path / "postgres.log", cluster.port, cluster.command, cluster.answers)
    return RunningPostgres(plan, cluster)


class _Cluster:
    """One data folder of PostgreSQL and how to serve it."""

    def __init__(self, folder: Path, port: int, settings: dict[str, str], identity: Identity) -> None:
        self._folder = folder
        self.port = port
        self._settings = settings | {"port": str(port)}
        self._identity = identity
        self._programs = programs(identity)

    def url(self, database: str) -> str:
        password = (self._folder / "password").read_text().strip()
        return f"postgresql://{_NAME}:{password}@{LOOPBACK}:{self.port}/{database}"

    def answers(self) -> bool:
        return postgres_answers(self.url("postgres"))

    def command(self) -> Command:
        """Initialise the data folder on first use and say how to start the server."""
        data = self._folder / "data"
        if not data.exists():
            self._initialise(data)
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        argv = [str(self._programs / "postgres"), "-D", str(data), *options]
        return Command(argv, env=_environment(), death_signal=signal.SIGINT, identity=self._identity)

    def _initialise(self, data: Path) -> None:
        """Into a fresh folder, renamed when complete: a start broken off here begins anew."""
        password = self._folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24) + "\n")
        fresh = self._folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._hand_over(password, fresh)
        self._run_initdb(fresh, password)
        fresh.rename(data)

    def _hand_over(self, *paths: Path) -> None:
        if self._identity.mode == "user":
            owner = pwd.getpwuid(self._identity.user_id)
            self._require_way_for(owner.pw_name)
            for path in paths:
                os.chown(path, owner.pw_uid, owner.pw_gid)

    def _require_way_for(self, user: str) -> None:
        closed = [folder for folder in (self._folder, *self._folder.parents) if folder.stat().st_mode & 0o001 == 0]
        if closed:
            remedy = "set LEADLINE_DATA_DIR to a folder outside, or be another user than root"
            message = f"PostgreSQL runs as {user}, who cannot enter {closed[-1]}: {remedy}"
            raise SetupError(message)

    def _run_initdb(self, data: Path, password: Path) -> None:
        how = ["--auth=scram-sha-256", f"--username={_NAME}", f"--pwfile={password}", "--encoding=UTF8"]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        haste = ["--no-sync"] if self._settings.get("fsync") == "off" else []
        log = self._folder / "initdb.log"
        argv = [str(self._programs / "initdb"), "-D", str(data), *how, *locale, *haste]
        process = spawn_logged(Command(argv, env=_environment(), identity=self._identity), log)
        try:
            status = process.wait(_INITDB_SECONDS)
        except subprocess.TimeoutExpired:
            end(process, signal.SIGTERM, 1)
            status = process.returncode
        if status != 0:
            message = f"PostgreSQL could not prepare {self._folder}; the end of {log}:\n{tail(log)}"
            raise SetupError(message)


def _environment() -> dict[str, str]:
    """Ours without the variables that programs of PostgreSQL would obey."""
    return {name: value for name, value in os.environ.items() if not re.match(r"PG[A-Z]+$|LC_|LANG", name)} | {"LC_ALL": "C"}
