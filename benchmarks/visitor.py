"""A visitor without a browser: speaks Streamlit's protocol as a tab does, and draws nothing.

    async with Visitor("http://127.0.0.1:8501") as visitor:
        await visitor.open("network")
        seconds = await visitor.press("Train it")

Each has a cookie jar of its own, so that the server takes it for a browser of its own. Fragments with run_every are
rerun by the visitor's own timers, as a browser does it. What takes time is measured from the moment a rerun is asked
for until the server says that it is finished. Nothing is cached, so the server sends somewhat more than to a browser.
"""

import asyncio
import http.client
import time
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self
from uuid import uuid4

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLsResponse
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection

from benchmarks.jar import BROWSER, XSRF, Jar, RefusedError, VisitError, form
from benchmarks.page import Page, Widget

PATIENCE_SECONDS = 60.0
"""Until an answer that does not come counts as a failure."""


class Visitor:
    """A browser tab. Visitors with the same cookies are tabs of the same browser."""

    def __init__(self, address: str, cookies: Mapping[str, str] | None = None, source: str = "") -> None:
        """Take the server's address; source is the visitor's own, as 127.0.0.2, where it matters."""
        self.address, self.source = address, source
        self._jar = Jar(address, cookies or {}, source)
        self.page, self.query = Page(), ""
        self.ticks: list[float] = []
        """Seconds that each rerun of a fragment took that its timer asked for."""
        self.redraws: list[float] = []
        """Seconds of those after which the page was drawn anew."""
        self.failures: list[str] = []
        self._script = ""
        self.session = ""
        """The id of the connection, by which a browser goes on with it when it was lost."""
        self._pages: dict[str, str] = {}
        self._values: dict[str, WidgetState] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._asked: dict[str, float] = {}
        self._urls: dict[str, asyncio.Future[FileURLsResponse]] = {}
        self._run: tuple[str, tuple[str, ...]] = ("", ())
        self._answer: asyncio.Future[float] | None = None
        self._wanted, self._begun = "", False
        self._socket: ClientConnection | None = None
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies of this browser, to open another tab of it."""
        return dict(self._jar.cookies)

    @property
    def name(self) -> str | None:
        """The name that the server has given this browser."""
        return self._jar.cookies.get(BROWSER)

    async def open(self, page: str = "", query: str = "", session: str = "") -> float:
        """Fetch the page's document and its cookies, connect, and run the page. Return how long the run took.

        session is that of a connection that was lost and shall go on, as a browser asks for it.

        Raises RefusedError where the server does not take the visitor, VisitError where the page fails.
        """
        await self.close()
        self.page, self.query, self._script = Page(), query, ""
        for path in (f"/{page}", "/_stcore/health"):
            status, said = await asyncio.to_thread(self._jar.fetch, "GET", path, {"Accept": "text/html"})
            if status != http.client.OK:
                raise RefusedError(f"{path} answered {status}: {said[:200]!r}")
        try:
            self._socket = await websockets.connect(
                self.address.replace("http", "ws", 1) + "/_stcore/stream",
                subprotocols=[
                    websockets.Subprotocol(each) for each in ("streamlit", self._jar.cookies.get(XSRF), session) if each
                ],
                origin=websockets.Origin(self.address),
                additional_headers={"Cookie": self._jar.header},
                local_addr=(self.source, 0) if self.source else None,
                max_size=None,
                ping_interval=None,
                proxy=None,
                open_timeout=PATIENCE_SECONDS,
            )
        except (websockets.InvalidHandshake, OSError) as error:
            raise RefusedError(f"The connection was refused: {error}") from error
        self._listening = asyncio.create_task(self._listen(self._socket))
        asked = self._rerun()
        asked.rerun_script.page_name = page
        return await self._act(asked)

    async def close(self) -> None:
        """Leave, as a closed tab does."""
        self._stop_timers()
        if self._socket is not None and self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
            with suppress(OSError, websockets.WebSocketException):
                await self._socket.close()
        self._socket = self._listening = None
        self._asked.clear()

    async def rerun(self) -> float:
        """Run the page again."""
        return await self._act(self._rerun())

    async def go(self, page: str, query: str = "") -> float:
        """Choose another page in the navigation, by the end of its address."""
        if page not in self._pages:
            raise VisitError(f"There is no page {page!r}. There are: {', '.join(self._pages)}.")
        self._script, self.query = self._pages[page], query
        return await self._act(self._rerun())

    async def press(self, name: str) -> float:
        """Press the button with this label or key."""
        button = self.widget(name)
        return await self._act(self._rerun(button.fragment, WidgetState(id=button.id, trigger_value=True)))

    async def set(self, name: str, value: object) -> float:
        """Give the widget with this label or key another value."""
        widget = self.widget(name)
        self._values[widget.id] = widget.state(value)
        return await self._act(self._rerun(widget.fragment))

    async def upload(self, name: str, files: Mapping[str, bytes]) -> float:
        """Choose files in the uploader with this label or key. Raises RefusedError where one of them is not taken."""
        widget = self.widget(name)
        asked = BackMsg()
        asked.file_urls_request.request_id = id = uuid4().hex
        asked.file_urls_request.session_id = self.session
        asked.file_urls_request.file_names.extend(files)
        self._urls[id] = asyncio.get_running_loop().create_future()
        state = WidgetState(id=widget.id)
        began = time.monotonic()
        await self._send(asked)
        answer = await asyncio.wait_for(self._urls[id], PATIENCE_SECONDS)
        for urls, (file, content) in zip(answer.file_urls, files.items(), strict=True):
            body, kind = form(file, content)
            headers = {"Content-Type": kind, "X-Xsrftoken": self._jar.cookies.get(XSRF, "")}
            status, said = await asyncio.to_thread(self._jar.fetch, "PUT", urls.upload_url, headers, body)
            if status >= http.client.BAD_REQUEST:
                raise RefusedError(f"{file} of {len(content):,} bytes was answered {status}: {said[:200]!r}")
            state.file_uploader_state_value.uploaded_file_info.add(
                name=file, size=len(content), file_id=urls.file_id, file_urls=urls
            )
        self._values[widget.id] = state
        await self._act(self._rerun(widget.fragment))
        return time.monotonic() - began

    def widget(self, name: str) -> Widget:
        """Return the widget with this label or key that is to be used. Raises VisitError where there is none."""
        found = self.page.find(name)
        if found is None or found.disabled:
            there = ", ".join(repr(widget.label or widget.key) for widget in self.page.widgets if not widget.disabled)
            raise VisitError(f"The page has no {name!r} to use. It has: {there}. It says: {self.page.errors}")
        return found

    @property
    def overdue(self) -> int:
        """How many fragments have waited too long for their rerun."""
        return sum(time.monotonic() - asked > PATIENCE_SECONDS for asked in self._asked.values())

    def _rerun(self, fragment: str = "", pressed: WidgetState | None = None) -> BackMsg:
        asked = BackMsg()
        state = asked.rerun_script
        state.query_string, state.page_script_hash, state.fragment_id = self.query, self._script, fragment
        state.widget_states.widgets.extend([*self._values.values(), *([pressed] if pressed else [])])
        return asked

    async def _send(self, message: BackMsg) -> None:
        if self._socket is None:
            raise VisitError("No page is open.")
        try:
            await self._socket.send(message.SerializeToString())
        except websockets.ConnectionClosed as error:
            raise VisitError(f"The connection was lost: {error}") from error

    async def _act(self, asked: BackMsg) -> float:
        """Ask for a rerun and wait until it is finished. Return how long that took."""
        self._answer, self._wanted, self._begun = asyncio.get_running_loop().create_future(), "", False
        self._wanted = asked.rerun_script.fragment_id
        began = time.monotonic()
        try:
            await self._send(asked)
            ended = await asyncio.wait_for(self._answer, PATIENCE_SECONDS)
        except TimeoutError:
            raise VisitError(f"A rerun has not finished for {PATIENCE_SECONDS:.0f} s.") from None
        finally:
            self._answer = None
        if said := self.page.exceptions:
            raise VisitError(f"The page failed: {said[0]}")
        return ended - began

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for data in socket:
                assert isinstance(data, bytes)
                self._take(ForwardMsg.FromString(data))
            said = "The server closed the connection."
        except websockets.ConnectionClosed as error:
            said = f"The connection was lost: {error}"
        self.failures.append(said)
        self._stop_timers()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(VisitError(said))

    def _take(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session":
                self._begin(message)
            case "delta":
                widget = self.page.draw(message, self._run[0])
                if widget is not None and getattr(widget.proto, "set_value", False):
                    self._values.pop(widget.id, None)  # the server has set it
            case "navigation":
                self._pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
                self._script = message.navigation.page_script_hash
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
            case "auto_rerun":
                fragment, seconds = message.auto_rerun.fragment_id, message.auto_rerun.interval
                self._stop_timers(fragment)
                self._timers[fragment] = asyncio.create_task(self._repeat(fragment, seconds))
            case "stop_auto_rerun":
                self._stop_timers(*message.stop_auto_rerun.fragment_ids)
            case "file_urls_response":
                self._urls.pop(message.file_urls_response.response_id).set_result(message.file_urls_response)
            case "script_finished" if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                self._finish(tuple(message.metadata.run.fragment_ids))

    def _begin(self, message: ForwardMsg) -> None:
        run = message.metadata.run
        self._run = (run.script_run_id, tuple(run.fragment_ids))
        self.session = message.new_session.initialize.session_id
        self._begun |= not run.fragment_ids or self._wanted in run.fragment_ids
        if not run.fragment_ids:
            self._stop_timers()  # the page that is drawn now starts its own

    def _finish(self, fragments: tuple[str, ...]) -> None:
        now = time.monotonic()
        self.page.complete(self._run[0], fragments)
        self.failures += [f"The page failed: {said}" for said in self.page.exceptions]
        if not fragments:
            there = {widget.id for widget in self.page.widgets}
            self._values = {id: value for id, value in self._values.items() if id in there}
        for fragment in fragments or tuple(self._asked):
            if asked := self._asked.pop(fragment, None):
                (self.ticks if fragments else self.redraws).append(now - asked)
        if self._answer and not self._answer.done() and self._begun and (not fragments or self._wanted in fragments):
            self._answer.set_result(now)

    async def _repeat(self, fragment: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            asked = self._rerun(fragment)
            asked.rerun_script.is_auto_rerun = True
            self._asked.setdefault(fragment, time.monotonic())
            with suppress(VisitError):  # which the listener notes
                await self._send(asked)

    def _stop_timers(self, *fragments: str) -> None:
        """Stop the timers of some fragments, or all."""
        for fragment in fragments or tuple(self._timers):
            if timer := self._timers.pop(fragment, None):
                timer.cancel()
