"""Many pages that watch one run are drawn anew over several ticks, few at once."""

import time
from pathlib import Path

import pytest

from imgrec.runs import Run
from imgrec.ui import watchers

RUN = Run(Path("runs/20260101-000000-00000000"))
OTHER = Run(Path("runs/20260101-000000-00000001"))


@pytest.fixture(autouse=True)
def nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchers, "_seen", {})


def test_few_watchers_are_drawn_anew_at_once() -> None:
    pages = [str(number) for number in range(watchers.AT_ONCE)]
    assert [watchers.count(RUN, page) for page in pages] == list(range(1, watchers.AT_ONCE + 1))
    assert all(watchers.has_turn(RUN, page) for page in pages for _ in range(50))


def test_of_many_watchers_about_as_many_are_drawn_anew_in_each_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([number / 25 for number in range(25)])
    pages = [str(number) for number in range(25)]
    for page in pages:
        watchers.count(RUN, page)
    monkeypatch.setattr("random.random", lambda: next(draws))
    assert sum(watchers.has_turn(RUN, page) for page in pages) == watchers.AT_ONCE


def test_a_page_that_is_closed_or_watches_another_run_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    watchers.count(RUN, "closed")
    watchers.count(OTHER, "elsewhere")
    later = time.monotonic() + watchers.FORGOTTEN_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert watchers.count(RUN, "open") == 1
    assert list(watchers._seen) == [RUN.id]
