"""What one training may take of the machine: minutes on a server with visitors, and memory everywhere."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from imgrec import jobs, limits, profiles
from imgrec.runs import Run, RunWriter, Store

LOOK_SECONDS = 0.05
"""A training that grows at 5 GB a second goes a quarter of a gigabyte beyond its bound until it is noticed."""

LEAST_FREE = 150_000_000
"""Bytes that are left to everything else: with less, Linux would soon choose a process to end."""

FIRST_TO_END = "800"
"""Of 1,000: Linux, where it must end a process for its memory, ends a training before a server."""


@dataclass(frozen=True)
class Allowance:
    """The minutes and the megabytes that a training may take; None is no limit but the machine's."""

    minutes: int | None = None
    memory_mb: int | None = None

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return that of a run: a visitor's has the budgets of the profile."""
        if not Store.of(run).is_visitors:
            return cls()
        profile = profiles.current()
        return cls(profile.minutes, profile.memory_mb)

    def is_over(self, seconds: float) -> bool:
        """Return whether a training that has taken so many seconds must end."""
        return self.minutes is not None and seconds > 60 * self.minutes

    @contextmanager
    def guarding(self, run: RunWriter) -> Iterator[None]:
        """End this process, and say so in its run, before it takes more memory than it may or than there is.

        That holds for a training in the body, and no longer.
        """
        with suppress(OSError):  # no Linux, or not allowed
            Path("/proc/self/oom_score_adj").write_text(FIRST_TO_END, encoding="ascii")
        ended = threading.Event()
        watch = threading.Thread(target=self._watch, args=(run, ended), daemon=True)
        watch.start()
        try:
            yield
        finally:
            ended.set()
            watch.join()

    def _watch(self, run: RunWriter, ended: threading.Event) -> None:
        while not ended.wait(LOOK_SECONDS):
            if (said := self._outgrown()) is None:
                continue
            sentence, again = said
            with suppress(OSError):  # the disk is full too: then its ending is noted by who started it
                run.fail(sentence, "", again=again)
            os._exit(1)  # a library in native code would not listen to anything else

    def _outgrown(self) -> tuple[str, bool] | None:
        """Return why the training must end, and whether it may go better when tried again."""
        taken = limits.size("VmRSS")
        if taken is None:
            return None
        if self.memory_mb is not None and taken > self.memory_mb * 1e6:
            return (
                f"On this server, a training takes at most {self.memory_mb:,} MB of memory. This one needed more, and "
                "was ended. Start a copy with a smaller batch size or fewer filters.",
                False,
            )
        if jobs.free_memory() < LEAST_FREE:
            return (
                f"The machine's memory was nearly full. This training took {taken / 1e6:,.0f} MB, and was ended before "
                "the machine would have. Start a copy with a smaller batch size, or free memory and resume it.",
                True,
            )
        return None
