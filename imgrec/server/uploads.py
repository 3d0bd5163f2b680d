"""How much of their pictures visitors may leave in this process's memory, and how long one may take to come."""

import asyncio
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from imgrec.profiles import Profile
from imgrec.server.paths import UPLOAD
from imgrec.server.refused import Refused
from imgrec.server.replies import refuse

MOST_FILES = 500
"""Of one open page."""

BODY_SECONDS = 60.0
MB = 1_000_000


class _File(Protocol):
    @property
    def data(self) -> Sized: ...


Held = Callable[[], Mapping[str, Mapping[str, Any]]]


def _held() -> Mapping[str, Mapping[str, _File]]:
    """Return the files that Streamlit holds: those of each open page, by its number."""
    from streamlit.runtime import Runtime  # noqa: PLC0415 - the limits are tested without Streamlit

    found: Mapping[str, Mapping[str, _File]] = vars(Runtime.instance().uploaded_file_mgr)["file_storage"]
    return found


class _CutError(Exception):
    """Ends an upload while its body comes."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(eq=False)
class _Coming:
    """An upload on its way."""

    session: str
    size: int = 0


class LimitUploads:
    """Refuses an upload that is more than a page, or all pages, may hold; and one that does not come."""

    def __init__(
        self,
        app: ASGIApp,
        profile: Profile,
        refused: Refused,
        held: Held = _held,
        seconds: float = BODY_SECONDS,
    ) -> None:
        self.app = app
        self.refused = refused
        self._held = held
        self._seconds = seconds
        self._mb = profile.uploads_mb
        self._mb_in_all = profile.uploads_mb_in_all
        self._coming: set[_Coming] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT" or UPLOAD not in scope["path"]:
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        declared = int(length) if length.isdecimal() else None
        coming = _Coming(scope["path"].split(UPLOAD)[1].split("/")[0], declared or 0)
        self._coming.add(coming)
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            self._check(coming)
            await self.app(scope, self._counted(receive, coming, declared is None), send_noted)
        except _CutError as cut:
            self.refused.count(cut.kind, scope)
            if not started:
                await self._refuse(scope, receive, send, cut.kind)
        finally:
            self._coming.discard(coming)

    def _check(self, coming: _Coming) -> None:
        """Raise _CutError where this upload, with those on their way and those that are held, is too much."""
        held = self._held()
        sizes = {name: [len(file.data) for file in list(files.values())] for name, files in list(held.items())}
        mine = sizes.get(coming.session, [])
        arriving = [other.size for other in self._coming if other.session == coming.session]
        if len(mine) + len(arriving) > MOST_FILES:
            raise _CutError("uploads_files")
        if self._mb and sum(mine) + sum(arriving) > self._mb * MB:
            raise _CutError("uploads_mb")
        in_all = sum(map(sum, sizes.values())) + sum(other.size for other in self._coming)
        if self._mb_in_all and in_all > self._mb_in_all * MB:
            raise _CutError("uploads_mb_in_all")

    def _counted(self, receive: Receive, coming: _Coming, growing: bool) -> Receive:
        """Return a receive that ends a body which takes too long, or which has not said its size and is too much."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        complete = False

        async def receive_counted() -> Message:
            nonlocal complete
            if complete:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise _CutError("uploads_slow") from None
            complete = not message.get("more_body", False)
            if growing and (body := message.get("body")):
                coming.size += len(body)
                self._check(coming)
            return message

        return receive_counted

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, kind: str) -> None:
        match kind:
            case "uploads_slow":
                sentence = f"A file has to come within {self._seconds:.0f} seconds. Try again, or use a smaller one."
            case "uploads_files":
                sentence = f"A page holds up to {MOST_FILES} files. Remove some of them."
            case "uploads_mb":
                sentence = f"A page holds up to {self._mb} MB of files. Remove some of them."
            case _:
                sentence = "This server holds as many files of all visitors as it can. Try again in some minutes."

        async def send_last(message: Message) -> None:
            # Otherwise the rest of a body that does not come would be waited for.
            if message["type"] == "http.response.start" and kind == "uploads_slow":
                message["headers"].append((b"connection", b"close"))
            await send(message)

        await refuse(scope, receive, send_last, 408 if kind == "uploads_slow" else 413, "Too much", sentence)
