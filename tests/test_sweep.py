"""A sweep is a config of which settings vary: what its points and configs are, and what is refused in a sentence."""

from typing import Any

import pytest

from imgrec import presets
from imgrec.config import RunConfig
from imgrec.errors import SettingsError
from imgrec.sweep import Sweep, Varied
from imgrec.varying import can_vary, suggested

QUICK = presets.get("quick").config.replace(dataset="shapes")
RATE, FILTERS = "training.learning_rate=0.001:0.03", "layers.0.filters=16,32,64"


def sweep(*varied: str, base: RunConfig = QUICK, **settings: object) -> Sweep:
    return Sweep.parse({"base": base, "varied": [Varied.from_text(text, base) for text in varied], **settings})


def test_a_grid_has_as_many_values_of_each_interval_as_fit() -> None:
    points = sweep(RATE, FILTERS, points=12).all_points()
    assert len(points) == len(set(points)) == 12
    assert sorted({rate for rate, _ in points}) == [0.001, 0.00311, 0.00965, 0.03]
    assert [filters for _, filters in points] == [16, 32, 64] * 4


@pytest.mark.parametrize(
    ("points", "sides"), [(4, (2, 2)), (5, (2, 2)), (6, (3, 2)), (8, (3, 2)), (9, (3, 3)), (12, (4, 3)), (19, (4, 4))]
)
def test_a_grid_of_two_intervals_has_as_many_points_as_fit(points: int, sides: tuple[int, int]) -> None:
    found = sweep(RATE, "layers.0.filters=8:128", points=points).all_points()
    assert (len({rate for rate, _ in found}), len({filters for _, filters in found})) == sides
    assert len(found) == sides[0] * sides[1]


def test_random_points_lie_in_every_part_of_each_interval_and_are_the_same_each_time() -> None:
    one = sweep(RATE, "training.epochs=2:9", FILTERS, method="random", points=12, seed=3)
    points = one.all_points()
    assert points == sweep(RATE, "training.epochs=2:9", FILTERS, method="random", points=12, seed=3).all_points()
    assert points != one.replace(seed=4).all_points()
    rates = sorted(float(rate) for rate, *_ in points)
    for place, rate in enumerate(rates):  # one in each twelfth, as factors
        low, high = (0.001 * 30 ** (edge / 12) for edge in (place, place + 1))
        assert 0.995 * low <= rate <= 1.005 * high
    assert {type(epochs) for _, epochs, _ in points} == {int}
    assert sorted(filters for *_, filters in points) == [16] * 4 + [32] * 4 + [64] * 4


def test_a_value_is_spread_as_its_slider_is_unless_said_otherwise() -> None:
    assert Varied.from_text("training.learning_rate=0.001:0.1", QUICK).log
    assert not Varied.from_text("training.learning_rate=0.001:0.1:even", QUICK).log
    assert not Varied.from_text("training.label_smoothing=0:0.2", QUICK).log
    assert Varied.from_text("training.batch_size=16:256:log", QUICK).log


def test_a_point_has_a_config_for_each_seed_at_first_and_in_full() -> None:
    made = sweep(RATE, FILTERS, "training.optimizer=SGD,Adam", points=24, seeds=3, first_epochs=2)
    point = made.all_points()[-1]
    configs = made.configs(point, first=False)
    seed = QUICK.training.seed
    assert [config.training.seed for config in configs] == [seed, seed + 1, seed + 2]
    assert {config.training.epochs for config in configs} == {QUICK.training.epochs}
    assert configs[0].training.learning_rate == point[0] == 0.03
    assert configs[0].layers[0].filters == 64  # type: ignore[attr-defined]
    assert type(configs[0].training.optimizer).__name__ == "Adam"
    first = made.configs(point, first=True)
    assert {config.training.epochs for config in first} == {2}
    assert made.runs() == (72, 9)
    assert made.replace(first_epochs=0).runs() == (72, 0)


