"""E-mail by SMTP: text and HTML in the recipient's language, with a `Message-ID` that is the same for every attempt."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import aiosmtplib

from leadline.errors import SetupError
from services.notifier.deliver.rendering import Mail, Templates
from services.notifier.domain.delivery import Outcome
from services.notifier.domain.letter import Delivery, Enclosed

MOST_AT_ONCE: Final = 8  # connections; a mail server takes more for an attack
SECONDS: Final = 10.0
PERMANENT: Final = range(500, 600)


class Email:
    """Sends through one mail server, `smtp://user:password@host:port`, `smtps://` for TLS from the first byte."""

    name = "email"
    most_at_once = MOST_AT_ONCE

    def __init__(self, url: str | None, sender: str, unsubscribe: str | None, templates: Templates) -> None:
        """`unsubscribe` is a URL in which `{recipient}` stands for the user's id. Raises SetupError for what cannot be read."""
        self._server = _server(url) if url else None
        self._sender = Address(addr_spec=sender)
        self._unsubscribe = unsubscribe or f"mailto:{sender}?subject=unsubscribe"
        self._templates = templates

    def route(self, address: str) -> str:
        """All of them fail with the mail server."""
        return "mail server"

    async def send(self, delivery: Delivery) -> Outcome:
        """Hand it to the mail server; that it is taken over is all that one learns."""
        if self._server is None:
            return Outcome("refused", "no mail server is set: LEADLINE_SMTP_URL")
        try:
            message = self.compose(delivery)
        except (ValueError, IndexError) as error:
            return Outcome("refused", f"no message can be made for this address: {type(error).__name__}")
        return await self._submit(message)

    async def close(self) -> None:
        """Nothing is kept open."""

    def compose(self, delivery: Delivery) -> EmailMessage:
        """The whole message; raises ValueError where the address is none."""
        mail = self._mail(delivery)
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = Address(addr_spec=delivery.address)
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(delivery.created_at)
        message["Message-ID"] = f"<{delivery.delivery_id}@{self._sender.domain}>"
        message["List-Unsubscribe"] = f"<{self._unsubscribe.replace('{recipient}', quote(delivery.recipient, safe=''))}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message

    def _mail(self, delivery: Delivery) -> Mail:
        if delivery.enclosed:
            said = [(each.kind, {**each.data, **_said(each, delivery.recipient)}) for each in delivery.enclosed]
            return self._templates.render_digest(delivery.language, said)
        return self._templates.render(delivery.kind, delivery.language, {**delivery.data, **_said(delivery, delivery.recipient)})

    async def _submit(self, message: EmailMessage) -> Outcome:
        try:
            await aiosmtplib.send(message, timeout=SECONDS, **(self._server or {}))
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _answered(error.recipients[0].code, "the address was refused")
        except (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPSenderRefused) as error:
            return Outcome("failed", f"the mail server does not take mail from us: {error.code}")
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error.code, "the mail server refused it")
        except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPConnectTimeoutError) as error:
            return Outcome("failed", f"no connection to the mail server: {type(error).__name__}")
        except (aiosmtplib.SMTPException, OSError) as error:
            return Outcome("unknown", f"the mail server did not answer: {type(error).__name__}; it may have arrived")
        return Outcome("sent")


def _said(each: Delivery | Enclosed, recipient: str) -> dict[str, str]:
    return {"title": each.title, "text": each.text, "recipient": recipient}


def _answered(code: int, what: str) -> Outcome:
    return Outcome("refused" if code in PERMANENT else "failed", f"{what}: {code}")


def _server(url: str) -> dict[str, Any]:
    """The arguments of aiosmtplib."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        message = "LEADLINE_SMTP_URL: write smtp://user:password@host:port, or smtps:// for TLS from the first byte"
        raise SetupError(message)
    return {
        "hostname": parts.hostname,
        "port": parts.port or (465 if parts.scheme == "smtps" else 587),
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": parts.scheme == "smtps",
    }
