"""Own pictures become a dataset: how fast, with how much memory, and what kills leave behind.

    python -m benchmarks.importing speed --pictures 10000
    python -m benchmarks.importing layouts
    python -m benchmarks.importing kills --kills 50

speed: pictures of a megapixel in a zip, as JPEG; pictures a second, and memory: of this process, which stands for the
server, and of those that it starts (PSS: pages that several share are counted once). layouts: five layouts of the same
pictures, with and without splits. kills: an import is killed (SIGKILL, at any moment), then the store is checked. Exit
status 1 where something is left or wrong. Linux only.
"""

import argparse
import io
import os
import random
import resource
import signal
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from benchmarks import home, layouts
from imgrec import edge, importing, limits
from imgrec.datasets import own, staging
from imgrec.datasets.own import OwnDataset
from imgrec.importing import Import, Request
from imgrec.runs import checking

CLASSES = 10
DISTINCT = 20
"""Photos that are made; the others differ from them in a comment."""


def main() -> None:
    """Do what is asked for and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "layouts", "kills"])
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--kills", type=int, default=50)
    arguments = parser.parse_args()
    with home.temporary() as folder:
        fine = {
            "speed": lambda: speed(Path(folder), arguments.pictures, arguments.size),
            "layouts": lambda: five_layouts(Path(folder)),
            "kills": lambda: kills(Path(folder), arguments.kills),
        }[arguments.what]()
    sys.exit(0 if fine else 1)


def photo(seed: int, megapixels: float = 1.0) -> bytes:
    """Return a JPEG of as many details as a photo has: noise of several scales. About 250 kB a megapixel."""
    random_ = np.random.default_rng(seed)
    width, height = round((megapixels * 1e6 * 4 / 3) ** 0.5), round((megapixels * 1e6 * 3 / 4) ** 0.5)
    total = np.zeros((height, width, 3), np.float32)
    for scale, strength in ((4, 60), (16, 40), (64, 20), (256, 12)):
        small = random_.normal(0, strength, (scale * 3 // 4, scale, 3)).clip(-120, 120) + 128
        image = Image.fromarray(small.astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(image, np.float32) - 128
    file = io.BytesIO()
    noisy = total + random_.normal(0, 4, total.shape)
    Image.fromarray((noisy + 128).clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=88)
    return file.getvalue()


def many(folder: Path, count: int, classes: int = CLASSES) -> Path:
    """Write a zip of so many pictures of a megapixel, no two of them the same file."""
    photos = [photo(seed) for seed in range(DISTINCT)]
    path = folder / "many.zip"
    with path.open("wb") as file:
        archive = zipfile.ZipFile(file, "w")
        for number in range(count):
            comment = b"\xff\xfe" + (2 + 8).to_bytes(2) + number.to_bytes(8)
            content = photos[number % DISTINCT]
            archive.writestr(f"class {number % classes}/{number}.jpg", content[:2] + comment + content[2:])
        archive.close()
    return path


def speed(folder: Path, count: int, size: int) -> bool:
    """Add many pictures. Says how many a second, and how much memory that takes."""
    path = many(folder, count)
    print(f"{count:,} pictures of 1 megapixel, {path.stat().st_size / 1e6:,.0f} MB, images of {size}×{size}")
    with growth() as server:
        begun, used = time.monotonic(), processor()
        source, request = importing.at(path), Request(name="many", size=size)
        plan = importing.plan(source, request, edge.store().own_datasets)
        planned = time.monotonic() - begun
        adding = importing.start(edge.store().folder, request, source)
        most: dict[str, float] = {}
        while adding.is_running:
            for name, taken in memory(adding).items():
                most[name] = max(most.get(name, 0), taken)
            time.sleep(0.2)
        seconds = time.monotonic() - begun
        used = processor() - used
        result = adding.result()
    print(f"{result.images:,} images of {len(plan.classes)} classes in {seconds:.1f} s: {count / seconds:.0f} a second")
    print(f"processor time: {used:.1f} s, so {2 * count / used:.0f} a second on two cores that do nothing else")
    print(f"the plan: {planned:.2f} s; this process grew by at most {server[0]:.0f} MB")
    print("most memory, MB:", {name: round(taken / 1e6) for name, taken in most.items()})
    return result.images == count


def memory(adding: Import) -> dict[str, float]:
    """Return the memory of the processes of an import, in bytes: proportional, and without files that are mapped."""
    found: dict[str, float] = {}
    with suppress(psutil.Error, StopIteration):
        process = next(child for child in psutil.Process().children() if adding.id in " ".join(child.cmdline()))
        readers = process.children()
        found["import process, anonymous"] = _anonymous(process.pid)
        found["readers, anonymous"] = sum(_anonymous(reader.pid) for reader in readers)
        found["all, PSS"] = sum(each.memory_full_info().pss for each in (process, *readers))
    return found


def _anonymous(process: int) -> int:
    with suppress(OSError, IndexError):
        status = Path(f"/proc/{process}/status").read_text()
        return int(status.split("RssAnon:")[1].split()[0]) * 1024
    return 0


@contextmanager
def growth() -> Iterator[list[float]]:
    """Give a list to which the memory is added, in MB, by which this process has grown at most meanwhile."""
    found: list[float] = []
    Path("/proc/self/clear_refs").write_text("5")  # the highest size is counted anew from here
    before = limits.size("VmRSS") or 0
    yield found
    found.append(max(0, (limits.size("VmHWM") or 0) - before) / 1e6)


def processor() -> float:
    """Return the processor time of the children of this process that have ended, and of theirs, in seconds."""
    for child in importing.process._children:
        child.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def remove(name: str) -> None:
    """Remove a dataset of the store."""
    OwnDataset(edge.store().own_datasets / name).remove()


def five_layouts(folder: Path) -> bool:
    """Add the same pictures in five layouts, with splits and without. Says whether they are the same dataset."""
    pictures, fine = layouts.pets(), True
    above, plain = layouts.split_above(pictures), layouts.no_split(pictures)
    for splits, sources in {
        "with splits": {
            "train/cat/1.png (Keras, torchvision)": layouts.write(folder / "a", above),
            "cat/train/1.png": layouts.write(folder / "b", layouts.split_below(pictures)),
            "CSV": layouts.write(folder / "c", layouts.listed_csv(pictures)),
            "JSONL in each split (Hugging Face)": layouts.write(folder / "d", layouts.listed_jsonl(pictures)),
            "a zip with wrapper and junk": layouts.zipped(
                folder / "e.zip", {f"x/y/{name}": content for name, content in (above | layouts.junk()).items()}
            ),
        },
        "without": {
            "cat/1.png": layouts.write(folder / "f", plain),
            "in a folder": layouts.write(folder / "g", {f"pets/{name}": content for name, content in plain.items()}),
            "a zip": layouts.zipped(folder / "h.zip", plain),
            "CSV": layouts.write(folder / "i", layouts.listed_csv(pictures, splits=False)),
            "a zip with CSV": layouts.zipped(folder / "j.zip", layouts.listed_csv(pictures, splits=False)),
        },
    }.items():
        versions = {}
        for number, (layout, path) in enumerate(sources.items()):
            name = f"{'s' if splits == 'with splits' else 'n'}-{number}"
            adding = importing.start(edge.store().folder, Request(name=name, size=32), importing.at(path))
            adding.wait()
            versions[layout] = adding.result().version
        print(splits, versions)
        fine &= len(set(versions.values())) == 1
    return fine


def kills(folder: Path, count: int) -> bool:
    """Kill imports at any moment, and check the store after each: with --repair, and again."""
    path = many(folder, 100)
    store, chance = edge.store(), random.Random(0)
    longest = _seconds(path)
    print(f"an import takes {longest:.1f} s", flush=True)
    finished = unfinished = wrong = 0
    for _ in range(count):
        importing.start(store.folder, Request(name="many", size=32), importing.at(path))
        time.sleep(chance.uniform(0, longest))
        for process in importing.process._children[-1:]:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            process.wait()
        while staging.is_busy(store.own_datasets):
            time.sleep(0.01)
        there = [kept.name for kept in own.every(store.own_datasets)]
        found = list(checking.check(store))
        for finding in found:
            if finding.repair:
                finding.repair()
        left = [path.name for path in store.own_datasets.glob("*") if path.name not in {".importing.lock", *there}]
        wrong += len(left) + len(list(checking.check(store)))
        unfinished += bool(found)
        for name in there:  # it was killed after its dataset had got its name
            finished += 1
            remove(name)
    print(f"{count} kills: {unfinished} left something for check --repair, {finished} came once the dataset was there")
    print(f"rules that do not hold afterwards, and files that are left: {wrong}")
    return wrong == 0


def _seconds(path: Path) -> float:
    begun = time.monotonic()
    adding = importing.start(edge.store().folder, Request(name="many", size=32), importing.at(path))
    adding.wait()
    adding.result()
    remove("many")
    return time.monotonic() - begun


if __name__ == "__main__":
    main()
