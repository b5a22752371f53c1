"""What libraries log is told as our events, and rarely."""

from __future__ import annotations

import logging

import pytest

from services.notifier.deliver import client_logs
from services.notifier.deliver.client_logs import RareHandler


def test_a_sentence_that_is_said_again_and_again_is_told_once_for_each_logger(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(client_logs, "log", lambda _, **fields: told.append((fields["source"], fields["text"])))
    handler = RareHandler()
    logger, other = logging.getLogger("test.conn"), logging.getLogger("test.app")
    for each in (logger, other):
        monkeypatch.setattr(each, "handlers", [handler])
    for number in range(3):
        logger.warning("Unable connect to node %s", number)
    other.error("crashed")
    other.info("nothing to worry about")
    assert told == [("test.conn", "Unable connect to node 0"), ("test.app", "crashed")]
    handler.close()
