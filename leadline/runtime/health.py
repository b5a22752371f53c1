"""`/livez`, `/readyz` and `/metrics` of a process, on a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from leadline.delivery.status import Status
from leadline.errors import SetupError
from leadline.runtime.metrics import MEASURES, Measure, render


def serve_health(port: int, ask: Callable[[], Status], measures: Sequence[Measure] = MEASURES) -> ThreadingHTTPServer:
    """Answer on this port of loopback and all other addresses; raises SetupError where it is taken."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server calls
            status = ask()
            if self.path == "/metrics":
                self._answer(200, render(status, measures))
            elif self.path == "/livez":
                self._answer(*_verdict(status.is_alive, "the loop turns", "the loop has stood still for 30 s"))
            elif self.path == "/readyz":
                self._answer(*_verdict(status.is_ready, "ready", _why_not(status)))
            else:
                self._answer(404, b"ask for /livez, /readyz or /metrics\n")

        def _answer(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A scrape is no event."""

    try:
        server = ThreadingHTTPServer(("", port), Answers)
    except OSError as error:
        message = f"LEADLINE_HEALTH_PORT: {port} cannot be used ({error.strerror})"
        raise SetupError(message) from error
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


def _verdict(good: bool, yes: str, no: str) -> tuple[int, bytes]:  # noqa: FBT001 - it is the verdict
    return (200, f"{yes}\n".encode()) if good else (503, f"{no}\n".encode())


def _why_not(status: Status) -> str:
    if not status.database_available:
        return "the database is away: the batch is held"
    return "no partitions assigned yet" if not status.has_joined else "the loop has stood still for 30 s"
