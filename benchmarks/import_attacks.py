"""Hostile zips become no more than what is harmless in them: bombs, names that lead out, and names that collide.

    python -m benchmarks.import_attacks

60 bombs, 80 names that lead out of a folder and 40 collisions of names (benchmarks.zips) are added on a hosted server.
Of each: the time and the memory until it is refused or planned, which is what the server itself does; the time until
the rest of it is added, by processes of its own; what was written outside of the store's folder of datasets, and what
is left there. Exit status 1 where something is left or not as expected. Linux only.
"""

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import home, zips
from benchmarks.importing import growth, processor, remove
from imgrec import edge, importing, profiles
from imgrec.errors import ImgrecError
from imgrec.importing import Request


def main() -> None:
    """Try all of them and print the figures."""
    with home.temporary() as folder:
        fine = hostile(Path(folder))
    sys.exit(0 if fine else 1)


def hostile(folder: Path) -> bool:
    """Add what is hostile, as a visitor of a hosted server would. Says what became of it."""
    os.environ[profiles.VARIABLE] = "hosted"
    store, fine = edge.store(), True
    cases = _written(folder / "zips")
    before = _tree(folder)
    for kind in ("bombs", "names that lead out", "collisions"):
        rows = [_case(*case[1:]) for case in cases if case[0] == kind]
        added = [row for row in rows if row.added]
        wrong = [row.name for row in rows if not row.as_expected]
        left = sorted(path.name for path in store.own_datasets.glob("*") if path.name != ".importing.lock")
        outside = sorted(_tree(folder) - before - {store.own_datasets, store.own_datasets / ".importing.lock"})
        print(f"{kind}: {len(rows)}; refused: {len(rows) - len(added)}; added without the bad part: {len(added)}")
        _print("until planned or refused", "s", rows, lambda row: row.planned)
        _print("memory of that", "MB", rows, lambda row: row.megabytes)
        if added:
            _print("until added", "s", added, lambda row: row.seconds)
            _print("processor time of that, three processes", "s", added, lambda row: row.processor)
        print(f"  not as expected: {wrong}; left over: {left}; outside of own-datasets: {outside}", flush=True)
        fine &= not wrong and not left and not outside
    return fine


def _written(folder: Path) -> list[tuple[str, str, Path, int | None]]:
    """Write the zips in a process of its own, so that this one stays small. Returns kind, name, path and classes."""
    folder.mkdir()
    child = os.fork()
    if not child:
        cases = [
            *(("bombs", name, content, None) for name, content in zips.bombs()),
            *(("names that lead out", name, content, 2) for name, content in zips.slips()),
            *(("collisions", *case) for case in zips.collisions()),
        ]
        rows = []
        for number, (kind, name, content, classes) in enumerate(cases):
            (folder / f"{number}.zip").write_bytes(content)
            rows.append((kind, name, str(folder / f"{number}.zip"), classes))
        (folder / "cases.json").write_text(json.dumps(rows))
        os._exit(0)
    os.waitpid(child, 0)
    rows = json.loads((folder / "cases.json").read_text())
    return [(kind, name, Path(path), classes) for kind, name, path, classes in rows]


@dataclass(frozen=True)
class Row:
    """What became of a zip. Seconds until it is planned or refused, megabytes of that, seconds until it is added."""

    name: str
    planned: float
    megabytes: float
    seconds: float = 0.0
    processor: float = 0.0
    as_expected: bool = True
    added: bool = False


def _case(name: str, path: Path, classes: int | None) -> Row:
    """Try one zip, and remove what it becomes. classes are those that it must have; None where it may be refused."""
    store, request = edge.store(), Request(name="attack", size=32)
    planned, megabytes, possible = _planned(path, request)
    if not possible:
        return Row(name, planned, megabytes, as_expected=classes is None)
    begun, used = time.monotonic(), processor()
    adding = importing.start(store.folder, request, importing.at(path))
    adding.wait()
    seconds = time.monotonic() - begun
    used = processor() - used
    try:
        result = adding.result()
    except ImgrecError:
        adding.forget()
        return Row(name, planned, megabytes, seconds, used, classes is None, added=False)
    remove(result.name)
    return Row(name, planned, megabytes, seconds, used, classes in {None, len(result.class_names)}, added=True)


def _planned(path: Path, request: Request) -> tuple[float, float, bool]:
    """Plan in a fork of this process: seconds, megabytes that it grows, and whether the zip can be added."""
    ours, theirs = multiprocessing.Pipe()
    child = os.fork()
    if not child:
        possible, begun = False, time.monotonic()
        with growth() as grown, suppress(ImgrecError):
            possible = not importing.plan(importing.at(path), request, edge.store().own_datasets).problems
        theirs.send((time.monotonic() - begun, grown[0], possible))
        os._exit(0)
    found: tuple[float, float, bool] = ours.recv()
    os.waitpid(child, 0)
    return found


def _print(what: str, unit: str, rows: list[Row], of: Callable[[Row], float]) -> None:
    worst = max(rows, key=of)
    print(f"  {what}: median {median(map(of, rows)):.2f} {unit}, most {of(worst):.2f} {unit} ({worst.name})")


def _tree(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


if __name__ == "__main__":
    main()
