"""Free loopback ports for the embedded servers."""

from __future__ import annotations

import random
import socket

from leadline.errors import SetupError

LOOPBACK = "127.0.0.1"

# Below the range from which systems number outgoing connections: a port from that range may be taken while a server restarts,
# even by a client that is waiting for it and then connects to itself.
_CHOICE = range(20_000, 32_000)
_ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A loopback port that nobody listens on now; raises SetupError when none is found."""
    for port in random.sample(_CHOICE, _ATTEMPTS):
        if is_free(port):
            return port
    message = f"No free port found between {_CHOICE.start} and {_CHOICE.stop}; set one with LEADLINE_LOCAL_KAFKA_PORT"
    raise SetupError(message)


def require_free(port: int, purpose: str, variable: str) -> None:
    """Raise SetupError when somebody else listens on `port`; the text names the setting to change."""
    if not is_free(port):
        message = (
            f"Port {port} for {purpose} is taken: stop who listens there, or set {variable} to another (unset: any free one)"
        )
        raise SetupError(message)
