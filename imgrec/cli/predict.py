"""`predict`: what a finished run's network says about pictures."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imgrec import edge, uploads
from imgrec.cli import choose
from imgrec.cli.output import say, say_json, tell
from imgrec.errors import ImageError
from imgrec.predictor import Predictor
from imgrec.quantities import percent
from imgrec.runs import Run, State
from imgrec.verdict import Judge

AT_ONCE = 16
"""Pictures of up to 20 MB each that are in memory at once."""

TOP = 3
"""Classes shown a picture; with --json all of them."""


SAID = {"clear": "", "uncertain": "uncertain, ", "none": "probably none of its classes; the nearest are "}
"""What stands before the classes of an answer, by its verdict."""


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    text = "Say what is in pictures."
    parser = commands.add_parser("predict", parents=[common], help=text, description=text, allow_abbrev=False)
    parser.add_argument("run", metavar="RUN", help=choose.HELP)
    parser.add_argument("images", metavar="IMAGE", nargs="+", type=Path, help="a picture file")
    parser.set_defaults(do=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    run = choose.find(arguments.run, lambda run: run.state is State.FINISHED, "finished run")
    names = run.dataset.class_names
    judge = Judge.of(run, run.predictions())
    answers: list[dict[str, Any]] = []
    for path, answer in _answers(run, arguments.images):
        if isinstance(answer, str):
            tell(f"{path}: {answer}")
            answers.append({"file": str(path), "error": answer})
            continue
        picture, probabilities, novelty = answer
        verdict = judge.verdict(probabilities, novelty)
        ranked = sorted(zip(names, map(float, probabilities), strict=True), key=lambda pair: -pair[1])
        classes = [{"class": name, "probability": probability} for name, probability in ranked]
        answers.append({"file": str(path), "notes": picture.notes, "verdict": verdict.kind, "classes": classes})
        for note in picture.notes:
            tell(f"{path}: {note}")
        if not arguments.json:
            likeliest = ", ".join(f"{name} {percent(share)}" for name, share in ranked[:TOP])
            say(f"{path}: {SAID[verdict.kind]}{likeliest}")
    if arguments.json:
        say_json({"run": run.id, "pictures": answers})
    return 1 if any("error" in answer for answer in answers) else 0


def _answers(run: Run, paths: list[Path]) -> Iterator[tuple[Path, Any]]:
    predictor = Predictor(edge.home(), quiet=True)
    try:
        for start in range(0, len(paths), AT_ONCE):
            part = paths[start : start + AT_ONCE]
            read = [_read(path) for path in part]
            asked = iter(predictor.predict(run, [data for data in read if isinstance(data, bytes)]))
            for path, data in zip(part, read, strict=True):
                yield path, next(asked) if isinstance(data, bytes) else str(data)
    finally:
        predictor.close()


def _read(path: Path) -> bytes | ImageError:
    try:
        with path.open("rb") as file:
            return file.read(uploads.MAX_BYTES + 1)  # one more, so that a larger file is refused as such
    except OSError as error:
        return ImageError(f"This picture cannot be read: {error.strerror}.")
