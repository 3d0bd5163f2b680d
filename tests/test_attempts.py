"""No visitor of a hosted server sees or changes what another one has, and none takes more than the budgets allow."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import attempts, budgets
from benchmarks.attack import KINDS
from benchmarks.attempts import server


@pytest.fixture
def attack(home: Path, shapes: None) -> Callable[[int, bool], attempts.Found]:  # noqa: ARG001 - its dataset is ready
    """Return what tries so many attempts on a server, with private stores or with a shared one."""

    def try_all(count: int, private: bool) -> attempts.Found:
        with server(str(home), private) as address:
            return asyncio.run(attempts.attack(address, count, seed=0))

    return try_all


@pytest.mark.slow
def test_a_hundred_attempts_on_another_visitors_runs_fail(attack: Callable[[int, bool], attempts.Found]) -> None:
    found = attack(100, True)
    assert found.tried.total() >= 100
    assert not found.said


@pytest.mark.slow
def test_where_all_visitors_share_a_store_each_kind_of_attempt_is_seen_to_succeed(
    attack: Callable[[int, bool], attempts.Found],
) -> None:
    found = attack(60, False)
    assert set(found.succeeded) == set(KINDS)
    assert any("a file was changed" in said for said in found.said)


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_no_tab_typed_number_or_message_exceeds_a_budget(home: Path) -> None:
    with server(str(home)) as address:
        found = asyncio.run(budgets.attack(address, ["epochs", "unfinished"], tries=6))
    assert all(each.tries > 20 and each.started for each in found)
    assert not [said for each in found for said in (*each.exceeded, *each.unsaid, *each.failed)]
