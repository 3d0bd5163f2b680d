"""What one visitor can try on the runs of another: each kind of attempt, made of what the owner has.

To add one: a function that yields attempts, and its line in KINDS.
"""

import hashlib
import http.client
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any
from urllib.parse import quote

from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.attacker import ANSWER_SECONDS, SILENCE_SECONDS, Attacker, Kept
from benchmarks.jar import BROWSER, VisitError, form
from benchmarks.victim import Victim
from imgrec import examples
from imgrec.ui.downloads import FILES

PAGES = ("", "data", "network", "train", "results", "runs", "compare", "predict", "about")

STEPS = (
    *("stop", "pause", "resume", "menu", "delete", "share", "withdraw", "repeat", "copies", "name", "tags", "restore"),
    *("further", "start-further", "download", "watch", "earlier", "later", "why"),
)
"""What the keys of the widgets of a run begin with."""


@dataclass(frozen=True)
class Attempt:
    """What is tried, with all that it sends in words."""

    text: str
    do: Callable[[Attacker], Awaitable[object]]
    always: bool = False
    """Whether it belongs to the smallest number of attempts as well."""


def by_pages(victim: Victim) -> Iterator[Attempt]:
    """Open pages by addresses that name the owner's runs, store and draft."""
    values = [value for id in victim.ids for value in forms_of(id, victim)]
    queries = [f"{name}={quote(value)}" for name, value in product(("run", "runs", "c"), values)]
    queries += [f"run={value}" for value in values if value.isascii() and value.isprintable()]
    queries += [f"runs={one},{other}" for one, other in product(victim.ids, victim.ids)]
    queries += [f"runs={examples.pair()[0]},{quote(value)}" for value in values]
    queries += [f"run={id}&cell=0-1&run={id}" for id in victim.ids]
    queries += [f"visitor={quote(guess)}&run={id}" for guess, id in product(guesses(victim), victim.ids)]
    for page, query in product(PAGES, queries):
        yield Attempt(f"/{page}?{query}", partial(_go, page, query))


async def _go(page: str, query: str, attacker: Attacker) -> None:
    await attacker.go(page, query)


def by_cookies(victim: Victim) -> Iterator[Attempt]:
    """Come with a cookie, or an address in place of one, that is made of what may be known of the owner's."""

    async def visit(cookie: str, page: str, query: str, attacker: Attacker) -> None:
        async with Attacker(attacker.address) as other:
            other._jar.cookies = Kept({BROWSER: cookie} if cookie else {"nothing": "none"})
            other._jar.cookies.update({BROWSER: ""} if not cookie else {})
            try:
                await other.open(page, query)
            finally:
                attacker.received += other.received
                attacker.failures += other.failures

    for page, guess, id in product(("", "runs", "network", "results", "train"), guesses(victim), victim.ids):
        query = f"run={id}" if page in {"results", "train"} else ""
        yield Attempt(f"cookie {guess} at /{page}?{query}", partial(visit, guess, page, query))
        query = f"visitor={quote(guess)}&{query}"
        yield Attempt(f"no cookie at /{page}?{query}", partial(visit, "", page, query))


def by_files(victim: Victim) -> Iterator[Attempt]:
    """Ask for the files of the owner's runs, and for paths that lead to them."""
    names = (*FILES, "log.txt", "label.json", "..%2Fconfig.json", "%2e%2e/config.json", "model.keras%00", "Model.keras")
    cookies = ["", *guesses(victim)]

    async def get(method: str, path: str, cookie: str, attacker: Attacker) -> None:
        headers = {"Cookie": f"{BROWSER}={cookie}"} if cookie else {}
        status, answer = await attacker.fetch(method, path, headers)
        if status == http.client.OK and "/download/" in path and answer not in {b"", attacker.document}:
            attacker.got.append(f"{method} {path} was answered {status}")

    paths = []
    for id, name in product(victim.ids, names):
        paths += [f"/download/{quote(value, safe='')}/{name}" for value in forms_of(id, victim)]
        paths += [f"/download/{id}/{name}?visitor={quote(guess)}" for guess in guesses(victim)]
        paths += [
            f"//download/{id}/{name}",
            f"/download//{id}/{name}",
            f"/download/{id}/{name}/",
            f"/x/../download/{id}/{name}",
        ]
    for number, path in enumerate(paths):
        for method in ("GET", "HEAD", "POST") if number % 10 == 0 else ("GET",):
            cookie = cookies[number % len(cookies)]
            yield Attempt(f"{method} {path} with the cookie {cookie!r}", partial(get, method, path, cookie))
    for name in FILES:
        path = f"/download/{victim.runs['finished'].id}/{name}"
        yield Attempt(f"GET {path}", partial(get, "GET", path, ""), always=True)
    store = victim.store.folder
    for root, id in product(
        ("media", "component", "app/static", "static", "_stcore/bidi-components", "_stcore"), victim.ids
    ):
        for where in (
            f"{store}/runs/{id}/label.json",
            f"../../{store.name}/runs/{id}/label.json",
            f"{id}/label.json",
            id,
        ):
            for path in (
                f"/{root}/{where}",
                f"/{root}/{quote(where, safe='')}",
                f"/{root}/{where.replace('..', '%2e%2e')}",
            ):
                yield Attempt(f"GET {path}", partial(get, "GET", path, ""))


