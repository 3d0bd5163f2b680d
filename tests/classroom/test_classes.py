"""A class has members by their nicknames, a teacher by a secret, and an end."""

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
from imgrec.classroom import Task
from imgrec.config import RunConfig
from imgrec.errors import BudgetError, ClassError, ImgrecError, SettingsError
from imgrec.runs import Store, library
from tests.classroom.conftest import learnt, made
from tests.conftest import Allow
from tests.odd_names import NAMES

DAY = 24 * 3600


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
