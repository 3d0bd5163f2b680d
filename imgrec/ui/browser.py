"""Which browser this is: a random name in a cookie, so that a reload finds its draft again.

Nothing else is kept under it, and it says nothing about the person.
"""

import re
from uuid import uuid4

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imgrec import edge
from imgrec.runs import Store

COOKIE = "imgrec-browser"
_NAME = re.compile("[0-9a-f]{32}")
_YEAR = 365 * 24 * 3600


def name() -> str | None:
    """Return the name of the visitor's browser; None where it keeps no cookies."""
    found = str(st.context.cookies.get(COOKIE, ""))
    # It becomes a file's name, and a browser may send anything.
    return found if _NAME.fullmatch(found) else None


def store() -> Store:
    """Return the store that this browser works in: that of the computer, which all browsers share."""
    return edge.store()


class NameBrowsers:
    """Gives every browser that asks for a page, and has no name yet, one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if f"{COOKIE}=" in headers.get("cookie", "") or "text/html" not in headers.get("accept", ""):
            await self.app(scope, receive, send)
            return

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = f"{COOKIE}={uuid4().hex}; Path=/; Max-Age={_YEAR}; HttpOnly; SameSite=Lax"
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, send_named)
