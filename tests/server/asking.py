"""Asks an ASGI application as a web server does."""

import asyncio
from dataclasses import dataclass

from starlette.responses import PlainTextResponse

HTML = {"accept": "text/html,*/*"}


@dataclass
class Answer:
    """What an application has sent."""

    status: int | None  # None: the handshake of a WebSocket was ended
    headers: dict[str, str]
    body: bytes


def http(path="/", method="GET", headers=None, client="203.0.113.7"):
    """Return the scope of a request."""
    return _scope("http", path, headers, client) | {"method": method}


def socket(client="203.0.113.7"):
    """Return the scope of the WebSocket of a page."""
    return _scope("websocket", "/_stcore/stream", None, client)


def _scope(kind, path, headers, client):
    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return {"type": kind, "path": path, "query_string": b"", "headers": raw, "client": (client, 5000)}


async def ok(scope, receive, send):
    """Answer that all is well."""
    await PlainTextResponse("fine")(scope, receive, send)


async def silence():
    """Receive nothing, for ever."""
    return await asyncio.Future()


async def unheard(_message):
    """Send into the void."""


async def asked(app, scope, *chunks, whole=True) -> Answer:
    """Send a request with a body of chunks; one that is not whole ends in silence."""
    coming = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if whole:
        coming.append({"type": "http.request", "body": b"", "more_body": False})
    sent = []

    async def receive():
        await asyncio.sleep(0)
        return coming.pop(0) if coming else await silence()

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    headers = {name.decode(): value.decode() for name, value in start.get("headers", [])}
    return Answer(start.get("status"), headers, b"".join(message.get("body", b"") for message in sent[1:]))


def ask(app, scope, *chunks, whole=True) -> Answer:
    """Send a request, and return the answer."""
    return asyncio.run(asked(app, scope, *chunks, whole=whole))
