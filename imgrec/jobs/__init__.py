"""Jobs: runs are checked and queued (launching.py), and asked to pause, to go on and to stop (asking.py).

Which runs wait stands in turns.py, the processes that train them in processes.py.
"""

from imgrec.jobs.asking import can_resume, pause, resume, stop
from imgrec.jobs.beginnings import begun, checked_origin, origin, source
from imgrec.jobs.budgets import disk_bytes, tensorflow_turn
from imgrec.jobs.estimate import forecast, wait
from imgrec.jobs.expiry import seconds_left, sweep
from imgrec.jobs.launching import MAX_COPIES, check, known, launch, network, problem, repeat, twin
from imgrec.jobs.machine import free_memory, several_gpus, slots, worker_environment
from imgrec.jobs.naming import default_name
from imgrec.jobs.own_datasets import learning_from, remove_dataset
from imgrec.jobs.processes import (
    NOT_MINE,
    expect,
    look_after,
    prepare_answers,
    reap,
    rest,
    scheduler_alive,
    scheduler_lock,
    start_next,
)
from imgrec.jobs.standby import is_expected
from imgrec.jobs.sweeping import (
    PointRuns,
    SweepPlan,
    add_missing,
    best_points,
    continue_sweeps,
    missing,
    plan_sweep,
    ranked,
    rows_of,
    start_sweep,
)
from imgrec.jobs.turns import (
    ACTIVE,
    NOT_ENDED,
    active,
    ahead,
    drain,
    earlier,
    in_turns,
    is_drained,
    move,
    queue,
    running,
    under_way,
)
from imgrec.jobs.workers import kill, memory_of

__all__ = [
    "ACTIVE",
    "MAX_COPIES",
    "NOT_ENDED",
    "NOT_MINE",
    "PointRuns",
    "SweepPlan",
    "active",
    "add_missing",
    "ahead",
    "begun",
    "best_points",
    "can_resume",
    "check",
    "checked_origin",
    "continue_sweeps",
    "default_name",
    "disk_bytes",
    "drain",
    "earlier",
    "expect",
    "forecast",
    "free_memory",
    "in_turns",
    "is_drained",
    "is_expected",
    "kill",
    "known",
    "launch",
    "learning_from",
    "look_after",
    "memory_of",
    "missing",
    "move",
    "network",
    "origin",
    "pause",
    "plan_sweep",
    "prepare_answers",
    "problem",
    "queue",
    "ranked",
    "reap",
    "remove_dataset",
    "repeat",
    "rest",
    "resume",
    "rows_of",
    "running",
    "scheduler_alive",
    "scheduler_lock",
    "seconds_left",
    "several_gpus",
    "slots",
    "source",
    "start_next",
    "start_sweep",
    "stop",
    "sweep",
    "tensorflow_turn",
    "twin",
    "under_way",
    "wait",
    "worker_environment",
]