def by_messages(victim: Victim) -> Iterator[Attempt]:
    """Send the states of widgets and fragments that are on the owner's pages, and on none of the attacker's."""
    pages = ("train", "results", "runs", "start", "compare")

    async def press(page: str, query: str, states: list[WidgetState], fragment: str, attacker: Attacker) -> None:
        await attacker.go("" if page == "start" else page, query)
        message = attacker.message(*states, fragment=fragment, query=query)
        await attacker.say(message, SILENCE_SECONDS if fragment else ANSWER_SECONDS)

    known = [widget.id for widget in victim.widgets]
    menus = [widget.id for widget in victim.widgets if widget.key.startswith(("menu-", "further-", "download-"))]
    opened = [WidgetState(id=id, bool_value=True) for id in menus]
    heads = [id.rsplit("-", id.count("-") - 1)[0] for id in known[:8]]
    made = [f"{head}-{step}-{id}" for head, step, id in product(heads, STEPS, victim.ids)]
    made += [f"{step}-{id}" for step, id in product(STEPS, victim.ids)]
    fragments = sorted({widget.fragment for widget in victim.widgets if widget.fragment})
    values: list[dict[str, Any]] = [
        *({"trigger_value": True}, {"bool_value": True}, {"int_value": 1}, {"double_value": 1.0}),
        *({"string_value": "taken"}, {"json_value": '{"selection": {"rows": [0], "columns": []}}'}),
    ]
    for number, (id, page) in enumerate(product([*known, *made], pages)):
        states = [*opened, WidgetState(id=id, **values[0 if number % 2 else number // 2 % len(values)])]
        fragment = fragments[number % len(fragments)] if number % 5 == 0 and fragments else ""
        run = next((one for one in victim.ids if id.endswith(one)), victim.ids[number % len(victim.ids)])
        always = page in {"train", "results"} and id.endswith(
            (f"-stop-{victim.runs['running'].id}", f"-delete-{victim.runs['finished'].id}")
        )
        text = f"{states[-1]} in the fragment {fragment!r} on /{page}?run={run}".replace("\n", " ")
        yield Attempt(text, partial(press, page, f"run={run}", states, fragment), always and id in known)
    for (name, own), page in product(victim.runs.items(), ("results", "predict", "compare")):
        for value in (own.id, own.name):
            yield Attempt(f"{name} chosen as {value} on /{page}", partial(_choose, page, value))


async def _choose(page: str, value: str, attacker: Attacker) -> None:
    """Give the menus of runs on a page a value that they do not offer."""
    one, other = examples.pair()
    await attacker.go(page, f"run={one}&runs={one},{other}")
    states = []
    for widget in attacker.page.widgets:
        with suppress(VisitError, TypeError):
            states.append(widget.state([value] if widget.kind == "multiselect" else value))
    await attacker.say(attacker.message(*states))


def by_uploads(victim: Victim) -> Iterator[Attempt]:
    """Put, take and delete pictures by the owner's connection, which its addresses name, and by others near it."""

    async def send(method: str, path: str, own: bool, attacker: Attacker) -> None:
        body, kind = form("other.png", b"\x89PNG\r\n\x1a\nother")
        sent = body if method in {"PUT", "POST"} else b""
        status, _ = await attacker.fetch(method, path, {"Content-Type": kind}, sent)
        if own and status == http.client.NO_CONTENT:
            attacker.got.append(f"was answered {status}")

    for url in victim.uploaded():
        root, session, file = url.rsplit("/", 2)
        for method, name in product(("PUT", "DELETE"), (file, changed(file))):
            path = f"{root}/{session}/{name}"
            yield Attempt(f"{method} {path}", partial(send, method, path, True), always=True)
        near = [*_near(session), "*", "..", "", quote(f"../{session}", safe=""), f"{session}%00", f"%20{session}"]
        paths = [f"{root}/{one}/{other}" for one, other in product(near, (file, changed(file), "*"))]
        for method, path in product(("PUT", "DELETE", "GET", "POST"), paths):
            yield Attempt(f"{method} {path}", partial(send, method, path, False))


def by_connections(victim: Victim) -> Iterator[Attempt]:
    """Go on with the connection of an owner who has just left, as a browser does that has lost it."""
    session = victim.visitor.session

    async def rejoin(asked: str, attacker: Attacker) -> None:
        await victim.visitor.close()
        await attacker.open("network", session=asked)
        if attacker.session == session:
            attacker.got.append("is in the owner's connection")

    yield Attempt(f"go on with {session}", partial(rejoin, session), always=True)
    for other in (*_near(session), victim.store.folder.name, *victim.ids):
        yield Attempt(f"go on with {other}", partial(rejoin, other))


def _near(session: str) -> list[str]:
    return [session.upper(), *(changed(session, place) for place in range(8)), session[:-1], session.replace("-", "")]


def forms_of(id: str, victim: Victim) -> list[str]:
    """Return a run's id, others near it, and paths that lead to the run's folder."""
    store = victim.store.folder
    wide = id.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    return [
        *(id, changed(id), changed(id, 9), id.upper(), wide, f"{id} ", f"\t{id}", f"{id}\n", f"{id}\0", f"\ufeff{id}"),
        *(
            f".{id}",
            f".gone-{id}",
            f"./{id}",
            f"{id}/.",
            f"{id}/",
            f"{id}/../{id}",
            f"{id}-{'0' * 32}",
            f"{id}*",
            id[:-1],
        ),
        *(f"../{store.name}/runs/{id}", f"../../{store.name}/runs/{id}", f"{store}/runs/{id}", f"{store.name}/{id}"),
        *(
            f"..\\{store.name}\\runs\\{id}",
            f"../trash/{id}",
            f"../runs/{id}",
            f"../../shared/runs/{id}",
            f"%2e%2e/{id}",
        ),
        *(
            f"file://{store}/runs/{id}",
            f"{id},{id}",
            f'["{id}"]',
            f"{id};{id}",
            str(store),
            str(store / "drafts" / "draft.json"),
        ),
    ]


def guesses(victim: Victim) -> list[str]:
    """Return what somebody may take for the owner's secret who does not have it, but knows much about it."""
    secret, folder = str(victim.visitor.name), victim.store.folder.name
    full = hashlib.sha256(secret.encode()).hexdigest()
    return [
        *(
            folder,
            full,
            full[32:],
            folder.upper(),
            changed(secret),
            changed(secret, 0),
            secret[:31],
            secret[1:],
            secret[:16],
        ),
        *(hashlib.sha256(folder.encode()).hexdigest()[:32], hashlib.md5(secret.encode()).hexdigest(), secret[::-1]),
        *(
            f"{secret[:31]}*",
            f"{secret[:31]}%",
            f"../{folder}",
            f"{folder}/",
            "shared",
            "../shared",
            f"{folder}%00",
            "0" * 32,
        ),
    ]


def changed(text: str, place: int = -1) -> str:
    """Return a text with another letter or digit in one place."""
    at = place % len(text)
    return text[:at] + ("1" if text[at] == "0" else "0") + text[at + 1 :]


KINDS: dict[str, tuple[Callable[[Victim], Iterator[Attempt]], float]] = {
    "addresses of pages": (by_pages, 0.4),
    "cookies": (by_cookies, 0.08),
    "addresses of files": (by_files, 0.24),
    "messages": (by_messages, 0.2),
    "uploads": (by_uploads, 0.07),
    "connections": (by_connections, 0.01),
}
"""The kinds of attempts, and which share of all each is. The last ends the owner's visit."""
