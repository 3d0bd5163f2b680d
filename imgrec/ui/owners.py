"""Which browser each connection belongs to, on a server whose visitors have stores of their own.

Streamlit takes whoever names a connection's id for the one who has it: for going on with it after it was lost, with all
that its pages remember, and for putting and deleting pictures. The id stands in the addresses of uploads, and so in the
logs of a proxy. Here it is worth nothing without the cookie of the browser that the connection belongs to.
"""

import re
from collections import OrderedDict

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MOST = 20_000
"""Connections that are remembered; of one that is forgotten, Streamlit's own rule holds."""

_UPLOAD = re.compile("/_stcore/upload_file/([^/]+)/")
_PROTOCOLS = b"sec-websocket-protocol"

_owners: OrderedDict[str, str] = OrderedDict()


def note(connection: str, browser: str) -> None:
    """Remember the browser that a connection belongs to, by its name."""
    _owners[connection] = browser
    while len(_owners) > MOST:
        _owners.popitem(last=False)


def is_anothers(connection: str, browser: str | None) -> bool:
    """Return whether a connection is known to belong to another browser than this one, which may have no name."""
    return _owners.get(connection, browser) != browser


async def guard(app: ASGIApp, browser: str | None, scope: Scope, receive: Receive, send: Send) -> None:
    """Pass on what a browser of this name asks for, but for what would reach into another one's connection."""
    if scope["type"] == "http":
        upload = _UPLOAD.search(scope["path"])
        # Whoever asks whether it may ask, as browsers do for other sites, sends no cookie.
        if upload and scope["method"] != "OPTIONS" and is_anothers(upload[1], browser):
            await PlainTextResponse("This connection is not this browser's. Load the page again.", 403)(
                scope, receive, send
            )
            return
    elif scope["type"] == "websocket":
        scope = _with_own_connection(scope, browser)
    await app(scope, receive, send)


def _with_own_connection(scope: Scope, browser: str | None) -> Scope:
    """Return what asks for a connection, as if it asked for a new one where it asks for that of another browser."""
    # Streamlit reads there: its own name, the token against requests of other sites, and the connection to go on with.
    asked = [
        part.strip()
        for name, value in scope["headers"]
        if name == _PROTOCOLS
        for part in value.decode("latin-1").split(",")
    ]
    if len(asked) < 3 or not any(is_anothers(each, browser) for each in asked[2:]):
        return scope
    kept = asked[:2]
    headers = [(name, value) for name, value in scope["headers"] if name != _PROTOCOLS]
    return {**scope, "headers": [*headers, (_PROTOCOLS, ", ".join(kept).encode("latin-1"))], "subprotocols": kept}
