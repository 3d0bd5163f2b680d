"""Classes: a teacher's task with its budgets, the pupils who have joined, and what they have reached."""

from imgrec.classroom.classes import (
    MAX_NICKNAME,
    Classroom,
    Member,
    checked_nickname,
    create,
    for_teacher,
    get,
    join,
    leave,
    of,
    sweep,
)
from imgrec.classroom.standings import Standing, best_of, entries, runs_of, standings, to_table
from imgrec.classroom.task import MAX_TEXT, MAX_TITLE, PARTS, SPLIT, Task, said

__all__ = [
    "MAX_NICKNAME",
    "MAX_TEXT",
    "MAX_TITLE",
    "PARTS",
    "SPLIT",
    "Classroom",
    "Member",
    "Standing",
    "Task",
    "best_of",
    "checked_nickname",
    "create",
    "entries",
    "for_teacher",
    "get",
    "join",
    "leave",
    "of",
    "runs_of",
    "said",
    "standings",
    "sweep",
    "to_table",
]
