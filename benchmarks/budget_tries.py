"""What a visitor tries to take more than the budgets of a server: what its pages offer, and what no page does."""

import math
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.attacker import Attacker
from imgrec.config import RunConfig, Training
from imgrec.layers import Conv2D, Flatten, MaxPooling2D
from imgrec.runs import Run, State, Store

SMALL = RunConfig(dataset="shapes", layers=(MaxPooling2D(pool_size=4), Flatten()), training=Training(epochs=1))
LARGE = SMALL.replace(layers=(Conv2D(filters=64),), training=Training(epochs=9, batch_size=2048))

RAW: tuple[dict[str, Any], ...] = (
    *({"double_value": value} for value in (1000.0, 1e6, 1e308, -5.0, 0.0, 0.5, math.nan, math.inf)),
    *({"int_value": value} for value in (1000, -1)),
    *({"string_value": value} for value in ("1000", "NaN", "")),
    *({"double_array_value": {"data": values}} for values in ([1e6], [math.nan], [], [1.0, 2.0])),
    *({"string_array_value": {"data": values}} for values in (["999999"], ["-8"], [])),
    *({"bool_value": True}, {"bytes_value": b"\0"}, {"json_value": "{}"}, {"trigger_value": True}),
)
"""What may come from a browser in place of a number: the protocol has more kinds of values than a widget."""

FIELDS = ("training.epochs", "training.batch_size", "training.learning_rate", "training.seed")


@dataclass
class Visit:
    """A visitor, and what their store held when they came: a finished run, and one paused when more was allowed."""

    store: Store
    finished: Run
    paused: Run
    large: bool

    @property
    def made(self) -> list[Run]:
        """The runs that were started since, and the paused one where it goes on."""
        before = {self.finished.id} | ({self.paused.id} if self.paused.state is State.PAUSED else set())
        return [run for run in self.store.all() if run.id not in before]

    @property
    def states(self) -> set[tuple[str, State]]:
        return {(run.id, run.state) for run in self.store.all()}

    def config(self, number: int) -> RunConfig:
        """Return a config that no other number gives: every other one too large, where there is such a thing."""
        return (LARGE if self.large and number % 2 else SMALL).with_setting("training.seed", number)


Try = Callable[[Attacker], Awaitable[object]]


async def press(config: RunConfig, tab: Attacker) -> None:
    """Open a share link and press Start, be it disabled."""
    await tab.open("train", f"c={config.to_link()}")
    await tab.force("Start training")


async def send_and_press(config: RunConfig, what: str, value: dict[str, Any], tab: Attacker) -> None:
    """Send a number for a training setting, and press Start."""
    await tab.open("train", f"c={config.to_link()}")
    if tab.page.find(what) is None:
        await tab.give("Training settings", bool_value=True)
    await tab.give(what, **value)
    await tab.force("Start training")


async def repeat(run: Run, value: dict[str, Any], tab: Attacker) -> None:
    """Ask for copies of a finished run."""
    await tab.open("results", f"run={run.id}")
    await tab.give(f"menu-{run.id}", bool_value=True)
    await tab.give(f"copies-{run.id}", **value)
    await tab.force(f"repeat-{run.id}")


async def further(run: Run, value: dict[str, Any], tab: Attacker) -> None:
    """Train a finished run further."""
    await tab.open("results", f"run={run.id}")
    await tab.give(f"further-{run.id}", bool_value=True)
    await tab.give(f"further-{run.id}-training.epochs", **value)
    await tab.force(f"start-further-{run.id}")


async def resume(run: Run, tab: Attacker) -> None:
    """Let a run that was paused go on."""
    await tab.open("train", f"run={run.id}")
    await tab.force(f"resume-{run.id}")


def plain(visit: Visit) -> Iterator[tuple[str, Try]]:
    """Return what the pages offer."""
    yield "Repeat", partial(repeat, visit.finished, {"double_value": 10.0})
    yield "Train further", partial(further, visit.finished, {"double_value": 3.0})
    yield from ((f"Start {number}", partial(press, visit.config(number))) for number in range(6))
    yield "Resume", partial(resume, visit.paused)  # where nothing more may be started


def raw(visit: Visit) -> Iterator[tuple[str, Try]]:
    """Return what no page offers."""
    for value in RAW:
        yield f"Repeat with {value}", partial(repeat, visit.finished, value)
        yield f"Train further with {value}", partial(further, visit.finished, value)
    for number, (what, value) in enumerate((what, value) for what in FIELDS for value in RAW):
        config = SMALL.with_setting("training.seed", 100 + number)
        yield f"Start with {what} {value}", partial(send_and_press, config, what, value)
