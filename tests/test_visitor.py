"""A visitor without a browser does on a real server what one with a browser does."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.attacker import Recorder
from benchmarks.hosted import Figure, percentile, table
from benchmarks.jar import XSRF, RefusedError, VisitError
from benchmarks.page import Page
from benchmarks.stage import serving
from benchmarks.visitor import Visitor
from imgrec import edge, jobs
from imgrec.config import RunConfig
from imgrec.presets import PRESETS


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, drawn: Path) -> Iterator[str]:
    """Return the address of a real server."""
    home = tmp_path_factory.mktemp("home")
    (home / "datasets").symlink_to(drawn / "datasets")
    with serving(str(home)) as (_, address):
        yield address


async def draft(visitor: Visitor) -> RunConfig:
    """Return the visitor's draft, which the Network page's share link holds."""
    await visitor.open("network")
    [link] = visitor.page.texts("code")
    return RunConfig.from_link(link.partition("c=")[2])


@pytest.mark.slow
def test_a_visitor_presses_sets_and_uploads_and_another_tab_of_the_same_browser_finds_what_that_made(
    address: str, tiny: RunConfig
) -> None:
    async def visit() -> None:
        async with Visitor(address) as one, Visitor(address) as stranger:
            await one.open("network")
            assert await one.press("preset-article") > 0
            config = PRESETS["article"].config
            async with Visitor(address, one.cookies) as tab:
                assert await draft(tab) == config
            assert await draft(stranger) != config
            await one.go("train")
            await one.set("training.epochs", 7)
            await one.set("Batch size", "96")
            config = config.with_setting("training.epochs", 7).with_setting("training.batch_size", 96)
            assert await draft(one) == config
            await one.upload("Open a config file", {"tiny.json": tiny.to_json().encode()})
            assert await draft(one) == tiny
            assert not [*one.failures, *one.page.errors]
            assert None is not one.name != stranger.name

    asyncio.run(visit())


@pytest.mark.slow
def test_a_visitor_says_what_is_not_there_to_be_used(address: str) -> None:
    async def visit() -> None:
        async with Visitor(address) as visitor:
            await visitor.open()
            with pytest.raises(VisitError, match=r"no 'Fly' to use\. It has: .*'Train your first network'"):
                await visitor.press("Fly")
            with pytest.raises(VisitError, match=r"no page 'moon'\. There are: .*network"):
                await visitor.go("moon")

    asyncio.run(visit())


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_a_visitor_runs_what_a_page_runs_by_itself_until_the_server_dies(home: Path, tiny: RunConfig) -> None:
    lasting = tiny.with_setting("training.epochs", 500).with_setting("training.train_share", 1.0)
    run = jobs.launch(edge.store(), lasting)

    async def watch(server: int, address: str) -> None:
        async with Visitor(address) as visitor:
            await visitor.open("train", f"run={run.id}")
            while len(visitor.ticks) + len(visitor.redraws) < 3:  # which of both depends on how fast epochs end
                assert not visitor.failures
                await asyncio.sleep(0.1)
            os.kill(server, signal.SIGKILL)
            with pytest.raises(VisitError, match="connection"):
                await visitor.rerun()
            assert visitor.failures
            with pytest.raises(RefusedError, match="not answered"):
                await visitor.open()

    with serving(str(home)) as (server, address):
        asyncio.run(asyncio.wait_for(watch(server, address), 120))
        assert run.alive()


@pytest.mark.slow
def test_a_picture_that_the_server_no_longer_has_is_left_out(address: str) -> None:
    async def visit() -> None:
        async with Recorder(address) as visitor:
            await visitor.open("predict")
            await visitor.upload("uploaded pictures", {"zebra.png": b"\x89PNG\r\n\x1a\n"})
            assert b"zebra" in visitor.received
            [state] = [state for state in visitor._values.values() if state.HasField("file_uploader_state_value")]
            [file] = state.file_uploader_state_value.uploaded_file_info
            headers = {"X-Xsrftoken": visitor.cookies[XSRF]}
            await asyncio.to_thread(visitor._jar.fetch, "DELETE", file.file_urls.delete_url, headers)
            visitor.received.clear()
            await visitor.rerun()  # the page does not fail
            assert visitor.received
            assert b"zebra" not in visitor.received

    asyncio.run(visit())


def drawing(place: int, said: str, fragment: str = "") -> ForwardMsg:
    """Return the message that draws a text."""
    message = ForwardMsg()
    message.metadata.delta_path.extend([0, place])
    message.delta.new_element.markdown.body = said
    message.delta.fragment_id = fragment
    return message


def test_what_a_run_of_a_page_or_of_a_fragment_does_not_draw_again_is_gone_after_it() -> None:
    page = Page()
    for place, fragment in enumerate(["", "line", "line", "chart"]):
        page.draw(drawing(place, f"first {place}", fragment), "first")
    page.complete("first", [])
    page.draw(drawing(1, "again", "line"), "second")
    page.complete("second", ["line"])
    assert page.texts() == ["first 0", "again", "first 3"]
    page.draw(drawing(0, "anew"), "third")
    page.complete("third", [])
    assert page.texts() == ["anew"]


def test_a_figure_that_was_not_measured_does_not_keep_its_target() -> None:
    figures = [Figure("fast", percentile([0.25, 0.25], 50), 300, " ms"), Figure("none", percentile([], 95), 300)]
    assert [figure.kept for figure in [*figures, Figure("lost", 1, 0), Figure("told", 5)]] == [True, False, False, True]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table(figures).splitlines()]
    assert rows[2:] == [["fast", "≤ 300 ms", "250 ms", "yes"], ["none", "≤ 300", "nan", "NO"]]
