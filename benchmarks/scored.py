"""Finished runs with made-up predictions, so that pages about results can be measured and tested without a training."""

import numpy as np

from imgrec import architecture, datasets, edge, metrics
from imgrec.config import RunConfig
from imgrec.records import EpochMetrics, Evaluation
from imgrec.runs import Run, RunWriter

SPREAD = 2.0
"""How much the made-up scores of the classes scatter: with it, about two images of three are right."""


def scored(config: RunConfig, name: str, seed: int, lead: float = 3.0) -> Run:
    """Make a finished run whose predictions are random but for a lead of the right class; the larger, the more right.

    Half of the randomness belongs to the image and is the same in all runs, as hard images are hard for all networks.
    The run has no model.
    """
    dataset = edge.store().dataset(config.dataset)
    images = datasets.load(dataset.name, edge.store().location(dataset.name))
    labels = images[1].labels
    classes = len(dataset.class_names)
    shared = np.random.default_rng(0).normal(0, SPREAD / np.sqrt(2), (len(labels), classes))
    scores = shared + np.random.default_rng([1, seed]).normal(0, SPREAD / np.sqrt(2), shared.shape)
    scores[np.arange(len(labels)), labels] += lead
    exponential = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = (exponential / exponential.sum(axis=1, keepdims=True)).astype(np.float32)
    correct = int((probabilities.argmax(axis=1) == labels).sum())
    run = RunWriter(edge.store().create(config, name).folder)
    share = correct / len(labels)
    history = [
        EpochMetrics(
            epoch=epoch,
            loss=2.0 / epoch,
            accuracy=share * (1 - 0.5**epoch),
            validation_loss=2.1 / epoch,
            validation_accuracy=share * (1 - 0.5**epoch),
            learning_rate=0.001,
            images_per_second=1000.0,
            seconds=20.0 * epoch,
        )
        for epoch in range(1, config.training.epochs + 1)
    ]
    run.write_history(history)
    run.write_predictions(probabilities, labels)
    run.finish(
        Evaluation(
            test_accuracy=share,
            test_correct=correct,
            test_images=len(labels),
            test_loss=metrics.cross_entropy(probabilities, labels),
            validation_accuracy=history[-1].validation_accuracy,
            best_epoch=len(history),
            epochs_trained=len(history),
            seconds=history[-1].seconds,
            images_per_second=1000.0,
            precision="float32",
            training_images=dataset.train_images,
            validation_images=1000,
            params=architecture.trace(config.layers, dataset.image_shape, classes).params,
            fingerprint=datasets.fingerprint(*images),
        )
    )
    return Run(run.folder)
