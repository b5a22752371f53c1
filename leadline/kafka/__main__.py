"""`python -m leadline.kafka DESCRIPTOR`: the process that `leadline.kafka.sink` starts, see `leadline.kafka.writer`."""

from __future__ import annotations

import gc
import signal
import sys
from multiprocessing.connection import Connection

from confluent_kafka import KafkaException

from leadline.kafka.writer import serve


def main(descriptor: int) -> int:
    """Serve over the pipe; what goes wrong is told to the service, which ends."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the service hears them, and ends the pipe in its own time
    gc.disable()  # nothing here makes a cycle, and looking for some would cost a tenth of the time
    pipe = Connection(descriptor)
    try:
        serve(pipe)
    except (EOFError, ConnectionError):
        return 0
    except KafkaException as error:
        pipe.send(error.args[0].str())
    return 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
