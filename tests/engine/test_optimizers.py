"""Settings become the optimizer, schedule and loss that they name."""

from itertools import combinations

import keras
import numpy as np
import pytest

from imgrec.config import Training
from imgrec.differences import amounts
from imgrec.engine.optimizers import RULES, l2_penalties, make_loss, make_optimizer, rate_multiples
from imgrec.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Optimizer, RMSprop
from imgrec.settings import options

pytestmark = pytest.mark.slow
STEPS = 100


def rates(schedule: str, steps: int = STEPS) -> list[float]:
    """Return the learning rate at each step."""
    optimizer = make_optimizer(Training(schedule=schedule, learning_rate=0.1), steps)
    variable = keras.Variable([1.0])
    optimizer.build([variable])
    found = []
    for _ in range(steps):
        found.append(float(optimizer.learning_rate))
        optimizer.apply([keras.ops.zeros(1)], [variable])
    return found


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values())
@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
def test_every_optimizer_moves_against_the_gradient(optimizer: type[Optimizer], weight_decay: float) -> None:
    made = make_optimizer(Training(optimizer=optimizer(weight_decay=weight_decay)), STEPS)
    variable = keras.Variable([1.0])
    made.build([variable])
    made.apply([keras.ops.ones(1)], [variable])
    assert float(variable[0]) < 1.0


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(momentum=0.0),
        SGD(nesterov=False),
        SGD(),
        Adam(),
        Adam(beta_1=0.8, beta_2=0.99),
        AdamW(),
        AdamW(beta_1=0.8, beta_2=0.99),
        RMSprop(),
        RMSprop(rho=0.8, momentum=0.5),
    ],
    ids=lambda optimizer: f"{type(optimizer).__name__} {amounts(optimizer)}",
)
def test_the_faster_steps_are_those_of_keras(optimizer: Optimizer, weight_decay: float) -> None:
    training = Training(learning_rate=0.1, optimizer=optimizer.replace(weight_decay=weight_decay))
    draw = np.random.default_rng(0)
    found, gradients = [], draw.normal(size=(20, 7, 5)).astype(np.float32)
    for made in make_optimizer(training, STEPS), make_optimizer(training, STEPS, keras.optimizers):
        variable = keras.Variable(np.ones((7, 5), np.float32))
        made.build([variable])
        for gradient in gradients:
            made.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        found.append(keras.ops.convert_to_numpy(variable))
    # Twenty steps of up to 0.1; the operation rounds 1 - beta where Keras rounds beta.
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=2e-5)


@pytest.mark.parametrize("schedule", options(Training.model_fields["schedule"]))
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_every_schedule_works_for_the_shortest_run(schedule: str, steps: int) -> None:
    assert all(0 <= rate <= 0.1 + 1e-6 for rate in rates(schedule, steps))


def test_constant_stays() -> None:
    assert rates("constant") == pytest.approx([0.1] * STEPS)


def test_cosine_falls_from_the_learning_rate_to_zero() -> None:
    found = rates("cosine")
    assert found[0] == pytest.approx(0.1)
    assert found[50] == pytest.approx(0.05, rel=0.02)
    assert found[-1] < 0.001
    assert found == sorted(found, reverse=True)


def test_one_cycle_rises_for_a_quarter_and_falls_to_zero() -> None:
    found = rates("one-cycle")
    assert found[0] == pytest.approx(0.004)
    assert int(np.argmax(found)) == pytest.approx(25, abs=1)
    assert max(found) == pytest.approx(0.1, rel=0.01)
    assert found[-1] < 0.001


def test_step_divides_by_ten_after_half_and_three_quarters() -> None:
    found = rates("step")
    assert [found[10], found[60], found[90]] == pytest.approx([0.1, 0.01, 0.001])