def test_a_sweep_is_the_same_after_its_json_and_its_link() -> None:
    made = sweep(RATE, "training.optimizer=SGD,Adam", "training.validation_share=0.1:0.2", points=20, seeds=2)
    assert Sweep.from_json(made.to_json()) == made
    assert Sweep.from_link(made.to_link()) == made
    with pytest.raises(SettingsError, match="A share link needs all its letters"):
        Sweep.from_link(made.to_link()[:-7])
    with pytest.raises(SettingsError, match="A sweep needs to be JSON"):
        Sweep.from_json("{")


@pytest.mark.parametrize(
    ("varied", "settings", "sentence"),
    [
        ((), {}, "A sweep needs 1 to 6 settings that vary. Received: 0."),
        ((RATE, RATE), {}, "A setting can vary once. Received twice: training.learning_rate."),
        (("training.seed=1,2",), {}, "raise seeds"),
        (("training.rate=1,2",), {}, "There is no setting training.rate: rate is not among epochs"),
        (("layers.0=1,2",), {}, "There is no setting layers.0: it holds several. Name one of them."),
        (("training.epochs=5:5000",), {}, "Training.epochs needs a whole number from 1 to 500. Received: 5000."),
        (("training.learning_rate=0.1," + "[" * 100_000,), {}, "Training.learning_rate needs a number from"),
        (("training.learning_rate=0.1,a",), {}, "Training.learning_rate needs a number from"),
        (("training.learning_rate=0.1",), {}, "needs two or more different values. Received: 0.1."),
        (("training.learning_rate=0.1,0.1",), {}, "needs two or more different values"),
        (("training.learning_rate=0.1:0.01",), {}, "a low and a higher value between which it varies"),
        (("training.label_smoothing=0:0.1:log",), {}, "needs a low value above 0"),
        (("training.schedule=a:b",), {}, "Varied.low needs a number. Received: 'a'."),
        (("training.optimizer=1:3",), {}, "training.optimizer is no number: list its values"),
        (("training.learning_rate",), {}, "SETTING=A,B,C or SETTING=LOW:HIGH"),
        (("training.learning_rate=1:2:3",), {}, "LOW:HIGH:log"),
        (
            (FILTERS, "training.epochs=1,2,3,4,5"),
            {},
            "A grid of these settings has 15 points, and this sweep at most 12",
        ),
        ((RATE, FILTERS), {"first_epochs": 500}, "The epochs at first need to be fewer than the"),
        (("training.epochs=2,3",), {"first_epochs": 1}, "set first_epochs to 0"),
        ((RATE,), {"points": 1}, "Sweep.points needs a whole number from 2 to 200. Received: 1."),
        ((RATE,), {"method": "best"}, "Sweep.method needs one of grid, random. Received: 'best'."),
    ],
)
def test_what_is_no_sweep_is_refused_in_a_sentence(
    varied: tuple[str, ...], settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        sweep(*varied, **settings)
    assert sentence in str(refused.value)


def test_many_settings_that_do_not_fit_into_a_grid_are_random() -> None:
    six = [f"training.{name}=0.1:0.2" for name in ("label_smoothing", "train_share", "validation_share", "warm_up")]
    with pytest.raises(SettingsError, match="A grid of these settings has 16 points"):
        sweep(*six)
    assert len(sweep(*six, method="random").all_points()) == 12


@pytest.mark.parametrize("name", presets.PRESETS)
def test_every_setting_that_can_vary_varies_as_is_suggested(name: str) -> None:
    config = presets.get(name).config
    offered = can_vary(config)
    assert offered["training.learning_rate"] == "Learning rate"
    assert "training.seed" not in offered
    assert len(set(offered.values())) == len(offered)
    for path in offered:
        varied = suggested(config, path)
        made = Sweep.parse({"base": config, "varied": [varied], "points": 8})
        points = made.all_points()
        assert len(points) > 1
        assert made.configs(points[-1], first=False)


def test_what_is_suggested_lies_around_what_is_set() -> None:
    rate = suggested(QUICK, "training.learning_rate")
    assert (rate.low, rate.high, rate.log) == (QUICK.training.learning_rate / 4, QUICK.training.learning_rate * 4, True)
    filters = sweep(RATE).replace(varied=(suggested(QUICK, "layers.0.filters"),), points=5).all_points()
    assert [point[0] for point in filters] == [6, 12, 24, 48, 96]
