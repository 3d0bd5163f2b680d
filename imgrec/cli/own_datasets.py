"""`datasets add, show, remove, rename-class, merge, leave-out`: datasets of one's own pictures."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from tqdm import tqdm

from imgrec import edge, files, importing, jobs, quantities
from imgrec.cli import choose
from imgrec.cli.output import say, say_done, say_json, table, tell
from imgrec.cli.signals import ENDED_BY, Interrupts
from imgrec.datasets import own
from imgrec.datasets.classes import renamed
from imgrec.datasets.own import OwnDataset, Version
from imgrec.errors import DatasetError, SettingsError
from imgrec.importing import Import, NotTaken, Plan, Request

LOOK_SECONDS = 0.1
NAMED = 3
"""Files that are named of those that are not taken for the same reason; --json has more."""


def add(parts: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands to the parts of `datasets`."""
    command = partial(choose.add_command, parts, common, of_a_run=False)
    adding = command("add", "Make a dataset of your own pictures. Ctrl-C cancels it, and nothing of it stays.", _add)
    adding.add_argument("name", metavar="NAME", help="what it is called: small letters, digits and hyphens")
    adding.add_argument(
        "path",
        metavar="PATH",
        type=files.absolute,
        help="a folder with a folder for each class, a ZIP of one, or a CSV or JSONL list with file_name and label",
    )
    option = adding.add_argument
    option("--title", default="", help="what pages call it")
    option("--size", type=int, default=64, metavar="PIXELS", help="of the images: 32, 64 (default), 96 or 128")
    option("--grey", action="store_true", help="images without colours")
    option("--crop", default="centre", metavar="WAY", help="centre: the largest square; whole: all, with a margin")
    option("--test-share", type=float, default=0.2, metavar="SHARE", help="set aside where no test images are given")
    option("--seed", type=int, default=0, help="decides which are set aside")
    option("--dry-run", action="store_true", help="say what is understood, and write nothing")
    _about(command("show", "Say what is in a dataset of your own pictures, and its versions.", _show))
    remove = _about(command("remove", "Remove a dataset of your own pictures, with all its versions.", _remove))
    remove.add_argument("--yes", action="store_true", help="do not ask")
    rename = _about(command("rename-class", "Give a class another name, as a new version.", _rename))
    rename.add_argument("label", metavar="CLASS")
    rename.add_argument("new", metavar="NEW")
    merge = _about(command("merge", "Make classes one, as a new version.", _merge))
    merge.add_argument("new", metavar="NEW", help="what that one is called")
    merge.add_argument("labels", metavar="CLASS", nargs="+")
    leave_out = _about(command("leave-out", "Leave classes out, as a new version.", _leave_out))
    leave_out.add_argument("labels", metavar="CLASS", nargs="+")


def described(kept: OwnDataset) -> dict[str, Any]:
    """Return what a program reads of a dataset: of its newest version, and of the others in short."""
    versions = kept.versions()
    return {
        "dataset": kept.name,
        "title": kept.manifest.title,
        "ready": True,
        "image_shape": kept.manifest.image_shape,
        "source": kept.manifest.source,
        "disk_bytes": kept.disk_bytes(),
        **_counted(kept.newest),
        "versions": [{"name": f"{kept.name}@{each.id}", "change": each.change, **_counted(each)} for each in versions],
    }


