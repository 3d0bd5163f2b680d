"""Sweeps: a config of which some settings vary, and the configs that come of it; its JSON and its share link."""

import json
import math
import random
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import field_validator, model_validator
from pydantic_core import PydanticCustomError

from imgrec import links
from imgrec.config import MAX_CONFIG_LETTERS, RunConfig
from imgrec.errors import SettingsError
from imgrec.settings import Settings, choice, entries, is_log, is_whole, limits, options, whole

MOST_VARIED = 6
"""Settings that vary at once: of more, no number of runs that people wait for would show what each of them does."""

MOST_POINTS = 200

Value = bool | int | float | str

Point = tuple[Value, ...]
"""A value of each setting that varies, in their order."""


class Varied(Settings):
    """A setting that takes several values: those that are listed, or any from low to high."""

    setting: str
    """Named as in a config's JSON: training.learning_rate, layers.0.filters."""
    values: tuple[Value, ...] = ()
    low: float | None = None
    high: float | None = None
    log: bool = False
    """Whether values are spread evenly over their logarithm, as those of a learning rate."""

    @field_validator("values", mode="before")
    @classmethod
    def _lists_are_tuples(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _is_a_list_or_an_interval(self) -> "Varied":
        if self.values:
            if len(set(self.values)) < max(2, len(self.values)) or (self.low, self.high) != (None, None):
                raise _refused(f"{self.setting} needs two or more different values. Received: {_listed(self.values)}.")
        elif self.low is None or self.high is None or not self.low < self.high:
            raise _refused(
                f"{self.setting} needs two or more values, or a low and a higher value between which it varies. "
                f"Received: {self.low} and {self.high}."
            )
        elif self.log and self.low <= 0:
            raise _refused(f"{self.setting} needs a low value above 0, as it varies by factors. Received: {self.low}.")
        return self

    @classmethod
    def from_text(cls, text: str, base: RunConfig) -> "Varied":
        """Read `SETTING=A,B,C`, or `SETTING=LOW:HIGH`, which may end with `:log` or `:even`.

        Without either, values are spread as the setting's slider is. Raises SettingsError where the text is none of
        these.
        """
        setting, sign, said = text.partition("=")
        if not sign:
            raise SettingsError(
                "A setting that varies needs the form SETTING=A,B,C or SETTING=LOW:HIGH. "
                f"Received: {text[:60]!r}. For example training.learning_rate=0.001:0.03."
            )
        field = base.field(setting)
        parts = said.split(":")
        if len(parts) == 1:
            return cls.parse({"setting": setting, "values": [read_value(each) for each in said.split(",")]})
        spread = parts[2] if len(parts) == 3 else "log" if is_log(field) else "even"
        if len(parts) > 3 or spread not in {"log", "even"}:
            raise SettingsError(
                f"A range needs the form LOW:HIGH, LOW:HIGH:log or LOW:HIGH:even. Received: {said[:60]!r}."
            )
        low, high = (read_value(each) for each in parts[:2])
        return cls.parse({"setting": setting, "low": low, "high": high, "log": spread == "log"})

    def at(self, share: float, whole_numbers: bool) -> Value:
        """Return the value at a share of the way, from 0 to below 1 over a list, to 1 from low to high.

        Numbers have three digits, so that people can read them.
        """
        if self.values:
            return self.values[int(share * len(self.values))]
        assert self.low is not None
        assert self.high is not None
        if self.log:
            found = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            found = self.low + share * (self.high - self.low)
        if whole_numbers:
            return round(found)
        return min(max(float(f"{found:.3g}"), self.low), self.high)


class Sampling(Settings):
    """Which combinations of the values that vary are tried, how often, and for how many epochs."""

    method: str = choice(
        "grid",
        *("grid", "random"),
        help="A grid tries all combinations of some values of each setting: best for one or two settings. Random "
        "points try a new value of each setting every time: better for three and more.",
    )
    points: int = whole(12, 2, MOST_POINTS, "Combinations that are tried, at most.")
    seeds: int = whole(
        1,
        1,
        10,
        "Runs of each combination, with one seed each. From two on, luck can be told from what a setting does.",
    )
    first_epochs: int = whole(
        0,
        0,
        500,
        "All combinations are trained for so many epochs first, with a complete schedule, and the best again in full; "
        "0: all in full.",
        title="Epochs at first",
    )
    best: int = whole(3, 1, 50, "Combinations that are trained in full after that.", title="Best, in full")
    seed: int = whole(0, 0, 2**31 - 1, "Same seed, same random points.")


class Sweep(Sampling):
    """A config, the settings of it that vary, and how many of their combinations are tried."""

    base: RunConfig
    varied: tuple[Varied, ...]

    @field_validator("varied", mode="before")
    @classmethod
    def _lists_are_tuples(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _fits_together(self) -> "Sweep":
        names = [each.setting for each in self.varied]
        if not 1 <= len(names) <= MOST_VARIED:
            raise _refused(f"A sweep needs 1 to {MOST_VARIED} settings that vary. Received: {len(names)}.")
        if twice := [name for name in names if names.count(name) > 1]:
            raise _refused(f"A setting can vary once. Received twice: {twice[0]}.")
        if "training.seed" in names:
            raise _refused("A sweep needs its seeds as their number, not as a setting that varies: raise seeds.")
        try:
            for each in self.varied:
                for value in each.values or (each.at(0, self._whole(each)), each.at(1, self._whole(each))):
                    self.base.with_setting(each.setting, value)
        except SettingsError as error:
            raise _refused(str(error)) from None
        if self.first_epochs:
            self._check_first_epochs(names)
        if self.method == "grid" and (found := math.prod(map(len, self._axes()))) > self.points:
            raise _refused(
                f"A grid of these settings has {found:,} points, and this sweep at most {self.points}. Raise points, "
                "vary fewer, or choose random points."
            )
        return self

    def _check_first_epochs(self, names: Sequence[str]) -> None:
        if "training.epochs" in names:
            raise _refused("Where the epochs vary, all points are trained in full: set first_epochs to 0.")
        if self.first_epochs >= self.base.training.epochs:
            raise _refused(
                f"The epochs at first need to be fewer than the {self.base.training.epochs} of the config. Received: "
                f"{self.first_epochs}. Set it to 0 to train all points in full."
            )

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of the settings that vary."""
        return tuple(each.setting for each in self.varied)

    def all_points(self) -> list[Point]:
        """List the combinations that are tried, each of them once; the same sweep always has the same."""
        shares = product(*self._axes()) if self.method == "grid" else self._random()
        made = (
            tuple(each.at(share, self._whole(each)) for each, share in zip(self.varied, point, strict=True))
            for point in shares
        )
        return list(dict.fromkeys(made))

    def config(self, point: Point, *, first: bool, seed: int | None = None) -> RunConfig:
        """Return the config of a point with one of all_seeds, else the first; one that is trained first, or in full.

        Raises SettingsError where the values do not go together.
        """
        config = self.base
        for name, value in zip(self.settings, point, strict=True):
            config = config.with_setting(name, value)
        if first and self.first_epochs:
            config = config.with_setting("training.epochs", self.first_epochs)
        return config if seed is None else config.with_setting("training.seed", seed)

    def configs(self, point: Point, *, first: bool) -> list[RunConfig]:
        """Return the configs of a point, one for each seed; those that are trained first, or those in full.

        Raises SettingsError where the values do not go together.
        """
        config = self.config(point, first=first)
        return [config.with_setting("training.seed", seed) for seed in self.all_seeds]

    @property
    def all_seeds(self) -> range:
        """The seeds of each point."""
        return range(self.base.training.seed, self.base.training.seed + self.seeds)

    def runs(self) -> tuple[int, int]:
        """Return how many runs there are at first, and how many more after these."""
        points = len(self.all_points())
        return points * self.seeds, (min(self.best, points) * self.seeds if self.first_epochs else 0)

    def to_json(self) -> str:
        """Write the sweep as indented JSON."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Sweep":
        """Read a sweep. Raises SettingsError where it is not JSON or not a sweep."""
        return cls.parse(links.read(text, "sweep", MAX_CONFIG_LETTERS))

    @classmethod
    def from_file(cls, path: Path) -> "Sweep":
        """Read a sweep file. Raises SettingsError where there is none or it is not a sweep."""
        return cls.parse(links.read_file(path, "sweep", MAX_CONFIG_LETTERS))

    def to_link(self) -> str:
        """Pack the sweep into letters that a URL can hold."""
        return links.packed(self.model_dump(mode="json"))

    @classmethod
    def from_link(cls, link: str) -> "Sweep":
        """Unpack what to_link packed. Raises SettingsError where the letters are damaged."""
        return cls.from_json(links.unpacked(link, MAX_CONFIG_LETTERS))

    def _whole(self, varied: Varied) -> bool:
        field = self.base.field(varied.setting)
        if not varied.values and (limits(field) is None or options(field) or entries(field)):
            raise SettingsError(f"{varied.setting} is no number: list its values. For example {varied.setting}=A,B.")
        return is_whole(field)

    def _axes(self) -> list[list[float]]:
        """Return of each setting the shares of its way in a grid: of an interval as many as fit into all points."""
        listed = math.prod(len(each.values) for each in self.varied if each.values)
        intervals = sum(not each.values for each in self.varied)
        # A little more, as 8 ** (1 / 3) is 1.9999….
        each_has = max(2, int((self.points / listed) ** (1 / intervals) + 1e-9)) if intervals else 0
        counts = [each_has] * intervals
        for place in range(intervals):  # 12 points are 4 × 3, not 3 × 3
            if listed * math.prod(counts) // counts[place] * (counts[place] + 1) <= self.points:
                counts[place] += 1
        axes = []
        for each in self.varied:
            if each.values:
                axes.append([place / len(each.values) for place in range(len(each.values))])
            else:
                count = counts.pop(0)
                axes.append([place / (count - 1) for place in range(count)])
        return axes

    def _random(self) -> Iterator[tuple[float, ...]]:
        """Yield random points, as shares of the way: one in each of as many equal parts of every setting's way.

        Source: McKay, Beckman and Conover 1979, Latin hypercube sampling.
        """
        draw = random.Random(self.seed)
        columns = []
        for _ in self.varied:
            parts = list(range(self.points))
            draw.shuffle(parts)
            columns.append([(part + draw.random()) / self.points for part in parts])
        return zip(*columns, strict=True)


def read_value(text: str) -> Any:
    """Read a value as people type it: a number, true, false, or a word."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, Value) else text


def _listed(values: Sequence[Value]) -> str:
    return ", ".join(map(str, values[:10]))


def _refused(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("said", "{said}", {"said": sentence})
