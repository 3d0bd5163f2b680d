"""`train` and `repeat`: put runs into the queue that the pages use; `train` follows its own to its end."""

import argparse
import json
import signal
from pathlib import Path
from typing import Any

from imgrec import adaptation, edge, examples, jobs, metrics, names, outcome, presets
from imgrec.cli import choose, data
from imgrec.cli.follow import follow
from imgrec.cli.output import command, say, say_json, tell
from imgrec.cli.signals import ENDED_BY, Interrupts
from imgrec.config import RunConfig
from imgrec.errors import SettingsError
from imgrec.outcome import Next
from imgrec.quantities import duration, percent
from imgrec.records import Evaluation
from imgrec.runs import Run, State, library

COUNTED = ("test_loss", "balanced_accuracy", "macro_f1", "uneven_classes")

NO_LOG = jobs.ACTIVE | {State.PAUSED, State.CANCELLED}
"""States in which nothing went wrong that a log could explain."""


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands."""
    parser = commands.add_parser(
        "train",
        parents=[common],
        help="Train a network and score it on the test images.",
        description="Train a network and score it on the test images. Ctrl-C ends it early and keeps its best epoch, "
        "after 3 s; a second Ctrl-C within them leaves it running instead, and so does SIGTERM.",
        allow_abbrev=False,
    )
    add_config(parser).add_argument(
        "--further", metavar="RUN", help="train a finished run's model for more epochs, as a new run"
    )
    parser.add_argument(
        "--start-from",
        metavar="RUN",
        help="begin with the layers of a finished run, or of an example by its name, in place of new weights; without "
        "one of the above, its settings are taken as well",
    )
    parser.add_argument(
        "--layers",
        metavar="N",
        type=int,
        help="with --start-from: so many of its first layers, in place of all but the last ones",
    )
    parser.add_argument("--unlock", action="store_true", help="with --start-from: its layers go on learning")
    parser.add_argument("--name", help="the run's name, by default after its preset")
    parser.set_defaults(do=_train)
    text = "Queue copies of a run that differ in the seed alone, and do not wait for them."
    repeat = choose.add_command(commands, common, "repeat", text, _repeat)
    repeat.add_argument("copies", metavar="COPIES", type=int, help=f"how many, 1 to {jobs.MAX_COPIES}")


def add_config(parser: argparse.ArgumentParser) -> Any:
    """Add what says which config is meant, for config_of. Return the group of those of which one is given."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--preset", metavar="NAME", help="start from a preset: " + ", ".join(presets.PRESETS))
    source.add_argument("--config", metavar="FILE", type=Path, help="start from a config file, as the pages export it")
    source.add_argument("--copy", metavar="RUN", help="start from the settings of a run, whatever became of it")
    parser.add_argument("--dataset", metavar="NAME", help="learn from this dataset instead")
    parser.add_argument(
        "--set",
        metavar="SETTING=VALUE",
        action="append",
        default=[],
        help="change one setting, named as in the config file: training.epochs=3, layers.0.filters=64",
    )
    return source


def _train(arguments: argparse.Namespace) -> int:
    origin, parent = _origin(arguments), _parent(arguments.further)
    config = config_of(arguments, parent, origin)
    name = "" if arguments.name is None else names.checked(arguments.name)
    jobs.check(config, edge.store())
    data.prepare(data.checked(config.dataset))
    with Interrupts() as interrupts:
        run = jobs.launch(edge.store(), config, name, parent=parent)
        tell(f"{run.name} is run {run.id}.")
        ended = follow(run, interrupts)
    if arguments.json:
        say_json(summary(run))
    if not ended:
        how = "ends by itself with what it has learnt" if run.request.what == "stop" else "goes on without this window"
        tell(f"{library.called(run)} {how}. See it with `{command('show', run)}`.")
        return ENDED_BY + signal.SIGTERM if interrupts.terminated else 1
    evaluation = run.evaluation()
    if evaluation is None:
        tell(why(run))
        return 1
    if not arguments.json:
        say(_result(run, evaluation))
    return 0


def _repeat(arguments: argparse.Namespace) -> int:
    queued = jobs.repeat(choose.find(arguments.run, lambda _: True, "run"), arguments.copies)
    if arguments.json:
        say_json({"runs": [{"run": run.id, "name": run.name, "seed": run.config.training.seed} for run in queued]})
    else:
        say("\n".join(f"{run.name} is run {run.id}." for run in queued))
    return 0


def _parent(text: str | None) -> Run | None:
    if text is None:
        return None
    return choose.find(text, lambda run: run.state is State.FINISHED, "finished run")


def _origin(arguments: argparse.Namespace) -> Run | None:
    """Return the run whose layers are to be begun with: an example by its name or id, or a run of one's own."""
    text = arguments.start_from
    if text is None:
        if arguments.layers is not None or arguments.unlock:
            raise SettingsError("--layers and --unlock need --start-from RUN, whose layers they are about.")
        return None
    if arguments.further is not None:
        raise SettingsError("train needs one of --further and --start-from. Received: both. Leave one of them out.")
    for example, run in examples.runs():
        if text in {example.name, run.id}:
            return run
    return choose.find(text, lambda run: run.state is State.FINISHED, "finished run")


