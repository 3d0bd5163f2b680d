"""How many pages are open at once, and how fast each may send.

An open page is a WebSocket. Who finds no place gets a page that says so, and asks again by itself.
"""

import asyncio
from collections import Counter

from google.protobuf.message import DecodeError
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from imgrec.profiles import Profile
from imgrec.server.addresses import address_of
from imgrec.server.buckets import Bucket, Buckets
from imgrec.server.paths import is_page
from imgrec.server.refused import Refused
from imgrec.server.replies import refuse, soon

SHARE_OF_PAGES, SHARE_OF_PAGE = 8, 10
"""A message mostly draws a page anew, which takes more of the processor than a request. All pages of an address may
send an eighth of what it may ask, and each page a tenth. A visitor clicks a few times in a second at most."""
BURST_SECONDS_OF_PAGES, BURST_SECONDS_OF_PAGE = 10, 4

OF_FIRST, OF_FRAGMENT = 3.0, 0.25
"""What a message counts. The first of a page begins a session and draws all of it, some 150 ms of the processor; a
fragment takes some 15 ms, any other message some 50."""

FULL = {
    "sessions": (
        "This server is busy",
        "As many people as it can serve have imgrec open at the moment. A place becomes free when one of them leaves.",
    ),
    "sessions_of_address": (
        "Too many pages are open",
        "From your internet address, as many pages are open as this server allows. Close one of them.",
    ),
}


class LimitConnections:
    """Counts WebSockets. Refuses those beyond the profile's numbers, and slows down those that send too fast."""

    def __init__(self, app: ASGIApp, profile: Profile, refused: Refused) -> None:
        self.app = app
        self.profile = profile
        self.refused = refused
        self.open: Counter[str] = Counter()
        rate = profile.requests_per_second
        self._rate = rate / SHARE_OF_PAGE if rate else None
        shared = rate / SHARE_OF_PAGES if rate else None
        self._messages = Buckets(shared, BURST_SECONDS_OF_PAGES * shared) if shared else None

    def full(self, address: str) -> str | None:
        """Return which number is reached for a visitor from an address."""
        if self.profile.sessions and self.open.total() >= self.profile.sessions:
            return "sessions"
        if self.profile.sessions_of_address and self.open[address] >= self.profile.sessions_of_address:
            return "sessions_of_address"
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_socket = scope["type"] == "websocket"
        if not (is_socket or is_page(scope)):
            await self.app(scope, receive, send)
            return
        address = address_of(scope)
        if kind := self.full(address):
            self.refused.count(kind, scope)
            await refuse(scope, receive, send, 503, *FULL[kind], soon())
        elif is_socket:
            self.open[address] += 1
            try:
                await self.app(scope, self._paced(receive, address), send)
            finally:
                self.open[address] -= 1
                if not self.open[address]:
                    del self.open[address]
        else:
            await self.app(scope, receive, send)

    def _paced(self, receive: Receive, address: str) -> Receive:
        """Return a receive that holds messages back which come too fast. Meanwhile the client's own network waits."""
        if self._rate is None or self._messages is None:
            return receive
        own, shared = Bucket(self._rate, BURST_SECONDS_OF_PAGE * self._rate), self._messages
        first = True

        async def receive_paced() -> Message:
            nonlocal first
            message = await receive()
            if message["type"] == "websocket.receive":
                content = message.get("bytes")
                if content is None:  # Streamlit speaks bytes alone, and would raise
                    return {"type": "websocket.disconnect", "code": 1003}
                cost = OF_FIRST if first else cost_of(content)
                first = False
                await asyncio.sleep(max(own.borrow(cost), shared.of(address).borrow(cost)))
            return message

        return receive_paced


def cost_of(content: bytes) -> float:
    """Return what a message counts, by what it asks for."""
    try:
        is_fragment = bool(BackMsg.FromString(content).rerun_script.fragment_id)
    except DecodeError:  # Streamlit will refuse it
        is_fragment = False
    return OF_FRAGMENT if is_fragment else 1.0
