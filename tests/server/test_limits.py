"""The limits of a server that strangers use, each asked as the web server asks it: by raw ASGI."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from starlette.requests import Request
from streamlit.proto.BackMsg_pb2 import BackMsg

from imgrec.profiles import PROFILES, Profile
from imgrec.server.addresses import address_of
from imgrec.server.buckets import Bucket, Buckets
from imgrec.server.connections import LimitConnections, cost_of
from imgrec.server.paths import CloseRoutes
from imgrec.server.rate import LimitRequests
from imgrec.server.refused import Refused
from imgrec.server.uploads import MB, MOST_FILES, LimitUploads
from tests.server.asking import HTML, ask, asked, http, ok, socket, unheard

UPLOAD = "/_stcore/upload_file/session-1/file-1"


def in_memory() -> Refused:
    return Refused(None)


class Clock:
    """Time that a test moves."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_bucket_gives_its_burst_at_once_and_then_its_rate():
    clock = Clock()
    bucket = Bucket(rate=2, burst=4, clock=clock)
    assert [bucket.spend() for _ in range(5)] == [0, 0, 0, 0, 0.5]
    clock.now += 0.5
    assert [bucket.spend(), bucket.spend()] == [0, 0.5]
    assert [bucket.borrow(), bucket.borrow()] == [0.5, 1.0]
    clock.now += 100
    assert [bucket.spend() for _ in range(5)] == [0, 0, 0, 0, 0.5]


def test_many_addresses_take_no_more_memory_than_some():
    buckets = Buckets(rate=1, burst=1, most=3)
    buckets.of("first").spend()
    for number in range(100):
        buckets.of("first")
        buckets.of(str(number)).spend()
    assert len(buckets) == 3
    assert buckets.of("first").spend() > 0, "who asks again and again is not forgotten"
    assert buckets.of("99").spend() > 0, "nor is who came last"


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("203.0.113.7", 1), "203.0.113.7"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("2001:db8:1:2:ffff::", 1), "2001:db8:1:2::/64"),
        (("::ffff:203.0.113.7", 1), "203.0.113.7"),
        (("a" * 10_000, 0), "a" * 64),
        (None, ""),
    ],
)
def test_an_address_is_what_one_visitor_cannot_choose(client, address):
    assert address_of({"type": "http", "client": client}) == address


@pytest.mark.parametrize("base", ["", "/deep/base"])
@pytest.mark.parametrize(
    "path",
    ["/_stcore/metrics", "/_stcore/agent/interact", "/_stcore/agent/openapi.json", "/_stcore/agent/mcp"],
)
def test_metrics_and_the_agents_interface_are_closed_also_below_a_base_path(base, path):
    refused = in_memory()
    app = CloseRoutes(ok, refused)
    for method in ("GET", "POST", "OPTIONS"):
        assert ask(app, http(base + path, method)).status == 404
    assert refused.counts == {"closed": 3}


@pytest.mark.parametrize("path", ["/_stcore/health", "/deep/base/_stcore/health", "/", "/metrics"])
def test_health_and_pages_stay_open(path):
    assert ask(CloseRoutes(ok, in_memory()), http(path)).status == 200


def test_an_address_that_asks_too_much_is_told_when_to_ask_again_and_others_are_answered():
    refused = in_memory()
    app = LimitRequests(ok, per_second=1, refused=refused)
    assert [ask(app, http("/")).status for _ in range(11)] == [200] * 10 + [429]
    answer = ask(app, http("/"))
    assert answer.headers["retry-after"] == "1"
    assert answer.body == b"Your internet address asks for more than this server answers. Wait a moment."
    assert b"<h1>Too many requests</h1>" in ask(app, http("/", headers=HTML)).body
    assert ask(app, socket()).status is None
    assert ask(app, http("/", client="203.0.113.9")).status == 200
    assert refused.counts == {"requests_per_second": 4}


def test_a_class_behind_one_address_gets_the_hundred_files_of_the_frontend():
    per_second, places = PROFILES["hosted"].requests_per_second, PROFILES["hosted"].sessions_of_address
    assert per_second is not None
    assert places is not None
    app = LimitRequests(ok, per_second=per_second, refused=in_memory())
    scopes = [http("/"), *[http(f"/static/js/{number}.js") for number in range(100)]] * places
    assert {ask(app, scope).status for scope in scopes} == {200}


