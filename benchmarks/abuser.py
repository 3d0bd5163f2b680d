"""One who does to a server all that can be done at once, as fast as it answers, until the input ends.

    python -m benchmarks.abuser http://127.0.0.1:8501 127.0.0.3 LINK

Opens and leaves pages, runs pages again and again, uploads pictures of 10 MB and starts trainings of the share link,
from the address given second. Prints how often each of it was done and refused. For benchmarks.crowd, which runs it in
a process of its own: it takes its share of the processors, unlike one who is elsewhere.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

from benchmarks.hosted import launch
from benchmarks.jar import VisitError
from benchmarks.visitor import Visitor
from imgrec.config import RunConfig

PAUSE_SECONDS = 0.05
"""After a refusal: without it, the refused would keep only themselves busy."""

Deed = Callable[[], Awaitable[None]]


async def main() -> None:
    """Abuse until the input ends, and tell what was done."""
    address, source, link = sys.argv[1:]
    did: Counter[str] = Counter()
    config, picture = RunConfig.from_link(link), b"\x89PNG\r\n\x1a\n" + os.urandom(10_000_000)

    async def come_and_go() -> None:
        async with Visitor(address, source=source) as visitor:
            await visitor.open()

    async def run_again() -> None:
        async with Visitor(address, source=source) as visitor:
            await visitor.open("data")
            while True:
                await visitor.rerun()
                did["reruns"] += 1

    async def upload() -> None:
        async with Visitor(address, source=source) as visitor:
            await visitor.open("predict")
            while True:
                await visitor.upload("uploaded pictures", {"noise.png": picture})
                did["uploads in one page"] += 1

    async def start() -> None:
        seed = did["starts"] + did["starts refused"]
        async with Visitor(address, source=source) as visitor:
            await launch(visitor, config.with_setting("training.seed", seed))

    async def repeat(what: str, deed: Deed) -> None:
        while True:
            try:
                await deed()
                did[what] += 1
            except VisitError:
                did[f"{what} refused"] += 1
                await asyncio.sleep(PAUSE_SECONDS)

    deeds = {"visits": come_and_go, "pages rerun": run_again, "uploads": upload, "starts": start}
    at_once = {"visits": 8, "pages rerun": 4, "uploads": 2, "starts": 1}
    tasks = [asyncio.create_task(repeat(what, deed)) for what, deed in deeds.items() for _ in range(at_once[what])]
    await asyncio.to_thread(sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps(did))


if __name__ == "__main__":
    asyncio.run(main())
