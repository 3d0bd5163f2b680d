"""Starting: runs are checked and put into the queue, one at a time or several copies of one."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count, islice

from imgrec import architecture
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError, RunError, SettingsError
from imgrec.jobs import budgets
from imgrec.jobs.beginnings import check_further, checked_origin
from imgrec.jobs.machine import slots
from imgrec.jobs.naming import default_name, seeded
from imgrec.jobs.processes import cannot_start, start_soon
from imgrec.jobs.standby import is_on
from imgrec.runs import Run, State, Store, listing

MAX_COPIES = 10
"""Copies of a run that are queued at once: a slip of the finger shall not occupy the machine for days."""


def check(config: RunConfig, store: Store) -> architecture.Architecture:
    """Trace a config that is to be trained in a store. Raises ImgrecError in words where it cannot be."""
    dataset = store.dataset(config.dataset)
    if not config.layers:
        raise SettingsError("A network needs at least one layer. Received: none. Add one, or choose a preset.")
    return architecture.check(config.layers, dataset.image_shape, len(dataset.class_names))


def network(run: Run) -> architecture.Architecture:
    """Trace the network of a run on the images of its dataset. Raises ImgrecError in words where it does not fit."""
    return architecture.check(run.config.layers, run.dataset.image_shape, len(run.dataset.class_names))


def problem(config: RunConfig, store: Store) -> str | None:
    """Say why a config cannot be trained, by whoever has this store, or nothing."""
    try:
        network = check(config, store)
        checked_origin(store, config)
        budgets.check(store, config, network)
    except ImgrecError as error:
        return str(error)
    return None


def launch(
    store: Store,
    config: RunConfig,
    name: str = "",
    *,
    parent: Run | None = None,
    known: Collection[str] | None = None,
    address: str | None = None,
) -> Run:
    """Put a run into the queue, where it starts once a slot is free; with a parent it trains that run's model further.

    known has the ids of the runs that there were when the form was drawn: where there is another one of this very
    config, the form was sent twice, and that run is given. address is the internet address of who asks, if known.
    Raises ImgrecError where the config cannot be trained, BudgetError where the server does not let a visitor do so.
    """
    network = check(config, store)
    check_environment(store)
    if parent is not None:
        check_further(config, parent)
    origin = checked_origin(store, config) if parent is None else None
    with launching(store):
        # Under the lock, as the visitor may be joining a class.
        budgets.check(store, config, network, further=parent is not None)
        if made := _made(store, config, parent, known):
            return made
        with budgets.claimed(store, 1, address):
            return store.create(config, name or default_name(store, config, parent), parent, origin=origin)


def repeat(run: Run, copies: int, known: Collection[str] | None = None, address: str | None = None) -> list[Run]:
    """Queue copies of a run that differ in the seed alone: each has the next one that no run of this recipe has yet.

    known has the ids of the runs that there were when the form was drawn: where there are other copies, the form was
    sent twice, and those are given. address is the internet address of who asks, if known. Raises SettingsError for
    more copies than allowed, RunError for a run that trains another one's model, BudgetError as launch.
    """
    if not 1 <= copies <= MAX_COPIES:
        raise SettingsError(f"Repeating a run needs 1 to {MAX_COPIES} copies. Received: {copies}.")
    if run.parent is not None:
        raise RunError(
            f"Only a run that begins anew can be repeated with other seeds. {run.name} trains another run's model "
            "further, and must keep its seed. Repeat that run, and train the copies further."
        )
    store = Store.of(run)
    network = check(run.config, store)
    check_environment(store)
    with launching(store):
        recipe = listing.recipe(run.config, None)
        alike = [row for row in listing.rows(store)[0] if row.recipe == recipe]
        if known is not None and (made := [store.get(row.id) for row in alike if row.id not in known]):
            return made[::-1]
        taken = {row.seed for row in alike}
        free = (seed for seed in count(run.config.training.seed + 1) if seed not in taken)
        # All of them before the first run is made, as the last may be above the largest seed.
        configs = [run.config.with_setting("training.seed", seed) for seed in islice(free, copies)]
        for config in configs:
            budgets.check(store, config, network)
        with budgets.claimed(store, copies, address):
            return [store.create(config, seeded(run, config.training.seed), like=run) for config in configs]


def known(store: Store) -> frozenset[str]:
    """Return the ids of all runs of a store, also in its trash: by them a form tells the runs made after it.

    Their times do not, as a clock may be set back.
    """
    return frozenset((*store.ids(), *store.deleted_ids()))


def twin(active: Iterable[tuple[Run, State]], config: RunConfig) -> Run | None:
    """Return the run that trains this very config and is among those under way, if there is one."""
    recipe = listing.recipe(config, None)
    for run, _ in active:
        with suppress(ImgrecError):  # damaged
            row = listing.row(run)
            if (row.recipe, row.seed) == (recipe, config.training.seed):
                return run
    return None


@contextmanager
def launching(store: Store) -> Iterator[None]:
    """Let no one else make runs in a store meanwhile, and let the scheduler start afterwards what can start."""
    try:
        with store.lock("launch"):
            yield
    except OSError as error:
        raise cannot_start(store, error) from error
    start_soon(store)


def check_environment(store: Store) -> None:
    """Refuse settings of the host that are none, before there is a run that no one could start."""
    slots(store.home)
    is_on()


def _made(store: Store, config: RunConfig, parent: Run | None, known: Collection[str] | None) -> Run | None:
    """Find the run that this form has made already, if it was drawn before that run."""
    if known is not None:
        for run in (Run(store.runs / id) for id in store.ids() if id not in known):
            with suppress(ImgrecError):  # damaged, and so not what this form made a moment ago
                if run.config == config and run.parent == (parent and parent.id):
                    return run
    return None
