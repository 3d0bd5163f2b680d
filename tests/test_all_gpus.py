"""A run on all GPUs takes all slots, has its turn, and lets the others have theirs."""

import pytest

from imgrec import edge, jobs
from imgrec.cluster.environment import Cluster
from imgrec.config import RunConfig
from imgrec.jobs import estimate, machine
from imgrec.jobs.standby import Standby
from imgrec.runs import Run, RunWriter
from tests.evaluated import evaluated


@pytest.fixture(autouse=True)
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    monkeypatch.delenv("IMGREC_SLOTS", raising=False)


@pytest.fixture
def wide(tiny: RunConfig) -> RunConfig:
    return tiny.with_setting("training.devices", "all")


def names(runs: list[RunWriter]) -> str:
    return "".join(run.name for run in runs)


def test_it_waits_for_all_slots_and_none_behind_it_starts_before(
    tiny: RunConfig, wide: RunConfig, started: list[RunWriter]
) -> None:
    for name, config in (("a", tiny), ("b", tiny), ("W", wide), ("c", tiny), ("d", tiny)):
        edge.store().create(config, name)
    for ends, expected in ((None, "ab"), (0, "ab"), (1, "abW"), (2, "abWcd")):
        if ends is not None:
            started[ends].finish(evaluated())
            started[ends].__dict__["held"].release()
        jobs.start_next(edge.home())
        jobs.start_next(edge.home())
        assert names(started) == expected


def test_runs_before_it_start_beside_each_other(tiny: RunConfig, wide: RunConfig, started: list[RunWriter]) -> None:
    for name, config in (("a", tiny), ("W", wide), ("b", tiny)):
        edge.store().create(config, name)
    jobs.start_next(edge.home())
    assert names(started) == "a", "b would keep W waiting"


def test_two_of_them_train_one_after_the_other(wide: RunConfig, started: list[RunWriter]) -> None:
    for name in "VW":
        edge.store().create(wide, name)
    jobs.start_next(edge.home())
    assert names(started) == "V"
    started[0].finish(evaluated())
    started[0].__dict__["held"].release()
    jobs.start_next(edge.home())
    assert names(started) == "VW"


@pytest.mark.parametrize(("chosen", "slots"), [("3", "2"), ("", "2")])
def test_without_several_gpus_it_takes_one_slot(
    tiny: RunConfig, wide: RunConfig, started: list[RunWriter], monkeypatch: pytest.MonkeyPatch, chosen: str, slots: str
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    monkeypatch.setenv("IMGREC_SLOTS", slots)
    for name, config in (("W", wide), ("a", tiny)):
        edge.store().create(config, name)
    jobs.start_next(edge.home())
    assert names(started) == "Wa"


@pytest.mark.parametrize("slots", ["1", "2", "4"])
def test_its_worker_sees_all_gpus_and_has_all_cores(monkeypatch: pytest.MonkeyPatch, slots: str) -> None:
    monkeypatch.setenv("IMGREC_SLOTS", slots)
    environment = jobs.worker_environment(edge.home(), 0, alone=True)
    assert environment["CUDA_VISIBLE_DEVICES"] == "3,5"
    assert "TF_NUM_INTRAOP_THREADS" not in environment
    assert jobs.worker_environment(edge.home(), 0)["CUDA_VISIBLE_DEVICES"] == "3"


def test_it_starts_with_that_environment_and_not_in_a_worker_that_sees_one_gpu(
    wide: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Spawned(Exception):  # noqa: N818
        pass

    seen: list[str] = []

    def spawn(_module: str, *_: str, environment: dict[str, str], **_options: object) -> None:
        seen.append(environment["CUDA_VISIBLE_DEVICES"])
        raise Spawned

    run = RunWriter(edge.store().create(wide, "W").folder)
    monkeypatch.setattr(jobs.processes, "_spawn", spawn)
    monkeypatch.setattr(jobs.processes, "_standby", object.__new__(Standby))
    jobs.processes._standby.slot = 0  # type: ignore[union-attr]
    with pytest.raises(Spawned):
        jobs.processes._start(run, 0)
    assert seen == ["3,5"]


def ahead(run: Run) -> int:
    return jobs.ahead(run, jobs.earlier(run))


def test_what_must_end_before_a_run_starts_is_counted(tiny: RunConfig, wide: RunConfig) -> None:
    made = [edge.store().create(config, "one") for config in (tiny, tiny, wide, tiny, tiny, tiny)]
    assert [ahead(run) for run in made] == [0, 0, 2, 3, 3, 4]


def test_a_run_alone_makes_the_others_wait_for_all_of_its_time(
    tiny: RunConfig, wide: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimate, "_median_speed", lambda store, alone: 1.0)  # noqa: ARG005
    monkeypatch.setattr(estimate, "_work", lambda config, dataset: 60.0 - estimate.AROUND_SECONDS)  # noqa: ARG005
    for config in (tiny, wide):
        edge.store().create(config, "before")
    last = edge.store().create(tiny, "last")
    assert jobs.wait(last, jobs.earlier(last)) == 30 + 60


def test_a_damaged_run_takes_no_more_than_its_slot(wide: RunConfig) -> None:
    run = edge.store().create(wide, "W")
    (run.folder / "config.json").write_text("{")
    assert not machine.takes_all(Run(run.folder))


def test_its_time_is_judged_by_runs_on_all_gpus(tiny: RunConfig, wide: RunConfig) -> None:
    store = edge.store()
    RunWriter(store.create(tiny, "one").folder).finish(evaluated(images_per_second=1000.0))
    assert jobs.forecast(store, wide) is None
    RunWriter(store.create(wide, "W").folder).finish(evaluated(images_per_second=2000.0))
    forecasts = [jobs.forecast(store, config) for config in (tiny, wide)]
    slow, fast = (found - jobs.estimate.AROUND_SECONDS for found in forecasts if found is not None)
    assert slow == pytest.approx(2 * fast)


def test_on_a_cluster_it_has_the_gpus_of_its_place_and_takes_one_slot(
    wide: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert machine.several_gpus()
    assert machine.needs_all(wide)
    for gpus in (0, 1, 2):
        monkeypatch.setattr(machine, "chosen", lambda gpus=gpus: Cluster("10.0.0.1:6379", gpus=gpus))
        assert machine.several_gpus() is (gpus > 1)
        assert not machine.needs_all(wide)
