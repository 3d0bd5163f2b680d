"""Visitors without a browser who watch a page: each speaks Streamlit's protocol as a tab does, and draws nothing.

    python -m benchmarks.clients http://localhost:8501 3 /train run=ID

opens so many sessions, prints a line once all have the page, and goes on until its input ends. So a benchmark can tell
what a watched training costs its server from what drawing the page costs the visitor's computer. Exit status 1 where a
session failed meanwhile.
"""

import asyncio
import sys

from benchmarks.visitor import Visitor


async def main() -> int:
    """Watch until the input ends."""
    address, count, page, query = sys.argv[1:]
    visitors = [Visitor(address) for _ in range(int(count))]
    for visitor in visitors:
        await visitor.open(page.strip("/"), query)
    print("watching", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    failures = [said for visitor in visitors for said in visitor.failures]
    for visitor in visitors:
        await visitor.close()
    print(*failures, sep="\n", end="", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
