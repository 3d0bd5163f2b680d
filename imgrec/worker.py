"""`python -m imgrec.worker FOLDER`: loads, fits, scores and persists one run. The only bridge from runs to the engine.

With `--standby NUMBER DATASET` in place of the folder it imports the engine and reads the dataset first, and then waits
for the folder on the connection whose file descriptor has that number.

Side effects: holds the run's lock while it lives, and writes the run's files.
"""

import faulthandler
import os
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

from filelock import Timeout

from imgrec import cluster, datasets, edge, files, jobs, metrics
from imgrec.allowance import Allowance
from imgrec.errors import ImgrecError, SettingsError, ShapeError, StartError, TrainingError
from imgrec.executor import Executor, LocalExecutor
from imgrec.fitting import Asked, Checkpoint, Split, Task
from imgrec.jobs.standby import ARGUMENT
from imgrec.records import Evaluation, Progress
from imgrec.runs import RunWriter, State, checkpoints, source, starts

T = TypeVar("T")

NOT_NEEDED = ("pandas", "pyarrow", "sklearn")
"""Packages that Keras imports where they are installed, to understand their tables. That takes up to 0.8 s."""

NICENESS = 5
"""Keeps pages quick while the processor is busy."""

PROGRESS_SECONDS = 0.25
"""A page looks every other second; more often than this is only wear on the disk."""


def main(folder: Path, ready: source.Ready | None = None) -> int:
    """Train the run of this folder. Return the exit status: 0 done or stopped, 1 failed, 3 not this worker's to do.

    Images that are ready are not read again.
    """
    run = RunWriter(folder)
    if not run.exists:
        return jobs.NOT_MINE  # it was deleted while Python started
    try:
        lock = run.lock().acquire()
    except Timeout:
        return jobs.NOT_MINE
    with lock:
        # Another worker was quicker, or the run was taken out of the queue while Python started.
        if run.unlocked_state not in {State.QUEUED, State.INTERRUPTED}:
            return jobs.NOT_MINE
        step_back()
        with Allowance.of(run).guarding(run):
            return _guarded(run, ready)


def standby(descriptor: int, dataset: str) -> int:
    """Get ready to train on a dataset, then train the run that the other side of the connection names, if any."""
    step_back()
    os.set_inheritable(descriptor, False)  # a process that a library starts shall not keep the connection open
    with ThreadPoolExecutor() as pool:
        preparing = pool.submit(LocalExecutor(Path()).prepare)
        ready = source.ready(dataset, edge.home())
        preparing.result()
    with Connection(descriptor) as connection:
        try:
            connection.send(os.getpid())
            folder = Path(connection.recv())
        except (EOFError, OSError):
            return 0  # the scheduler has ended
    with suppress(OSError), RunWriter(folder).log.open("ab") as log:
        for output in (1, 2):
            os.dup2(log.fileno(), output)
    return main(folder, ready)


def _guarded(run: RunWriter, ready: source.Ready | None) -> int:
    try:
        saved = run.begin()
        run.write_progress(Progress(phase="starting"))
        turn = nullcontext() if cluster.chosen() else jobs.tensorflow_turn(edge.home(), wait=True)
        with turn, closing(executor_of(run)) as executor:
            _train(run, executor, saved, ready)
    except TrainingError as error:
        _fail(run, str(error), "", again=False, learning_rate=error.learning_rate)
    except (SettingsError, ShapeError, StartError) as error:
        _fail(run, str(error), "", again=False)
    except ImgrecError as error:
        _fail(run, str(error), "")
    except MemoryError:
        what = "The machine ran out of memory. Start a copy with a smaller batch size, or free memory and resume it."
        _fail(run, what, traceback.format_exc())
    except OSError as error:
        what = f"{error.filename or run.folder} cannot be used: {error.strerror or error}."
        _fail(run, f"{what} {files.remedy(error)} Then resume the run.", traceback.format_exc())
    except Exception:  # the last place where anything can be said about it
        traceback.print_exc()
        _fail(run, "The run ended with an unexpected error. Its log has the details.", traceback.format_exc())
    else:
        return 0
    return 1


def _fail(
    run: RunWriter, sentence: str, details: str, *, again: bool = True, learning_rate: float | None = None
) -> None:
    try:
        run.fail(sentence, details, again=again, learning_rate=learning_rate)
    except OSError:  # the disk is full or the folder gone: the run is interrupted then, and its log may say why
        print(sentence, details, sep="\n", file=sys.stderr)  # noqa: T201 - the log


