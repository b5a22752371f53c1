"""One bad record does not hold up its batch: it is found by halves, each in a savepoint, and decided about alone."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence

from leadline.contracts.codes import ErrorCode
from leadline.delivery.handler import Handler
from leadline.delivery.message import DeadLetter, Failure, Message, Outcome, Retry
from leadline.delivery.ports import Work
from leadline.delivery.record import Outgoing
from leadline.errors import Unavailable

IsRecordFault = Callable[[Exception], bool]


def handle_isolated(handler: Handler, work: Work, messages: Sequence[Message], is_record_fault: IsRecordFault) -> list[Outcome]:
    """Handle the messages together; if that raises, in halves, down to the record that is at fault.

    A batch of n records with one bad record costs about 2 log2(n) calls more. Raises what is not a record's fault
    (a lost connection, a deadlock): then the whole transaction is to be tried again.
    """
    if not messages:
        return []
    try:
        with work.savepoint():
            return list(handler.handle(work, messages))
    except Unavailable:
        raise
    except Exception as error:
        if not is_record_fault(error):
            raise
        if len(messages) == 1:
            return [_try_again_alone(handler, work, messages[0], is_record_fault)]
    middle = len(messages) // 2
    return [
        *handle_isolated(handler, work, messages[:middle], is_record_fault),
        *handle_isolated(handler, work, messages[middle:], is_record_fault),
    ]


def _try_again_alone(handler: Handler, work: Work, message: Message, is_record_fault: IsRecordFault) -> Outcome:
    """A unique key may be in the way that another instance has committed since the record's rows were looked up: the
    second time it is seen, so that the handler decides by its own rules. What fails twice is the record's own fault.
    """
    try:
        with work.savepoint():
            return next(iter(handler.handle(work, [message])))
    except Unavailable:
        raise
    except Exception as error:
        if not is_record_fault(error):
            raise
        return _decide_alone(handler, work, message, describe(error), is_record_fault)


def _decide_alone(handler: Handler, work: Work, message: Message, failure: Failure, is_record_fault: IsRecordFault) -> Outcome:
    emit = note_isolated(work, lambda: handler.on_failure(work, message, failure), is_record_fault)
    return Retry(failure, emit) if message.next_rung else DeadLetter(failure, emit)


def note_isolated(work: Work, note: Callable[[], list[Outgoing]], is_record_fault: IsRecordFault) -> list[Outgoing]:
    """Let the service note a failure; if even that fails by the record's fault, the dead letter alone has to do."""
    try:
        with work.savepoint():
            return note()
    except Unavailable:
        raise
    except Exception as error:
        if not is_record_fault(error):
            raise
        return []


def describe(error: Exception) -> Failure:
    """Name an unexpected error by its class and place; its text may hold a record's values, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    stack = "".join(f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n' for frame in frames)
    return Failure(ErrorCode.UNEXPECTED_ERROR.value, f"unexpected {type(error).__name__}", stack)
