"""What is answered instead of what was asked for: a sentence, as a page where a browser shows it."""

import random
from html import escape

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from imgrec.server.paths import is_page

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">{refresh}
<title>{title} · imgrec</title>
<style>
:root {{ --back: #ffffff; --text: #10151f; --soft: #566070; --line: #dde2ec; --card: #f4f6fa }}
@media (prefers-color-scheme: dark) {{
  :root {{ --back: #10141d; --text: #e6eaf2; --soft: #a5aebd; --line: #2c3444; --card: #191f2b }}
}}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--back); color: var(--text);
  font: 1rem/1.5 "Segoe UI", Helvetica, Arial, sans-serif }}
main {{ box-sizing: border-box; width: min(32rem, 100vw - 2rem); padding: 1.75rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 8px }}
svg {{ width: 2.5rem; height: 2.5rem }}
h1 {{ margin: .5rem 0; font-size: 1.35rem; line-height: 1.3 }}
p {{ margin: .5rem 0 0 }}
.soft {{ color: var(--soft) }}
</style>
</head>
<body>
<main>
<svg viewBox="0 0 28 28" fill="#4c6ef5" aria-hidden="true"><rect x="1" y="3" width="9" height="22" rx="2" opacity=".45"
/><rect x="12" y="6.5" width="7" height="15" rx="2" opacity=".7"
/><rect x="21" y="9.5" width="5" height="9" rx="2"/></svg>
<h1>{title}</h1>
<p>{sentence}</p>{again}
</main>
</body>
</html>
"""


def page(title: str, sentence: str, seconds: int | None = None) -> str:
    """Return a page that needs no other file and no script; with seconds, the browser asks again after them."""
    refresh = f'\n<meta http-equiv="refresh" content="{seconds}">' if seconds else ""
    again = f'\n<p class="soft">It looks again by itself in {seconds} seconds.</p>' if seconds else ""
    return _PAGE.format(title=escape(title), sentence=escape(sentence), refresh=refresh, again=again)


def soon() -> int:
    """Return in how many seconds to ask again: not all who wait ask in the same one."""
    return random.randint(10, 20)


async def refuse(
    scope: Scope, receive: Receive, send: Send, status: int, title: str, sentence: str, seconds: int | None = None
) -> None:
    """Answer a request with a status and a sentence; the handshake of a WebSocket ends, which a script cannot read."""
    if scope["type"] == "websocket":
        # Not as a response with this status: Uvicorn 0.54 then writes an error to its log for each.
        await send({"type": "websocket.close", "code": 1013})
        return
    headers = {"Cache-Control": "no-store"}
    if seconds is not None:
        headers["Retry-After"] = str(seconds)
    response: Response
    if is_page(scope):
        response = HTMLResponse(page(title, sentence, seconds), status, headers)
    else:
        response = PlainTextResponse(sentence, status, headers)
    await response(scope, receive, send)
