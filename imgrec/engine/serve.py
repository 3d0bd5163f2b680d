"""The warm child that answers the web process: `python -m imgrec.engine.serve NUMBER`, started by imgrec.predictor.

NUMBER is that of the file descriptor it has inherited: its end of the connection. It answers requests (name,
arguments) with ("done", value), ("refused", sentence) or ("broken", traceback) until the other end is closed.
Models are asked by LiteRT. TensorFlow is imported only for those that have no .tflite file, and to explain an answer.
"""

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from imgrec import limits, uploads
from imgrec.augmentations import Augmentation
from imgrec.classifier import Answer, Classifier
from imgrec.engine import pipeline
from imgrec.errors import ImageError, ImgrecError
from imgrec.framing import Framing
from imgrec.lite import LiteClassifier

if TYPE_CHECKING:
    import keras

    from imgrec.engine.explain import HiResCam
    from imgrec.engine.inside import Inside


def preview(pixels: np.ndarray, augmentations: Sequence[Augmentation], seed: int) -> np.ndarray:
    """Return the images as training would see them."""
    return pipeline.preview(pixels, augmentations, seed)


DECODING_BYTES = 1_500_000_000
"""Memory that one picture may take while it is read: several times what 50 megapixels in colour do."""

Upload = tuple[bytes, Framing]
"""The content of a picture file, and which part of the picture is asked about."""

Lite = tuple[Path, str] | None
"""Where the model lies as a .tflite file, and its SHA-256, if it does."""


def read(shape: tuple[int, int, int], files: Sequence[Upload]) -> list[uploads.Picture | str]:
    """Return each picture and the image (H, W, C) that a network of this shape receives, or why it cannot be read."""
    found: list[uploads.Picture | str] = []
    for data, framing in files:
        try:
            with limits.memory(DECODING_BYTES):
                found.append(uploads.read(data, shape, framing))
        except ImageError as error:
            found.append(str(error))
        except MemoryError:
            found.append("Reading this picture needs more memory than is free. Save it smaller.")
    return found


def load(model: Path, modified: int, test_time_augmentation: str, lite: Lite) -> tuple[int, ...]:
    """Load a model unless it is loaded, and return the image shape (H, W, C) that it takes."""
    return _classifier(model, modified, test_time_augmentation, lite).image_shape


def predict(
    model: Path, modified: int, test_time_augmentation: str, lite: Lite, files: Sequence[Upload]
) -> list[Answer | str]:
    """Return the answer to each picture, or why it cannot be read."""
    classifier = _classifier(model, modified, test_time_augmentation, lite)
    height, width, channels = classifier.image_shape
    framed = read((height, width, channels), files)
    pictures = [picture for picture in framed if isinstance(picture, uploads.Picture)]
    if not pictures:
        return [str(refused) for refused in framed]
    probabilities, novelty = classifier.ask(np.stack([picture.pixels for picture in pictures]))
    novelties = [None] * len(pictures) if novelty is None else novelty.tolist()
    found = iter(zip(probabilities, novelties, strict=True))
    return [Answer(each, *next(found)) if isinstance(each, uploads.Picture) else each for each in framed]


def explain(
    model: Path, modified: int, test_time_augmentation: str, _lite: Lite, pixels: np.ndarray, target: int
) -> NDArray[np.float32]:
    """Return how much each pixel of an image (H, W, C) uint8 speaks for a class: (H, W), from 0 to 1."""
    return _cam(model, modified, test_time_augmentation)(pixels, target)


def maps(
    model: Path, modified: int, _augmentation: str, _lite: Lite, pixels: np.ndarray, position: int
) -> tuple[NDArray[np.uint8], int]:
    """Return maps (N, h, w) of an image (H, W, C) after a layer, and how many there are."""
    return _inside(model, modified).maps(pixels, position)


def filters(model: Path, modified: int, _augmentation: str, _lite: Lite) -> NDArray[np.uint8] | None:
    """Return the filters (N, h, w, C) of the first layer, or None where it has none."""
    return _inside(model, modified).filters()


@lru_cache(maxsize=4)
def _classifier(
    model: Path,
    modified: int,  # noqa: ARG001 - a rewritten model is another entry
    test_time_augmentation: str,
    lite: Lite,
) -> Classifier:
    content = _intact(*lite) if lite else None
    if content is not None:
        return LiteClassifier(content, test_time_augmentation)
    from imgrec.engine import prediction  # noqa: PLC0415 - several seconds, and 600 MB

    return prediction.load(model, test_time_augmentation)


def _intact(path: Path, expected: str) -> bytes | None:
    """Return the content of a file, or None where it was removed. Raises ImgrecError where it is damaged."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if sha256(content).hexdigest() != expected:
        raise ImgrecError(f"{path} is damaged. Delete it: the model answers without it as well, only more slowly.")
    return content


@lru_cache(maxsize=4)
def _cam(model: Path, modified: int, test_time_augmentation: str) -> "HiResCam":
    from imgrec.engine import explain  # noqa: PLC0415

    return explain.HiResCam(_read(model, modified), test_time_augmentation)


@lru_cache(maxsize=4)
def _inside(model: Path, modified: int) -> "Inside":
    from imgrec.engine import inside  # noqa: PLC0415

    return inside.Inside(_read(model, modified))


@lru_cache(maxsize=4)
def _read(model: Path, modified: int) -> "keras.Model":  # noqa: ARG001
    from imgrec.engine import prediction  # noqa: PLC0415

    return prediction.read(model)


REQUESTS = {request.__name__: request for request in (preview, read, load, predict, explain, maps, filters)}


def main(descriptor: int) -> None:
    """Answer until the other side hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's; this ends with the connection
    os.set_inheritable(descriptor, False)  # a process that a library starts shall not keep the connection open
    with Connection(descriptor) as connection:
        _answer_all(connection)


def _answer_all(connection: "Connection[Any, Any]") -> None:
    while True:
        try:
            name, arguments = connection.recv()
        except (EOFError, OSError):
            return
        try:
            connection.send(("done", REQUESTS[name](*arguments)))
        except ImgrecError as error:
            connection.send(("refused", str(error)))
        except MemoryError:
            connection.send(("refused", "Answering needs more memory than is free. End other programs, and try again."))
        except Exception:  # sent on, and raised again where it can be seen
            connection.send(("broken", traceback.format_exc()))


if __name__ == "__main__":
    main(int(sys.argv[1]))
