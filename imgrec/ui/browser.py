"""Which browser this is: a random name in a cookie, so that a reload finds its draft again, and on a server its runs.

On a server with visitors the name is a secret: whoever has it sees that visitor's store. A host that passes no cookies
on has it in the address instead, as ?visitor=NAME. It says nothing about the person.
"""

import re
from uuid import uuid4

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime.scriptrunner import get_script_run_ctx

from imgrec import addresses, edge, profiles
from imgrec.runs import Store
from imgrec.ui import owners

COOKIE = "imgrec-browser"
LINK = "visitor"
"""Where an address, and the session, has the name of a browser that keeps no cookies."""

_NAME = re.compile("[0-9a-f]{32}")
_YEAR = 365 * 24 * 3600


def name() -> str | None:
    """Return the name of the visitor's browser; None where it keeps no cookies."""
    # It becomes a file's name, and a browser may send anything.
    return _checked(str(st.context.cookies.get(COOKIE, "")))


def identify() -> None:
    """Put the name into the address where visitors have stores of their own and this one's browser has no cookie."""
    if not profiles.current().private:
        return
    asked = st.query_params.get(LINK)
    if own := name():  # an address that another one sent shall not lead into that one's store
        if run := get_script_run_ctx():
            owners.note(run.session_id, own)
        if asked is not None:
            del st.query_params[LINK]
        return
    st.session_state[LINK] = _checked(asked or "") or st.session_state.get(LINK) or uuid4().hex
    if asked != st.session_state[LINK]:
        st.query_params[LINK] = st.session_state[LINK]


def is_in_address() -> bool:
    """Return whether the visitor's secret stands in the address, which is then not to be passed on."""
    return LINK in st.session_state and not name()


def store() -> Store:
    """Return the store that this browser works in: its own on a server with visitors, else that of the computer."""
    if not profiles.current().private:
        return edge.store()
    secret = name() or st.session_state.get(LINK)
    if secret is None:
        identify()
        secret = st.session_state[LINK]
    return edge.visitor(secret)


def store_of(request: Request) -> Store | None:
    """Return the store that whoever sends a request works in; None where it has no name, and stores are private."""
    if not profiles.current().private:
        return edge.store()
    secret = _checked(request.cookies.get(COOKIE, "")) or _checked(request.query_params.get(LINK, ""))
    return edge.visitor(secret) if secret else None


def address() -> str | None:
    """Return what the internet address that the browser asks from is counted as; None for this computer."""
    found = st.context.ip_address
    return addresses.counted(found) if found else None


class NameBrowsers:
    """Gives every browser that asks for a page, and has no name yet, one, and keeps it to its own connections."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] in {"http", "websocket"} else Headers()
        named = _checked(cookie_parser(headers.get("cookie", "")).get(COOKIE, ""))
        if named or scope["type"] != "http" or "text/html" not in headers.get("accept", ""):
            await owners.guard(self.app, named, scope, receive, send)
            return

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = f"{COOKIE}={uuid4().hex}; Path=/; Max-Age={_YEAR}; HttpOnly; {_attributes(scope)}"
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await owners.guard(self.app, named, scope, receive, send_named)


def _attributes(scope: Scope) -> str:
    """Return the rest of the cookie: one for a page in another site's frame is asked for as Streamlit's own is."""
    if st.get_option("server.xsrfCookieSameSite") == "none":
        return "SameSite=None; Secure; Partitioned"
    return "SameSite=Lax; Secure" if scope.get("scheme") == "https" else "SameSite=Lax"


def _checked(text: str) -> str | None:
    return text if _NAME.fullmatch(text) else None