def _train(run: RunWriter, executor: Executor, saved: checkpoints.Saved | None, ready: source.Ready | None) -> None:
    config, allowance = run.config, Allowance.of(run)
    preparing = ThreadPoolExecutor().submit(executor.prepare)
    show = _phase(run, "loading images")
    learnt = saved.fingerprint if saved else None
    learn_from, test, fingerprint = source.load(run, learnt, edge.home(), lambda done, total: show(done / total), ready)
    run.note_images(fingerprint)
    training, validation = datasets.split(learn_from, config.training)
    run.write_history(saved.training_state.history if saved else ())
    if saved is None and _asked(run):
        return  # there is nothing yet to keep
    run.write_progress(Progress(phase="starting TensorFlow"))

    preparing.result()
    if saved is None and _asked(run):
        return
    spent, since = saved.training_state.seconds if saved else 0.0, None
    show_training = _at_most_every(PROGRESS_SECONDS, partial(_show, run))

    def on_progress(progress: Progress) -> None:
        nonlocal since
        since = since or time.monotonic()  # a wait for a cluster is no training
        show_training(progress)

    def is_over() -> bool:
        return since is not None and allowance.is_over(spent + time.monotonic() - since)

    task = Task(
        config,
        Split(learn_from, training, validation),
        classes=len(run.dataset.class_names),
        checkpoint=Checkpoint(saved.training_state, saved.arrays) if saved else None,
        start=starts.read(run) if starts.has(run) and saved is None else None,
        copied=config.start.layers if config.start and run.parent is None else None,
    )
    fitted = executor.fit(
        task,
        on_progress,
        lambda found: run.write_checkpoint(checkpoints.Saved(found.training_state, found.arrays, fingerprint)),
        lambda: "stop" if is_over() else _asked(run),
    )
    if fitted is None:
        return
    over = fitted.stopped and is_over()
    views = config.training.test_time_augmentation
    probabilities = executor.score(fitted.model, test.pixels, views, _phase(run, "scoring the test images"))
    run.write_model(fitted.model)
    run.write_predictions(probabilities, test.labels)
    correct = int((probabilities.argmax(axis=1) == test.labels).sum())
    evaluation = Evaluation(
        test_accuracy=correct / len(test.labels),
        test_correct=correct,
        test_images=len(test.labels),
        test_loss=metrics.cross_entropy(probabilities, test.labels),
        validation_accuracy=fitted.validation_accuracy,
        best_epoch=fitted.best_epoch,
        epochs_trained=fitted.epochs_trained,
        stopped=fitted.stopped,
        minutes_allowed=allowance.minutes if over else None,
        diverged=fitted.diverged,
        seconds=fitted.seconds,
        images_per_second=fitted.images_per_second,
        precision=fitted.precision,
        training_images=len(training),
        validation_images=len(validation),
        params=fitted.params,
        fingerprint=fingerprint,
        peak_memory_bytes=executor.peak_memory(),
    )
    _phase(run, "preparing quick answers")
    from imgrec import quick  # noqa: PLC0415 - a tenth of a second, which the start of a training does not wait for

    run.finish(quick.prepared(run, executor, fitted.model, evaluation, learn_from, test))


def executor_of(run: RunWriter) -> Executor:
    """Return where a run's training is carried out."""
    if cluster.chosen():
        from imgrec.cluster.executor import RayExecutor  # noqa: PLC0415 - not needed elsewhere

        return RayExecutor(edge.home(), partial(_show, run))
    return LocalExecutor(run.folder)


def _asked(run: RunWriter) -> Asked:
    if not run.exists:  # its folder was removed by hand: no one would ever ask it to end
        return "pause"
    match run.request.what:
        case "stop" | "pause" as asked:
            return asked
        case _:
            return None


def _phase(run: RunWriter, phase: str) -> Callable[[float], None]:
    """Show that a phase begins. Return what shows which share of it is done."""
    progress = Progress(phase=phase)
    run.write_progress(progress)
    return _at_most_every(PROGRESS_SECONDS, lambda share: _show(run, progress.replace(share=share)))


def _show(run: RunWriter, progress: Progress) -> None:
    with suppress(OSError):  # worth nothing a second later; a full disk shall not end the training for it
        run.write_progress(progress)


def _at_most_every(seconds: float, write: Callable[[T], None]) -> Callable[[T], None]:
    last = -seconds

    def written(value: T) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            write(value)
            last = time.monotonic()

    return written


def step_back() -> None:
    """Lower this process's priority below the server's; a worker that another started has it already."""
    if hasattr(os, "nice"):
        os.nice(max(0, NICENESS - os.nice(0)))


if __name__ == "__main__":
    faulthandler.enable()  # a crash in native code leaves the place in the log
    for name in NOT_NEEDED:
        sys.modules[name] = None  # type: ignore[assignment] # as if it were not installed
    sys.exit(standby(int(sys.argv[2]), sys.argv[3]) if sys.argv[1] == ARGUMENT else main(Path(sys.argv[1])))