class Held:
    """WebSockets that stay open until a test closes them."""

    def __init__(self, app):
        self.app = app
        self.tasks = []

    async def open(self, client="203.0.113.7"):
        leaving = asyncio.Event()
        sent = []

        async def receive():
            await leaving.wait()
            return {"type": "websocket.disconnect", "code": 1001}

        async def send(message):
            sent.append(message)

        self.tasks.append(asyncio.create_task(self.app(socket(client), receive, send)))
        await asyncio.sleep(0)
        return leaving, sent[0]


async def accepting(_scope, receive, send):
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def either(scope, receive, send):
    await (accepting if scope["type"] == "websocket" else ok)(scope, receive, send)


@pytest.mark.parametrize(
    ("profile", "second", "kind", "title"),
    [
        (Profile(sessions=1), "203.0.113.9", "sessions", b"This server is busy"),
        (Profile(sessions_of_address=1), "203.0.113.7", "sessions_of_address", b"Too many pages are open"),
    ],
)
def test_who_finds_no_place_is_refused_and_a_page_says_so_until_someone_leaves(profile, second, kind, title):
    async def visit():
        refused = in_memory()
        app = LimitConnections(either, profile, refused)
        held = Held(app)
        leaving, first = await held.open()
        assert first["type"] == "websocket.accept"
        _, denied = await held.open(second)
        assert denied["type"] == "websocket.close"
        page = await asked(app, http("/results", headers=HTML, client=second))
        assert page.status == 503
        assert 10 <= int(page.headers["retry-after"]) <= 20
        assert title in page.body
        assert b'http-equiv="refresh"' in page.body
        assert b"<script" not in page.body
        assert (await asked(app, http("/media/x", client=second))).status == 200
        assert refused.counts == {kind: 2}
        leaving.set()
        await held.tasks[0]
        assert not app.open
        _, third = await held.open(second)
        assert third["type"] == "websocket.accept"
        held.tasks[-1].cancel()

    asyncio.run(visit())


def test_one_address_does_not_take_the_place_of_another():
    async def visit():
        held = Held(LimitConnections(either, Profile(sessions_of_address=1), in_memory()))
        for client in ("203.0.113.7", "203.0.113.8"):
            _, first = await held.open(client)
            assert first["type"] == "websocket.accept"
        for task in held.tasks:
            task.cancel()

    asyncio.run(visit())


def test_a_client_that_sends_text_counts_as_gone():
    got = []

    async def receive():
        return {"type": "websocket.receive", "text": "hello"}

    async def app(_scope, receive, _send):
        got.append(await receive())

    limited = LimitConnections(app, Profile(requests_per_second=100), in_memory())
    asyncio.run(limited(socket(), receive, unheard))
    assert [message["type"] for message in got] == ["websocket.disconnect"]


def test_messages_that_come_too_fast_are_held_back_and_none_is_lost(monkeypatch):
    waits: list[float] = []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr("imgrec.server.connections.asyncio", SimpleNamespace(sleep=sleep))
    come = [{"type": "websocket.receive", "bytes": bytes([number])} for number in range(105)]
    got = []

    async def receive():
        return come.pop(0) if come else {"type": "websocket.disconnect", "code": 1001}

    async def app(_scope, receive, _send):
        while (message := await receive())["type"] != "websocket.disconnect":
            got.append(message["bytes"][0])

    limited = LimitConnections(app, Profile(requests_per_second=100), in_memory())
    asyncio.run(limited(socket(), receive, unheard))
    assert got == list(range(105))
    assert waits[:38] == [0] * 38  # the first counts three
    assert all(wait > 0 for wait in waits[39:])


def test_a_message_counts_by_what_it_takes():
    page, fragment = BackMsg(), BackMsg()
    page.rerun_script.query_string = "run=1"
    fragment.rerun_script.fragment_id = "ticks"
    costs = [cost_of(content) for content in (page.SerializeToString(), fragment.SerializeToString(), b"\xff\xff")]
    assert costs == [1, 0.25, 1]


