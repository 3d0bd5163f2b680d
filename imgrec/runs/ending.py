"""How a worker's process ended, as its starter learns from the system."""

import signal
from dataclasses import dataclass

CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}
"""What ends a process whose native code has gone wrong."""


@dataclass(frozen=True)
class Ending:
    """How a process ended: its exit status, or the negative number of the signal that ended it, as in subprocess.

    hung says that the scheduler ended it, as it had nothing new to say for too long.
    """

    status: int
    hung: bool = False

    @property
    def crashed(self) -> bool:
        """Says whether native code went wrong: on the same machine it does so again at the same step."""
        return -self.status in CRASHES

    @property
    def killed(self) -> bool:
        """Says whether it was killed, and not by the scheduler."""
        return self.status == -signal.SIGKILL and not self.hung

    def __str__(self) -> str:
        """Go on from "its process"."""
        if self.hung:
            return "hung and was ended: it had said nothing new for too long"
        if self.status >= 0:
            return f"ended with exit status {self.status} and could not write why"
        name = _name(-self.status)
        if self.crashed:
            return f"crashed in native code ({name})"
        if self.killed:
            return f"was killed ({name}), as a system does that runs out of memory"
        return f"was ended from outside ({name})"


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one of the real-time signals, which have no names
        return f"signal {number}"
