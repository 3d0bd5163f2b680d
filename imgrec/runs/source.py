"""Where the images of a run come from, and which they must be: kept in the run, whoever starts its worker.

A record holds folders, of which null is the ordinary place, and for a run that goes on from another one's results the
fingerprint of the images of that one. Runs of before this was kept learn from what the environment names.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgrec import datasets
from imgrec.datasets import Images, Location, OnProgress
from imgrec.errors import DatasetError
from imgrec.runs.run import Run


@dataclass(frozen=True)
class Source:
    """The folders in which a run's images are looked for, and their SHA-256 where it is known beforehand."""

    folders: tuple[str | None, ...]
    fingerprint: str | None = None

    def record(self) -> dict[str, Any]:
        """Return what the run's record holds of it."""
        known = {"fingerprint": self.fingerprint} if self.fingerprint else {}
        return {"folders": list(self.folders), **known}


@dataclass(frozen=True)
class Ready:
    """The training and test images of a dataset, read before there was a run that learns from them."""

    dataset: str
    location: Location
    images: tuple[Images, Images]
    fingerprint: str


def ready(name: str, home: Path, store: Path | None = None) -> Ready | None:
    """Read or draw a dataset where a run of a store would probably look for it; the store is that of home itself.

    Return None where it would be downloaded, or is not there.
    """
    with suppress(DatasetError, OSError):
        kept = (store or home) / datasets.own.FOLDER
        location = datasets.location(name, home, kept)
        if datasets.is_available(name, location):
            images = datasets.load(name, location)
            return Ready(name, location, images, datasets.fingerprint(*images))
    return None


def here(dataset: str) -> Source:
    """Return the folder that this process's environment names, or the ordinary place."""
    return Source((datasets.own_folder(dataset),))


def of(run: Run) -> Source:
    """Return the source of a run: its own folders, then those of who asked that it go on."""
    recorded = run.record.get("images")
    if recorded is None:
        return Source(_each_once(*run.request.folders, *here(run.record["config"].get("dataset", "")).folders))
    return Source(_each_once(*recorded["folders"], *run.request.folders), recorded.get("fingerprint"))


def inherited(run: Run) -> Source:
    """Return the source of a new run that trains a run's model further or repeats it: the very same images."""
    found = of(run)
    evaluation = run.evaluation()
    fingerprint = evaluation.fingerprint if evaluation else found.fingerprint
    own = datasets.own_folder(run.config.dataset)
    # Another folder will do only where it can be known that it holds the same images.
    return Source(_each_once(*found.folders, own) if fingerprint and own else found.folders, fingerprint)


def load(
    run: Run,
    learnt: str | None,
    home: Path,
    on_progress: OnProgress | None = None,
    ready: Ready | None = None,
) -> tuple[Images, Images, str]:
    """Return a run's training and test images and their fingerprint, from the first folder that has them.

    The ordinary place is below home. learnt is the fingerprint of the images that the run has begun to learn, if it
    has. What is ready is not read again. Raises DatasetError where no folder holds them.
    """
    kept = run.folder.parents[1] / datasets.own.FOLDER
    source, dataset = of(run), datasets.get(run.config.dataset, kept)
    wanted = learnt or source.fingerprint
    others, why = [], ""
    for folder in source.folders:
        location = datasets.own_copy(folder) if folder else _ordinary(dataset.name, home, kept)
        if folder is not None and not dataset.is_ready(location):
            why = why or f"This run learns from the images of {dataset.title} in {folder}, and they are not there."
            continue
        if ready and (ready.dataset, ready.location) == (dataset.name, location):
            images, found = ready.images, ready.fingerprint
        else:
            try:
                images = datasets.load(dataset.name, location, on_progress)
            except DatasetError as error:
                why = why or str(error)
                continue
            found = datasets.fingerprint(*images)
        if wanted in {None, found}:
            return *images, found
        others.append(folder or "the ordinary place")
    if others:
        whose = "it has begun to learn" if learnt else "the run before it has learnt"
        why = (
            f"This run goes on only with the very images that {whose}. Those of {dataset.title} in "
            f"{' and '.join(others)} are others."
        )
    if dataset.variable:
        why += (
            " Put the right ones there and resume it, or name the folder that has them: "
            f"`{dataset.variable}=FOLDER python -m imgrec resume {run.id}`."
        )
    raise DatasetError(why)


def _ordinary(name: str, home: Path, kept: Path) -> Location:
    return datasets.location(name, home, kept) if datasets.own.is_own(name) else datasets.built_in(name, home)


def _each_once(*folders: str | None) -> tuple[str | None, ...]:
    return tuple(dict.fromkeys(folders))
