"""Where commands find Kafka and PostgreSQL: the environment, else the stack that `leadline up` runs here."""

from __future__ import annotations

from leadline.errors import SetupError
from leadline.local.running import find
from leadline.runtime.settings import Settings, load_settings, own_database_url

_NOTHING = "nothing runs here: start it with `leadline up`, or set LEADLINE_KAFKA_BOOTSTRAP and LEADLINE_DATABASE_URL"


def settings() -> Settings:
    """The settings with both addresses; raises SetupError where none are known."""
    given = load_settings()
    if given.kafka_bootstrap and given.database_url:
        return given
    running = find(given.data_dir)
    if running is None:
        raise SetupError(_NOTHING)
    found = {"kafka_bootstrap": running.bootstrap, "database_url": running.database_url}
    return given.model_copy(update={name: address for name, address in found.items() if getattr(given, name) is None})


def database_url(service: str = "projector") -> str:
    """The database of one service; raises SetupError where none is known."""
    return own_database_url(service) or str(settings().database_url)
