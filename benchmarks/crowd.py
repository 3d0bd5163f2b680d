"""How a server bears many visitors: how fast it answers them, what they cost it, and whether it loses anything.

    python -m benchmarks.crowd watch
    python -m benchmarks.crowd browse --visitors 100 --seconds 120
    python -m benchmarks.crowd sessions --sessions 10000
    python -m benchmarks.crowd memory
    python -m benchmarks.crowd abuse
    python -m benchmarks.crowd queue
    python -m benchmarks.crowd restarts

The server is a real one with the profile hosted, in a home of its own; the visitors (benchmarks/visitor.py) speak
Streamlit's protocol as a browser does, and draw nothing. They all come from this computer, so their budgets are raised
where a figure is not about budgets, and their own processor time counts against the server and its training. Exit
status 1 where a figure is above its target. Linux only; the dataset shapes is drawn where it is not there.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable

from benchmarks import contest, home
from benchmarks.crowd_costs import memory, sessions
from benchmarks.crowd_safety import queue, restarts
from benchmarks.crowd_speed import abuse, browse, watch
from benchmarks.hosted import Figure, table
from imgrec import datasets, edge

FIGURES: dict[str, tuple[Callable[..., Awaitable[list[Figure]]], dict[str, int]]] = {
    "watch": (watch, {"visitors": 25, "rounds": 5, "seconds": 30}),
    "browse": (browse, {"visitors": 100, "seconds": 120}),
    "sessions": (sessions, {"sessions": 10_000}),
    "memory": (memory, {"visitors": 100}),
    "abuse": (abuse, {"visitors": 5, "rounds": 3, "seconds": 30}),
    "queue": (queue, {"runs": 20, "rounds": 3}),
    "restarts": (restarts, {"visitors": 10, "restarts": 20}),
}
"""What is measured, with how much of it."""

LAST_SECONDS = 7200.0
"""Until a figure is given up."""


def main() -> int:
    """Measure one figure and print it beside its targets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    figures = parser.add_subparsers(dest="figure", required=True)
    for name, (measure, options) in FIGURES.items():
        figure = figures.add_parser(name, description=measure.__doc__, help=measure.__doc__)
        for option, amount in options.items():
            figure.add_argument(f"--{option}", type=int, default=amount)
    arguments = vars(parser.parse_args())
    measure, options = FIGURES[arguments["figure"]]
    load = os.getloadavg()[0]  # of what else works here: the figures are worth little beside much of it
    with home.with_datasets() as folder:
        datasets.prepare("shapes", edge.location("shapes"))
        asked = {option: arguments[option] for option in options}
        found = asyncio.run(_bounded(measure(folder, **asked)))
    print(table(found))
    said = {figure.what: figure.value for figure in found}
    print(
        json.dumps(
            {"benchmark": "crowd", **arguments, "load_before": load, "found": said, "machine": contest.machine()},
            ensure_ascii=False,
        )
    )
    return 0 if all(figure.kept for figure in found) else 1


async def _bounded(measuring: Awaitable[list[Figure]]) -> list[Figure]:
    async with asyncio.timeout(LAST_SECONDS):
        return await measuring


if __name__ == "__main__":
    sys.exit(main())
