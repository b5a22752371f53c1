"""The settings of delivery: what is wrong with them is said at the start."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

import pytest

from leadline.errors import SetupError
from leadline.runtime.settings import load_settings
from services.notifier.deliver.channels.email import Email
from services.notifier.deliver.rendering import Templates


def test_networks_and_delays_are_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_WEBHOOK_NETWORKS", "10.1.0.0/16, ::1/128")
    monkeypatch.setenv("LEADLINE_DELIVERY_DELAYS", "1s,2m")
    monkeypatch.setenv("LEADLINE_WEBHOOK_TIMEOUT", "2s")
    settings = load_settings()
    assert settings.webhook_networks == (ip_network("10.1.0.0/16"), ip_network("::1/128"))
    assert settings.delivery_delay_seconds == (1.0, 120.0)
    assert settings.webhook_timeout == timedelta(seconds=2)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LEADLINE_WEBHOOK_NETWORKS", "10.1.0.1/16"),
        ("LEADLINE_WEBHOOK_NETWORKS", "localhost"),
        ("LEADLINE_DELIVERY_DELAYS", "1m,5s"),
        ("LEADLINE_WEBHOOK_TIMEOUT", "0s"),
        ("LEADLINE_WEBHOOK_TIMEOUT", "26s"),
        ("LEADLINE_MAIL_FROM", "nobody"),
        ("LEADLINE_MAIL_UNSUBSCRIBE", "http://crm.example/off"),
    ],
)
def test_what_cannot_be_used_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(SetupError, match=f"{name}: "):
        load_settings()


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://"])
def test_a_mail_server_that_cannot_be_used_is_named_at_the_start(url: str) -> None:
    with pytest.raises(SetupError, match="LEADLINE_SMTP_URL: "):
        Email(url, "leadline@example.com", None, Templates())
