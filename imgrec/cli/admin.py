"""`admin`: what the owner of a server looks at and does: who waits, what runs, what it takes, and maintenance."""

import argparse
import json
from functools import partial
from typing import Any

from imgrec import edge, jobs, profiles, quantities
from imgrec.cli import choose
from imgrec.cli.output import say, say_done, say_json
from imgrec.errors import RunError
from imgrec.runs import Run, State, Store


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command and its parts."""
    text = "Look after a server that has visitors. Without a word it says what goes on."
    parser = commands.add_parser("admin", parents=[common], help=text, description=text, allow_abbrev=False)
    parser.set_defaults(do=_status)
    parts = parser.add_subparsers(title="what to do", metavar="WHAT")
    command = partial(choose.add_command, parts, common, of_a_run=False)
    command("status", "Say who waits, what runs, and what all of it takes.", _status)
    command("drain", "Start nothing new: what trains is finished, and what waits stays.", partial(_drain, True))
    command("resume", "Start runs again, after a drain.", partial(_drain, False))
    command("sweep", "Remove what has rested for longer than the profile keeps it.", _sweep)
    command("settings", "Print the profile with all its budgets.", _settings)
    stop = command("stop", "Stop a run of any visitor; it keeps its best epoch.", _stop)
    stop.add_argument("run", metavar="RUN", help="the beginning of its id, as `admin` prints it")


def _status(arguments: argparse.Namespace) -> int:
    home = edge.home()
    stores = Store.below(home)
    under_way = jobs.in_turns(stores)
    refused = _refused()
    shared = jobs.disk_bytes(stores[0].shared)
    found: dict[str, Any] = {
        "profile": profiles.current().name,
        "drained": jobs.is_drained(home),
        "scheduler": jobs.scheduler_alive(stores[0]),
        "slots": jobs.slots(home),
        "free_memory_bytes": jobs.free_memory(),
        "visitors": len(stores) - 1,
        "disk_bytes": sum(map(jobs.disk_bytes, stores)) + shared,
        "shared_bytes": shared,
        "runs": [_row(run, state) for run, state in under_way],
        "refused": refused,
    }
    if arguments.json:
        say_json(found)
        return 0
    what = "nothing new starts (drained)" if found["drained"] else "runs start as places become free"
    say(f"Profile {found['profile']}; {quantities.count(found['slots'], 'slot')}; {what}.")
    say(
        f"{quantities.count(found['visitors'], 'visitor')} with something stored, "
        f"{quantities.size(found['disk_bytes'])} on the disk, of which {quantities.size(shared)} are shared runs; "
        f"{quantities.size(found['free_memory_bytes'])} of memory free."
    )
    for row in found["runs"]:
        say(f"{row['state']:11} {row['visitor']:9} {row['run']}  {_memory(row)}")
    if not found["runs"]:
        say("No run trains or waits.")
    if refused:
        say("Refused since the server started: " + ", ".join(f"{kind} {count:,}" for kind, count in refused.items()))
    return 0


def _drain(drained: bool, arguments: argparse.Namespace) -> int:
    home = edge.home()
    jobs.drain(home, drained)
    running = [run for run, state in jobs.in_turns(Store.below(home)) if state is State.RUNNING]
    if not drained:
        for store in Store.below(home):
            jobs.look_after(store)
    still = f"Nothing new starts. Still training: {quantities.count(len(running), 'run')}."
    say_done(arguments.json, still if drained else "Runs start again.", drained=drained, running=len(running))
    return 0


def _sweep(arguments: argparse.Namespace) -> int:
    removed = jobs.sweep(edge.home())
    say_done(arguments.json, f"{quantities.count(removed, 'run')} removed.", removed=removed)
    return 0


def _settings(arguments: argparse.Namespace) -> int:
    profile = profiles.current()
    said = "\n".join(f"{title}: {value}" for title, value, _ in profiles.lines(profile))
    say_done(arguments.json, said, **profile.model_dump())
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    under_way = [run for run, _ in jobs.in_turns(Store.below(edge.home())) if run.id.startswith(arguments.run)]
    if len(under_way) != 1:
        raise RunError(
            f"`admin stop` needs the id of one run that trains or waits. {arguments.run[:60]!r} begins the ids of "
            f"{len(under_way)}."
        )
    jobs.stop(under_way[0])
    say_done(arguments.json, f"{under_way[0].id} is asked to stop.", run=under_way[0].id)
    return 0


def _row(run: Run, state: State) -> dict[str, Any]:
    progress = run.progress() if state is State.RUNNING else None
    return {
        "run": run.id,
        "visitor": _called(Store.of(run)),
        "state": state,
        "created": run.created.isoformat(timespec="seconds"),
        "seconds_left": progress.seconds_left if progress else None,
        "memory_bytes": jobs.memory_of(run) if state is State.RUNNING else None,
    }


def _called(store: Store) -> str:
    """Return what tells a visitor from others: the beginning of the store's name, which opens nothing."""
    return store.folder.name[:8] if store.is_visitors else "owner"


def _memory(row: dict[str, Any]) -> str:
    parts = []
    if row["memory_bytes"] is not None:
        parts.append(quantities.size(row["memory_bytes"]))
    if row["seconds_left"] is not None:
        parts.append(f"{quantities.duration(row['seconds_left'])} left")
    return ", ".join(parts)


def _refused() -> dict[str, int]:
    try:
        found = json.loads(edge.refused().read_text(encoding="utf-8"))
        return {str(kind): int(count) for kind, count in found["counts"].items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):  # no server has refused anything yet
        return {}