def config_of(arguments: argparse.Namespace, parent: Run | None = None, origin: Run | None = None) -> RunConfig:
    """Return the config that is meant: with parent that of the run to train further, with origin its layers."""
    if parent is not None:
        config = parent.config
    elif arguments.copy is not None:
        config = choose.find(arguments.copy, lambda _: True, "run").config
    elif arguments.preset is not None:
        config = preset(arguments.preset, arguments.dataset)
    elif arguments.config is not None:
        config = RunConfig.from_file(arguments.config)
    elif origin is not None:
        config = origin.config
    else:
        more = ", --further RUN or --start-from RUN" if arguments.command == "train" else ""
        raise SettingsError(
            f"{arguments.command} needs --preset NAME, --config FILE{',' if more else ' or'} --copy RUN{more}. "
            f"Presets: {', '.join(presets.PRESETS)}."
        )
    if arguments.dataset is not None and arguments.preset is None:
        config = config.replace(dataset=data.checked(arguments.dataset).name)
    if origin is not None:
        data.checked(config.dataset)
        config = jobs.begun(edge.store(), config, origin, arguments.layers, locked=not arguments.unlock)
        if config.training == origin.config.training:
            config = _with_enough_steps(config)
    for assignment in arguments.set:
        setting, equals, text = assignment.partition("=")
        if not equals:
            raise SettingsError(f"--set needs SETTING=VALUE, as in training.epochs=3. Received: {assignment[:60]!r}.")
        config = config.with_setting(setting, _value(text))
    data.checked(config.dataset)
    return config


def preset(name: str, dataset: str | None) -> RunConfig:
    """Return a preset, adapted to the images of a dataset where one is named, and tell how."""
    config = presets.get(name).config
    if dataset is None:
        return config
    info = data.checked(dataset).info
    config, reasons = adaptation.fitted(config, info)
    for reason in reasons:
        tell(reason)
    return config


def _with_enough_steps(config: RunConfig) -> RunConfig:
    """Return a config with settings that were made for many images, adapted to a few, and tell how."""
    training, reasons = adaptation.for_few_images(config.training, data.checked(config.dataset).info.train_images)
    for reason in reasons:
        tell(reason)
    return config.replace(training=training)


def _value(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value


def summary(run: Run) -> dict[str, Any]:
    """Return what a program wants to know of a run's end; what was not measured is None."""
    evaluation = run.evaluation()
    measured = evaluation.model_dump() if evaluation else {}
    interval = metrics.wilson_interval(evaluation.test_correct, evaluation.test_images) if evaluation else None
    shown = (
        "test_accuracy",
        "test_images",
        "validation_accuracy",
        "best_epoch",
        "epochs_trained",
        "stopped",
        "seconds",
        "images_per_second",
        "peak_memory_bytes",
    )
    return {
        "run": run.id,
        "name": run.name,
        "state": run.state,
        **{name: measured.get(name) for name in shown},
        **(_counted(run) if evaluation else dict.fromkeys(COUNTED)),
        "test_interval": interval,
        "remarks": outcome.remarks(run),
        "error": None if run.state is State.FINISHED else why(run),
    }


def _counted(run: Run) -> dict[str, object]:
    """Return what is counted from the predictions, as runs that are older than a figure do not keep it."""
    probabilities, labels = run.predictions()
    matrix = metrics.confusion_matrix(labels, probabilities.argmax(axis=1), len(run.dataset.class_names))
    return {
        "test_loss": metrics.cross_entropy(probabilities, labels),
        "balanced_accuracy": metrics.balanced_accuracy(matrix),
        "macro_f1": metrics.macro_f1(matrix),
        "uneven_classes": metrics.is_uneven(matrix.sum(axis=1)),
    }


def why(run: Run) -> str:
    """Say why a run has no evaluation, and with which command to go on."""
    said = outcome.why(run)
    match outcome.next_step(run):
        case Next.GO_ON:
            said += f" `{command('resume', run)}` goes on where it was."
        case Next.BEGIN_ANEW:
            said += f" `{command('resume', run)}` begins it anew."
        case Next.COPY:
            said += f" `python -m imgrec train --copy {run.id} --set SETTING=VALUE` starts a copy."
    return said if run.state in NO_LOG or not run.log.exists() else f"{said} Its log is {run.log}."


def _result(run: Run, found: Evaluation) -> str:
    low, high = metrics.wilson_interval(found.test_correct, found.test_images)
    return (
        f"{run.name}: test accuracy {percent(found.test_accuracy)} (95 % interval {100 * low:.1f} to {percent(high)}, "
        f"{found.test_images:,} images), best epoch {found.best_epoch} of {found.epochs_trained}, "
        f"{duration(found.seconds)}, {found.images_per_second:,.0f} images/s.\n"
        + "".join(f"{remark}\n" for remark in outcome.remarks(run))
        + f"More: {command('show', run)}"
    )
