"""Two steps that overlap and keep the order; the first error is heard of and ends both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from leadline.delivery.batch import Batch
from leadline.delivery.pipeline import Pipeline

SECONDS = 10.0


@contextmanager
def running(apply: Callable[[Batch], None], emit: Callable[[Batch], None]) -> Iterator[Pipeline]:
    pipeline = Pipeline(apply, emit)
    pipeline.start()
    yield pipeline
    pipeline.stop()


def batches(count: int) -> list[Batch]:
    return [Batch([], number) for number in range(count)]


def test_batches_pass_both_steps_in_their_order() -> None:
    applied, emitted = list[int](), list[int]()
    with running(lambda b: applied.append(b.metadata), lambda b: emitted.append(b.metadata)) as pipeline:
        for batch in batches(50):
            assert pipeline.submit(batch, SECONDS)
        assert pipeline.drain(SECONDS)
    assert applied == emitted == list(range(50))


def test_the_next_batch_is_applied_while_the_one_before_is_emitted() -> None:
    second_applied = threading.Event()

    def apply(batch: Batch) -> None:
        if batch.metadata == 1:
            second_applied.set()

    def emit(batch: Batch) -> None:
        assert second_applied.wait(SECONDS)

    with running(apply, emit) as pipeline:
        for batch in batches(2):
            pipeline.submit(batch, SECONDS)
        assert pipeline.drain(SECONDS)


def test_a_full_pipeline_takes_no_more_and_does_not_count_what_it_refused() -> None:
    go = threading.Event()

    def emit(_: Batch) -> None:
        go.wait(SECONDS)

    with running(lambda _: None, emit) as pipeline:
        taken = 0
        while pipeline.submit(Batch([], taken), 0.01):
            taken += 1
            assert taken < 10, "it takes any number"
        assert not pipeline.drain(0.01)
        go.set()
        assert pipeline.drain(SECONDS)


@pytest.mark.parametrize("step", ["apply", "emit"])
def test_an_error_of_either_step_surfaces_wherever_the_loop_looks(step: str) -> None:
    def fail(_: Batch) -> None:
        raise ZeroDivisionError

    steps = {"apply": lambda _: None, "emit": lambda _: None} | {step: fail}
    with running(**steps) as pipeline:
        pipeline.submit(Batch([], 0), SECONDS)
        with pytest.raises(ZeroDivisionError):
            pipeline.drain(SECONDS)
        with pytest.raises(ZeroDivisionError):
            pipeline.raise_error()
        with pytest.raises(ZeroDivisionError):
            pipeline.submit(Batch([], 1), SECONDS)


def test_nothing_is_emitted_of_a_batch_that_could_not_be_applied_nor_of_those_behind_it() -> None:
    emitted = list[int]()
    go = threading.Event()

    def apply(batch: Batch) -> None:
        go.wait(SECONDS)
        if batch.metadata == 1:
            raise ZeroDivisionError

    with running(apply, lambda b: emitted.append(b.metadata)) as pipeline:
        for batch in batches(2):
            pipeline.submit(batch, SECONDS)
        go.set()
        with pytest.raises(ZeroDivisionError):
            pipeline.drain(SECONDS)
    assert emitted in ([], [0])


def test_an_idle_pipeline_is_drained_at_once() -> None:
    with running(lambda _: None, lambda _: None) as pipeline:
        assert pipeline.drain(0)
