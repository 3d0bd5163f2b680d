"""Settings become the optimizer, schedule and loss that they name."""

from itertools import combinations

import keras
import numpy as np
import pytest

from imgrec.config import Training
from imgrec.differences import amounts
from imgrec.engine import fast_optimizers
from imgrec.engine.optimizers import RULES, l2_penalties, make_loss, make_optimizer, rate_multiples
from imgrec.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Muon, Optimizer, RMSprop
from imgrec.settings import options

pytestmark = pytest.mark.slow
STEPS = 100


def rates(schedule: str, steps: int = STEPS, warm_up: float = 0.25) -> list[float]:
    """Return the learning rate at each step."""
    optimizer = make_optimizer(Training(schedule=schedule, learning_rate=0.1, warm_up=warm_up), steps)
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


def orthogonalized(matrix: np.ndarray) -> np.ndarray:
    """Return the definition: the odd polynomial, three times over, of the singular values alone, in float64."""
    left, values, right = np.linalg.svd(matrix.astype(np.float64) / np.linalg.norm(matrix), full_matrices=False)
    for _ in range(3):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    found: np.ndarray = left * values @ right
    return found


@pytest.mark.parametrize("shape", [(9, 4), (4, 9), (6, 6)])
def test_orthogonalizing_changes_singular_values_alone(shape: tuple[int, int]) -> None:
    matrix = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    right = orthogonalized(matrix)
    np.testing.assert_allclose(fast_optimizers.orthogonalized(matrix), right, rtol=0, atol=1e-5)
    np.testing.assert_allclose(fast_optimizers.orthogonalized(matrix, 0.3), 0.3 * right, rtol=0, atol=1e-5)
    assert np.linalg.svd(right, compute_uv=False).max() < 1.3
    np.testing.assert_array_equal(fast_optimizers.orthogonalized(np.zeros(shape, np.float32)), 0)


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("shape", [(3, 3, 2, 4), (1, 1, 2, 8)])
def test_muon_turns_kernels_by_orthogonal_steps(shape: tuple[int, ...], nesterov: bool) -> None:
    draw = np.random.default_rng(0)
    kernel, gradients = draw.normal(size=shape).astype(np.float32), draw.normal(size=(5, *shape)).astype(np.float32)
    variable = keras.Variable(kernel, name="kernel")
    made = make_optimizer(Training(optimizer=Muon(nesterov=nesterov, weight_decay=0.5), learning_rate=0.1), STEPS)
    made.build([variable])
    gathered = np.zeros(shape)
    for gradient in gradients:
        made.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        gathered = 0.6 * gathered + gradient
        ahead = gradient + 0.6 * gathered if nesterov else gathered
        step = orthogonalized(ahead.reshape(-1, shape[-1])).reshape(shape)
        kernel = kernel * shape[-1] ** 0.5 / np.linalg.norm(kernel) - 0.1 * step
        np.testing.assert_allclose(variable, kernel, rtol=0, atol=1e-5)


@pytest.mark.parametrize("momentum", [0.85, 0.0])
@pytest.mark.parametrize("shape", [(5,), (4, 3), (3, 3, 4, 1)])
def test_muon_is_sgd_for_all_that_is_no_kernel_of_a_convolution(shape: tuple[int, ...], momentum: float) -> None:
    gradients = np.random.default_rng(0).normal(size=(5, *shape)).astype(np.float32)
    found = []
    for optimizer in Muon(momentum=momentum), SGD(momentum=momentum):
        made = make_optimizer(Training(optimizer=optimizer, learning_rate=0.1), STEPS)
        variable = keras.Variable(np.ones(shape, np.float32))
        made.build([variable])
        for gradient in gradients:
            made.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        found.append(keras.ops.convert_to_numpy(variable))
    np.testing.assert_array_equal(*found)


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


def test_linear_falls_to_zero_along_a_line_after_its_warm_up() -> None:
    assert rates("linear", warm_up=0.0) == pytest.approx([0.1 * (1 - step / STEPS) for step in range(STEPS)])
    found = rates("linear", warm_up=0.5)
    assert found[:50] == pytest.approx([0.1 * (step + 1) / 51 for step in range(50)])
    assert found[50:] == pytest.approx([0.1 * (1 - step / 50) for step in range(50)])


def test_one_cycle_rises_for_its_warm_up() -> None:
    assert int(np.argmax(rates("one-cycle", warm_up=0.6))) == pytest.approx(60, abs=1)
    assert rates("one-cycle", warm_up=0.0)[1] == pytest.approx(0.1)


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


@pytest.mark.parametrize(
    ("optimizer", "multiples"),
    [
        (SGD(beta_rate=8.0), [1, 1, 1, 1, 8, 1, 1]),
        (Adam(), [1, 1, 1, 1, 1, 1, 1]),
        (Muon(rest_rate=5.0, beta_rate=8.0), [1, 5, 5, 5, 40, 5, 5]),
    ],
)
def test_what_learns_at_another_rate_than_the_rest(optimizer: Optimizer, multiples: list[float]) -> None:
    """Adam divides by the size of the gradients: a multiple of them would change nothing."""
    layers = (
        keras.layers.Conv2D(2, 1),
        keras.layers.DepthwiseConv2D(1, use_bias=False),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(2),
    )
    keras.Sequential([keras.Input((1, 1, 2)), *layers])
    variables = [variable for layer in layers for variable in layer.trainable_variables]
    assert [variable.name for variable in variables] == ["kernel", "bias", "kernel", "gamma", "beta", "kernel", "bias"]
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
