"""The runs of a sweep: queued, left out with a reason, added where they are missing, and the best trained in full."""

import pytest

from imgrec import edge, jobs
from imgrec.config import RunConfig
from imgrec.errors import BudgetError, RunError, SettingsError
from imgrec.jobs import sweeping
from imgrec.runs import COLOURS, VISITORS, Run, RunWriter, State, Store, checking, listing, sweeps
from imgrec.sweep import Sweep, Varied
from tests.conftest import Allow, WaitFor, start_nothing

RATE = "training.learning_rate=0.0001,0.01,0.02"


def sweep(base: RunConfig, *varied: str, **settings: object) -> Sweep:
    return Sweep.parse({"base": base, "varied": [Varied.from_text(text, base) for text in varied], **settings})


@pytest.fixture
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    start_nothing(monkeypatch)


@pytest.mark.usefixtures("nothing_starts")
def test_a_sweep_queues_a_run_for_each_point_and_seed_that_names_it(tiny: RunConfig) -> None:
    store = edge.store()
    made = sweep(tiny, RATE, "layers.0.pool_size=2,4", seeds=2)
    plan = jobs.plan_sweep(store, made)
    assert (plan.first, plan.later, len(plan.points), plan.refused) == (12, 0, 6, ())
    kept = jobs.start_sweep(store, made)
    assert sweeps.every(store) == [kept]
    runs = jobs.queue(store)
    assert len(runs) == 12
    assert runs[0].name == "Sweep 1 · 1 · seed 0"
    assert runs[-1].name == "Sweep 1 · 6 · seed 1"
    place = runs[-1].sweep
    assert place is not None
    assert (place.id, place.point, place.first) == (kept.id, (0.02, 4), False)
    assert runs[-1].config.training.learning_rate == 0.02
    assert runs[-1].config.layers[0].pool_size == 4  # type: ignore[attr-defined]
    assert jobs.start_sweep(store, made).name == "Sweep 2"


@pytest.mark.usefixtures("nothing_starts")
def test_a_point_that_cannot_be_trained_is_left_out_and_says_why(tiny: RunConfig) -> None:
    store = edge.store()
    pools = tuple(tiny.layers[0].replace(pool_size=size) for size in (4, 4, 2))
    deep = tiny.replace(layers=(*pools, *tiny.layers[1:]))
    kept = jobs.start_sweep(store, sweep(deep, "layers.2.pool_size=2,3,4"), "Pools")
    assert [run.sweep.point for run in jobs.queue(store) if run.sweep] == [(2,)]
    assert [refused.point for refused in kept.refused] == [(3,), (4,)]
    assert "MaxPooling2D" in kept.refused[0].why
    none = sweep(tiny.replace(layers=(*tiny.layers, tiny.layers[0])), RATE)
    with pytest.raises(SettingsError, match=r"None of the 3 points of this sweep can be trained\. The first: "):
        jobs.start_sweep(store, none)
    assert sweeps.every(store) == [kept]


@pytest.mark.usefixtures("nothing_starts")
def test_runs_that_failed_or_are_gone_are_added_again(tiny: RunConfig) -> None:
    store = edge.store()
    kept = jobs.start_sweep(store, sweep(tiny, RATE, seeds=2))
    assert jobs.add_missing(store, kept) == []
    first, second, *_ = jobs.queue(store)
    RunWriter(first.folder).fail("The disk was full.", "", again=False)
    names = {first.name, second.name}
    second.folder.rename(store.folder / "away")
    added = jobs.add_missing(store, kept)
    assert {run.name for run in added} == names
    assert jobs.add_missing(store, kept) == []


@pytest.mark.usefixtures("nothing_starts")
def test_a_form_that_is_sent_twice_starts_one_sweep(tiny: RunConfig) -> None:
    store, made = edge.store(), sweep(tiny, RATE)
    first = jobs.start_sweep(store, made, known=())
    assert jobs.start_sweep(store, made, known=()) == first
    assert jobs.start_sweep(store, made, known=(first.id,)) != first
    assert len(jobs.queue(store)) == 6


@pytest.mark.usefixtures("nothing_starts")
def test_runs_of_a_sweep_begin_with_the_layers_that_its_config_copies(tiny: RunConfig, trained_run: Run) -> None:
    store = edge.store()
    base = jobs.begun(store, tiny, trained_run, None, locked=True)
    jobs.start_sweep(store, sweep(base, RATE))
    assert all(run.start.exists() for run in jobs.queue(store))


