"""librdkafka's properties, which all our settings are written in, as Faust wants them."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, Final

import faust

from leadline.errors import SetupError

_IGNORED: Final = ("client.id", "log_level")
_KNOWN: Final = frozenset(
    {
        "bootstrap.servers",
        "security.protocol",
        "sasl.mechanism",
        "sasl.mechanisms",
        "sasl.username",
        "sasl.password",
        "ssl.ca.location",
        "ssl.certificate.location",
        "ssl.key.location",
        "ssl.key.password",
    }
)


def broker_settings(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Faust's settings `broker` and `broker_credentials`; raises SetupError for what has no counterpart there."""
    if unknown := set(properties) - _KNOWN - set(_IGNORED):
        names = ", ".join("LEADLINE_KAFKA_" + name.replace(".", "_").upper() for name in sorted(unknown))
        message = f"{names}: the delivery of notifications does not know what to do with it"
        raise SetupError(message)
    servers = [each.strip() for each in str(properties["bootstrap.servers"]).split(",")]
    found: dict[str, Any] = {"broker": [f"kafka://{each}" for each in servers]}
    protocol = str(properties.get("security.protocol", "plaintext")).upper()
    if protocol != "PLAINTEXT":
        found["broker_credentials"] = _credentials(protocol, properties)
    return found


def _credentials(protocol: str, properties: Mapping[str, Any]) -> Any:
    context = _ssl_context(properties) if protocol.endswith("SSL") else None
    if protocol == "SSL":
        return faust.SSLCredentials(context)
    return faust.SASLCredentials(
        username=properties.get("sasl.username"),
        password=properties.get("sasl.password"),
        mechanism=properties.get("sasl.mechanism") or properties.get("sasl.mechanisms") or "PLAIN",
        ssl_context=context,
    )


def _ssl_context(properties: Mapping[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=properties.get("ssl.ca.location"))
    if certificate := properties.get("ssl.certificate.location"):
        context.load_cert_chain(certificate, properties.get("ssl.key.location"), properties.get("ssl.key.password"))
    return context
