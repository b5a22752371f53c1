"""The channels against a real receiver and a real mail server."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import orjson
import pytest

from leadline.local.ports import free_port
from services.notifier.deliver.channels import Channel
from services.notifier.deliver.channels.email import Email
from services.notifier.deliver.channels.signature import sign
from services.notifier.deliver.channels.webhook import Webhooks
from services.notifier.deliver.rendering import Templates
from services.notifier.domain.delivery import Outcome
from services.notifier.domain.letter import Delivery, Enclosed
from tests.scenarios.harness.mailbox import mail_server

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
LOOPBACK = ip_network("127.0.0.0/8")
SECRET = base64.b64encode(b"a secret").decode()
SECONDS = 0.5
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def delivery(address: str, channel: str = "webhook", secrets: Sequence[str] = (SECRET,), **more: Any) -> Delivery:
    said: dict[str, Any] = {
        "kind": "first-sale",
        "recipient": "rep/1",
        "language": "en",
        "title": "First sale",
        "text": "Ada placed a first order.",
        "data": {"order_id": "O-1", "customer_id": "C-1"},
    } | more
    return Delivery(
        "D-1",
        channel,
        address,
        "",
        1,
        "N-1",
        "leadline.notification.first-sale.v1",
        created_at=NOW,
        secrets=tuple(secrets),
        **said,
    )


@contextmanager
def answering(answer: bytes, *, closes: bool = True) -> Iterator[tuple[str, list[bytes]]]:
    """A receiver that gives these bytes for any request, then closes or says no more: its URL, and what it was sent."""
    listener = socket.create_server(("127.0.0.1", 0))
    requests: list[bytes] = []
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            requests.append(read_request(connection))
            connection.sendall(answer)
            if closes:
                connection.close()
            kept.append(connection)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook", requests
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        for each in (listener, *kept):
            each.close()


def read_request(connection: socket.socket) -> bytes:
    """Head and body; empty where nobody says anything."""
    found = b""
    while b"\r\n\r\n" not in found or len(found.partition(b"\r\n\r\n")[2]) < length_of(found):
        if not (more := connection.recv(65536)):
            break
        found += more
    return found


def length_of(request: bytes) -> int:
    head = request.partition(b"\r\n\r\n")[0].lower()
    return int(head.partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)


def send(made: Callable[[], Channel], *deliveries: Delivery) -> list[Outcome]:
    async def run() -> list[Outcome]:
        channel = made()
        try:
            return [await channel.send(each) for each in deliveries]
        finally:
            await channel.close()

    return asyncio.run(run())


def post(*deliveries: Delivery, allowed: bool = True) -> list[Outcome]:
    return send(lambda: Webhooks([LOOPBACK] if allowed else [], SECONDS, lambda: NOW), *deliveries)


def test_a_webhook_is_posted_with_the_headers_of_standard_webhooks() -> None:
    with answering(OK) as (url, requests):
        assert post(delivery(url)) == [Outcome("confirmed")]
    head, _, body = requests[0].partition(b"\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.decode().lower().splitlines()[1:])
    wanted = sign([SECRET], "D-1", int(NOW.timestamp()), body)
    assert {name: lines[name] for name in wanted} == {name: text.lower() for name, text in wanted.items()}
    assert lines["content-type"] == "application/json"


def test_every_attempt_has_the_same_id_and_body() -> None:
    with answering(b"HTTP/1.1 503 Later\r\nConnection: close\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n") as (url, requests):
        outcomes = post(delivery(url), delivery(url))
    assert outcomes == [Outcome("failed", "the receiver answered 503", 7.0)] * 2
    assert requests[0] == requests[1]


def test_an_answer_that_does_not_come_or_breaks_off_leaves_it_unknown() -> None:
    with answering(b"", closes=False) as (url, _):
        assert post(delivery(url))[0].result == "unknown"
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") as (url, _):
        assert post(delivery(url))[0].result == "unknown"
    with answering(b"") as (url, _):
        assert post(delivery(url))[0].result == "unknown"


def test_a_receiver_that_is_not_there_has_it_not() -> None:
    assert post(delivery(f"http://127.0.0.1:{free_port()}/"))[0].result == "failed"


def test_a_redirect_is_not_followed() -> None:
    with answering(OK) as (target, reached):
        moved = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
        with answering(moved) as (url, _):
            assert post(delivery(url))[0] == Outcome("failed", "the receiver answered 302")
        assert reached == []


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
    with answering(head, closes=False) as (url, _):
        assert post(delivery(url)) == [Outcome("confirmed")]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "[::ffff:127.0.0.1]", "0"])
def test_nothing_is_sent_to_this_machine_however_it_is_written(host: str) -> None:
    with answering(OK) as (url, requests):
        port = url.split(":")[2]
        for scheme in ("http", "https"):
            outcome = post(delivery(f"{scheme}://{host}:{port}"), allowed=False)[0]
            assert outcome.result in {"refused", "failed"}
        assert requests == []


def test_a_name_that_changes_its_address_after_it_was_looked_at_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: whatever the name resolves to at the moment of connecting is what is checked."""
    with answering(OK) as (url, requests):
        port = int(url.split(":")[2].partition("/")[0])
        entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [entry])
        assert post(delivery(f"https://innocent.example:{port}/"), allowed=False)[0] == Outcome(
            "refused", "the address is not a public one"
        )
        assert requests == []


