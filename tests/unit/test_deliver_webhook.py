"""Signatures, answers, and addresses that webhooks may go to."""

from __future__ import annotations

import base64
import socket
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest

from services.notifier.deliver.channels.guard import ForbiddenAddress, Guard, is_public
from services.notifier.deliver.channels.signature import sign
from services.notifier.deliver.channels.webhook import judge_answer, retry_after_seconds, webhook_body
from services.notifier.domain.delivery import Outcome
from services.notifier.domain.letter import Delivery

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LOOPBACK = ip_network("127.0.0.0/8")


def test_the_signature_is_that_of_the_published_example() -> None:
    """The example of Standard Webhooks' libraries."""
    headers = sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_a_secret_is_replaced_there_is_a_signature_for_each() -> None:
    old, new = (base64.b64encode(word).decode() for word in (b"old", b"new"))
    both = sign([f"whsec_{new}", old], "m", 1, b"{}")["webhook-signature"].split(" ")
    assert both == [sign([each], "m", 1, b"{}")["webhook-signature"] for each in (new, old)]


@pytest.mark.parametrize("secrets", [[], ["whsec_not base64"], ["whsec_ä"]])
def test_without_a_good_secret_nothing_is_signed(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="secret"):
        sign(secrets, "m", 1, b"{}")


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.1.2.3", "224.0.0.1",
        "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "::", "::1", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
        "2001:db8::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    ],
)  # fmt: skip
def test_no_webhook_goes_to_an_address_that_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))
    assert not Guard(()).permits(text)


@pytest.mark.parametrize("text", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"])
def test_a_public_address_is_permitted(text: str) -> None:
    assert Guard(()).permits(text)


def test_a_network_that_is_allowed_is_permitted_and_no_other() -> None:
    guard = Guard([LOOPBACK])
    assert (guard.permits("127.0.0.1"), guard.permits("10.0.0.1"), guard.permits("::1")) == (True, False, False)


def test_plain_http_goes_to_allowed_networks_only() -> None:
    guard = Guard([LOOPBACK], allowed_only=True)
    assert (guard.permits("127.0.0.1"), guard.permits("8.8.8.8")) == (True, False)


def test_the_socket_is_refused_for_the_very_address_it_would_go_to() -> None:
    """A name may resolve to anything, at any moment: what counts is the entry that is connected to."""
    entry = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80))
    with pytest.raises(ForbiddenAddress):
        Guard(()).open_socket(entry)
    Guard([LOOPBACK]).open_socket(entry).close()


@pytest.mark.parametrize(
    ("status", "result"),
    [(200, "confirmed"), (204, "confirmed"), (301, "failed"), (400, "failed"), (410, "refused"), (503, "failed")],
)
def test_only_a_success_confirms_and_only_gone_ends_it(status: int, result: str) -> None:
    assert judge_answer(status, {}, NOW).result == result


def test_the_receivers_wish_to_wait_is_read_as_seconds_or_as_a_date() -> None:
    assert judge_answer(503, {"Retry-After": "120"}, NOW) == Outcome("failed", "the receiver answered 503", 120.0)
    later = NOW + timedelta(seconds=30)
    assert retry_after_seconds(later.strftime("%a, %d %b %Y %H:%M:%S GMT"), NOW) == 30.0
    assert retry_after_seconds((NOW - timedelta(days=1)).strftime("%a, %d %b %Y %H:%M:%S GMT"), NOW) == 0.0


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5", "١٢", "Mon, 99 Foo 2026"])
def test_a_wish_that_cannot_be_read_is_none(text: str) -> None:
    assert retry_after_seconds(text, NOW) is None


def test_the_body_is_the_same_whatever_order_the_database_gives_the_fields_in() -> None:
    one, other = ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1})
    rest = (
        "D-1",
        "webhook",
        "https://x.example",
        "r",
        1,
        "N-1",
        "leadline.notification.first-sale.v1",
        "first-sale",
        "rep-1",
        "en",
    )
    bodies = {webhook_body(Delivery(*rest, "t", "t", data, NOW)) for data in (one, other)}
    assert bodies == {
        b'{"data":{"a":1,"b":{"c":2,"d":3}},"timestamp":"2026-11-22T08:00:00.000000Z","type":"leadline.notification.first-sale.v1"}'
    }
