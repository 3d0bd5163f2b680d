"""What Ctrl-C and SIGTERM do to a command: it cleans up, says so in a sentence, and ends by the signal."""

import os
import signal
from contextlib import AbstractContextManager
from types import FrameType
from typing import NoReturn

ENDED_BY = 128
"""A command that a signal has ended has this plus the signal's number for its exit status, as in a shell."""


class Signalled(KeyboardInterrupt):
    """A signal asked the command to end."""

    def __init__(self, number: int) -> None:
        self.number = number


def listen() -> None:
    """Let both signals raise Signalled, so that what is half done is cleaned up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _raise)


def end_by(number: int) -> NoReturn:
    """End this process by a signal: who waits for it, as a shell's loop, then knows that it was no failure."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    raise SystemExit(ENDED_BY + number)  # where the signal is blocked


def _raise(number: int, _frame: FrameType | None) -> NoReturn:
    raise Signalled(number)


class Interrupts(AbstractContextManager["Interrupts"]):
    """Notes signals instead of raising in the middle of something: presses of Ctrl-C, and SIGTERM."""

    def __enter__(self) -> "Interrupts":
        self.count = 0
        self.terminated = False
        self._before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGTERM:
            self.terminated = True
        else:
            self.count += 1
