"""The jars of Apache Kafka: 46 files named with their SHA-256 in `kafka.lock.toml`, fetched once, checked before each start.

Nothing is resolved at run time: the lock names every file, so a start needs no network once they are there. jgo only fetches; it
records checksums but never compares them by itself, so this module does. It starts no Java.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.env import LockedDependency, LockFile
from jgo.maven import MavenContext

from leadline.errors import SetupError
from leadline.local.folder import exclusive
from leadline.local.versions import KAFKA_VERSION

LOCK_FILE = Path(__file__).with_name("kafka.lock.toml")
# Kafka's own distribution adds this bridge from slf4j to log4j; without it the broker is silent.
_BRIDGE = ("org.apache.logging.log4j", "log4j-slf4j-impl")
_TIMEOUT_SECONDS = 30
_REASON_LENGTH = 160
_PARALLEL_DOWNLOADS = 8


def class_path(fallback: Path) -> str:
    """The checked class path of the broker, downloading what is missing.

    The usual Maven folder (`M2_REPO`, else `~/.m2/repository`) keeps the jars; `fallback` does when that cannot be written.
    Raises SetupError when a jar can neither be found nor downloaded, or is not the one that the lock names.
    """
    lock = LockFile.load(LOCK_FILE)
    repository = _repository(lock, fallback)
    if lock.verify_checksums(repository):
        with exclusive(repository / ".leadline.lock"):
            _fetch_missing(lock, repository)
    faults = lock.verify_checksums(repository)
    if faults:
        message = f"A Kafka jar is not the file that {LOCK_FILE.name} names, delete it and start again: {faults[0]}"
        raise SetupError(message)
    return os.pathsep.join(str(repository / jar_path(jar)) for jar in lock.dependencies)


def checksum_faults(fallback: Path) -> list[str]:
    """One sentence for each jar that is missing or falsified; empty when a start needs no download."""
    lock = LockFile.load(LOCK_FILE)
    return list(lock.verify_checksums(_repository(lock, fallback)))


def jar_path(jar: LockedDependency) -> Path:
    """Where a Maven repository keeps this jar, relative to its root."""
    return Path(*jar.groupId.split("."), jar.artifactId, jar.version, f"{jar.artifactId}-{jar.version}.{jar.packaging}")


def _repository(lock: LockFile, fallback: Path) -> Path:
    usual = Path(GlobalSettings.load().repo_cache)
    if not lock.verify_checksums(usual) or _writable(usual):
        return usual
    return fallback


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _fetch_missing(lock: LockFile, repository: Path) -> None:
    """Fetch into a fresh folder and rename, so that a download broken half-way is never taken for a jar."""
    missing = [jar for jar in lock.dependencies if _faults(jar, repository)]
    fresh = Path(tempfile.mkdtemp(prefix=".leadline-", dir=repository))
    try:
        with ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as threads:
            list(threads.map(lambda jar: _fetch(jar, fresh), missing))
        for jar in missing:
            _move(jar, fresh, repository)
    except (OSError, RuntimeError) as error:
        reason = str(error)[:_REASON_LENGTH]
        message = f"Kafka's jars could not be downloaded (needed once, then kept in {repository}): {reason}"
        raise SetupError(message) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _fetch(jar: LockedDependency, folder: Path) -> None:
    repositories = {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}
    maven = MavenContext(repo_cache=folder, remote_repos=repositories, timeout=_TIMEOUT_SECONDS)
    maven.project(jar.groupId, jar.artifactId).at_version(jar.version).artifact(packaging=jar.packaging).resolve()


def _move(jar: LockedDependency, source: Path, target: Path) -> None:
    faults = _faults(jar, source)
    if faults:
        message = f"{faults[0]} (what was downloaded is not what {LOCK_FILE.name} names)"
        raise RuntimeError(message)
    path = jar_path(jar)
    (target / path).parent.mkdir(parents=True, exist_ok=True)
    (source / path).replace(target / path)


def _faults(jar: LockedDependency, repository: Path) -> list[str]:
    return list(LockFile([jar]).verify_checksums(repository))


def write_lock() -> None:
    """Resolve Kafka anew and rewrite the lock (`python -m leadline.local.jars`); review the difference before committing it.

    The bridge is added by itself: resolved together with Kafka, its parent's versions would win, and take kafka-clients to 3.9.
    """
    maven = MavenContext(timeout=_TIMEOUT_SECONDS)
    inputs, others = maven.resolver.resolve([maven.create_dependency(f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}")])
    runtime = [other for other in others if other.scope in ("compile", "runtime")]
    log4j = next(other for other in runtime if other.artifactId == "log4j-core")
    bridge = maven.create_dependency(":".join((*_BRIDGE, log4j.version)))
    jars = sorted([*inputs, *runtime, bridge], key=lambda jar: (jar.groupId, jar.artifactId))
    LockFile.from_resolved_dependencies(jars, environment_name=f"kafka-{KAFKA_VERSION}").save(LOCK_FILE)


if __name__ == "__main__":
    write_lock()
