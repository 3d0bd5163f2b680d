"""A visitor who does what no page offers, and keeps all that comes of it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.jar import XSRF, VisitError
from benchmarks.visitor import Visitor

ANSWER_SECONDS, SILENCE_SECONDS = 20.0, 0.4
"""How long an answer may take, and how long one is waited for that probably does not come."""


class Recorder(Visitor):
    """A visitor that keeps all that the server has sent over the connection."""

    def __init__(self, address: str, cookies: Mapping[str, str] | None = None, source: str = "") -> None:
        super().__init__(address, cookies, source)
        self.received = bytearray()

    def _take(self, message: ForwardMsg) -> None:
        self.received += message.SerializeToString()
        super()._take(message)


class Attacker(Recorder):
    """A visitor who does what no page offers, and knows what it has sent and received."""

    def __init__(self, address: str, cookies: Mapping[str, str] | None = None, source: str = "") -> None:
        super().__init__(address, cookies, source)
        self.sent, self.got = "", list[str]()
        """All that was sent, and what was got that must not be."""
        self.document = b""
        """The page that Streamlit answers to every path that it does not know, with the status 200."""
        self._done = asyncio.Event()

    def forget(self, text: str) -> None:
        """Begin an attempt that sends this text."""
        self.received.clear()
        self.got.clear()
        self.sent += f"\n{text}"

    def _take(self, message: ForwardMsg) -> None:
        super()._take(message)
        if message.WhichOneof("type") == "script_finished":
            self._done.set()

    async def say(self, message: BackMsg, seconds: float = ANSWER_SECONDS) -> None:
        """Send a message as it stands, and wait for what it makes the server run, if anything."""
        self._done.clear()
        await self._send(message)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._done.wait(), seconds)

    async def give(self, name: str, **value: Any) -> None:
        """Give a widget any value of the protocol, and keep it until another one is given."""
        widget = self.page.find(name)
        if widget is None:
            raise VisitError(f"The page has no {name!r}.")
        self._values[widget.id] = WidgetState(id=widget.id, **value)
        await self.rerun()

    async def force(self, name: str) -> None:
        """Press a button, be it disabled."""
        widget = self.page.find(name)
        if widget is None:
            raise VisitError(f"The page has no {name!r}.")
        await self._act(self._rerun(widget.fragment, WidgetState(id=widget.id, trigger_value=True)))

    def message(self, *states: WidgetState, fragment: str = "", query: str | None = None, script: str = "") -> BackMsg:
        """Return the message that asks for a rerun with these states besides the own ones."""
        message = self._rerun(fragment)
        message.rerun_script.widget_states.widgets.extend(states)
        if query is not None:
            message.rerun_script.query_string = query
        if script:
            message.rerun_script.page_script_hash = script
        return message

    async def fetch(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, bytes]:
        """Ask by HTTP, and keep what was answered. Return the status and that."""
        token = {"X-Xsrftoken": self._jar.cookies.get(XSRF, "")}
        status, answer = await asyncio.to_thread(self._jar.fetch, method, path, {**token, **(headers or {})}, body)
        self.received += answer
        return status, answer


class Kept(dict[str, str]):
    """Cookies of which the server's answers replace none."""

    def update(self, others: Mapping[str, str]) -> None:  # type: ignore[override]
        super().update({name: value for name, value in others.items() if name not in self})
