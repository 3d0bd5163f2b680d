"""`datasets`: what there is to learn from, and bringing it to disk. Those of own pictures are in own_datasets.py."""

import argparse
import sys
from contextlib import ExitStack
from typing import Any

from tqdm import tqdm

from imgrec import datasets, edge
from imgrec.cli import own_datasets
from imgrec.cli.output import say, say_json, table, tell
from imgrec.datasets import own
from imgrec.datasets.own import OwnDataset
from imgrec.errors import DatasetError, SettingsError


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    text = "List the datasets, bring one to disk, or make one of your own pictures."
    parser = commands.add_parser("datasets", parents=[common], help=text, description=text, allow_abbrev=False)
    parser.add_argument("--prepare", metavar="NAME", help="download or draw this one now, unless it is there")
    parser.set_defaults(do=_prepare_or_list)
    own_datasets.add(parser.add_subparsers(title="your own pictures", metavar="WHAT"), common)


def checked(name: str) -> datasets.Dataset:
    """Return a dataset by the name in an argument, one's own in its newest version or in that of NAME@VERSION.

    Raises SettingsError where there is none.
    """
    store = edge.store()
    kept = OwnDataset(store.own_datasets / name)
    try:
        return kept.dataset(kept.newest) if kept.exists else store.dataset(name)
    except DatasetError as error:
        raise SettingsError(str(error)) from None


def prepare(dataset: datasets.Dataset) -> None:
    """Bring a dataset to disk, with a progress bar. Raises DatasetError where that fails."""
    if dataset.is_ready(edge.store().location(dataset.name)):
        return
    downloads = dataset.download_bytes > 0
    with ExitStack() as stack:
        bars: list[tqdm[Any]] = []

        def show(done: int, total: int) -> None:
            if not bars:  # made with the first progress, so that there is none where it cannot even begin
                bar = tqdm(
                    desc=f"{'Downloading' if downloads else 'Drawing'} {dataset.title}",
                    total=total,
                    unit="B" if downloads else " images",
                    unit_scale=downloads,
                    mininterval=0.1 if sys.stderr.isatty() else 5,  # in a file each of them is another line
                    file=sys.stderr,
                )
                bars.append(stack.enter_context(bar))
            bars[0].update(done - bars[0].n)

        dataset.prepare(edge.store().location(dataset.name), show)


def _prepare_or_list(arguments: argparse.Namespace) -> int:
    if arguments.prepare is not None:
        dataset = checked(arguments.prepare)
        prepare(dataset)
        if arguments.json:
            say_json(_described(dataset))
        else:
            say(f"{dataset.title} is ready: {dataset.train_images:,} training and {dataset.test_images:,} test images.")
        return 0
    described = [_described(dataset) for dataset in datasets.DATASETS.values()] + _own()
    if arguments.json:
        say_json({"datasets": described})
        return 0
    head = ("name", "training images", "test images", "classes", "on disk", "description")
    rows = [
        (
            row["dataset"],
            f"{row['train_images']:,}",
            f"{row['test_images']:,}",
            len(row["class_names"]),
            "yes" if row["ready"] else "no",
            row["description"],
        )
        for row in described
    ]
    say(table(head, rows))
    return 0


def _own() -> list[dict[str, Any]]:
    """Return what is to be said of each dataset of own pictures; a damaged one is said and left out."""
    found = []
    for kept in own.every(edge.store().own_datasets):
        try:
            found.append({**own_datasets.described(kept), "description": f"Your own pictures: {kept.manifest.title}."})
        except DatasetError as error:
            tell(str(error))
    return found


def _described(dataset: datasets.Dataset) -> dict[str, Any]:
    return {
        "dataset": dataset.name,
        "title": dataset.title,
        "description": dataset.description,
        "ready": dataset.is_ready(edge.store().location(dataset.name)),
        "train_images": dataset.train_images,
        "test_images": dataset.test_images,
        "image_shape": dataset.image_shape,
        "class_names": dataset.class_names,
        "download_bytes": dataset.download_bytes,
        "source": dataset.source,
        "licence": dataset.licence,
    }
