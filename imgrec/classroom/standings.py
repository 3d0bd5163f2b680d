"""What a class has reached: the runs of its members, and who is ahead."""

from contextlib import suppress
from dataclasses import dataclass

from imgrec.classroom.classes import Classroom, Member
from imgrec.errors import ImgrecError
from imgrec.runs import listing
from imgrec.runs.listing import RunRow

HEAD = (
    *("nickname", "name", "state", "validation_accuracy", "test_accuracy", "parameters", "multiply_adds", "epochs"),
    *("epochs_wanted", "dataset", "optimizer", "learning_rate", "batch_size", "seed", "seconds", "created", "run"),
)
"""The columns of the table that a teacher downloads."""


@dataclass(frozen=True)
class Standing:
    """A member's place, by the best run; without one there is none yet."""

    member: Member
    best: RunRow | None
    rank: int | None


def runs_of(member: Member) -> list[RunRow]:
    """List the runs that a member has made since they joined, newest first, without those that cannot be read."""
    found = []
    for run in member.store.all():
        with suppress(ImgrecError):
            row = listing.row(run)
            if row.created >= member.joined:
                found.append(row)
    return found


def best_of(rows: list[RunRow]) -> RunRow | None:
    """Return the run with the best validation accuracy; of equal ones that with fewer parameters, then the older."""
    learnt = [row for row in rows if row.validation_accuracy is not None]
    return min(learnt, key=lambda row: (-(row.validation_accuracy or 0.0), row.params or 0, row.created), default=None)


def standings(room: Classroom) -> list[Standing]:
    """List the members by the validation accuracy of their best runs; equal ones share a place."""
    found = [(member, best_of(runs_of(member))) for member in room.members()]
    placed = sorted(((member, best) for member, best in found if best), key=lambda pair: -_accuracy(pair[1]))
    ranked = [
        Standing(member, best, 1 + sum(_accuracy(other) > _accuracy(best) for _, other in placed))
        for member, best in placed
    ]
    return [*ranked, *(Standing(member, None, None) for member, best in found if best is None)]


def entries(room: Classroom) -> list[tuple[Member, RunRow]]:
    """List all runs of the class, newest first."""
    found = [(member, row) for member in room.members() for row in runs_of(member)]
    return sorted(found, key=lambda pair: pair[1].created, reverse=True)


def to_table(found: list[tuple[Member, RunRow]]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Return the names of the columns and the cells of a class's runs, for a spreadsheet."""
    cells: list[tuple[object, ...]] = [
        (
            *(member.nickname, row.name, row.state, row.validation_accuracy, row.test_accuracy, row.params),
            *(row.multiply_adds, row.epochs, row.epochs_wanted, row.dataset_title, row.optimizer, row.learning_rate),
            *(row.batch_size, row.seed, row.seconds, row.created, row.id),
        )
        for member, row in found
    ]
    return HEAD, cells


def _accuracy(row: RunRow) -> float:
    return row.validation_accuracy or 0.0
