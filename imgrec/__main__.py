"""`python -m imgrec`: the command line."""

import os
import signal
import sys
from contextlib import suppress
from types import FrameType

STANDARD_ERROR = 2


def _end(number: int, _frame: FrameType | None) -> None:
    with suppress(OSError):  # no one reads it
        os.write(STANDARD_ERROR, b"Interrupted.\n")
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def run() -> int:
    """Do what the arguments say. Return the exit status, or end by the signal that ended the command."""
    # At once: what is imported below takes half a second, and Ctrl-C in it shall show no traceback.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    from imgrec.cli import main, signals  # noqa: PLC0415

    try:
        signals.listen()
        status = main()
    except signals.Signalled as signalled:
        _end(signalled.number, None)
    if status > signals.ENDED_BY:
        sys.stdout.flush()
        signals.end_by(status - signals.ENDED_BY)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    return status


if __name__ == "__main__":
    sys.exit(run())
