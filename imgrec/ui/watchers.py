"""How many pages watch a run: where they are many, they are drawn anew one after the other, not all with the epoch.

Each redraw takes the processor for about a tenth of a second, and what ticks on all other pages would wait for them.
"""

import random
import threading
import time

from imgrec.runs import Run

AT_ONCE = 6
"""Pages that are drawn anew within a tick: with fewer watchers none waits."""

FORGOTTEN_SECONDS = 6.0
"""A page that has not ticked for so long is closed."""

_seen: dict[str, dict[str, float]] = {}
"""When each page that watches a run last ticked, by the run and by the page."""
_looking = threading.Lock()


def has_turn(run: Run, page: str) -> bool:
    """Return whether a page that watches a run is to be drawn anew now; if not, one of its next ticks asks again."""
    return random.random() * count(run, page) < AT_ONCE


def count(run: Run, page: str) -> int:
    """Note that a page watches a run now, and return how many do."""
    now = time.monotonic()
    with _looking:
        for watched, pages in list(_seen.items()):
            _seen[watched] = {each: when for each, when in pages.items() if now - when < FORGOTTEN_SECONDS}
            if not _seen[watched]:
                del _seen[watched]
        _seen.setdefault(run.id, {})[page] = now
        return len(_seen[run.id])