def test_weight_decay_shrinks_kernels_and_leaves_offsets_and_scales() -> None:
    layer = keras.layers.Dense(2, bias_initializer="ones")
    norm = keras.layers.BatchNormalization()
    norm(layer(np.ones((1, 2), np.float32)))
    made = make_optimizer(Training(optimizer=SGD(weight_decay=0.5), learning_rate=0.1), STEPS)
    variables = [layer.kernel, layer.bias, norm.gamma, norm.beta]
    before = [keras.ops.convert_to_numpy(variable).copy() for variable in variables]
    made.build(variables)
    made.apply([keras.ops.zeros_like(variable) for variable in variables], variables)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer.kernel), before[0] * 0.95, rtol=1e-5)
    for variable, old in zip(variables[1:], before[1:], strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), old)


@pytest.mark.parametrize(("optimizer", "multiples"), [(SGD(beta_rate=8.0), [1, 1, 1, 8]), (Adam(), [1, 1, 1, 1])])
def test_only_offsets_of_batch_normalization_learn_faster_and_only_with_sgd(
    optimizer: Optimizer, multiples: list[float]
) -> None:
    """Adam divides by the size of the gradients: a multiple of them would change nothing."""
    layers = keras.layers.Dense(2), keras.layers.BatchNormalization()
    layers[1](layers[0](np.ones((1, 2), np.float32)))
    variables = [variable for layer in layers for variable in layer.trainable_variables]
    assert rate_multiples(Training(optimizer=optimizer), variables) == multiples


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values())
def test_weight_decay_is_a_penalty_of_kernels_with_adam_alone(optimizer: type[Optimizer]) -> None:
    layers = keras.layers.Dense(2), keras.layers.BatchNormalization()
    layers[1](layers[0](np.ones((1, 2), np.float32)))
    variables = [variable for layer in layers for variable in layer.trainable_variables]
    settings = Training(optimizer=optimizer(weight_decay=0.5))
    assert l2_penalties(settings, variables) == ([0.5, 0, 0, 0] if optimizer is Adam else [0] * 4)
    taken_apart = make_optimizer(settings, STEPS).weight_decay
    assert taken_apart == (None if optimizer is Adam else 0.5), "it is taken twice, or never"


@pytest.mark.parametrize("weight_decay", [0.0, 0.05])
def test_no_two_optimizers_train_alike(weight_decay: float) -> None:
    """Their weights differ after a few steps; only Adam and AdamW are the same where nothing decays."""
    gradients = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)
    found = {}
    for name, optimizer in OPTIMIZERS.items():
        settings = Training(optimizer=optimizer(weight_decay=weight_decay), learning_rate=0.05)
        variable = keras.Variable(np.linspace(-1, 1, 6, dtype=np.float32), name="kernel")
        made, (penalty,) = make_optimizer(settings, STEPS), l2_penalties(settings, [variable])
        made.build([variable])
        for gradient in gradients:
            made.apply([gradient + penalty * variable], [variable])
        found[name] = keras.ops.convert_to_numpy(variable)
    for one, other in combinations(found, 2):
        alike = np.allclose(found[one], found[other], rtol=0, atol=1e-4)
        assert alike == ({one, other} == {"Adam", "AdamW"} and not weight_decay), (one, other)


def test_every_optimizer_has_its_rule() -> None:
    assert list(RULES) == list(OPTIMIZERS.values())


def test_cross_entropy_is_minus_the_log_of_the_right_probability() -> None:
    losses = make_loss(Training())(np.array([[0.0, 1.0]]), np.array([[0.75, 0.25]]))
    assert float(losses[0]) == pytest.approx(-np.log(0.25), rel=1e-5)


def test_label_smoothing_asks_for_less_than_certainty() -> None:
    loss = make_loss(Training(label_smoothing=0.2))
    certain, modest = (float(loss(np.array([[0.0, 1.0]]), np.array([[1 - p, p]]))[0]) for p in (0.999, 0.9))
    assert modest < certain


def test_mean_squared_error_is_the_mean_over_the_classes() -> None:
    losses = make_loss(Training(loss="mean_squared_error"))(np.array([[0.0, 1.0]]), np.array([[0.5, 0.0]]))
    assert float(losses[0]) == pytest.approx((0.25 + 1) / 2)