@pytest.mark.usefixtures("nothing_starts")
def test_no_run_of_a_sweep_is_more_than_a_visitor_may_train(tiny: RunConfig, allow: Allow) -> None:
    store = Store(edge.home() / VISITORS / ("a" * 32))
    store.folder.mkdir(parents=True)
    epochs = "training.epochs=1,2,3"
    allow(epochs=2)
    kept = jobs.start_sweep(store, sweep(tiny, epochs))
    assert [(one.point, "at most 2 epochs" in one.why) for one in kept.refused] == [((3,), True)]
    jobs.queue(store)[0].folder.rename(store.folder / "away")
    jobs.queue(store)[0].folder.rename(store.folder / "away too")
    allow(epochs=1)
    with pytest.raises(BudgetError, match="at most 1 epoch"):
        jobs.add_missing(store, kept)
    assert jobs.queue(store) == []
    allow(unfinished=1)
    with pytest.raises(BudgetError, match="at most 1 unfinished run"):
        jobs.start_sweep(store, sweep(tiny, RATE))
    assert len(sweeps.every(store)) == 1


@pytest.mark.slow
def test_the_best_points_are_trained_in_full_once_all_have_been_tried(tiny: RunConfig, wait_for: WaitFor) -> None:
    store = edge.store()
    base = tiny.with_setting("training.epochs", 3)
    kept = jobs.start_sweep(store, sweep(base, RATE, seeds=2, first_epochs=1, best=1))
    assert len(jobs.rows_of(store, kept)) == 6
    wait_for(lambda: len(jobs.rows_of(store, kept)) == 8)
    wait_for(lambda: all(row.state is State.FINISHED for row in jobs.rows_of(store, kept)))
    rows = jobs.rows_of(store, kept)
    [best] = jobs.best_points(kept, rows)
    full = [row for row in rows if row.sweep and not row.sweep.first]
    assert [(row.sweep and row.sweep.point, row.epochs, row.seed) for row in full] == [(best, 3, 0), (best, 3, 1)]
    assert full[0].name.endswith(" · full · seed 0")
    assert {row.epochs for row in rows if row not in full} == {1}
    assert sweeps.get(store, kept.id).chosen
    assert not jobs.continue_sweeps([store])


def test_a_sweep_that_is_not_there_or_damaged_is_said(tiny: RunConfig) -> None:
    store = edge.store()
    with pytest.raises(RunError, match="There is no sweep 'none'"):
        sweeps.get(store, "none")
    kept = sweeps.keep(store, sweep(tiny, RATE), "A sweep", ())
    path = store.folder / "sweeps" / f"{kept.id}.json"
    path.write_text(path.read_text().replace("0.02", "0.03"))
    with pytest.raises(RunError, match="is damaged: its content does not have its checksum"):
        sweeps.get(store, kept.id)
    assert sweeps.every(store) == []
    [finding] = checking.check(store)
    assert finding.where == f"sweeps/{kept.id}.json"
    assert finding.remedy == "It is removed; its runs stay."
    sweeps.remove(store, kept.id)
    assert list(checking.check(store)) == []
    with pytest.raises(RunError, match="There is no sweep"):
        sweeps.remove(store, kept.id)


@pytest.mark.usefixtures("nothing_starts")
def test_the_seeds_of_a_point_are_checked_once_and_no_other_run_is_read(
    tiny: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that thousands of runs are queued in seconds, however many there are already."""
    store, checked, listed = edge.store(), list[RunConfig](), list[Store]()
    ids = Store.ids

    def noted_check(config: RunConfig, store: Store) -> object:
        checked.append(config)
        return jobs.check(config, store)

    def noted_ids(store: Store) -> list[str]:
        listed.append(store)
        return ids(store)

    monkeypatch.setattr(sweeping, "check", noted_check)
    monkeypatch.setattr(Store, "ids", noted_ids)
    kept = jobs.start_sweep(store, sweep(tiny, RATE, seeds=5))
    assert len(checked) == len(kept.sweep.all_points())
    before = len(listed)
    runs = store.all()[::-1]
    assert len(runs) == 5 * len(checked)
    assert before < len(runs), "it lists the store a few times and not for each run"
    assert [run.colour for run in runs] == [number % COLOURS for number in range(len(runs))]
    assert len({run.config.training.seed for run in runs}) == 5


@pytest.mark.usefixtures("nothing_starts")
def test_where_no_sweep_waits_the_scheduler_reads_no_run(tiny: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    store = edge.store()
    jobs.start_sweep(store, sweep(tiny, RATE))
    active = [run for run, _ in jobs.active(store)]
    monkeypatch.setattr(listing, "_read", lambda run: pytest.fail(f"{run.id} was read"))
    assert not jobs.continue_sweeps([store], active)
