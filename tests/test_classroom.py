"""A class: its task is kept to whatever asks for a training, its nicknames are nobody else's, and it ends."""

import json
import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import Timeout

from imgrec import classroom, edge, files, jobs, spreadsheet
from imgrec.classroom import Classroom, Task
from imgrec.config import RunConfig
from imgrec.errors import BudgetError, ClassError, ImgrecError, SettingsError
from imgrec.layers import Dense, Flatten, MaxPooling2D
from imgrec.records import EpochMetrics
from imgrec.runs import Run, RunWriter, Store, library
from tests.conftest import Allow
from tests.odd_names import NAMES

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def hosted(allow: Allow, monkeypatch: pytest.MonkeyPatch) -> None:
    allow()
    monkeypatch.setattr(jobs, "look_after", lambda _: None)


@pytest.fixture
def pupil() -> Store:
    return edge.visitor("a" * 32)


@pytest.fixture
def other() -> Store:
    return edge.visitor("b" * 32)


def made(config: RunConfig, **changes: object) -> Classroom:
    """Make a class whose task begins with this config."""
    return classroom.create(edge.home(), Task.parse({"title": "Small", "config": config, **changes}))[0]


def learnt(store: Store, config: RunConfig, *accuracies: float) -> Run:
    """Launch a run that has learnt so many epochs."""
    run = jobs.launch(store, config)
    RunWriter(run.folder).write_history(
        [
            EpochMetrics(
                epoch=epoch,
                loss=1.0,
                accuracy=0.5,
                validation_loss=1.0,
                validation_accuracy=accuracy,
                learning_rate=0.001,
                images_per_second=1.0,
                seconds=1.0,
            )
            for epoch, accuracy in enumerate(accuracies, start=1)
        ]
    )
    return run


# The task.


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


# Its members.


@pytest.mark.parametrize("name", [name for name in NAMES if len(name) <= classroom.MAX_NICKNAME])
def test_a_nickname_is_kept_letter_by_letter(tiny: RunConfig, pupil: Store, name: str) -> None:
    room = made(tiny)
    classroom.join(room, pupil, name)
    assert [member.nickname for member in room.members()] == [classroom.checked_nickname(name)]


@pytest.mark.parametrize("name", ["", "  ", "x" * 25, "a\nb\x07", "\u200b", "a\u202eb"])
def test_an_unusable_nickname_is_refused(tiny: RunConfig, pupil: Store, name: str) -> None:
    with pytest.raises(SettingsError, match="A nickname needs 1 to 24 printable characters"):
        classroom.join(made(tiny), pupil, name)
    assert classroom.of(pupil) is None


@pytest.mark.parametrize("taken", ["ada", " ADA ", "Ａｄａ", "ᴬda"])
def test_a_nickname_that_looks_the_same_is_taken(tiny: RunConfig, pupil: Store, other: Store, taken: str) -> None:
    room = made(tiny)
    classroom.join(room, pupil, "Ada")
    with pytest.raises(SettingsError, match="is taken"):
        classroom.join(room, other, taken)
    classroom.leave(pupil)
    classroom.join(room, other, taken)


def test_of_many_who_ask_for_one_nickname_at_once_one_gets_it(tiny: RunConfig) -> None:
    room = made(tiny)

    def attempt(number: int) -> bool:
        try:
            classroom.join(room, edge.visitor(f"{number:032}"), "Ada" if number % 2 else "ADA")
        except SettingsError:
            return False
        return True

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(attempt, range(12))) == 1
    assert len(room.members()) == 1


