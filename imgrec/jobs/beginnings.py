"""What a run may begin with: the model of a finished run that it trains further, or the first layers of one."""

from imgrec import examples, transfer
from imgrec.config import RunConfig
from imgrec.errors import RunError, SettingsError, StartError
from imgrec.runs import Run, State, Store
from imgrec.transfer import Source


def source(run: Run) -> Source:
    """Return what others may take over from a run."""
    return Source(run.name, run.config.layers, run.dataset.image_shape)


def origin(store: Store, config: RunConfig) -> Run | None:
    """Return the run whose layers a config begins with, for whoever has this store; None where it begins anew.

    Raises StartError where there is no such run, or it is not finished.
    """
    if config.start is None:
        return None
    try:
        run = examples.find(store, config.start.run)
        state = run.state
    except RunError:
        raise StartError(
            f"This network begins with the layers of a run that is not here: {config.start.run}. Choose another run "
            "under Start from on the Network page, or begin anew; whoever sent you the network can share that run."
        ) from None
    if state is not State.FINISHED:
        raise StartError(f"Only the layers of a finished run can be taken over. {run.name} is {state}.")
    return run


def checked_origin(store: Store, config: RunConfig) -> Run | None:
    """Return the run whose layers a config begins with. Raises ImgrecError where there is none, or they do not fit."""
    run = origin(store, config)
    if run is not None:
        transfer.check(config, store.dataset(config.dataset).image_shape, source(run))
    return run


def begun(store: Store, config: RunConfig, run: Run, layers: int | None = None, *, locked: bool = True) -> RunConfig:
    """Return a config with the network of a run, that begins with so many of its layers; None: as many as is usual.

    Dataset, augmentations and training settings stay; the dataset is one that this store has. Raises StartError where
    no layer fits, SettingsError where the asked ones do not.
    """
    image_shape = store.dataset(config.dataset).image_shape
    fits = transfer.fitting(run.config.layers, image_shape, source(run))
    if not fits:
        channels = run.dataset.image_shape[-1], image_shape[-1]
        raise StartError(
            f"The layers of {run.name} have learnt from images with {channels[0]} channels. Received: a dataset with "
            f"{channels[1]}. Choose a run of such images, or another dataset."
        )
    taken = min(fits, transfer.general(run.config.layers)) if layers is None else layers
    start = {"run": run.id, "layers": taken, "locked": locked}
    changed = config.replace(layers=run.config.layers, start=start)
    transfer.check(changed, image_shape, source(run))
    return changed


def check_further(config: RunConfig, parent: Run) -> None:
    """Raise ImgrecError where a config is not one that trains a run's model further.

    Its copied layers may be unlocked now: that is how they are tuned once the new ones have learnt.
    """
    state = parent.state
    if state is not State.FINISHED:
        raise RunError(f"Only a finished run can be trained further. {parent.name} is {state}.")
    for what, now, before in (
        ("network", config.layers, parent.config.layers),
        ("dataset", config.dataset, parent.config.dataset),
        ("seed", config.training.seed, parent.config.training.seed),
        ("validation share", config.training.validation_share, parent.config.training.validation_share),
        ("copied layers", _copied(config), _copied(parent.config)),
    ):
        if now != before:
            raise SettingsError(
                f"Training {parent.name} further needs its own {what}. Received another. Keep it, or start a new run: "
                "a model goes on with its own layers, and must never learn the images that validate it."
            )


def _copied(config: RunConfig) -> tuple[str, int] | None:
    return (config.start.run, config.start.layers) if config.start else None
