"""RunConfig: everything that decides what a run does, as one frozen value; its JSON and its share link."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationInfo, field_validator, model_serializer, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from imgrec import links
from imgrec.augmentations import AUGMENTATIONS, AnyAugmentation
from imgrec.errors import SettingsError
from imgrec.layers import AnyLayer, Layer
from imgrec.optimizers import OPTIMIZERS, Adam, AnyOptimizer, from_flat
from imgrec.settings import NamedSettings, Settings, choice, entry, number, switch, whole

MAX_CONFIG_LETTERS = 200_000
"""A config of 200 layers has 40 kB; a share link that unpacks to more than this is refused before it is parsed."""


MAX_LAYERS = 200
"""Far above any sensible stack, and as many as the Network page can show."""


WITH_WARM_UP = ("linear", "one-cycle")
"""The schedules in which the learning rate rises first."""


RUN_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}(-[0-9a-f]{32})?", re.ASCII)
"""The names that a run's folder can have."""


class Training(Settings):
    """How the network learns."""

    epochs: int = whole(10, 1, 500, "How often the network sees all training images.")
    batch_size: int = whole(64, 1, 2048, "Images per step. Larger is faster, smaller learns more per epoch.", step=8)
    optimizer: AnyOptimizer = entry(
        Adam(), OPTIMIZERS, "The rule that turns gradients into steps, with its own settings."
    )
    learning_rate: float = number(0.001, 1e-6, 10.0, "The size of a step at its largest.", step=0.0001, log=True)
    schedule: str = choice(
        "constant",
        *("constant", "cosine", "linear", "one-cycle", "step"),
        help="How the learning rate changes over the run: not at all; down to 0 along a cosine; up and down to 0 along "
        "straight lines; up and down along cosines; or divided by 10 after half and after three quarters of the run.",
        title="Learning rate schedule",
    )
    warm_up: float = number(
        0.25,
        0.0,
        0.9,
        "The share of the run in which the learning rate rises before it falls, with linear and one-cycle. Source of "
        "a quarter: Smith 2018, arXiv 1803.09820.",
        step=0.05,
        title="Warm-up",
    )
    loss: str = choice(
        "categorical_crossentropy",
        *("categorical_crossentropy", "mean_squared_error"),
        help="What training makes small. Cross-entropy is the usual choice for classes. The mean squared error is "
        "averaged over the classes: with hundreds of them its gradients are tiny, and learning is slow.",
    )
    label_smoothing: float = number(
        0.0, 0.0, 0.5, "Asks for a little less than full certainty. Cross-entropy only.", step=0.05
    )
    class_weights: str = choice(
        "none",
        *("none", "balanced"),
        help="balanced lets images of small classes count more in the loss, so that all classes count the same: those "
        "of a class with n of N images in K classes count N / (K · n), as in scikit-learn. It finds more of the small "
        "classes, and may cost test accuracy.",
    )
    train_share: float = number(1.0, 0.01, 1.0, "The share of the training images used.", title="Share of images")
    validation_share: float = number(
        0.1,
        0.02,
        0.5,
        "The share of the training images kept back to choose the best epoch. A dataset with validation images of its "
        "own uses those instead.",
        title="Validation share",
    )
    patience: int = whole(
        0,
        0,
        100,
        "Stops after this many epochs without a better validation accuracy; 0: never.",
        title="Early stopping",
    )
    precision: str = choice(
        "auto",
        *("auto", "float32", "bfloat16"),
        help="bfloat16 computes convolutions and matrix products with 8 significant bits, which is faster where the "
        "processor or GPU does it in hardware; auto chooses it only there. Weights and the saved model are float32.",
    )
    devices: str = choice(
        "one",
        *("one", "all"),
        help="all trains the run on all GPUs of the machine at once: each learns from its share of every batch. The "
        "run waits until all are free, and no other trains beside it. With one GPU or none it trains as always.",
    )
    test_time_augmentation: str = choice(
        "none",
        *("none", "mirror", "mirror and shift", "mirror and shift if unsure"),
        help="Asks the network about several views of each test or uploaded picture and averages the answers: itself "
        "and mirrored, or also both shifted to two corners by one pixel of 32. Predictions take 2 or 6 times as long; "
        "if unsure, about 3 times: only pictures whose first answer leaves two classes close are looked at again. "
        "Validation during training is always one view.",
        title="Test-time augmentation",
    )
    seed: int = whole(0, 0, 2**31 - 1, "Same seed, same run: order, augmentation and starting weights.")

    @model_validator(mode="before")
    @classmethod
    def _each_optimizer_has_its_own_settings(cls, data: object) -> object:
        return from_flat(data) if isinstance(data, Mapping) else data

    @model_serializer(mode="wrap")
    def _without_what_is_not_used(self, handler: Any) -> dict[str, Any]:
        """Leave out what an older imgrec does not know where it is not used, so that it reads the config as well."""
        newer = {"class_weights": "none", "devices": "one"}
        return {name: value for name, value in handler(self).items() if newer.get(name) != value}


class Transfer(Settings):
    """The layers of a finished run that a network begins with, in place of new weights."""

    run: str
    layers: int = whole(
        1, 1, MAX_LAYERS, "So many of its first layers are copied, with all that they have learnt.", title="Layers"
    )
    locked: bool = switch(
        True,
        "Locked layers stay as they are: only those below them learn, which is quick and suits few images. Unlocked "
        "ones go on learning with the rest, which needs a small learning rate.",
    )

    @field_validator("run")
    @classmethod
    def _run_is_an_id(cls, value: str) -> str:
        if RUN_ID.fullmatch(value) is None:
            raise _refused(f"Starting from a run needs its id, as 20261128-013435-8f85c6a5. Received: {value[:60]!r}.")
        return value


