"""Training learns, reports, stops and is the same each time."""

from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest

from imgrec import metrics
from imgrec.augmentations import HorizontalFlip, Shift
from imgrec.config import RunConfig, Training
from imgrec.datasets import Images, split, watched
from imgrec.datasets.split import WATCHED
from imgrec.engine import network, pipeline
from imgrec.engine.learner import Learner
from imgrec.engine.prediction import KerasClassifier, load
from imgrec.engine.training import POINTS_PER_EPOCH, Trained, train
from imgrec.errors import ImgrecError
from imgrec.fitting import Checkpoint, Split
from imgrec.layers import (
    BatchNormalization,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    PatchWhitening,
    ResidualBlock,
)
from imgrec.optimizers import SGD, Adam
from imgrec.records import EpochMetrics, Progress

pytestmark = pytest.mark.slow
CLASSES = 3
LAYERS = (Conv2D(filters=4), BatchNormalization(), Dropout(rate=0.1), GlobalAveragePooling2D())
CONFIG = RunConfig(
    layers=LAYERS,
    augmentations=(HorizontalFlip(), Shift(pixels=1)),
    training=Training(epochs=3, batch_size=32, learning_rate=0.02, validation_share=0.2, precision="float32"),
)


def evaluate(trained: Trained, config: RunConfig, images: Images) -> np.ndarray:
    """Return the probabilities of images, as a run is scored."""
    return KerasClassifier(trained.model, config.training.test_time_augmentation).probabilities(images.pixels)


class Watch:
    """Keeps what a training reports, and asks it to stop after some reports, but not before some complete epochs."""

    def __init__(self, stop_after: int = 10**9, stop_with_row: int = 0) -> None:
        self.progress: list[Progress] = []
        self.checkpoints: list[Checkpoint] = []
        self.stop_after, self.stop_with_row = stop_after, stop_with_row

    def stops(self) -> bool:
        rows = len(self.rows) if self.checkpoints else 0
        return len(self.progress) >= self.stop_after and rows >= self.stop_with_row

    @property
    def rows(self) -> tuple[EpochMetrics, ...]:
        return self.checkpoints[-1].training_state.history

    def train(self, config: RunConfig, images: Images) -> Trained:
        training, validation = split(images, config.training)
        trained = train(
            config,
            Split(images, training, validation),
            CLASSES,
            on_progress=self.progress.append,
            on_checkpoint=self.checkpoints.append,
            asked=lambda: "stop" if self.stops() else None,
        )
        assert trained is not None
        return trained


def test_it_learns_and_keeps_the_epoch_with_the_best_validation_accuracy(colours: Images) -> None:
    watch = Watch()
    config = CONFIG.with_setting("training.epochs", 30).with_setting("training.patience", 2)
    trained = watch.train(config, colours)
    accuracies = [row.validation_accuracy for row in watch.rows]
    assert trained.validation_accuracy == max(accuracies) > 0.9
    assert trained.best_epoch == accuracies.index(max(accuracies)) + 1 == len(accuracies) - 2
    _, chosen = split(colours, config.training)
    validation = Images(colours.pixels[chosen], colours.labels[chosen])
    probabilities = evaluate(trained, config, validation)
    assert (probabilities.argmax(axis=1) == validation.labels).mean() == pytest.approx(max(accuracies))
    validation_loss = watch.rows[trained.best_epoch - 1].validation_loss
    assert metrics.cross_entropy(probabilities, validation.labels) == pytest.approx(validation_loss, rel=1e-4)


def test_every_epoch_reports_one_row_and_progress_only_grows(colours: Images) -> None:
    watch = Watch()
    watch.train(CONFIG, colours)
    assert [row.epoch for row in watch.rows] == [1, 2, 3]
    assert all(np.isfinite(value) for row in watch.rows for value in row.model_dump(exclude={"watched"}).values())
    places = [(p.epoch, p.step) for p in watch.progress]
    assert places == sorted(places)
    assert places[0] == (1, 0)
    assert places[-1] == (3, watch.progress[0].steps)
    assert watch.progress[-1].seconds_left == pytest.approx(0, abs=1)


