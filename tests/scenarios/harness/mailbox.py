"""A real mail server that keeps what it is given, and sometimes says "later" first."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Final

from aiosmtpd.controller import Controller

from leadline.local.ports import LOOPBACK, free_port

LATER: Final = "451 4.3.0 later"
TAKEN: Final = "250 2.0.0 taken"
SHARE: Final = 3


class Mailbox:
    """Everything that came, in its order; `url` is what LEADLINE_SMTP_URL is to say."""

    def __init__(self, port: int) -> None:
        self.url = f"smtp://{LOOPBACK}:{port}"
        self.mails: list[EmailMessage] = []
        self._put_off: set[str] = set()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """The name that aiosmtpd calls."""
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        id = str(mail["Message-ID"])
        if zlib.crc32(id.encode()) % SHARE == 0 and id not in self._put_off:
            self._put_off.add(id)
            return LATER
        self.mails.append(mail)
        return TAKEN


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A mail server on a free port of loopback, for the block."""
    port = free_port()
    mailbox = Mailbox(port)
    controller = Controller(mailbox, hostname=LOOPBACK, port=port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