def _about(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("name", metavar="NAME", help="a dataset of your own pictures")
    return parser


def _counted(version: Version) -> dict[str, Any]:
    return {
        "version": version.id,
        "class_names": version.class_names,
        "train_images": version.train + version.validation,
        "test_images": version.test,
        "left_out": version.left_out,
    }


def _add(arguments: argparse.Namespace) -> int:
    store = edge.store()
    request = Request.parse(
        {
            "name": arguments.name,
            "title": arguments.title,
            "size": arguments.size,
            "colours": "grey" if arguments.grey else "colour",
            "framing": arguments.crop,
            "test_share": arguments.test_share,
            "seed": arguments.seed,
        }
    )
    source = importing.at(arguments.path)
    plan = importing.plan(source, request, store.own_datasets)
    if arguments.dry_run and arguments.json:
        say_json(plan.model_dump(mode="json"))
        return 1 if plan.problems else 0
    (say if arguments.dry_run else tell)(_planned(plan))
    if plan.problems:
        raise DatasetError(" ".join(plan.problems))
    if arguments.dry_run:
        return 0
    with Interrupts() as interrupts:
        adding = importing.start(store.folder, request, source)
        if not _follow(adding, interrupts):
            adding.cancel()
            tell("Cancelled. Nothing of it stays.")
            return ENDED_BY + (signal.SIGTERM if interrupts.terminated else signal.SIGINT)
    try:
        result = adding.result()
    finally:
        adding.forget()
    if arguments.json:
        say_json(result.model_dump(mode="json"))
        return 0
    new = [each for each in result.not_taken if each not in plan.not_taken]
    said = [f"Not taken: {_listed(each)}" for each in new]
    said += [*result.found, *(line for line in result.said if line not in plan.said)]
    done = (
        f"{result.name} has {result.train + result.validation:,} training and {result.test:,} test images. "
        f"`python -m imgrec train --preset quick --dataset {result.name}` learns from it."
    )
    say("\n".join([*said, done]))
    return 0


def _follow(adding: Import, interrupts: Interrupts) -> bool:
    """Show how far an import is until it ends. Return False where it shall be cancelled."""
    with tqdm(disable=None, file=sys.stderr, unit=" pictures", desc="Starting") as bar:
        while adding.is_running:
            if interrupts.count or interrupts.terminated:
                return False
            progress = adding.progress()
            bar.set_description(progress.phase.capitalize(), refresh=False)
            bar.total = progress.total or None
            bar.update(progress.done - bar.n)
            time.sleep(LOOK_SECONDS)
    return True


def _planned(plan: Plan) -> str:
    """Return what was understood, as a table and sentences."""
    rows: list[tuple[str, ...]]
    rows = [(each.name, f"{each.train:,}", f"{each.validation:,}", f"{each.test:,}") for each in plan.classes]
    columns = zip(*((each.train, each.validation, each.test) for each in plan.classes), strict=True)
    rows.append(("all", *(f"{sum(column):,}" for column in columns)))
    lines = [table(("class", "train", "validation", "test"), rows)] if plan.classes else []
    height, width, channels = plan.image_shape
    what = f"{quantities.count(plan.images, 'image')} of {width}×{height} pixels{', grey' if channels == 1 else ''}"
    lines += [*plan.said, *(f"Not taken: {_listed(each)}" for each in plan.not_taken)]
    lines.append(f"{what}: {quantities.size(plan.pixel_bytes)} on the disk, twice as much while they are added.")
    return "\n".join(lines)


def _listed(group: NotTaken) -> str:
    more = " …" if group.count > NAMED else ""
    files_ = quantities.count(group.count, "file")
    return f"{files_}, {group.reason.rstrip('.')}: {', '.join(group.files[:NAMED])}{more}"


def _show(arguments: argparse.Namespace) -> int:
    kept = _found(arguments.name)
    if arguments.json:
        say_json(described(kept))
        return 0
    version = kept.newest
    labels, splits = kept.rows(version)
    rows = []
    for label, name in enumerate(version.class_names):
        counts = [int(((labels == label) & (splits == split)).sum()) for split in own.SPLITS.values()]
        rows.append((name, *(f"{count:,}" for count in counts)))
    say(table(("class", *(split.replace("_", " ") for split in own.SPLITS)), rows))
    for each in kept.versions():
        images = each.train + each.validation + each.test
        say(f"{kept.name}@{each.id}  {each.made[:10]}  {quantities.count(images, 'image')}  {each.change}")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    kept = _found(arguments.name)
    if not arguments.yes and not _agrees(f"Remove {kept.name} ({quantities.size(kept.disk_bytes())}) for good?"):
        raise SettingsError("Removing a dataset needs your yes: answer y, or say --yes. It stays.")
    jobs.remove_dataset(edge.store(), kept.name)
    say_done(arguments.json, f"{kept.name} is removed.", dataset=kept.name, removed=True)
    return 0


def _agrees(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    tell(f"{question} [y/N]")
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


def _rename(arguments: argparse.Namespace) -> int:
    return _change(arguments, {arguments.label: arguments.new})


def _merge(arguments: argparse.Namespace) -> int:
    return _change(arguments, dict.fromkeys(arguments.labels, arguments.new))


def _leave_out(arguments: argparse.Namespace) -> int:
    return _change(arguments, dict.fromkeys(arguments.labels))


def _change(arguments: argparse.Namespace, wanted: dict[str, str | None]) -> int:
    """Make a version in which classes have other names, or none."""
    kept = _found(arguments.name)
    before = kept.newest
    _require_classes(before, list(wanted))
    names = [wanted.get(name, name) for name in before.class_names]
    after = kept.change(before, *renamed(before.class_names, *kept.rows(before), names))
    said = f"{after.change} That is version {after.number}, {kept.name}@{after.id}; runs keep the one that they have."
    say_done(arguments.json, said, dataset=kept.name, **_counted(after))
    return 0


def _require_classes(version: Version, labels: Sequence[str]) -> None:
    if strange := [label for label in labels if label not in version.class_names]:
        known = ", ".join(version.class_names[:20]) + (" …" if len(version.class_names) > 20 else "")
        raise SettingsError(f"There is no class {strange[0][:60]!r}. Its classes: {known}.")


def _found(name: str) -> OwnDataset:
    store = edge.store()
    kept = OwnDataset(store.own_datasets / name)
    if not kept.exists:
        there = ", ".join(each.name for each in own.every(store.own_datasets)) or "none"
        raise SettingsError(f"There is no dataset {name[:60]!r} of your own pictures. There are: {there}.")
    return kept
