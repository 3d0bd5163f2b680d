"""Bugs, on a server that strangers use: the visitor sees a number, and the log has it with the traceback."""

import secrets

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imgrec.server import log
from imgrec.server.paths import shown
from imgrec.server.replies import refuse


def noted(error: BaseException, event: str = "a page failed", **fields: object) -> str:
    """Write an error into the log, and return what to tell the visitor."""
    number = secrets.token_hex(4)
    log.say("error", event, error, error=number, **fields)
    return f"Something went wrong on the server. It has been noted as error {number}. Reload the page to go on."


class CatchFaults:
    """Answers with a number where a route raises."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        begun = False

        async def send_noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        except ClientDisconnect:
            pass  # who has gone needs no answer
        except Exception as error:
            sentence = noted(error, "a route failed", path=shown(scope["path"]), status=500)
            if not begun:
                await refuse(scope, receive, send, 500, "Something went wrong", sentence)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1011})
            # Where part of an answer is with the visitor, the web server cuts the connection, which says so.
