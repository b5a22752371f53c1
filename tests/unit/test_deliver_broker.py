"""librdkafka's properties as Faust wants them."""

from __future__ import annotations

import faust
import pytest

from leadline.errors import SetupError
from services.notifier.deliver.broker import broker_settings


def test_every_broker_is_named() -> None:
    found = broker_settings({"bootstrap.servers": "a:9092, b:9093"})
    assert found == {"broker": ["kafka://a:9092", "kafka://b:9093"]}


def test_a_user_is_known_by_name_and_password_over_tls() -> None:
    sasl = {"security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "u", "sasl.password": "p"}
    credentials = broker_settings({"bootstrap.servers": "a:1", **sasl})["broker_credentials"]
    assert isinstance(credentials, faust.SASLCredentials)
    assert (credentials.username, credentials.password, credentials.protocol.value) == ("u", "p", "SASL_SSL")


def test_tls_alone_is_known_too() -> None:
    assert isinstance(
        broker_settings({"bootstrap.servers": "a:1", "security.protocol": "SSL"})["broker_credentials"], faust.SSLCredentials
    )


def test_a_property_without_a_counterpart_is_named_and_not_passed_over() -> None:
    with pytest.raises(SetupError, match="LEADLINE_KAFKA_SASL_KERBEROS_KEYTAB"):
        broker_settings({"bootstrap.servers": "a:1", "sasl.kerberos.keytab": "/etc/k"})
