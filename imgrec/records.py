"""The records of a training, each defined once: the engine makes them, runs/ keeps them, everyone reads them."""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError


class Record(BaseModel):
    """A frozen value that is kept as JSON. Fields that this imgrec does not know are left out when it is read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def replace(self, **changes: object) -> Self:
        """Return a copy with some fields changed. Raises ValueError where a value does not fit."""
        return self.model_validate({**dict(self), **changes})


class DatasetInfo(Record):
    """What a dataset was when a run was made with it. fingerprint is the SHA-256 of its images, once known."""

    name: str
    title: str
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]
    train_images: int
    test_images: int
    fingerprint: str | None = None


class Origin(Record):
    """The run whose layers another one began with, as it was then: its id, its name, and the title of its dataset."""

    run: str
    name: str
    dataset: str


class SweepPlace(Record):
    """Where in a sweep a run stands: its point, and whether it is trained for fewer epochs first."""

    id: str
    point: tuple[bool | int | float | str, ...]
    first: bool = False


class Attempt(Record):
    """One time that a worker took up a run: when, as which process in which slot, at which request, and from where."""

    time: str
    process: int
    slot: int = 0
    request: str = ""
    epoch: int = 0
    step: int = 0
    damaged: tuple[str, ...] = ()
    """Names of the checkpoints that were found damaged, and removed."""


class WithinEpoch(Record):
    """A point of the curves within an epoch: mean loss and accuracy of the training images up to a step of it."""

    step: int
    loss: float
    accuracy: float


class Progress(Record):
    """Where a worker is. None stands for what is not known yet or does not belong to the phase."""

    phase: str = "training"
    share: float | None = None
    """How much of the phase is done, from 0 to 1."""
    epoch: int | None = None
    epochs: int | None = None
    step: int | None = None
    steps: int | None = None
    loss: float | None = None
    accuracy: float | None = None
    images_per_second: float | None = None
    seconds_left: float | None = None
    validated: int | None = None
    """How many validation images the network has answered."""
    place: str | None = None
    """The node of a cluster that trains; None for this computer."""
    within: tuple[WithinEpoch, ...] = ()
    """The curves of the epoch under way, a point for each fortieth of it or fewer."""


class EpochMetrics(Record):
    """What a complete epoch brought. epoch counts from 1; seconds are those since the training began."""

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    images_per_second: float
    seconds: float
    watched: tuple[int, ...] = ()
    """The class that the network took each watched validation image for (imgrec.datasets.watched)."""


class TrainingState(Record):
    """Where a training stands: its complete epochs, and what it took of the one under way.

    loss_sum and correct are over the images of these steps; seconds is the time the training has taken so far, and
    images_per_second how fast it was.
    """

    history: tuple[EpochMetrics, ...] = ()
    step: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    seconds: float = 0.0
    images_per_second: float = 0.0

    @property
    def epoch(self) -> int:
        """How many epochs are complete."""
        return len(self.history)

    @property
    def best(self) -> EpochMetrics | None:
        """The first epoch with the best validation accuracy, or None before there is any."""
        return best_epoch(self.history)

    def learnt(self, steps: int, loss: float, correct: int) -> "TrainingState":
        """Return the state after some more steps, with the sum of their losses and of their right answers."""
        return self.model_copy(
            update={
                "step": self.step + steps,
                "loss_sum": self.loss_sum + loss,
                "correct": self.correct + correct,
            }
        )

    def complete(self, metrics: EpochMetrics) -> "TrainingState":
        """Return the state after a complete epoch; the next one has taken no step yet."""
        update = {"history": (*self.history, metrics), "step": 0, "loss_sum": 0.0, "correct": 0}
        return self.model_copy(update=update)


def best_epoch(history: Sequence[EpochMetrics]) -> EpochMetrics | None:
    """Return the first epoch with the best validation accuracy, whose model is kept; None before there is any."""
    return max(history, key=lambda metrics: metrics.validation_accuracy, default=None)


class Novelty(Record):
    """From which novelty on an image is said to show probably none of the classes (imgrec/engine/novelty.py).

    The threshold lies above that of nearly all validation images. test_share is the share of test images above it, of
    which each shows one of the classes: how often the verdict is wrong.
    """

    threshold: float
    test_share: float


class Evaluation(Record):
    """What was measured at the end of a run. Accuracies are from 0 to 1.

    test_loss is the mean cross-entropy without label smoothing. diverged says in words what ended the training after
    its best epoch, where something did.
    """

    test_accuracy: float
    test_correct: int
    test_images: int
    test_loss: float | None = None
    validation_accuracy: float
    best_epoch: int
    epochs_trained: int
    stopped: bool = False
    minutes_allowed: int | None = None
    """The minutes after which the server stopped it, where nobody else did."""
    diverged: str | None = None
    seconds: float
    images_per_second: float
    precision: str = "float32"
    """Runs of before there was a choice had this one."""
    training_images: int
    validation_images: int
    params: int
    fingerprint: str
    peak_memory_bytes: int | None = None
    lite_sha256: str | None = None
    """Of the model as a .tflite file that says of every test image what the model says.

    Empty where the file would say something else, and None where there was no attempt to make one.
    """
    novelty: Novelty | None = None

    @property
    def is_prepared(self) -> bool:
        """Says whether all was done for quick answers that can be (imgrec/quick.py)."""
        return self.novelty is not None or self.lite_sha256 == ""


class Failure(Record):
    """What went wrong. again: whether it may go better when tried again; None where that was not written.

    learning_rate is what a copy may be tried with, where the run diverged.
    """

    sentence: str
    traceback: str = ""
    again: bool | None = None
    learning_rate: float | None = None


def misfit(error: ValidationError) -> str:
    """Say in a few words why a value is not the record that it should be."""
    first = error.errors()[0]
    return f"its {'.'.join(map(str, first['loc']))} is missing or of the wrong kind"
