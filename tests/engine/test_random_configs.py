"""Whatever the editor lets one build trains a step as it says, or is refused before with the layer named.

IMGREC_CONFIGS=500 python -m pytest tests/engine/test_random_configs.py tries so many; a few are tried otherwise.
"""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from imgrec import architecture, jobs
from imgrec.engine import initializers, network
from imgrec.engine.learner import Learner
from imgrec.engine.pipeline import chunks
from imgrec.runs import Store
from tests.random_configs import small_config

COUNT = int(os.environ.get("IMGREC_CONFIGS", "12"))
SHAPE, CLASSES = (32, 32, 3), 10

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(COUNT))
def test_a_random_config_trains_a_step_or_is_refused_with_the_layer_named(seed: int, home: Path) -> None:
    config = small_config(seed)
    traced = architecture.trace(config.layers, SHAPE, CLASSES)
    if traced.problem:
        assert re.match(r"Layer \d+: ", traced.problem)
        assert jobs.problem(config, Store(home)) == traced.problem
        return
    plain = network.build_classifier(config.layers, SHAPE, CLASSES)
    assert plain.count_params() == traced.params
    assert plain.output_shape == (None, CLASSES)
    bare = network.build(config.layers, SHAPE)
    own = [row for row in traced.rows if row.position is not None]
    assert bare.output_shape[1:] == (own[-1].output_shape if own else SHAPE)

    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (32, *SHAPE), dtype=np.uint8)
    labels = rng.integers(0, CLASSES, 32).astype(np.uint8)
    model = network.build_for_training(config.layers, SHAPE, CLASSES, "float32")
    initializers.prepare(model, config.layers, images, np.arange(32))
    learner = Learner(model, config.training, 2)
    learner.draw_anew(0, 1)
    batches = chunks(images, labels, np.arange(32), 16, config.augmentations, seed=0, epoch=1, steps=lambda: 2, first=0)
    for batch, answers in batches:
        loss, right = learner.learn(batch, answers)
        assert not np.isnan(loss) or config.training.learning_rate > 0.01
        assert 0 <= right <= 32
