"""The headers that every answer carries: what a page may load, who may frame it, what leaves with a link."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OFF = (
    "accelerometer",
    "autoplay",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
"""What no page needs of a visitor's device. Copying to the clipboard and the full screen stay."""

PERMISSIONS = ", ".join(["camera=(self)", *(f"{name}=()" for name in _OFF)])


def content_security_policy(frame_ancestors: str) -> str:
    """Return the sources that the pages need under Streamlit 1.67, none of them another host."""
    return "; ".join(
        [
            "default-src 'self'",
            # The frontend loads the script of a component (v2) from a blob, its first page has one inline script, and
            # the library that reads its messages compiles a little WebAssembly. JavaScript from strings stays off.
            " ".join(["script-src 'self' blob: 'wasm-unsafe-eval'", *_inline_scripts()]),
            # Emotion, Plotly and the table write style elements and attributes while they draw.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' blob:",
            "connect-src 'self' data:",  # a photo of the camera is fetched from its own data
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors {frame_ancestors}",
        ]
    )


def _inline_scripts() -> list[str]:
    """Return the hashes of the inline scripts in Streamlit's first page, as the installed version has them."""
    spec = find_spec("streamlit")
    page = Path(spec.origin).parent / "static" / "index.html" if spec and spec.origin else None
    if page is None or not page.is_file():
        return []
    scripts = re.findall(r"<script>(.*?)</script>", page.read_text(encoding="utf-8"), re.DOTALL)
    return [f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in scripts]


class SecureHeaders:
    """Adds the headers to each answer, also to refusals and errors."""

    def __init__(self, app: ASGIApp, frame_ancestors: str) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": content_security_policy(frame_ancestors),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",  # an address may hold a link that is a secret
            "Permissions-Policy": PERMISSIONS,
        }
        # Browsers that know frame-ancestors ignore X-Frame-Options, which cannot name other hosts.
        if option := {"'self'": "SAMEORIGIN", "'none'": "DENY"}.get(frame_ancestors.strip()):
            self.headers["X-Frame-Options"] = option

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        await self.app(scope, receive, send_secured)
