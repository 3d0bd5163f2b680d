"""A preset is adapted to a dataset: with few images its training takes enough steps, and the reason is said."""

import pytest

from imgrec import adaptation, datasets
from imgrec.config import Training
from imgrec.presets import PRESETS
from imgrec.records import DatasetInfo


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("dataset", ["shapes", "cifar10"])
def test_a_preset_stays_as_it_is_on_what_it_was_measured_on(name: str, dataset: str) -> None:
    config = PRESETS[name].config.replace(dataset=dataset)
    assert adaptation.fitted(config, datasets.get(dataset).info) == (config, ())


@pytest.mark.parametrize(
    ("images", "epochs", "batch"),
    [(144, 30, 8), (6, 30, 8), (600, 30, 32), (4000, 18, 128)],
)
def test_few_images_are_seen_more_often_in_smaller_batches(images: int, epochs: int, batch: int) -> None:
    found, reasons = adaptation.for_few_images(Training(epochs=6, batch_size=128), images)
    assert (found.epochs, found.batch_size) == (epochs, batch)
    assert f"there are only {images:,} training images" in reasons[0]
    steps = images * 0.9 / found.batch_size * found.epochs
    assert steps >= adaptation.ENOUGH_STEPS or found.batch_size == adaptation.LEAST_BATCH


def test_the_dataset_becomes_the_configs_and_both_reasons_are_said() -> None:
    info = DatasetInfo(
        name="pets@0123456789ab",
        title="Pets",
        class_names=("cat", "dog", "hen"),
        image_shape=(64, 64, 3),
        train_images=144,
        test_images=36,
    )
    config, reasons = adaptation.fitted(PRESETS["quick"].config, info)
    assert config.dataset == info.name
    assert [reason.split()[0] for reason in reasons] == ["MaxPooling2D", "It"]
