"""How many requests an internet address may send in a second."""

import math

from starlette.types import ASGIApp, Receive, Scope, Send

from imgrec.server.addresses import address_of
from imgrec.server.buckets import Buckets
from imgrec.server.paths import STATIC
from imgrec.server.refused import Refused
from imgrec.server.replies import refuse

BURST_SECONDS = 10
STATIC_COST = 0.1
"""Of a file of Streamlit's frontend, of which a page has a hundred: a class behind one address may open it at once."""


class LimitRequests:
    """Refuses what an address asks beyond its rate; the handshake of a WebSocket is a request too."""

    def __init__(self, app: ASGIApp, per_second: int, refused: Refused) -> None:
        self.app = app
        self.buckets = Buckets(per_second, BURST_SECONDS * per_second)
        self.refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            cost = STATIC_COST if STATIC in scope["path"] else 1
            if wait := self.buckets.of(address_of(scope)).spend(cost):
                self.refused.count("requests_per_second", scope)
                sentence = "Your internet address asks for more than this server answers. Wait a moment."
                await refuse(scope, receive, send, 429, "Too many requests", sentence, math.ceil(wait))
                return
        await self.app(scope, receive, send)
