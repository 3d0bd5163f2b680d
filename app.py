"""Starts the pages: `streamlit run app.py`.

The script that draws lies in imgrec/ui, away from pages/: Streamlit would otherwise serve the first deep link after a
start by running that page's file alone, without navigation.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

from imgrec import edge, jobs, server
from imgrec.errors import ImgrecError
from imgrec.runs import Store
from imgrec.ui import SHELL, downloads, live_chart, received, words
from imgrec.ui.browser import NameBrowsers

# Streamlit Community Cloud knows environment variables only as secrets: loaded here, before anything reads one.
st.secrets.load_if_toml_exists()

SWEEP_SECONDS = 600
"""How often what visitors left behind is looked for."""

profile = server.start()
if server.hosted(profile):
    config.set_option("client.showErrorDetails", "none")
    config.set_option("logger.enableRich", False)  # what prints a bug then passes through the logger, and not around it
_log = logging.getLogger("imgrec")


def show(error: Exception) -> bool:
    """Show what a button's callback raised; what a page raises is shown by the shell. Anything else is a bug.

    A bug is seen with its traceback, but by strangers as a number that the log has.
    """
    if isinstance(error, ImgrecError):
        said = str(error)
    elif received.is_unreadable(error):
        _log.warning("A widget got a value of another kind than its own.", exc_info=error)
        said = "This page received a value that none of its widgets has. Load it again."
    elif server.hosted(profile):
        said = server.noted(error)
    else:
        return False
    st.error(words.literal(said), icon=":material/error:")
    return True


@asynccontextmanager
async def go_on(_app: st.App) -> AsyncGenerator[None]:
    """Let the runs that waited go on when the server starts, as after a reboot, before anyone opens a page."""
    keeping = asyncio.create_task(_keep_order())
    yield
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


async def _keep_order() -> None:
    await asyncio.to_thread(_look_after)  # thousands of runs take a moment to read
    while True:
        with suppress(ImgrecError, OSError):  # the disk may be full or away for a moment: the next round tries again
            await asyncio.to_thread(jobs.sweep, edge.home())
        await asyncio.sleep(SWEEP_SECONDS)


def _look_after() -> None:
    for store in Store.below(edge.home()):
        with suppress(ImgrecError):  # which the first page says
            jobs.look_after(store)


app = st.App(
    SHELL,
    routes=[live_chart.ROUTE, downloads.ROUTE],
    lifespan=go_on,
    middleware=[*server.middleware(profile), Middleware(NameBrowsers)],
    on_script_error=show,
)