@pytest.mark.parametrize("address", ["ftp://a.example", "no url", "https://", "http://[::1", "https://a.example:99999/"])
def test_what_is_no_url_is_refused(address: str) -> None:
    assert post(delivery(address))[0].result == "refused"


def test_a_webhook_without_a_secret_is_not_sent() -> None:
    with answering(OK) as (url, requests):
        assert post(delivery(url, secrets=()))[0].result == "refused"
        assert requests == []


def test_a_mail_has_text_and_html_in_the_recipients_language() -> None:
    with mail_server() as mailbox:
        made = partial_email(mailbox.url)
        outcomes = send(made, *[delivery("ada@example.org", "email", language="de-AT")] * 2)
    assert "sent" in {outcome.result for outcome in outcomes}
    mail = mailbox.mails[0]
    assert (mail["Subject"], mail["To"], mail["From"]) == ("Erster Verkauf", "ada@example.org", "leadline@example.com")
    assert mail["Message-ID"] == "<D-1@example.com>"
    assert mail["List-Unsubscribe"] == "<https://crm.example/off?user=rep%2F1>"
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert "Der Kunde C-1 hat zum ersten Mal bestellt (Auftrag O-1)." in text.get_content()
    assert '<html lang="de">' in html.get_content()


def enclosed(number: int) -> Enclosed:
    said = {"order_id": f"O-{number}", "customer_id": f"C-{number}"}
    return Enclosed("D-1", "leadline.notification.first-sale.v1", "first-sale", f"Sale {number}", "An order.", said, NOW)


def test_a_digest_is_one_mail_and_one_post_with_everything_in_it() -> None:
    said: dict[str, Any] = {"enclosed": (enclosed(1), enclosed(2)), "title": "", "text": "", "data": {}}
    with mail_server() as mailbox:
        outcomes = send(partial_email(mailbox.url), *[delivery("ada@example.org", "email", **said)] * 2)
    assert "sent" in {outcome.result for outcome in outcomes}
    mail = mailbox.mails[0]
    assert (mail["Subject"], mail["Message-ID"]) == ("2 notifications", "<D-1@example.com>")
    assert mail["List-Unsubscribe"] == "<https://crm.example/off?user=rep%2F1>"
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().index("* Sale 1") < text.get_content().index("* Sale 2")
    with answering(OK) as (url, requests):
        assert post(delivery(url, **said))[0].result == "confirmed"
    body = orjson.loads(requests[0].partition(b"\r\n\r\n")[2])
    assert [each["data"]["order_id"] for each in body["data"]["notifications"]] == ["O-1", "O-2"]
    assert body["data"]["recipient"] == "rep/1"


def partial_email(url: str | None) -> Callable[[], Channel]:
    return lambda: Email(url, "leadline@example.com", "https://crm.example/off?user={recipient}", Templates())


def test_a_mail_server_that_says_later_is_asked_again_and_one_that_is_away_too() -> None:
    with smtp_saying(b"451 later") as url:
        assert send(partial_email(url), delivery("ada@example.org", "email"))[0].result == "failed"
    assert send(partial_email(f"smtp://127.0.0.1:{free_port()}"), delivery("ada@example.org", "email"))[0].result == "failed"


def test_an_address_that_is_refused_for_good_is_given_up() -> None:
    with smtp_saying(b"550 nobody here") as url:
        assert send(partial_email(url), delivery("ada@example.org", "email"))[0] == Outcome(
            "refused", "the address was refused: 550"
        )


def test_a_mail_server_that_dies_after_the_message_leaves_it_unknown() -> None:
    with smtp_saying(b"250 fine", dies=True) as url:
        assert send(partial_email(url), delivery("ada@example.org", "email"))[0].result == "unknown"


@pytest.mark.parametrize("address", ["no address", "", "a@b\nBcc: c@d", "a@b, c@d"])
def test_a_mail_goes_to_one_address_or_to_none(address: str) -> None:
    assert send(partial_email("smtp://127.0.0.1:1"), delivery(address, "email"))[0].result == "refused"


def test_without_a_mail_server_a_mail_is_dead_with_the_reason() -> None:
    assert send(partial_email(None), delivery("ada@example.org", "email"))[0] == Outcome(
        "refused", "no mail server is set: LEADLINE_SMTP_URL"
    )


@contextmanager
def smtp_saying(answer: bytes, *, dies: bool = False) -> Iterator[str]:
    """A mail server that answers RCPT with this, and may die where it ought to take the message."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 here\r\n")
            for line in lines:
                word = line[:4].upper()
                if word == b"DATA":
                    connection.sendall(b"354 go on\r\n")
                elif line == b".\r\n" and dies:
                    return
                elif word in {b"EHLO", b"MAIL", b"RCPT", b"RSET", b"QUIT"}:
                    connection.sendall((answer if word == b"RCPT" else b"250 fine") + b"\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(5)
    finally:
        listener.close()
