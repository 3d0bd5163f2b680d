"""A run is repeated with other seeds."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from imgrec import edge, jobs, runs
from imgrec.config import RunConfig
from imgrec.errors import ImgrecError, RunError, SettingsError
from imgrec.layers import Flatten, MaxPooling2D
from imgrec.runs import Run, RunWriter, State

LARGEST = 2**31 - 1


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Start nothing, and list how many runs waited each time that someone wanted to."""
    looks: list[int] = []
    monkeypatch.setattr(jobs.processes, "look_after", lambda store: looks.append(len(jobs.queue(store))))
    return looks


def made(config: RunConfig, seed: int, name: str = "A run", parent: Run | None = None) -> Run:
    return edge.store().create(config.with_setting("training.seed", seed), name, parent)


def seeds(found: list[Run]) -> list[int]:
    return [run.config.training.seed for run in found]


def test_copies_differ_in_their_seed_alone_and_wait(tiny: RunConfig, looks: list[int]) -> None:
    run = made(tiny, 4)
    copies = jobs.repeat(run, 2)
    assert [copy.config for copy in copies] == [tiny.with_setting("training.seed", seed) for seed in (5, 6)]
    assert [copy.name for copy in copies] == ["A run · seed 5", "A run · seed 6"]
    assert [copy.state for copy in copies] == [State.QUEUED, State.QUEUED]
    assert [found.id for found in edge.store().all()] == [copies[1].id, copies[0].id, run.id]
    assert looks == [3]


def test_a_seed_that_a_run_of_this_recipe_has_is_not_taken_again(tiny: RunConfig) -> None:
    run = made(tiny, 0)
    for seed in (1, 3):
        made(tiny, seed)
    RunWriter(made(tiny, 4).folder).fail("It broke.", "")
    made(tiny.with_setting("training.epochs", 3), 2)
    run.model.write_bytes(b"")
    made(tiny, 5, parent=run)
    assert seeds(jobs.repeat(run, 3)) == [2, 5, 6]
    assert seeds(jobs.repeat(run, 1)) == [7]


def test_a_copy_is_repeated_under_the_name_of_the_first_run(tiny: RunConfig) -> None:
    (copy,) = jobs.repeat(made(tiny, 0), 1)
    (again,) = jobs.repeat(copy, 1)
    assert again.name == "A run · seed 2"


def test_a_long_name_leaves_room_for_the_seed(tiny: RunConfig) -> None:
    (copy,) = jobs.repeat(made(tiny, 0, "x" * runs.MAX_NAME), 1)
    assert copy.name == "x" * (runs.MAX_NAME - len(" · seed 1")) + " · seed 1"


@pytest.mark.parametrize("copies", [-1, 0, jobs.MAX_COPIES + 1])
def test_an_impossible_number_of_copies_is_refused(tiny: RunConfig, copies: int) -> None:
    run = made(tiny, 0)
    with pytest.raises(SettingsError, match=f"needs 1 to 10 copies. Received: {copies}"):
        jobs.repeat(run, copies)
    assert len(edge.store().all()) == 1


def test_as_many_copies_as_are_allowed_are_made(tiny: RunConfig) -> None:
    assert seeds(jobs.repeat(made(tiny, 0), jobs.MAX_COPIES)) == list(range(1, 11))


def test_a_run_that_trains_another_one_further_is_not_repeated(tiny: RunConfig) -> None:
    parent = made(tiny, 0)
    parent.model.write_bytes(b"")
    child = made(tiny, 0, "Child", parent)
    with pytest.raises(RunError, match=r"Child trains another run's model further, and must keep its seed\."):
        jobs.repeat(child, 1)
    assert len(edge.store().all()) == 2


def test_where_the_seeds_end_no_copy_is_made(tiny: RunConfig) -> None:
    run = made(tiny, LARGEST - 1)
    with pytest.raises(SettingsError, match=r"seed needs a whole number from 0 to 2,147,483,647"):
        jobs.repeat(run, 2)
    assert len(edge.store().all()) == 1
    assert seeds(jobs.repeat(run, 1)) == [LARGEST]


def test_a_config_that_cannot_be_trained_is_not_repeated(tiny: RunConfig) -> None:
    run = made(tiny.replace(layers=(Flatten(), MaxPooling2D())), 0)
    with pytest.raises(ImgrecError, match="Layer 2"):
        jobs.repeat(run, 1)
    assert len(edge.store().all()) == 1


def test_where_no_run_could_start_no_copy_is_made(tiny: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made(tiny, 0)
    monkeypatch.setenv("IMGREC_SLOTS", "0")
    with pytest.raises(SettingsError, match="IMGREC_SLOTS needs"):
        jobs.repeat(run, 1)
    assert len(edge.store().all()) == 1


def test_a_damaged_run_does_not_keep_others_from_being_repeated(tiny: RunConfig) -> None:
    run = made(tiny, 0)
    (made(tiny, 1).folder / "config.json").write_text("{")
    assert seeds(jobs.repeat(run, 1)) == [1]


def test_who_repeats_at_the_same_time_takes_other_seeds(tiny: RunConfig) -> None:
    run = made(tiny, 0)
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(jobs.repeat, Run(run.folder), 5) for _ in range(4)]
    assert sorted(seed for one in asked for seed in seeds(one.result())) == list(range(1, 21))


def test_a_form_that_is_sent_twice_queues_its_copies_once(tiny: RunConfig) -> None:
    run = edge.store().create(tiny, "Once")
    run.folder.rename(edge.store().runs / "20990101-000000-00000000")  # made while the clock was ahead
    run = edge.store().get("20990101-000000-00000000")
    known = jobs.known(edge.store())
    first = jobs.repeat(run, 3, known)
    assert [copy.id for copy in jobs.repeat(run, 3, known)] == [copy.id for copy in first]
    assert len(edge.store().all()) == 4
    assert len(jobs.repeat(run, 1, jobs.known(edge.store()))) == 1
    assert len(edge.store().all()) == 5
