"""Sweeping: the runs of a sweep are queued, those that are missing again, and the best points then in full."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from statistics import fmean
from typing import NamedTuple

from imgrec import names
from imgrec.errors import ImgrecError, SettingsError
from imgrec.jobs import budgets, memory
from imgrec.jobs.beginnings import checked_origin
from imgrec.jobs.estimate import forecasts
from imgrec.jobs.launching import check, check_environment, launching, problem
from imgrec.jobs.machine import needs_all, slots
from imgrec.jobs.naming import SEED
from imgrec.records import SweepPlace
from imgrec.runs import MAX_NAME, Run, State, Store, listing, sweeps
from imgrec.runs.listing import RunRow
from imgrec.runs.run import ENDED
from imgrec.runs.sweeps import KeptSweep, Refused
from imgrec.sweep import Point, Sweep

NOT_THERE = frozenset({State.FAILED, State.CANCELLED})
"""States in which a run brings nothing to its sweep."""

FULL = " · full"
"""Ends the name of a run of one of the best points, which is trained in full."""


class SweepPlan(NamedTuple):
    """What a sweep would be: its points that can be trained, those that cannot, its runs, and what they take.

    later are the runs of the best points after the first ones. seconds and disk_bytes are None where not known.
    """

    points: list[Point]
    refused: tuple[Refused, ...]
    first: int
    later: int
    seconds: float | None
    disk_bytes: int | None


class PointRuns(NamedTuple):
    """The runs of one point of a sweep, and those of them that are finished. first: with the epochs at first."""

    point: Point
    first: bool
    runs: list[RunRow]
    finished: list[RunRow]

    @property
    def validation_accuracy(self) -> float | None:
        """The mean over the finished runs, from 0 to 1."""
        found = [row.validation_accuracy for row in self.finished if row.validation_accuracy is not None]
        return fmean(found) if found else None


class _Wanted(NamedTuple):
    """A run of a sweep that is to be: its place there, the number of its point from 1, and its seed."""

    place: SweepPlace
    number: int
    seed: int


def plan_sweep(store: Store, sweep: Sweep) -> SweepPlan:
    """Say what a sweep would be in this store. Raises SettingsError where none of its points can be trained."""
    points, refused = _tried(store, sweep)
    if not points:
        raise SettingsError(
            f"None of the {len(refused)} points of this sweep can be trained. The first: {refused[0].why}"
        )
    first, best = len(points) * sweep.seeds, min(sweep.best, len(points)) if sweep.first_epochs else 0
    later = best * sweep.seeds
    in_full = sweep.config(points[0], first=False)
    # The seeds of a point take the same time.
    *times, of_best = forecasts(store, [*(sweep.config(point, first=True) for point in points), in_full])
    times += [of_best] * best
    known = [seconds for seconds in times if seconds is not None]
    needs = memory.needs(store, in_full)
    at_once = 1 if needs_all(sweep.base) else slots(store.home)
    return SweepPlan(
        points,
        refused,
        first,
        later,
        sum(known) * sweep.seeds / at_once if len(known) == len(times) else None,
        needs.disk * (first + later) if needs else None,
    )


def start_sweep(
    store: Store,
    sweep: Sweep,
    name: str = "",
    *,
    known: Collection[str] | None = None,
    address: str | None = None,
) -> KeptSweep:
    """Queue the runs of a sweep, and return it. Points whose values do not go together are left out, with the reason.

    known has the ids of the sweeps that there were when the form was drawn: where there is the same one beside them,
    the form was sent twice, and that one is given. address is the internet address of who asks, if known. Raises
    SettingsError where no point can be trained or for an unusable name, BudgetError where the server does not let a
    visitor start so many runs.
    """
    plan = plan_sweep(store, sweep)
    check_environment(store)
    with launching(store):
        if known is not None:
            for kept in sweeps.every(store):
                if kept.id not in known and kept.sweep == sweep:
                    return kept
        with budgets.claimed(store, plan.first, address):
            kept = sweeps.keep(store, sweep, name or _default_name(store), plan.refused)
            _create(store, kept, _wanted(kept, plan.points, first=True))
    return kept


def missing(kept: KeptSweep, rows: Sequence[RunRow]) -> int:
    """Return how many runs of a sweep are not there, or have failed or been cancelled."""
    return len(_missing(kept, rows))


def add_missing(store: Store, kept: KeptSweep, address: str | None = None) -> list[Run]:
    """Queue the runs of a sweep that are not there, or have failed or been cancelled, and return them.

    Raises BudgetError where the server does not let a visitor start them.
    """
    with launching(store):
        wanted = _missing(kept, rows_of(store, kept))
        if not wanted:
            return []
        with budgets.claimed(store, len(wanted), address):
            return _create(store, kept, wanted)


def _missing(kept: KeptSweep, rows: Sequence[RunRow]) -> list[_Wanted]:
    refused = {one.point for one in kept.refused}
    wanted = list(_wanted(kept, (point for point in kept.sweep.all_points() if point not in refused), first=True))
    if kept.chosen:
        wanted += _wanted(kept, best_points(kept, rows), first=False)
    return _beside(wanted, [row for row in rows if row.state not in NOT_THERE])


def _beside(wanted: Iterable[_Wanted], rows: Iterable[RunRow]) -> list[_Wanted]:
    """Return those of the wanted runs that are not among the rows."""
    there = {_key(row.sweep, row.seed) for row in rows}
    return [one for one in wanted if _key(one.place, one.seed) not in there]


def rows_of(store: Store, kept: KeptSweep) -> list[RunRow]:
    """Return the rows of the runs that come of a sweep, oldest first."""
    return listing.rows_of_sweep(store, kept.id)[::-1]


def best_points(kept: KeptSweep, rows: Sequence[RunRow]) -> list[Point]:
    """Return the points that are trained in full after the first runs: those with the best validation accuracy.

    That is the mean over a point's seeds. Points of which no run was finished are left out.
    """
    tried = [one for one in ranked(rows) if one.first and one.finished]
    return [one.point for one in tried[: kept.sweep.best]]


def ranked(rows: Sequence[RunRow]) -> list[PointRuns]:
    """Return the runs of a sweep by their points: first those that are trained in full, and of these the best."""
    groups: dict[tuple[bool, Point], list[RunRow]] = {}
    for row in rows:
        if row.sweep is not None:
            groups.setdefault((row.sweep.first, row.sweep.point), []).append(row)
    found = [PointRuns(point, first, of, listing.finished(of)) for (first, point), of in groups.items()]
    return sorted(found, key=lambda one: (one.first, -(one.validation_accuracy or -1.0)))


def continue_sweeps(stores: Iterable[Store], active: Iterable[Run] = ()) -> bool:
    """Queue the best points of the sweeps whose first runs have all ended. Return whether there were any.

    active are runs that are known to be under way: the sweeps that they come of are not looked at, which takes a moment
    where there are thousands of runs. Safe from any process at any time. A sweep that cannot go on now, as the server
    takes no more runs, is asked again later.
    """
    waiting = [(store, kept) for store in stores for kept in sweeps.every(store) if kept.waits]
    if not waiting:
        return False
    busy, went_on = {listing.sweep_of(run) for run in active}, False
    for store, kept in waiting:
        if kept.id not in busy:
            with suppress(ImgrecError):
                went_on |= _choose(store, kept)
    return went_on


def _choose(store: Store, kept: KeptSweep) -> bool:
    if not _all_tried(rows_of(store, kept)):
        return False
    with store.lock("launch"):
        rows = rows_of(store, kept)
        if not sweeps.get(store, kept.id).waits or not _all_tried(rows):  # another process was quicker
            return False
        # Those that a process which was killed at this place has queued already are there.
        later = _beside(_wanted(kept, best_points(kept, rows), first=False), rows)
        with budgets.claimed(store, len(later), None):
            _create(store, kept, later)
            sweeps.write(store, kept.replace(chosen=True))
    return bool(later)


def _all_tried(rows: Sequence[RunRow]) -> bool:
    """Return whether the first runs of a sweep have all ended."""
    first = [row for row in rows if row.sweep is not None and row.sweep.first]
    return bool(first) and all(row.state in ENDED for row in first)


def _tried(store: Store, sweep: Sweep) -> tuple[list[Point], tuple[Refused, ...]]:
    fine, refused = [], []
    for point in sweep.all_points():
        try:
            # In full, as that is what counts in the end.
            why = problem(sweep.config(point, first=False, seed=sweep.all_seeds[-1]), store)
        except SettingsError as error:
            why = str(error)
        if why is None:
            fine.append(point)
        else:
            refused.append(Refused(point=point, why=why))
    return fine, tuple(refused)


def _wanted(kept: KeptSweep, points: Iterable[Point], *, first: bool) -> Iterator[_Wanted]:
    """Yield the runs of points: first with the epochs at first, if the sweep has such."""
    numbers = {point: number for number, point in enumerate(kept.sweep.all_points(), 1)}
    at_first = first and bool(kept.sweep.first_epochs)
    for point in points:
        place = SweepPlace(id=kept.id, point=point, first=at_first)
        for seed in kept.sweep.all_seeds:
            yield _Wanted(place, numbers[point], seed)


def _create(store: Store, kept: KeptSweep, wanted: Iterable[_Wanted]) -> list[Run]:
    """Queue runs; none of them where one is more than a visitor may train, who may have joined a class since."""
    wanted, checked = list(wanted), {}
    for place in dict.fromkeys(one.place for one in wanted):  # the seeds of a point differ in nothing that is checked
        config = kept.sweep.config(place.point, first=place.first)
        budgets.check(store, config, check(config, store))
        checked[place] = config, checked_origin(store, config)
    made: list[Run] = []
    for place, number, seed in wanted:
        config, origin = checked[place]
        end = f" · {number}{FULL if kept.sweep.first_epochs and not place.first else ''}"
        if kept.sweep.seeds > 1:
            end += f"{SEED}{seed}"
        run = store.create(
            config.with_setting("training.seed", seed),
            names.cut(kept.name, MAX_NAME - len(end)) + end,
            origin=origin,
            sweep=place,
            after=made[-1] if made else None,
        )
        made.append(run)
    return made


def _key(place: SweepPlace | None, seed: int) -> tuple[Point, bool, int]:
    assert place is not None
    return place.point, place.first, seed


def _default_name(store: Store) -> str:
    taken = {kept.name for kept in sweeps.every(store)}
    return next(name for number in range(1, len(taken) + 2) if (name := f"Sweep {number}") not in taken)
