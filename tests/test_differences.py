"""What differs between configs is said completely, and what is the same is not."""

from imgrec.augmentations import HorizontalFlip, Shift
from imgrec.config import RunConfig
from imgrec.differences import differences
from imgrec.layers import BatchNormalization, Conv2D, Dense, Flatten

ONE = RunConfig(dataset="shapes", layers=(Conv2D(), Flatten()))


def test_equal_configs_differ_in_nothing() -> None:
    assert differences([ONE, ONE.replace(), ONE], ["CIFAR-10"] * 3) == []


def test_settings_augmentations_and_layers_that_differ_are_said_for_each_run() -> None:
    other = ONE.replace(layers=(Conv2D(), Dense(units=8), Flatten()), augmentations=(Shift(),), dataset="cifar10")
    other = other.with_setting("training.learning_rate", 0.01)
    assert differences([ONE, other], ["Shapes", "CIFAR-10"]) == [
        ("Dataset", ("Shapes", "CIFAR-10")),
        ("Learning rate", ("0.001", "0.01")),
        ("Shift", ("–", "pixels 2")),
        ("After layer 1", ("–", "Dense 8, relu")),
    ]


def test_layers_stand_beside_those_of_their_kind_in_every_network() -> None:
    wider = ONE.replace(layers=(Conv2D(filters=64), BatchNormalization(), Conv2D(), Flatten()))
    dense = ONE.replace(layers=(Conv2D(), Flatten(), Dense(units=8)))
    assert differences([ONE, wider, dense], ["Shapes"] * 3) == [
        ("After layer 0", ("–", "Conv2D 64 × 3×3, relu", "–")),
        ("After layer 0", ("–", "BatchNormalization momentum 0.9", "–")),
        ("After layer 2", ("–", "–", "Dense 8, relu")),
    ]


def test_layers_that_differ_in_what_a_summary_leaves_out_are_said_in_full() -> None:
    other = ONE.replace(layers=(Conv2D(padding="valid"), Flatten()))
    (found,) = differences([ONE, other], ["Shapes"] * 2)
    assert found[0] == "Layer 1"
    assert found[1][0] != found[1][1]
    assert "valid" in found[1][1]


def test_an_augmentation_that_differs_in_one_amount_is_said_with_all() -> None:
    flips = [ONE.replace(augmentations=(HorizontalFlip(alternate=alternate),)) for alternate in (False, True)]
    assert differences(flips, ["Shapes"] * 2) == [
        ("HorizontalFlip", ("probability 0.5, alternate no", "probability 0.5, alternate yes"))
    ]
