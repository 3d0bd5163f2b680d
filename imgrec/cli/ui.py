"""`ui`: opens the pages, from any folder."""

import argparse
import os
import sys
from typing import Any, NoReturn

from imgrec import APP
from imgrec.cli.output import say

HELP = ("-h", "--help")


def add(commands: Any, common: argparse.ArgumentParser) -> None:  # noqa: ARG001 - it has no result to print as JSON
    """Add the command."""
    text = "Open the pages in the browser. What follows goes to `streamlit run`, as --server.port 8600."
    # A prefix that no one types: all that looks like an option is Streamlit's.
    parser = commands.add_parser(
        "ui", help="Open the pages in the browser.", description=text, prefix_chars="\0", add_help=False
    )
    parser.add_argument("options", metavar="OPTION", nargs="*", help="an option of `streamlit run`")
    parser.set_defaults(do=_open, parser=parser)


def _open(arguments: argparse.Namespace) -> int:
    if not any(option in HELP for option in arguments.options):
        start([sys.executable, "-m", "streamlit", "run", str(APP), *arguments.options])
    say(arguments.parser.format_help(), end="")
    return 0


def start(command: list[str]) -> NoReturn:
    """Become another program, which then has this one's terminal and signals."""
    os.execv(command[0], command)
