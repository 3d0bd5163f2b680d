"""The task of a class is kept to, whatever asks for a training."""

import pytest

from imgrec import classroom, edge, examples, jobs
from imgrec.config import RunConfig
from imgrec.errors import BudgetError, SettingsError
from imgrec.layers import Dense, Flatten, MaxPooling2D
from imgrec.runs import Run, Store
from tests.classroom.conftest import made


def test_a_task_is_the_same_after_it_was_kept(tiny: RunConfig) -> None:
    room = made(tiny, text="First line\n second   line ", parameters=100_000, fixed=["split", "network"])
    task = classroom.get(edge.home(), room.id).task
    assert task.text == "First line\nsecond line"
    assert task.fixed == ("network", "split")
    assert task.config == tiny
    assert task.limits() == ("at most 100,000 parameters",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": " "}, "A task's title needs 1 to 60 printable characters"),
        ({"title": "x" * 61}, "A task's title needs 1 to 60"),
        ({"title": "a\u202eb"}, r"U\+202E"),
        ({"text": "x" * 501}, "at most 500 printable characters. Received: a text of 501"),
        ({"text": "fine\na\x00b"}, r"U\+0000"),
        ({"parameters": 0}, "from 1 to 50,000,000. Received: 0"),
        ({"epochs": 501}, "from 1 to 500. Received: 501"),
        ({"fixed": ["netwerk"]}, "Did you mean network"),
        ({"fixed": ["network"], "parameters": 10}, "within the task's own limits.*at most 10 parameters"),
        ({"fixed": ["training"], "epochs": 1}, "at most 1 epochs. Received: 2"),
    ],
)
def test_a_task_that_cannot_be_is_refused_in_words(tiny: RunConfig, changes: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        made(tiny, **changes)


def test_a_network_that_does_not_fit_can_be_the_task_but_not_be_fixed(tiny: RunConfig) -> None:
    broken = tiny.replace(layers=(Dense(units=3), Flatten(), MaxPooling2D()))
    assert made(broken).task.config == broken
    with pytest.raises(SettingsError, match="A network that is fixed needs to fit its images"):
        made(broken, fixed=["network"])
    with pytest.raises(SettingsError, match="at least one layer"):
        made(tiny.replace(layers=()), fixed=["network"])


@pytest.mark.parametrize(
    ("part", "path", "value"),
    [
        ("dataset", "dataset", "cifar10"),
        ("augmentations", "augmentations", [{"type": "HorizontalFlip"}]),
        ("network", "layers.2.units", 8),
        ("training", "training.learning_rate", 0.5),
        ("split", "training.seed", 7),
    ],
)
def test_what_is_fixed_is_kept_and_restored_and_the_rest_is_free(
    tiny: RunConfig, pupil: Store, other: Store, part: str, path: str, value: object
) -> None:
    room = made(tiny, fixed=[part])
    classroom.join(room, pupil, "Ada")
    changed = tiny.with_setting(path, value)
    with pytest.raises(BudgetError, match="Your teacher has fixed"):
        jobs.launch(pupil, changed)
    assert "Press Restore what is fixed" in str(jobs.problem(changed, pupil))
    assert room.task.restored(changed) == tiny
    jobs.launch(pupil, tiny)
    jobs.launch(other, changed)  # is in no class
    free = next(
        tiny.with_setting(*way)
        for way in (("layers.2.units", 9), ("training.learning_rate", 0.2))
        if not way[0].startswith({"network": "layers", "training": "training"}.get(part, "-"))
    )
    assert room.task.restored(free) == free
    jobs.launch(pupil, free)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"parameters": 1000}, "In your class, a network has at most 1,000 parameters. Received: 3,258."),
        ({"multiply_adds": 100}, "at most 100 multiply-adds for an image. Received: 3,232."),
        ({"epochs": 1}, "at most 1 epochs. Received: 2."),
    ],
)
@pytest.mark.parametrize("way", ["launch", "repeat", "resume", "problem"])
def test_the_tasks_budgets_are_kept_whatever_asks_for_a_training(
    tiny: RunConfig, pupil: Store, budget: dict[str, int], said: str, way: str
) -> None:
    run = jobs.launch(pupil, tiny)
    jobs.pause(run)
    classroom.join(made(tiny, **budget), pupil, "Ada")
    ways = {
        "launch": lambda: jobs.launch(pupil, tiny.with_setting("training.seed", 1)),
        "repeat": lambda: jobs.repeat(run, 1),
        "resume": lambda: jobs.resume(run),
    }
    if way == "problem":
        assert said in str(jobs.problem(tiny, pupil))
        return
    with pytest.raises(BudgetError) as raised:
        ways[way]()
    assert said in str(raised.value)
    assert pupil.all() == [run]
    classroom.leave(pupil)
    ways[way]()


def test_copies_with_other_seeds_keep_to_a_fixed_seed(tiny: RunConfig, pupil: Store) -> None:
    classroom.join(made(tiny, fixed=["split"]), pupil, "Ada")
    run = jobs.launch(pupil, tiny)
    with pytest.raises(BudgetError, match="fixed the shares of images and the seed"):
        jobs.repeat(run, 2)
    assert pupil.all() == [run]


def test_a_run_of_a_class_begins_anew(tiny: RunConfig, pupil: Store, trained_run: Run) -> None:
    pupil.runs.mkdir(parents=True)
    trained_run.folder.rename(pupil.runs / trained_run.id)
    parent = pupil.get(trained_run.id)
    classroom.join(made(tiny), pupil, "Ada")
    with pytest.raises(BudgetError, match="every run begins anew"):
        jobs.launch(pupil, parent.config, parent=parent)
    classroom.leave(pupil)
    jobs.launch(pupil, parent.config, parent=parent)


def test_a_run_of_a_class_takes_layers_only_of_the_run_that_its_task_does(tiny: RunConfig, pupil: Store) -> None:
    small, residual = (jobs.begun(edge.store(), tiny, run) for _, run in examples.runs()[:2])
    classroom.join(made(tiny), pupil, "Ada")
    with pytest.raises(BudgetError, match=r"every run begins anew.*one that begins with layers of another run"):
        jobs.launch(pupil, small)
    classroom.leave(pupil)
    classroom.join(made(small, fixed=["dataset"]), pupil, "Ada")
    with pytest.raises(BudgetError, match="one that begins with layers of another run"):
        jobs.launch(pupil, residual)
    jobs.launch(pupil, small.with_setting("start.layers", 2))
    jobs.launch(pupil, tiny)


def test_a_fixed_network_is_fixed_with_what_it_begins_with(tiny: RunConfig, pupil: Store) -> None:
    config = jobs.begun(edge.store(), tiny, examples.runs()[0][1])
    room = made(config, fixed=["network"])
    classroom.join(room, pupil, "Ada")
    with pytest.raises(BudgetError, match="Your teacher has fixed the network"):
        jobs.launch(pupil, config.replace(start=None))
    assert room.task.restored(tiny.with_setting("training.epochs", 1)) == config.with_setting("training.epochs", 1)
