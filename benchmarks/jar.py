"""What a browser sends and keeps by HTTP: its cookies, and a form with a file."""

import http.client
from collections.abc import Mapping
from http.cookies import SimpleCookie
from urllib.parse import urlsplit
from uuid import uuid4

BROWSER, XSRF = "imgrec-browser", "_streamlit_xsrf"
"""The cookies that tell one browser from another, and that let it upload."""

DEADLINE_SECONDS = 60.0


class VisitError(RuntimeError):
    """A page failed or did not come, or has not what the visitor looks for."""


class RefusedError(VisitError):
    """The server did not take a visitor or a file."""


class Jar:
    """The cookies that a server has given to one browser. source is the browser's own address, where it matters."""

    def __init__(self, address: str, cookies: Mapping[str, str], source: str = "") -> None:
        self.address, self.cookies, self.source = address, dict(cookies), source

    @property
    def header(self) -> str:
        """The cookies as a request carries them."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def fetch(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, bytes]:
        """Ask by HTTP, and keep the cookies of the answer. Return its status and its content.

        Raises RefusedError where there is no answer.
        """
        source = (self.source, 0) if self.source else None
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, None, DEADLINE_SECONDS, source)
        try:
            connection.request(method, path, body or None, {"Cookie": self.header, "Connection": "close", **headers})
            answer = connection.getresponse()
            for header in answer.headers.get_all("Set-Cookie", []):
                self.cookies.update({name: cookie.value for name, cookie in SimpleCookie(header).items()})
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise RefusedError(f"{path} was not answered: {error!r}") from error
        finally:
            connection.close()


def form(file: str, content: bytes) -> tuple[bytes, str]:
    """Write a form with one file, and say how it is encoded."""
    edge = uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{file}"\r\n'
    kind = "Content-Type: application/octet-stream\r\n\r\n"
    return f"{head}{kind}".encode() + content + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"
