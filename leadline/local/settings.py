"""What only the embedded servers read from the environment.

Not `LEADLINE_KAFKA_PORT`: every `LEADLINE_KAFKA_*` is handed to librdkafka as a property.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from leadline.errors import SetupError

Port = Annotated[int, Field(ge=1, le=65535)]


class LocalSettings(BaseSettings):
    """Ports of the embedded servers (any free ones unless set) and the broker's heap."""

    model_config = SettingsConfigDict(env_prefix="LEADLINE_LOCAL_", frozen=True, extra="ignore")

    kafka_port: Port | None = None
    postgres_port: Port | None = None
    kafka_heap: Annotated[str, Field(pattern=r"^[0-9]+[mMgG]$")] = "512m"


def load_local_settings() -> LocalSettings:
    """Read and check the environment; raises SetupError that names each wrong variable."""
    try:
        return LocalSettings()
    except ValidationError as error:
        wrong = "; ".join(f"LEADLINE_LOCAL_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise SetupError(wrong) from error