class RunConfig(Settings):
    """What to learn from, what to learn with, and how."""

    dataset: str = "cifar10"
    augmentations: tuple[AnyAugmentation, ...] = ()
    layers: tuple[AnyLayer, ...] = ()
    training: Training = Training()
    start: Transfer | None = None

    @field_validator("augmentations", "layers", mode="before")
    @classmethod
    def _lists_are_tuples(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, list | tuple):
            return value
        # Before any of them is read: a share link of 631 letters can hold 9,000 layers.
        owner, most = ("network", MAX_LAYERS) if info.field_name == "layers" else ("config", len(AUGMENTATIONS))
        if len(value) > most:
            raise _refused(f"A {owner} needs at most {most} {info.field_name}. Received: {len(value):,}. Remove some.")
        return tuple(value)

    @field_validator("augmentations")
    @classmethod
    def _each_augmentation_stands_once(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        names = [type(augmentation).__name__ for augmentation in value]
        for name in names:
            if names.count(name) > 1:
                raise _refused(
                    f"Augmentations need to be listed once each. Received: {name} {names.count(name)} times."
                )
        return value

    @model_validator(mode="after")
    def _copied_layers_are_there(self) -> "RunConfig":
        if self.start is not None and self.start.layers > len(self.layers):
            raise _refused(
                f"A network needs all layers that it copies from a run. Received: {len(self.layers)} layers, of which "
                f"the first {self.start.layers} are copied. Lower start.layers, or add the layers."
            )
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_not_used(self, handler: Any) -> dict[str, Any]:
        # So a config that begins anew has the JSON that it always had.
        return {name: value for name, value in handler(self).items() if name != "start" or value is not None}

    def with_layers(self, layers: Sequence[Layer]) -> "RunConfig":
        """Return this config with other layers; of those copied from a run, the ones above the first change stay so."""
        start = self.start
        if start is not None:
            pairs = enumerate(zip(self.layers[: start.layers], layers, strict=False))
            same = next((place for place, (old, new) in pairs if old != new), min(start.layers, len(layers)))
            start = start.replace(layers=same) if same else None
        return self.replace(layers=tuple(layers), start=start)

    def to_json(self) -> str:
        """Write the config as indented JSON."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "RunConfig":
        """Read a config. Raises SettingsError where it is not JSON or not a config."""
        return cls.parse(links.read(text, "config", MAX_CONFIG_LETTERS))

    @classmethod
    def from_file(cls, path: Path) -> "RunConfig":
        """Read a config file. Raises SettingsError where there is none or it is not a config."""
        return cls.parse(links.read_file(path, "config", MAX_CONFIG_LETTERS))

    def without_seed(self) -> str:
        """Write all but the seed as one line of JSON: the same for configs that differ in nothing else."""
        return json.dumps(self.model_dump(mode="json", exclude={"training": {"seed"}}), sort_keys=True)

    def to_link(self) -> str:
        """Pack the config into letters that a URL can hold."""
        return links.packed(self.model_dump(mode="json"))

    @classmethod
    def from_link(cls, link: str) -> "RunConfig":
        """Unpack what to_link packed. Raises SettingsError where the letters are damaged."""
        return cls.from_json(links.unpacked(link, MAX_CONFIG_LETTERS))

    def setting(self, path: str) -> Any:
        """Return the value of a setting, named as in the config's JSON; of an optimizer its name.

        Raises SettingsError where there is no such setting.
        """
        owner, name = self._owner(path)
        value = getattr(owner, name)
        return type(value).__name__ if isinstance(value, NamedSettings) else value

    def field(self, path: str) -> FieldInfo:
        """Return what is declared of a setting: its limits, title and help. Raises SettingsError as setting does."""
        owner, name = self._owner(path)
        return type(owner).model_fields[name]

    def _owner(self, path: str) -> tuple[Settings, str]:
        place: Any = self
        *steps, last = path.split(".")
        for step in steps:
            place = _inside(_parts(place), step, path)
        if not isinstance(place, Settings) or last not in type(place).model_fields:
            _inside(_parts(place), last, path)
            raise SettingsError(f"There is no setting {path[:60]}: it holds several. Name one of them.")
        return place, last

    def with_setting(self, path: str, value: object) -> "RunConfig":
        """Return this config with one setting changed, named as in its JSON: training.epochs, layers.0.filters.

        Raises SettingsError where there is no such setting or the value does not fit.
        """
        data = self.model_dump(mode="json")
        steps = path.split(".")
        place: Any = data
        for step in steps[:-1]:
            place = _inside(place, step, path)
        last = steps[-1]
        if isinstance(place, list):
            _inside(place, last, path)
            place[int(last)] = value
        elif isinstance(place, dict):
            place[last] = value
        else:
            raise SettingsError(f"There is no setting {path[:60]}.")
        return type(self).parse(data)


def _refused(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("said", "{said}", {"said": sentence})


def _parts(place: Any) -> Any:
    """Return what lies in a part of a config, as its JSON has it."""
    if isinstance(place, Settings):
        return {name: getattr(place, name) for name in type(place).model_fields}
    return list(place) if isinstance(place, tuple) else place


def _inside(place: Any, step: str, path: str) -> Any:
    """Return what is called step in a dict, or stands at it in a list, counted from 0."""
    known = place if isinstance(place, dict) else {}
    if isinstance(place, list):
        known = {str(position): entry for position, entry in enumerate(place)}
    if step in known:
        return known[step]
    names = ", ".join(known) or "nothing"
    raise SettingsError(f"There is no setting {path[:60]}: {step[:60]} is not among {names}.")
