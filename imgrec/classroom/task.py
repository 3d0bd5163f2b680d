"""What a teacher asks of a class: the config that everyone begins with, its budgets, and what may not be changed."""

from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from imgrec import architecture, datasets, excess, names
from imgrec.architecture import Architecture
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError
from imgrec.settings import Settings, unknown

MAX_TITLE = 60
MAX_TEXT = 500

IN_CLASS = "In your class"
"""Where the limits of a task hold, at the beginning of a sentence."""

SPLIT = ("train_share", "validation_share", "seed")
"""The training settings that decide which images train and which validate."""


class Part(NamedTuple):
    """A part of a config that a teacher may fix: its name in a sentence, its value, and how it is put back."""

    said: str
    of: Callable[[RunConfig], object]
    restored: Callable[[RunConfig, RunConfig], RunConfig]
    """Takes a config and the one to restore from."""


def _split(config: RunConfig) -> dict[str, Any]:
    return {name: getattr(config.training, name) for name in SPLIT}


PARTS = {
    "dataset": Part("the dataset", lambda c: c.dataset, lambda c, t: c.replace(dataset=t.dataset)),
    "augmentations": Part(
        "the augmentations", lambda c: c.augmentations, lambda c, t: c.replace(augmentations=t.augmentations)
    ),
    "network": Part(
        "the network",
        lambda c: (c.layers, c.start),
        lambda c, t: c.replace(layers=t.layers, start=t.start),
    ),
    "training": Part("the training settings", lambda c: c.training, lambda c, t: c.replace(training=t.training)),
    "split": Part(
        "the shares of images and the seed", _split, lambda c, t: c.replace(training=c.training.replace(**_split(t)))
    ),
}
"""What can be fixed. The split is a part of the training settings: with it fixed, all validate on the same images."""


def _budget(high: int, title: str) -> Any:
    return Field(None, ge=1, le=high, title=title)


class Task(Settings):
    """What a class is asked to do. A budget of None is no limit."""

    title: str = ""
    text: str = ""
    config: RunConfig = RunConfig()
    parameters: int | None = _budget(50_000_000, "Parameters")
    multiply_adds: int | None = _budget(100_000_000_000, "Multiply-adds per image")
    epochs: int | None = _budget(500, "Epochs")
    fixed: tuple[str, ...] = ()

    @field_validator("title")
    @classmethod
    def _title_is_seen(cls, value: str) -> str:
        clean = names.tidied(value)
        why = names.unusable(clean)
        if why or len(clean) > MAX_TITLE:
            raise _refused(
                f"A task's title needs 1 to {MAX_TITLE} printable characters. Received: {value[:80]!r}{why}."
            )
        return clean

    @field_validator("text")
    @classmethod
    def _text_is_seen(cls, value: str) -> str:
        lines = [names.tidied(line) for line in value.splitlines()]
        why = next((why for line in lines if line and (why := names.unusable(line))), "")
        clean = "\n".join(lines).strip()
        if why or len(clean) > MAX_TEXT:
            received = f"a text of {len(clean):,}{why}"
            raise _refused(f"A task's text needs at most {MAX_TEXT} printable characters. Received: {received}.")
        return clean

    @field_validator("fixed", mode="before")
    @classmethod
    def _lists_are_tuples(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("fixed")
    @classmethod
    def _parts_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in PARTS:
                raise _refused(unknown("part to fix", name, PARTS))
        return tuple(name for name in PARTS if name in value)

    @model_validator(mode="after")
    def _what_is_fixed_can_be_done(self) -> "Task":
        """Refuse a task that nobody could solve."""
        if "network" in self.fixed:
            try:
                dataset = datasets.get(self.config.dataset)
                network = architecture.check(self.config.layers, dataset.image_shape, len(dataset.class_names))
            except ImgrecError as error:
                raise _refused(f"A network that is fixed needs to fit its images. {error}") from None
            if not self.config.layers:
                raise _refused("A network that is fixed needs at least one layer. Received: none.")
            if problem := excess.of_network(IN_CLASS, self, network):
                raise _refused(f"A network that is fixed needs to be within the task's own limits. {problem}")
        if "training" in self.fixed and self.epochs is not None and self.config.training.epochs > self.epochs:
            said = f"at most {self.epochs} epochs. Received: {self.config.training.epochs}"
            raise _refused(f"Training settings that are fixed need {said}. Raise the limit, or lower the epochs.")
        return self

    def is_fixed(self, part: str) -> bool:
        """Return whether a part may not be changed; the split may not either where all training settings are fixed."""
        return part in self.fixed or (part == "split" and "training" in self.fixed)

    def changed(self, config: RunConfig) -> tuple[str, ...]:
        """Return the fixed parts in which a config differs from the task's."""
        return tuple(name for name in self.fixed if PARTS[name].of(config) != PARTS[name].of(self.config))

    def restored(self, config: RunConfig) -> RunConfig:
        """Return a config with the fixed parts as the task has them, and all else as it is."""
        for name in self.fixed:
            config = PARTS[name].restored(config, self.config)
        return config

    def problem(self, config: RunConfig, network: Architecture) -> str | None:
        """Say what the task does not allow in a config, or nothing."""
        if changed := self.changed(config):
            parts = said(changed)
            return (
                f"Your teacher has fixed {parts}. Received other settings there. Press Restore what is fixed, or leave "
                "the class."
            )
        return excess.of_training(IN_CLASS, self, config, network)

    def limits(self) -> tuple[str, ...]:
        """Say each budget: at most 100,000 parameters."""
        budgets = (
            (self.parameters, "parameters"),
            (self.multiply_adds, "multiply-adds for an image"),
            (self.epochs, "epochs"),
        )
        return tuple(f"at most {most:,} {what}" for most, what in budgets if most is not None)


def said(parts: tuple[str, ...]) -> str:
    """Say parts in a sentence: the dataset and the network."""
    *first, last = [PARTS[part].said for part in parts]
    return f"{', '.join(first)} and {last}" if first else last


def _refused(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("said", "{said}", {"said": sentence})
