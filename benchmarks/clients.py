"""Visitors without a browser: each speaks Streamlit's protocol as a tab does, and draws nothing.

    python -m benchmarks.clients http://localhost:8501 3 /train run=ID

opens so many sessions, prints a line once all have the page, and goes on until its input ends. So a benchmark can tell
what a watched training costs its server from what drawing the page costs the visitor's computer.
"""

import asyncio
import sys
from collections.abc import Callable

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


async def visit(address: str, page: str, query: str, on_page: Callable[[], None]) -> None:
    """Open a page and run its fragments as often as they ask for it, until cancelled; on_page when all of it is here.

    Nothing is cached, so the server sends somewhat more than to a browser. Raises RuntimeError where the page fails.
    """
    stream = address.replace("http", "ws", 1) + "/_stcore/stream"
    reruns: dict[str, asyncio.Task[None]] = {}
    async with websockets.connect(stream, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None) as socket:

        async def ask(fragment: str = "") -> None:
            asked = BackMsg()
            asked.rerun_script.page_name = page.strip("/")
            asked.rerun_script.query_string = query
            asked.rerun_script.fragment_id = fragment
            asked.rerun_script.is_auto_rerun = bool(fragment)
            await socket.send(asked.SerializeToString())

        async def repeat(fragment: str, seconds: float) -> None:
            while True:
                await asyncio.sleep(seconds)
                await ask(fragment)

        await ask()
        async for data in socket:
            assert isinstance(data, bytes)
            message = ForwardMsg.FromString(data)
            match message.WhichOneof("type"):
                case "auto_rerun" if message.auto_rerun.fragment_id not in reruns:
                    fragment, seconds = message.auto_rerun.fragment_id, message.auto_rerun.interval
                    reruns[fragment] = asyncio.create_task(repeat(fragment, seconds))
                case "stop_auto_rerun":
                    for fragment in message.stop_auto_rerun.fragment_ids:
                        if rerun := reruns.pop(fragment, None):
                            rerun.cancel()
                case "script_finished":
                    on_page()
                case "delta" if message.delta.new_element.WhichOneof("type") == "exception":
                    raise RuntimeError(message.delta.new_element.exception.message)


async def main() -> None:
    """Visit until the input ends."""
    address, count, page, query = sys.argv[1:]
    there = [asyncio.Event() for _ in range(int(count))]
    async with asyncio.TaskGroup() as group:  # a visit that fails ends all
        visits = [group.create_task(visit(address, page, query, event.set)) for event in there]
        for event in there:
            await event.wait()
        print("watching", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for each in visits:
            each.cancel()


if __name__ == "__main__":
    asyncio.run(main())
