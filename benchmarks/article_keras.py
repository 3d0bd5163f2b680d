"""The peer: the preset article's network as a tutorial writes it, in plain Keras on float32 arrays in memory.

    python -m benchmarks.article_keras --dataset cifar10

prints one JSON line: what imgrec's own figures for accuracy, speed and memory are compared with.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import keras
from keras import layers

from imgrec import datasets, edge
from imgrec.config import Training


def main() -> None:
    """Train once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", default="cifar10", choices=list(datasets.DATASETS))
    parser.add_argument("--epochs", type=int, default=10)
    # Without a seed by default, as tutorials do: after set_random_seed, Keras 3.15's fit visits the images in the same
    # order in every epoch, which costs this network two to three points.
    parser.add_argument("--seed", type=int, help="of the starting weights, and of an order that is the same each epoch")
    arguments = parser.parse_args()
    dataset = datasets.get(arguments.dataset)

    train, test = datasets.load(arguments.dataset, edge.location(arguments.dataset))
    # The split's seed stays 0, so that every seed learns from the same images.
    training, validation = datasets.split(train, Training(validation_share=0.1, seed=0))
    x_train = train.pixels[training].astype("float32") / 255
    x_validation = train.pixels[validation].astype("float32") / 255
    x_test = test.pixels[:].astype("float32") / 255
    y_train = keras.utils.to_categorical(train.labels[training], len(dataset.class_names))
    y_validation = keras.utils.to_categorical(train.labels[validation], len(dataset.class_names))
    y_test = keras.utils.to_categorical(test.labels, len(dataset.class_names))

    if arguments.seed is not None:
        keras.utils.set_random_seed(arguments.seed)
    model = keras.Sequential(
        [
            keras.Input(dataset.image_shape),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(len(dataset.class_names), activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])

    with tempfile.TemporaryDirectory() as folder:
        # imgrec keeps the epoch with the best validation accuracy; a tutorial's script usually keeps the last.
        best = keras.callbacks.ModelCheckpoint(
            Path(folder) / "best.weights.h5",
            monitor="val_accuracy",
            mode="max",
            save_best_only=True,
            save_weights_only=True,
        )
        start = time.perf_counter()
        model.fit(
            x_train,
            y_train,
            batch_size=32,
            epochs=arguments.epochs,
            validation_data=(x_validation, y_validation),
            callbacks=[best],
            verbose=2,
        )
        seconds = time.perf_counter() - start
        _, last_accuracy = model.evaluate(x_test, y_test, verbose=0)
        model.load_weights(best.filepath)
        _, best_accuracy = model.evaluate(x_test, y_test, verbose=0)

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {
        "dataset": arguments.dataset,
        "epochs": arguments.epochs,
        "seed": arguments.seed,
        "test_accuracy_of_last_epoch": round(float(last_accuracy), 4),
        "test_accuracy_of_best_epoch": round(float(best_accuracy), 4),
        "seconds": round(seconds, 1),  # of fit, validation included
        "images_per_second": round(arguments.epochs * len(training) / seconds),
        "peak_memory_bytes": peak if sys.platform == "darwin" else peak * 1024,  # elsewhere it is in KiB
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
