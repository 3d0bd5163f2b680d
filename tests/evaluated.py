"""Records as tests need them: what a test is about is set, the rest is likely."""

from imgrec.records import EpochMetrics, Evaluation


def evaluated(correct: int = 6, images: int = 10, **changes: object) -> Evaluation:
    """Return an evaluation of so many images, of which so many are right, with other fields changed."""
    return Evaluation(
        test_accuracy=correct / images,
        test_correct=correct,
        test_images=images,
        test_loss=1.0,
        validation_accuracy=0.5,
        best_epoch=1,
        epochs_trained=2,
        seconds=1.0,
        images_per_second=1000.0,
        training_images=90,
        validation_images=10,
        params=100,
        fingerprint="of the images",
    ).replace(**changes)


def epochs(*validation_accuracies: float) -> tuple[EpochMetrics, ...]:
    """Return the metrics of complete epochs with these validation accuracies."""
    return tuple(
        EpochMetrics(
            epoch=epoch,
            loss=1 / epoch,
            accuracy=accuracy,
            validation_loss=1 / epoch,
            validation_accuracy=accuracy,
            learning_rate=0.001,
            images_per_second=1000.0,
            seconds=float(epoch),
        )
        for epoch, accuracy in enumerate(validation_accuracies, start=1)
    )
