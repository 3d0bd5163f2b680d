"""What visitors cost a server: memory, open files and threads, while they are there and after they have left."""

import asyncio

from benchmarks.crowd_speed import AT_ONCE, PAGES, arrive, leave
from benchmarks.hosted import Figure, Usage, has_tensorflow, hosting, unlimited
from benchmarks.visitor import Visitor

SETTLE_SECONDS = 5.0
"""Until threads of pages that are done have ended."""

KEPT = 256
"""Twice as many sessions as Streamlit keeps for those who come back: what these take is no growth."""

FLAT = 10
"""Files or threads more that are no growth: so many come and go by themselves."""


async def sessions(home: str, sessions: int) -> list[Figure]:
    """Let visitors come and go, each to one of the pages. What the first of them leave behind is not counted."""
    with hosting(home, **unlimited()) as (server, address):
        await _come_and_go(address, max(sessions // 10, KEPT))
        before = await _settled(server)
        await _come_and_go(address, sessions)
        after = await _settled(server)
    return [
        Figure("sessions opened and closed", sessions),
        Figure("memory before", before.mb, unit=" MB"),
        Figure("memory, more after", after.mb - before.mb, 50, " MB"),
        Figure("open files before", before.files),
        Figure("open files, more after", after.files - before.files, FLAT),
        Figure("threads before", before.threads),
        Figure("threads, more after", after.threads - before.threads, FLAT),
    ]


async def memory(home: str, visitors: int) -> list[Figure]:
    """Look at the server after its first page, and with visitors on all of its pages."""
    with hosting(home, **unlimited()) as (server, address):
        async with Visitor(address) as first:
            await first.open()
        rest = await _settled(server)
        there = [Visitor(address) for _ in range(visitors)]
        for number, page in enumerate(PAGES):
            await arrive(there[number :: len(PAGES)], page)
        full = await _settled(server)
        imported = has_tensorflow(server)
        await leave(there)
    return [
        Figure("memory after the first page", rest.mb, 150, " MB"),
        Figure(f"memory with {visitors} sessions connected", full.mb, 600, " MB"),
        Figure("open files then", full.files),
        Figure("threads then", full.threads),
        Figure("TensorFlow imported", imported, 0),
    ]


async def _come_and_go(address: str, count: int) -> None:
    pages = iter([PAGES[number % len(PAGES)] for number in range(count)])

    async def keep_coming() -> None:
        for page in pages:
            async with Visitor(address) as visitor:
                await visitor.open(page)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(keep_coming())


async def _settled(server: int) -> Usage:
    await asyncio.sleep(SETTLE_SECONDS)
    return Usage.of(server)
