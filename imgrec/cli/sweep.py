"""`sweep` and `sweeps`: queue the runs of a sweep, and see what came of it."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from imgrec import edge, files, jobs
from imgrec.cli import choose, data, train
from imgrec.cli.output import say, say_json, table, tell
from imgrec.errors import SettingsError
from imgrec.jobs import SweepPlan
from imgrec.quantities import count, duration, percent, size
from imgrec.runs import State, Store, sweeps
from imgrec.runs.listing import RunRow
from imgrec.runs.sweeps import KeptSweep
from imgrec.sweep import Point, Sweep, Varied


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands."""
    text = "Queue a run for each of several values of one or more settings, and do not wait for them."
    parser = choose.add_command(commands, common, "sweep", text, _sweep, of_a_run=False)
    train.add_config(parser).add_argument(
        "--sweep", metavar="FILE", type=Path, help="the sweep in a file, as --save writes it"
    )
    parser.add_argument(
        "--vary",
        metavar="SETTING=VALUES",
        action="append",
        default=[],
        help="a setting that varies: training.learning_rate=0.001:0.03 between two values, layers.0.filters=16,32,64 "
        "over a list; :log or :even after a range says how its values are spread",
    )
    fields = Sweep.model_fields
    parser.add_argument("--random", action="store_true", help="random points in place of a grid")
    for name, option in (
        ("points", ("--points", "--trials")),
        ("seeds", ("--seeds",)),
        ("first_epochs", ("--first-epochs",)),
        ("best", ("--best",)),
        ("seed", ("--seed",)),
    ):
        description = str(fields[name].description).rstrip(".")
        text = f"{description[:1].lower()}{description[1:]}; by default {fields[name].default}"
        parser.add_argument(*option, dest=name, metavar="N", type=int, help=text.replace("%", "%%"))
    parser.add_argument("--name", default="", help="what the sweep is called, by default Sweep with a number")
    parser.add_argument("--plan", action="store_true", help="say what the sweep would be, and start nothing")
    parser.add_argument("--save", metavar="FILE", type=Path, help="write the sweep as a file as well")
    listed = choose.add_command(
        commands, common, "sweeps", "List the sweeps, or show what came of one.", _sweeps, of_a_run=False
    )
    listed.add_argument("sweep", metavar="SWEEP", nargs="?", help="the sweep's id or the beginning of it")
    listed.add_argument("--add-missing", action="store_true", help="queue its runs that failed or are gone again")
    listed.add_argument("--remove", action="store_true", help="forget the sweep; its runs stay")


def _sweep(arguments: argparse.Namespace) -> int:
    sweep = _asked(arguments)
    store = edge.store()
    plan = jobs.plan_sweep(store, sweep)
    for refused in plan.refused:
        tell(f"Left out: {_values(sweep, refused.point)}. {refused.why}")
    if arguments.save is not None:
        files.write_bytes(arguments.save, sweep.to_json().encode())
    kept = None
    if not arguments.plan:
        data.prepare(data.checked(sweep.base.dataset))
        kept = jobs.start_sweep(store, sweep, arguments.name)
    if arguments.json:
        said = {"sweep": kept and kept.id, "points": len(plan.points), "runs": plan.first, "runs_later": plan.later}
        refusals = [{"point": one.point, "why": one.why} for one in plan.refused]
        say_json({**said, "seconds": plan.seconds, "disk_bytes": plan.disk_bytes, "refused": refusals})
    elif kept is None:
        say(f"It would be {_planned(plan)}.")
    else:
        say(f"{kept.name} is sweep {kept.id}: {_planned(plan)}.\nSee what comes of it with `{_command(kept)}`.")
    return 0


def _asked(arguments: argparse.Namespace) -> Sweep:
    names = ("points", "seeds", "first_epochs", "best", "seed")
    given: dict[str, Any] = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    if arguments.random:
        given["method"] = "random"
    if arguments.sweep is not None:
        if arguments.vary or arguments.set or arguments.dataset:
            raise SettingsError(
                "--sweep FILE has its settings. Received also --vary, --set or --dataset: leave these out."
            )
        return Sweep.from_file(arguments.sweep).replace(**given)
    base = train.config_of(arguments)
    return Sweep.parse({"base": base, "varied": [Varied.from_text(text, base) for text in arguments.vary], **given})


