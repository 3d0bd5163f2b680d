"""A visitor of a hosted server with one of everything, and what tells that another one got hold of some of it."""

import asyncio
import re
import secrets
import shutil
import time
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256

from benchmarks.attacker import Recorder
from benchmarks.page import Widget
from benchmarks.stage import LOOK_SECONDS, START_SECONDS
from imgrec import edge, examples, files, jobs, profiles
from imgrec.config import RunConfig, Training
from imgrec.layers import Dense, Flatten
from imgrec.runs import Run, RunWriter, State, Store, checksum, library
from imgrec.runs.documents import CONFIG

CANARY = "canary"
"""What every name, tag and line of a log of the victim begins with: nobody else writes this word."""

SEED = 1_733_917_391
"""Of the victim's configs and of the draft, which a share link or a downloaded config would show."""

SIGNS = (CANARY.encode(), str(SEED).encode(), f"{SEED:,}".encode())

UPLOAD = f"{CANARY}picture.png"

_LINK = re.compile(rb"c=([A-Za-z0-9_-]{40,})")

NOISE = (".lock", "last-start", "progress.json")
"""Ends of the names of files that say nothing of what was asked: locks, and how far a training is."""


@dataclass
class Victim:
    """A visitor, the store, a run for each thing that can become of one, and what the browser knows of its pages."""

    visitor: Recorder
    store: Store
    runs: dict[str, Run] = field(default_factory=dict)
    withdrawn: str = ""
    """The id of a shared copy that is shared no more."""
    widgets: list[Widget] = field(default_factory=list)
    """What there was to press and to set on the victim's own pages."""

    @property
    def ids(self) -> list[str]:
        """The ids of all runs, that of the withdrawn copy last."""
        return [*(run.id for run in self.runs.values()), self.withdrawn]

    def leaks(self, received: bytes, sent: str) -> list[str]:
        """List what of the victim's stands in what somebody received and has not sent before."""
        found = [sign.decode() for sign in SIGNS if sign in received]
        found += [id for id in self.ids if id.encode() in received]
        found += ["a share link of the draft" for link in _LINK.findall(received) if str(SEED) in _unpacked(link)]
        return [each for each in found if each not in sent]

    def fingerprint(self) -> str:
        """Return a hash of all files of the victim, and of what is shared, by their names and contents."""
        total = sha256()
        for folder in (self.store.runs, self.store.trash, self.store.drafts, self.store.shared.folder):
            for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(NOISE)):
                total.update(f"{path.relative_to(self.store.home)}\0".encode() + path.read_bytes() + b"\0")
        if self.store.queue_order.exists():
            total.update(self.store.queue_order.read_bytes())
        return total.hexdigest()

    async def look(self) -> None:
        """Visit the own pages, with their menus open, to know what can be pressed there."""
        visits = [("train", name) for name in ("running", "waiting", "paused", "failed")]
        for page, name in [*visits, ("results", "finished"), ("start", ""), ("runs", ""), ("compare", "")]:
            run = self.runs[name].id if name else ""
            await self.visitor.open("" if page == "start" else page, f"run={run}" if run else "")
            for menu in (f"menu-{run}", f"further-{run}", f"download-{run}"):
                if run and self.visitor.page.find(menu):
                    await self.visitor.set(menu, True)
                    self.widgets += self.visitor.page.widgets
            self.widgets += self.visitor.page.widgets
        self.widgets = list({widget.id: widget for widget in self.widgets}.values())

    async def upload(self) -> None:
        """Upload a picture, and keep the page with it open."""
        await self.visitor.open("network")  # so that the session has the draft
        await self.visitor.go("predict")
        await self.visitor.upload("uploaded pictures", {UPLOAD: b"\x89PNG\r\n\x1a\n, and no picture"})

    def uploaded(self) -> Iterator[str]:
        """Return the addresses to which pictures were uploaded."""
        for state in self.visitor._values.values():
            for file in state.file_uploader_state_value.uploaded_file_info:
                yield file.file_urls.upload_url


async def move_in(address: str) -> Victim:
    """Let a visitor come to a hosted server whose trainings do not end, and own something in every state."""
    visitor = Recorder(address)
    await visitor.open()
    assert visitor.name is not None
    victim = Victim(visitor, edge.visitor(visitor.name) if profiles.current().private else edge.store())
    store, runs = victim.store, victim.runs
    runs["running"] = jobs.launch(store, config(0), f"{CANARY}running")
    for number, name in enumerate(("waiting", "paused", "failed"), start=1):
        runs[name] = jobs.launch(store, config(number), f"{CANARY}{name}")
    jobs.pause(runs["paused"])
    RunWriter(runs["failed"].folder).fail(f"{CANARY}sentence", f"{CANARY}traceback", again=True)
    for name in ("finished", "other", "trashed", "shared"):
        runs[name] = finished(store, name)
    victim.withdrawn = library.share(runs["shared"]).id
    library.withdraw(runs["shared"])
    library.delete(runs["trashed"])
    runs["trashed"] = Run(store.trash / runs["trashed"].id)
    await visitor.open("network", f"c={config(9).to_link()}")
    await _begun(runs["running"])
    await victim.look()
    await victim.upload()
    return victim


def config(number: int) -> RunConfig:
    """Return a config that tells whose it is."""
    layers = (Flatten(), Dense(units=8 + number))
    return RunConfig(dataset="shapes", layers=layers, training=Training(epochs=3, seed=SEED))


async def _begun(run: Run) -> None:
    deadline = time.monotonic() + START_SECONDS
    while run.progress() is None or run.state is not State.RUNNING:
        if time.monotonic() > deadline:
            raise RuntimeError(f"The training did not begin. Its log:\n{run.log.read_text(errors='replace')}")
        await asyncio.sleep(LOOK_SECONDS)


def finished(store: Store, name: str) -> Run:
    """Return a finished run: an example under another id and name, with another seed."""
    example = next(run for _, run in examples.runs() if run.config.dataset == "shapes")
    run = Run(store.runs / f"{example.id[:-8]}{secrets.token_hex(4)}")
    shutil.copytree(example.folder, run.folder)
    record = {key: value for key, value in run.record.items() if key != checksum.KEY}
    record["config"] = run.config.with_setting("training.seed", SEED).model_dump(mode="json")
    files.write_json(run.folder / CONFIG, checksum.add(record))
    run = Run(run.folder)
    run.write_annotations(replace(run.annotations, name=f"{CANARY}{name}", tags=(f"{CANARY}tag",)))
    run.log.write_text(f"{CANARY}log\n", encoding="utf-8")
    return run


def _unpacked(link: bytes) -> str:
    try:
        return zlib.decompress(urlsafe_b64decode(link + b"=" * (-len(link) % 4))).decode()
    except (ValueError, zlib.error):
        return ""
