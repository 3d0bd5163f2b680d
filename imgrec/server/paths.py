"""Which of Streamlit's routes a request asks for, and those that nobody gets.

A path is judged by what it contains: `server.baseUrlPath` may stand before.
"""

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from imgrec.server.refused import Refused

CLOSED = ("/_stcore/metrics", "/_stcore/agent")
"""Memory and sessions of the server; and an interface for programs, by which one could work past the pages."""

UPLOAD = "/_stcore/upload_file/"
STATIC = "/static/"


def shown(path: str) -> str:
    """Return as much of a path as a log may hold: no names of sessions and files, which stand behind."""
    return "/".join(path[max(path.find("/_stcore/"), 0) :].split("/")[:3])[:100]


def is_page(scope: Scope) -> bool:
    """Return whether a browser asks for something to show in its window."""
    if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


class CloseRoutes:
    """Answers 404 where Streamlit would tell strangers about the server."""

    def __init__(self, app: ASGIApp, refused: Refused) -> None:
        self.app = app
        self.refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and any(closed in scope["path"] for closed in CLOSED):
            self.refused.count("closed", scope)
            await PlainTextResponse("Not found.", 404)(scope, receive, send)
            return
        await self.app(scope, receive, send)