def _planned(plan: SweepPlan) -> str:
    """Return "24 runs of 12 points, about 38 min, 210 MB on the disk"."""
    parts = [f"{count(plan.first, 'run')} of {count(len(plan.points), 'point')}"]
    if plan.later:
        parts[0] += f", then {plan.later} in full"
    if plan.seconds is not None:
        parts.append(f"about {duration(plan.seconds)}")
    if plan.disk_bytes is not None:
        parts.append(f"{size(plan.disk_bytes)} on the disk")
    return ", ".join(parts)


def _sweeps(arguments: argparse.Namespace) -> int:
    store = edge.store()
    if arguments.sweep is None:
        if arguments.add_missing or arguments.remove:
            raise SettingsError("--add-missing and --remove need SWEEP, the id of the sweep that they are about.")
        _list(store, arguments.json)
        return 0
    kept = _found(store, arguments.sweep)
    if arguments.remove:
        sweeps.remove(store, kept.id)
        say(f"{kept.name} is forgotten; its runs stay.")
        return 0
    if arguments.add_missing:
        added = jobs.add_missing(store, kept)
        tell(f"{count(len(added), 'run')} added." if added else "No run is missing.")
    _show(store, kept, arguments.json)
    return 0


def _list(store: Store, as_json: bool) -> None:
    found = [(kept, jobs.rows_of(store, kept)) for kept in sweeps.every(store)]
    if as_json:
        say_json({"sweeps": [_summary(kept, rows) for kept, rows in found]})
    elif found:
        rows = [
            (kept.id, kept.name, ", ".join(kept.sweep.settings), f"{_finished(rows)} of {len(rows)}")
            for kept, rows in found
        ]
        say(table(("sweep", "name", "varies", "finished"), rows))
    else:
        say("No sweep yet. `python -m imgrec sweep --help` says how to start one.")


def _show(store: Store, kept: KeptSweep, as_json: bool) -> None:
    rows = jobs.rows_of(store, kept)
    if as_json:
        say_json(_summary(kept, rows))
        return
    head = (*(setting.rsplit(".", 1)[-1] for setting in kept.sweep.settings), "epochs", "validation", "test", "runs")
    cells = [
        (
            *one.point,
            one.runs[0].epochs_wanted,
            percent(one.validation_accuracy),
            _mean_test(one.finished),
            f"{len(one.finished)} of {len(one.runs)}",
        )
        for one in jobs.ranked(rows)
    ]
    say(f"{kept.name}, sweep {kept.id}: {_finished(rows)} of {count(len(rows), 'run')} finished.")
    say(table(head, cells))
    for refused in kept.refused:
        say(f"Left out: {_values(kept.sweep, refused.point)}. {refused.why}")


def _summary(kept: KeptSweep, rows: Sequence[RunRow]) -> dict[str, Any]:
    return {
        "sweep": kept.id,
        "name": kept.name,
        "created": kept.created,
        "settings": list(kept.sweep.settings),
        "runs": [
            {
                "run": row.id,
                "point": row.sweep.point,
                "first": row.sweep.first,
                "seed": row.seed,
                "state": row.state,
                "validation_accuracy": row.validation_accuracy,
                "test_accuracy": row.test_accuracy,
            }
            for row in rows
            if row.sweep is not None
        ],
        "refused": [{"point": one.point, "why": one.why} for one in kept.refused],
    }


def _found(store: Store, text: str) -> KeptSweep:
    meant = [kept for kept in sweeps.every(store) if kept.id.startswith(text)]
    if not meant:
        return sweeps.get(store, text)
    if len(meant) > 1:
        raise SettingsError(f"SWEEP needs to mean one sweep. {text!r} begins the ids of {len(meant)}; add more of it.")
    return meant[0]


def _values(sweep: Sweep, point: Point) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(sweep.settings, point, strict=True))


def _mean_test(rows: Sequence[RunRow]) -> str:
    found = [row.test_accuracy for row in rows if row.test_accuracy is not None]
    return percent(fmean(found) if found else None)


def _finished(rows: Sequence[RunRow]) -> int:
    return sum(row.state is State.FINISHED for row in rows)


def _command(kept: KeptSweep) -> str:
    return f"python -m imgrec sweeps {kept.id}"