def test_nobody_joins_between_the_check_of_a_run_and_its_making(
    tiny: RunConfig, pupil: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both hold the lock that makes runs, so a run that counts has always kept to the task."""
    held = []

    def is_held() -> bool:
        try:
            with pupil.lock("launch").acquire(timeout=0):
                return False
        except Timeout:
            return True

    def noting(real: Callable[..., None]) -> Callable[..., None]:
        def noted(*given: object, **more: object) -> None:
            held.append(is_held())
            real(*given, **more)

        return noted

    monkeypatch.setattr(jobs.budgets, "check", noting(jobs.budgets.check))
    jobs.launch(pupil, tiny)
    room = made(tiny)
    monkeypatch.setattr(files, "write_json", noting(files.write_json))
    classroom.join(room, pupil, "Ada")
    assert held == [True] * 3


def test_a_class_is_full_where_the_profile_says_so(tiny: RunConfig, pupil: Store, other: Store, allow: Allow) -> None:
    allow(pupils=1, classes=1)
    room = made(tiny)
    classroom.join(room, pupil, "Ada")
    classroom.join(room, pupil, "Bea")  # is another nickname of the same one
    with pytest.raises(BudgetError, match="a class has at most 1 pupil"):
        classroom.join(room, other, "Cleo")
    with pytest.raises(BudgetError, match="at most 1 classes at once"):
        made(tiny)


def test_one_is_in_one_class(tiny: RunConfig, pupil: Store) -> None:
    first, second = made(tiny, title="First"), made(tiny)
    classroom.join(first, pupil, "Ada")
    with pytest.raises(ClassError, match="You are in the class First"):
        classroom.join(second, pupil, "Ada")
    classroom.leave(pupil)
    classroom.join(second, pupil, "Ada")
    assert classroom.of(pupil) == second
    assert first.members() == []


def test_the_store_of_the_computer_is_in_no_class() -> None:
    assert classroom.of(edge.store()) is None


def test_who_was_removed_or_whose_class_has_ended_is_free_and_keeps_the_runs(
    tiny: RunConfig, pupil: Store, other: Store
) -> None:
    room = made(tiny, epochs=2)
    for store, name in ((pupil, "Ada"), (other, "Bea")):
        classroom.join(room, store, name)
        jobs.launch(store, tiny)
    room.remove(pupil)
    assert [member.nickname for member in room.members()] == ["Bea"]
    assert classroom.of(pupil) is None
    room.end()
    assert classroom.of(other) is None
    assert len(pupil.all()) == len(other.all()) == 1
    with pytest.raises(ClassError, match="There is no such class"):
        classroom.join(room, other, "Bea")
    assert list(room.folder.parent.iterdir()) == []


# The teacher.


@pytest.mark.parametrize("class_id", ["", "../../etc", "f" * 32, "F" * 32])
def test_a_wrong_class_is_not_there(class_id: str) -> None:
    with pytest.raises(ClassError, match="There is no such class"):
        classroom.get(edge.home(), class_id)


def test_an_id_leads_to_no_other_folder(tiny: RunConfig, pupil: Store) -> None:
    room, secret = classroom.create(edge.home(), Task(title="Small", config=tiny))
    classroom.join(room, pupil, "Ada")
    shutil.copytree(room.folder, edge.home() / "elsewhere")
    for outside in ("../elsewhere", f"../visitors/{pupil.folder.name}", f"{room.id}/", f"./{room.id}", f"{room.id}\n"):
        with pytest.raises(ClassError, match="There is no such class"):
            classroom.for_teacher(edge.home(), outside, secret)


def test_only_the_teachers_secret_opens_the_class_and_it_is_kept_nowhere(tiny: RunConfig) -> None:
    room, secret = classroom.create(edge.home(), Task(title="Small", config=tiny))
    assert classroom.for_teacher(edge.home(), room.id, secret) == room
    for wrong in ("", "f" * 32, room.id):
        with pytest.raises(ClassError, match="opens no class for its teacher"):
            classroom.for_teacher(edge.home(), room.id, wrong)
    assert not [path for path in edge.home().rglob("*") if path.is_file() and secret in path.read_text()]


def test_the_table_counts_what_was_made_since_one_joined(tiny: RunConfig, pupil: Store, other: Store) -> None:
    learnt(pupil, tiny.with_setting("training.seed", 9), 0.99)
    room = made(tiny)
    for store, name in ((pupil, "Ada"), (other, "Bea"), (edge.visitor("c" * 32), "Cleo")):
        classroom.join(room, store, name)
    learnt(pupil, tiny, 0.4, 0.6, 0.5)
    learnt(pupil, tiny.with_setting("training.seed", 1), 0.3)
    learnt(other, tiny, 0.7)
    places = [(place.rank, place.member.nickname, place.best and place.best.validation_accuracy)
              for place in classroom.standings(room)]  # fmt: skip
    assert places == [(1, "Bea", 0.7), (2, "Ada", 0.6), (None, "Cleo", None)]
    assert len(classroom.entries(room)) == 3
    learnt(pupil, tiny.with_setting("training.seed", 2), 0.7)
    assert [place.rank for place in classroom.standings(room)] == [1, 1, None]
    library.delete(other.all()[0])
    assert [place.member.nickname for place in classroom.standings(room) if place.rank] == ["Ada"]


def test_the_classs_csv_is_safe_to_open(tiny: RunConfig, pupil: Store) -> None:
    room = made(tiny)
    classroom.join(room, pupil, "=1+1")
    learnt(pupil, tiny, 0.5)
    head, row = spreadsheet.to_csv(*classroom.to_table(classroom.entries(room))).splitlines()
    assert head.split(",")[:4] == ["nickname", "name", "state", "validation_accuracy"]
    assert row.startswith("'=1+1,")
    assert len(head.split(",")) == len(row.split(","))


# What becomes of it.


def age(folder: Path, seconds: float) -> None:
    then = time.time() - seconds
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (then, then))


def test_a_class_in_which_nothing_was_done_is_removed_after_its_days(
    tiny: RunConfig, pupil: Store, allow: Allow
) -> None:
    allow(class_days=30)
    old, young, used = made(tiny), made(tiny), made(tiny)
    classroom.join(used, pupil, "Ada")
    age(old.folder, 31 * DAY)
    age(young.folder, 29 * DAY)
    age(used.folder, 31 * DAY)
    jobs.launch(pupil, tiny)
    jobs.sweep(edge.home())
    assert not old.folder.exists()
    assert young.folder.exists()
    assert used.folder.exists()


def test_a_pupil_whose_store_was_swept_is_gone_from_the_table_and_the_nickname_is_free(
    tiny: RunConfig, pupil: Store, other: Store, allow: Allow
) -> None:
    room = made(tiny)
    classroom.join(room, pupil, "Ada")
    age(pupil.folder, 2 * DAY)
    allow(hours_kept=24)
    jobs.sweep(edge.home())
    assert not pupil.folder.exists()
    assert room.members() == []
    classroom.join(room, other, "Ada")
    assert [member.store for member in room.members()] == [other]


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"task": {}}', '{"task": {"title": "x", "fixed": 3}, "teacher": ""}']
)
def test_a_damaged_class_says_so_to_whoever_opens_it_and_keeps_nobody_from_training(
    tiny: RunConfig, pupil: Store, damage: str
) -> None:
    room, secret = classroom.create(edge.home(), Task(title="Small", config=tiny))
    classroom.join(room, pupil, "Ada")
    (room.folder / "class.json").write_text(damage)
    with pytest.raises(ClassError, match=r"class\.json is damaged"):
        classroom.for_teacher(edge.home(), room.id, secret)
    jobs.launch(pupil, tiny)


@pytest.mark.parametrize("damage", ["", "[]", '{"nickname": "Ada"}', json.dumps({"nickname": "Ada", "joined": "x"})])
def test_a_damaged_member_hides_no_other(tiny: RunConfig, pupil: Store, other: Store, damage: str) -> None:
    room = made(tiny)
    classroom.join(room, pupil, "Ada")
    classroom.join(room, other, "Bea")
    next(path for path in (room.folder / "members").iterdir() if "Ada" in path.read_text()).write_text(damage)
    assert [member.nickname for member in room.members()] == ["Bea"]
    with pytest.raises(ImgrecError, match="is taken"):
        classroom.join(room, pupil, "Bea")
