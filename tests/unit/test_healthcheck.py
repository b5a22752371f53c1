"""The question that a container asks of itself."""

from __future__ import annotations

import sys

import pytest

from leadline.delivery.status import Status
from leadline.local.ports import LOOPBACK, free_port
from leadline.runtime.health import serve_health
from leadline.runtime.healthcheck import main


@pytest.mark.parametrize(("path", "status"), [("metrics", 0), ("readyz", 1)])
def test_the_status_is_0_where_the_answer_is_200_and_1_where_it_is_not(
    path: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    server = serve_health(port, Status)
    monkeypatch.setattr(sys, "argv", ["healthcheck", f"http://{LOOPBACK}:{port}/{path}"])
    try:
        assert main() == status
    finally:
        server.shutdown()
        server.server_close()


def test_where_nobody_answers_the_status_is_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["healthcheck", f"http://{LOOPBACK}:{free_port()}/readyz"])

    assert main() == 1
