"""`python -m imgrec …`: the same product without a browser.

To add a command: a module here with add(commands, common), and its place in COMMANDS.

Exit status: 0 it was done, 2 a wrong argument, 1 anything else, with one sentence on standard error. What Ctrl-C or
SIGTERM ends, ends by that signal (signals.py). With --json the
last line on standard output is one JSON object; progress goes to standard error.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from typing import NoReturn

from imgrec import __version__
from imgrec.cli import admin, ask, compare, data, inspect, keep, predict, sweep, train, ui
from imgrec.cli.output import discard, open_closed, say, tell
from imgrec.errors import ImgrecError, SettingsError, ShapeError

COMMANDS = (ui, train, sweep, predict, inspect, compare, ask, keep, data, admin)
FAILED, WRONG_ARGUMENT = 1, 2


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, where argparse would print its usage too."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message[:1].upper()}{message[1:]}. `{self.prog} --help` says what there is.")

    def _print_message(self, message: str, file: object = None) -> None:  # noqa: ARG002 - its errors go through error
        say(message, end="")  # argparse would say nothing of a standard output that takes no more


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say and return the exit status."""
    open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without × shall not end the command
    try:
        arguments = _parser().parse_args(argv)
        status: int = arguments.do(arguments)
    except (SettingsError, ShapeError) as error:
        tell(str(error))
        return WRONG_ARGUMENT
    except ImgrecError as error:
        tell(str(error))
        return FAILED
    except BrokenPipeError:
        discard(sys.stdout)  # the reader has what it wanted (| head)
        return FAILED
    except OSError as error:
        tell(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.")
        return FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m imgrec",
        description="Build, train and understand small image classifiers.",
        epilog="After pip install, `imgrec` is the same as `python -m imgrec`.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"imgrec {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON object, as the last line of the output")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for command in COMMANDS:
        command.add(commands, common)
    return parser
