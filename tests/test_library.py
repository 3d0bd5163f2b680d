"""Runs are renamed, tagged, starred, thrown away and brought back."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from imgrec import edge, runs
from imgrec.config import RunConfig
from imgrec.errors import RunError, SettingsError
from imgrec.runs import Run, RunWriter, checksum, library


@pytest.fixture
def run(tiny: RunConfig) -> Run:
    return edge.store().create(tiny, "A run")


def test_a_run_is_called_by_its_new_name_and_its_first_one_stays_in_its_config(run: Run) -> None:
    library.rename(run, "  Better   name ")
    assert edge.store().get(run.id).name == "Better name"
    assert edge.store().get(run.id).record["name"] == "A run"


def test_a_name_and_tags_do_not_touch_each_other(run: Run) -> None:
    library.tag(run, ["wide", "  slow  one ", "wide"])
    library.rename(run, "B")
    library.tag(run, [*run.annotations.tags, "third"])
    assert run.annotations == runs.Annotations("B", ("wide", "slow one", "third"))
    library.tag(run, [])
    assert run.annotations == runs.Annotations("B")


def test_a_star_and_a_tag_at_the_same_moment_are_both_kept(run: Run) -> None:
    at_once = Barrier(2)

    def change(do: Callable[[], None]) -> None:
        at_once.wait()
        do()

    with ThreadPoolExecutor(2) as threads:
        for tag in map(str, range(30)):
            library.star(run, False)
            changes = (lambda: library.star(run, True)), (lambda tag=tag: library.tag(run, [tag]))
            list(threads.map(change, changes))
            assert run.annotations == runs.Annotations("A run", (tag,), starred=True)


def test_a_star_stays_whatever_else_changes_until_it_is_taken_away(run: Run) -> None:
    assert not run.annotations.starred
    library.star(run, True)
    library.rename(run, "B")
    library.tag(run, ["wide"])
    assert edge.store().get(run.id).annotations == runs.Annotations("B", ("wide",), starred=True)
    library.star(run, False)
    assert edge.store().get(run.id).annotations == runs.Annotations("B", ("wide",))


def test_a_label_from_before_there_were_stars_has_none(run: Run) -> None:
    (run.folder / "label.json").write_text(json.dumps(checksum.add({"name": "Old", "tags": ["a"]})))
    assert run.annotations == runs.Annotations("Old", ("a",), starred=False)


@pytest.mark.parametrize("tags", [[""], ["x" * 25], ["a\x1b[31m"], ["one, two"], [str(tag) for tag in range(9)]])
def test_an_unusable_tag_is_refused(run: Run, tags: list[str]) -> None:
    with pytest.raises(SettingsError, match="tag"):
        library.tag(run, tags)
    assert run.annotations.tags == ()


def test_a_deleted_run_is_gone_and_can_be_brought_back(run: Run) -> None:
    library.rename(run, "Kept")
    library.delete(run)
    assert edge.store().all() == []
    assert [deleted.name for deleted in edge.store().deleted()] == ["Kept"]
    back = library.restore(edge.store().deleted()[0])
    assert [found.id for found in edge.store().all()] == [run.id]
    assert back.name == "Kept"
    assert edge.store().deleted() == []


def test_an_emptied_trash_says_what_it_freed(run: Run) -> None:
    size = run.disk_bytes
    assert size > 500
    library.delete(run)
    assert library.empty_trash(edge.store()) == size
    assert edge.store().deleted() == []
    assert library.empty_trash(edge.store()) == 0


def test_a_running_run_is_not_deleted(run: Run) -> None:
    with RunWriter(run.folder).lock(), pytest.raises(RunError, match=r"A run is running\. Stop it first"):
        library.delete(run)
    assert [found.id for found in edge.store().all()] == [run.id]


def test_a_damaged_run_can_be_deleted(run: Run) -> None:
    (run.folder / "config.json").write_text("{")
    library.delete(run)
    assert edge.store().all() == []
    assert [library.called(deleted) for deleted in edge.store().deleted()] == [f"Run {run.id}"]


def test_a_trash_that_cannot_be_made_is_said_in_words(run: Run, home: Path) -> None:
    (home / "trash").write_text("")
    with pytest.raises(RunError, match="A run cannot be moved to"):
        library.delete(run)
    assert run.exists


def test_a_run_that_is_gone_from_the_trash_is_said_in_words(run: Run) -> None:
    library.delete(run)
    (deleted,) = edge.store().deleted()
    shutil.rmtree(deleted.folder)
    with pytest.raises(RunError, match="cannot be moved to"):
        library.restore(deleted)