def test_each_epoch_keeps_what_the_watched_images_are_taken_for(colours: Images) -> None:
    watch = Watch()
    trained = watch.train(CONFIG.with_setting("training.precision", "float32"), colours)
    _, validation = split(colours, CONFIG.training)
    images = colours.pixels[validation[watched(validation, colours.labels)]]
    answers = np.asarray(trained.model(images)).argmax(axis=1)
    assert watch.rows[trained.best_epoch - 1].watched == tuple(answers.tolist())
    assert len(watch.rows[0].watched) == min(WATCHED, len(validation))


def test_the_curves_within_an_epoch_are_its_means_so_far(colours: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imgrec.engine.training.MAX_CHUNK", 1)  # a report after each step
    watch = Watch()
    watch.train(CONFIG.with_setting("training.batch_size", 2), colours)
    steps = watch.progress[0].steps or 0
    assert steps > 2 * POINTS_PER_EPOCH
    for epoch, row in enumerate(watch.rows, 1):
        reports = [each for each in watch.progress if each.epoch == epoch]
        assert reports[0].within == ()
        points = reports[-1].within
        assert points[0].step == 1
        assert POINTS_PER_EPOCH / 2 < len(points) <= POINTS_PER_EPOCH
        means = {each.step: (each.loss, each.accuracy) for each in reports if each.step}
        assert [(point.loss, point.accuracy) for point in points] == [means[point.step] for point in points]
        assert means[steps] == (row.loss, row.accuracy)


def test_an_epoch_copies_what_the_network_holds_once(colours: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    copies: list[dict[str, np.ndarray]] = []
    arrays = vars(Learner)["arrays"].fget

    def counted(learner: Learner) -> dict[str, np.ndarray]:
        copies.append(arrays(learner))
        return copies[-1]

    monkeypatch.setattr(Learner, "arrays", property(counted))
    watch = Watch()
    watch.train(CONFIG, colours)
    assert len(copies) == len(watch.checkpoints) == 3
    for copied, checkpoint in zip(copies, watch.checkpoints, strict=True):
        if checkpoint.training_state.best is checkpoint.training_state.history[-1]:
            _, best = checkpoint.resumed()
            # Its weights are those of the checkpoint itself, and not copied once more.
            assert {id(array) for array in best} <= {id(array) for array in copied.values()}


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(colours: Images) -> None:
    first, again = (Watch().train(CONFIG, colours).model.get_weights() for _ in range(2))
    other = Watch().train(CONFIG.with_setting("training.seed", 1), colours).model.get_weights()
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(first, other, strict=True))


def test_stop_ends_the_run_within_the_epoch_and_keeps_the_best_so_far(colours: Images) -> None:
    class InTheMiddle(Watch):
        def stops(self) -> bool:
            last = self.progress[-1]
            assert last.epoch is not None
            assert last.step is not None
            assert last.steps is not None
            return last.epoch > 1 and 0 < last.step < last.steps  # how many steps are one chunk follows the clock

    watch = InTheMiddle()
    trained = watch.train(CONFIG.with_setting("training.epochs", 50), colours)
    assert trained.stopped
    assert watch.stops()
    assert trained.epochs_trained == len(watch.rows) == (watch.progress[-1].epoch or 0) - 1
    assert 1 <= trained.best_epoch <= trained.epochs_trained


def test_a_stop_that_leaves_nothing_out_is_none(colours: Images) -> None:
    """The first comes with the last epoch's row, the second in the middle of the only epoch."""
    config = CONFIG.with_setting("training.epochs", 1)
    late = Watch(stop_after=0, stop_with_row=1)
    trained = late.train(config, colours)
    assert late.stops(), "it was asked"
    assert not trained.stopped
    assert Watch(stop_after=2).train(config, colours).stopped


def test_a_stop_in_the_first_epoch_still_gives_a_scored_model(colours: Images) -> None:
    trained = Watch(stop_after=2).train(CONFIG, colours)
    assert trained.stopped
    assert trained.best_epoch == 1
    assert evaluate(trained, CONFIG, colours).shape == (330, CLASSES)


def test_early_stopping_ends_after_patience_epochs_without_a_better_one(colours: Images) -> None:
    still = CONFIG.with_setting("training.epochs", 30).with_setting("training.learning_rate", 1e-6)
    still = still.with_setting("training.patience", 2).replace(layers=(Flatten(),))
    watch = Watch()
    trained = watch.train(still, colours)
    assert not trained.stopped
    assert trained.epochs_trained == trained.best_epoch + 2 < 30


def test_divergence_is_said_in_words_with_what_to_do(colours: Images) -> None:
    wild = RunConfig(
        layers=(Conv2D(filters=8, activation="linear"), Conv2D(filters=8, activation="linear"), Flatten()),
        training=Training(epochs=5, optimizer=SGD(), learning_rate=10.0, batch_size=8),
    )
    with pytest.raises(ImgrecError, match=r"diverged: in epoch \d+ .* Start a copy with a learning rate of at most 1,"):
        Watch().train(wild, colours)


def test_a_loss_that_explodes_without_leaving_the_numbers_is_divergence_too(colours: Images) -> None:
    """Networks of relu end so: after one huge step they answer 0 for ever, with a loss that is a number again."""
    exploding = RunConfig(
        layers=(Conv2D(filters=8, activation="linear"), Conv2D(filters=8, activation="linear"), Flatten()),
        training=Training(epochs=4, optimizer=SGD(), learning_rate=1.0, batch_size=264),
    )
    with pytest.raises(
        ImgrecError, match=r"the loss rose above 1,000\. Start a copy with a learning rate of at most 0\.1,"
    ):
        Watch().train(exploding, colours)


def test_steps_in_one_graph_equal_plain_keras_on_the_same_batches(colours: Images) -> None:
    """Keras is the referee: same start, same batches, same optimizer give the same weights up to rounding."""
    settings = Training(optimizer=SGD(), learning_rate=0.05, label_smoothing=0.1)
    layers = (Conv2D(filters=4), BatchNormalization(), ResidualBlock(filters=4, strides=2), Flatten())
    keras.utils.set_random_seed(0)
    ours = network.build_for_training(layers, (8, 8, 3), CLASSES, "float32")
    plain = network.build_classifier(layers, (8, 8, 3), CLASSES)
    plain.set_weights(ours.get_weights())
    plain.compile(
        keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
    )
    learner = Learner(ours, settings, total_steps=20)
    epoch = colours.pixels, colours.labels, np.arange(320), 32, (Shift(pixels=1),)
    for images, labels in pipeline.chunks(*epoch, seed=0, epoch=1, steps=lambda: 4):
        learner.learn(images, labels)
    for (images,), (labels,) in pipeline.chunks(*epoch, seed=0, epoch=1):
        plain.train_on_batch(images, keras.utils.to_categorical(labels, CLASSES))
    for one, two in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def test_the_training_loss_is_the_same_however_many_steps_come_at_once(colours: Images) -> None:
    settings = Training(optimizer=SGD(), learning_rate=0.05)
    epoch = colours.pixels, colours.labels, np.arange(320), 8, ()
    losses = []
    for steps in (1, 3, 40):
        keras.utils.set_random_seed(0)
        model = network.build_for_training((Conv2D(filters=4), Flatten()), (8, 8, 3), CLASSES, "float32")
        learner = Learner(model, settings, total_steps=40)
        chunks = pipeline.chunks(*epoch, seed=0, epoch=1, steps=partial(int, steps))
        losses.append(sum(learner.learn(images, labels)[0] for images, labels in chunks))
    assert losses == [losses[0]] * 3


def test_the_weight_decay_of_adam_is_the_l2_penalty_of_plain_keras(colours: Images) -> None:
    settings = Training(optimizer=Adam(weight_decay=0.2), learning_rate=0.01)
    layers = (Conv2D(filters=4), Flatten())
    keras.utils.set_random_seed(0)
    ours = network.build_for_training(layers, (8, 8, 3), CLASSES, "float32")
    plain = network.build_classifier(layers, (8, 8, 3), CLASSES)
    plain.set_weights(ours.get_weights())
    for variable in plain.trainable_variables:
        if variable.name == "kernel":
            variable.regularizer = keras.regularizers.L2(0.2 / 2)  # Keras' penalty has no half in it
    plain.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy")
    learner = Learner(ours, settings, total_steps=10)
    for start in range(0, 320, 32):
        images, labels = (array[None, start : start + 32] for array in (colours.pixels, colours.labels))
        learner.learn(images, labels)
        plain.train_on_batch(images[0], keras.utils.to_categorical(labels[0], CLASSES))
    for one, two in zip(ours.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-4)


def test_training_in_bfloat16_learns_and_gives_a_float32_model_of_the_same_accuracy(colours: Images) -> None:
    watch = Watch()
    layers = (PatchWhitening(), Conv2D(filters=16, kernel_initializer="identity"), *LAYERS)
    config = CONFIG.replace(layers=layers).with_setting("training.precision", "bfloat16")
    trained = watch.train(config.with_setting("training.epochs", 8), colours)
    assert trained.precision == "bfloat16"
    assert trained.validation_accuracy > 0.9
    assert {variable.dtype for variable in trained.model.weights} == {"float32"}
    assert {layer.compute_dtype for layer in trained.model.layers[1:]} == {"float32"}
    probabilities = evaluate(trained, config, colours)
    assert (probabilities.argmax(axis=1) == colours.labels).mean() > 0.9


def test_offsets_of_batch_normalization_learn_so_many_times_as_fast(colours: Images) -> None:
    moved = []
    for rate in (1.0, 4.0):
        keras.utils.set_random_seed(0)
        model = network.build_for_training(LAYERS, (8, 8, 3), CLASSES, "float32")
        weights = model.trainable_variables
        before = {weight.path: np.array(weight) for weight in weights}
        settings = Training(optimizer=SGD(beta_rate=rate), learning_rate=0.01)
        Learner(model, settings, total_steps=1).learn(colours.pixels[None, :32], colours.labels[None, :32])
        moved.append({weight.path: np.array(weight) - before[weight.path] for weight in weights})
    slow, fast = moved
    for path, step in slow.items():
        np.testing.assert_allclose(fast[path], step * (4 if path.endswith("beta") else 1), rtol=1e-3, atol=1e-6)


def test_the_last_smaller_batch_is_learnt_too(colours: Images) -> None:
    watch = Watch()
    config = CONFIG.with_setting("training.batch_size", 200).with_setting("training.epochs", 1)
    watch.train(config, colours)
    assert watch.progress[-1].step == watch.progress[-1].steps == 2


def test_a_saved_model_loads_in_plain_keras_and_answers_the_same(colours: Images, tmp_path: Path) -> None:
    trained = Watch().train(CONFIG, colours)
    trained.model.save(tmp_path / "model.keras")
    plain = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    ours = load(tmp_path / "model.keras").probabilities(colours.pixels)
    np.testing.assert_allclose(ours, plain.predict(colours.pixels, verbose=0), atol=1e-6)
    np.testing.assert_allclose(ours, evaluate(trained, CONFIG, colours), atol=1e-6)


def test_probabilities_do_not_depend_on_how_many_are_asked_at_once(colours: Images) -> None:
    classifier = KerasClassifier(Watch().train(CONFIG, colours).model)
    together = classifier.probabilities(colours.pixels)
    alone = np.concatenate([classifier.probabilities(colours.pixels[i : i + 1]) for i in range(20)])
    np.testing.assert_allclose(together[:20], alone, atol=1e-6)
