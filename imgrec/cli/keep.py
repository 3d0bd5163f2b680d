"""`rename`, `tag`, `star`, `delete`, `trash`, `move`, `check`: keeping the runs in order."""

import argparse
from functools import partial
from typing import Any

from imgrec import edge, jobs
from imgrec.cli import choose
from imgrec.cli.output import say, say_done, say_json
from imgrec.errors import RunError
from imgrec.quantities import size
from imgrec.runs import Run, State, checking, library


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands."""
    command = partial(choose.add_command, commands, common)
    rename = command("rename", "Give a run another name.", _rename)
    rename.add_argument("name", metavar="NAME")
    tag = command("tag", "Give a run these tags in place of those that it has.", _tag)
    tag.add_argument("tags", metavar="TAG", nargs="*", help="none takes all of them away")
    star = command("star", "Put a star on a run.", _star)
    star.add_argument("--off", action="store_true", help="take it away")
    command("delete", "Move a run to the trash.", _delete)
    trash = command("trash", "List the deleted runs.", _trash, of_a_run=False)
    what = trash.add_mutually_exclusive_group()
    what.add_argument("--empty", action="store_true", help="remove them for good")
    what.add_argument("--restore", metavar="RUN", help="bring one back")
    move = command("move", "Let a waiting run start earlier or later.", _move)
    move.add_argument("places", metavar="PLACES", type=int, help="-1 is one place earlier, 1 is one place later")
    check = command("check", "Verify every rule of the store, and say what breaks one.", _check, of_a_run=False)
    check.add_argument("--repair", action="store_true", help="put right what can be")


def _rename(arguments: argparse.Namespace) -> int:
    run = _any(arguments.run)
    before = run.name
    library.rename(run, arguments.name)
    _done(arguments, run, f"{before} is now {run.name}.", name=run.name)
    return 0


def _tag(arguments: argparse.Namespace) -> int:
    run = _any(arguments.run)
    library.tag(run, arguments.tags)
    tags = run.annotations.tags
    _done(arguments, run, f"{run.name}: {', '.join(tags) or 'no tags'}.", tags=list(tags))
    return 0


def _star(arguments: argparse.Namespace) -> int:
    run = _any(arguments.run)
    library.star(run, not arguments.off)
    has = "has no star" if arguments.off else "has a star"
    _done(arguments, run, f"{run.name} {has}.", starred=run.annotations.starred)
    return 0


def _delete(arguments: argparse.Namespace) -> int:
    run = _any(arguments.run)
    library.delete(run)
    back = f"python -m imgrec trash --restore {run.id}"
    _done(arguments, run, f"{run.id} is in the trash. `{back}` brings it back.", trash=True)
    return 0


def _trash(arguments: argparse.Namespace) -> int:
    if arguments.empty:
        freed = library.empty_trash(edge.store())
        say_done(arguments.json, f"The trash is empty: {size(freed)} freed.", freed_bytes=freed)
        return 0
    if arguments.restore:
        found = [run for run in edge.store().deleted() if run.id.startswith(arguments.restore)]
        if len(found) != 1:
            raise RunError(
                f"--restore needs the id of one run in the trash. {arguments.restore[:60]!r} begins the ids "
                f"of {len(found)}."
            )
        run = library.restore(found[0])
        _done(arguments, run, f"{run.id} is back.", trash=False)
        return 0
    sizes = {run.id: run.disk_bytes for run in edge.store().deleted()}
    if arguments.json:
        say_json({"trash": [{"run": run, "bytes": size} for run, size in sizes.items()]})
    else:
        say("\n".join(f"{run}  {size(taken)}" for run, taken in sizes.items()) or "The trash is empty.")
    return 0


def _move(arguments: argparse.Namespace) -> int:
    run = choose.find(arguments.run, lambda run: run.state is State.QUEUED, "queued run")
    jobs.move(run, arguments.places)
    ids = [waiting.id for waiting in jobs.queue(edge.store())]
    place = ids.index(run.id) + 1 if run.id in ids else 0
    _done(arguments, run, f"{run.name} is number {place} of {len(ids)} in the queue.", place=place)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    rows = []
    for finding in list(checking.check(edge.store())):
        repaired = arguments.repair and finding.repair is not None
        if repaired and finding.repair:
            finding.repair()
        rows.append({"where": finding.where, "what": finding.what, "remedy": finding.remedy, "repaired": repaired})
        if not arguments.json:
            how = "Repaired: " if repaired else "With --repair: " if finding.repair else ""
            say(f"{finding.where}: {finding.what} {how}{finding.remedy}")
    if arguments.json:
        say_json({"found": rows})
    elif not rows:
        say("Every rule holds.")
    return 0 if all(row["repaired"] for row in rows) else 1


def _any(text: str) -> Run:
    return choose.find(text, lambda _: True, "run")


def _done(arguments: argparse.Namespace, run: Run, sentence: str, **more: object) -> None:
    say_done(arguments.json, sentence, run=run.id, **more)