async def reads(scope, receive, send):
    """Read the whole body, as Streamlit does, and answer."""
    async for _ in Request(scope, receive).stream():
        pass
    await ok(scope, receive, send)


def upload(profile, held, body=b"", declared=True, refused=None, **options):
    """Return the answer to an upload of a body on top of the files that are held, as sizes by session."""
    files = {name: {str(n): SimpleNamespace(data=range(size)) for n, size in enumerate(sizes)} for name, sizes in held}
    app = LimitUploads(reads, profile, refused or in_memory(), held=lambda: files, **options)
    headers = {"content-length": str(len(body))} if declared else {"transfer-encoding": "chunked"}
    chunks = [body[start : start + 100_000] for start in range(0, len(body), 100_000)]
    return ask(app, http(UPLOAD, "PUT", headers), *chunks)


@pytest.mark.parametrize("declared", [True, False], ids=["with its size", "without"])
@pytest.mark.parametrize(
    ("profile", "held", "status", "kind"),
    [
        (Profile(uploads_mb=2), [("session-1", [MB])], 200, None),
        (Profile(uploads_mb=2), [("session-1", [MB, 1])], 413, "uploads_mb"),
        (Profile(uploads_mb=2), [("session-2", [2 * MB])], 200, None),
        (Profile(uploads_mb_in_all=2), [("session-2", [MB])], 200, None),
        (Profile(uploads_mb_in_all=2), [("session-2", [MB, 1])], 413, "uploads_mb_in_all"),
        (Profile(uploads_mb=2), [("session-1", [0] * (MOST_FILES - 1))], 200, None),
        (Profile(uploads_mb=2), [("session-1", [0] * MOST_FILES)], 413, "uploads_files"),
    ],
)
def test_an_upload_must_fit_beside_what_is_held(profile, held, status, kind, declared):
    refused = in_memory()
    answer = upload(profile, held, b"x" * MB, declared, refused)
    assert answer.status == status
    assert refused.counts == ({kind: 1} if kind else {})
    if kind:
        assert answer.body.decode().endswith((" Remove some of them.", " Try again in some minutes."))


def test_uploads_on_their_way_count_too():
    async def race():
        refused = in_memory()
        app = LimitUploads(reads, Profile(uploads_mb=2), refused, held=dict)
        scopes = [http(UPLOAD + str(n), "PUT", {"content-length": str(MB)}) for n in range(4)]
        answers = await asyncio.gather(*(asked(app, scope, b"x" * MB) for scope in scopes))
        assert [answer.status for answer in answers] == [200, 200, 413, 413]
        later = http(UPLOAD, "PUT", {"content-length": str(MB)})
        assert (await asked(app, later, b"x" * MB)).status == 200

    asyncio.run(race())


def test_a_body_that_does_not_come_is_cut():
    refused = in_memory()
    app = LimitUploads(reads, Profile(uploads_mb=2), refused, held=dict, seconds=0.05)
    answer = ask(app, http(UPLOAD, "PUT", {"content-length": "10"}), b"x", whole=False)
    assert answer.status == 408
    assert answer.headers["connection"] == "close"
    assert refused.counts == {"uploads_slow": 1}


def test_what_is_refused_is_counted_in_a_file(tmp_path):
    async def ask_in_vain():
        refused = Refused(tmp_path / "refused.json")
        assert json.loads((tmp_path / "refused.json").read_text())["counts"] == {}
        for _ in range(3):
            refused.count("closed", http("/"))
        refused.count("sessions", http("/"))
        while json.loads((tmp_path / "refused.json").read_text())["counts"] != {"closed": 3, "sessions": 1}:
            await asyncio.sleep(0.05)

    asyncio.run(asyncio.wait_for(ask_in_vain(), 60))


def test_what_is_refused_while_the_file_is_written_is_in_it_soon(tmp_path):
    class Busy(Refused):
        def _write(self, counts):
            if counts == {"closed": 1}:
                self.counts["late"] += 1
            super()._write(counts)

    async def ask_in_vain():
        Busy(tmp_path / "refused.json").count("closed", http("/"))
        while json.loads((tmp_path / "refused.json").read_text())["counts"] != {"closed": 1, "late": 1}:
            await asyncio.sleep(0.05)

    asyncio.run(asyncio.wait_for(ask_in_vain(), 10))
