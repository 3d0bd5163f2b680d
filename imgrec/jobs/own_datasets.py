"""Which runs need a dataset of own pictures, and its removal once none does."""

from imgrec.datasets.own import OwnDataset, every
from imgrec.errors import DatasetError
from imgrec.jobs.turns import NOT_ENDED
from imgrec.runs import Run, Store


def learning_from(store: Store, name: str) -> list[Run]:
    """List the runs that have not ended and learn from a version of the dataset of this name."""
    return [run for run in store.in_state(*NOT_ENDED) if run.config.dataset.startswith(f"{name}@")]


def remove_dataset(store: Store, name: str) -> None:
    """Remove a dataset of own pictures, with all its versions.

    Raises DatasetError where there is none, where a run still needs it, and where it cannot be removed.
    """
    kept = OwnDataset(store.own_datasets / name)
    if not kept.folder.is_dir():
        there = ", ".join(each.name for each in every(store.own_datasets)) or "none"
        raise DatasetError(f"There is no dataset {name[:60]!r} of your own pictures. There are: {there}.")
    with store.lock("launch"):  # no run is made meanwhile
        if learning := learning_from(store, name):
            raise DatasetError(
                f"A dataset can be removed once no run needs it. {learning[0].name} still learns from {name}. Stop "
                "that first, or wait until it has ended."
            )
        kept.remove()
