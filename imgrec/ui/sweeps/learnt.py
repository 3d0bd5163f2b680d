"""What a sweep teaches, in sentences and charts."""

from collections.abc import Sequence
from statistics import fmean
from typing import Literal

from imgrec import swept
from imgrec.jobs import PointRuns
from imgrec.runs.sweeps import KeptSweep
from imgrec.sweep import Varied, can_vary, is_spread_by_factors
from imgrec.ui import browser, words


def settings(kept: KeptSweep) -> list[swept.Setting]:
    """Return the settings that vary, as charts and estimates take them."""
    titles = can_vary(kept.sweep.base)
    return [
        swept.Setting(each.setting, titles.get(each.setting, each.setting), _kind(each), log=_log(kept, each))
        for each in kept.sweep.varied
    ]


def points(ranked: Sequence[PointRuns], *, first: bool) -> list[swept.Point]:
    """Return the points of which a run is finished: those with the epochs at first, or those in full."""
    done = [one for one in ranked if one.finished and one.first == first]
    images = _validation_images(done)
    return [
        swept.Point(
            values=one.point,
            validation=tuple(row.validation_accuracy or 0.0 for row in one.finished),
            validation_images=images,
            test=tuple(row.test_accuracy or 0.0 for row in one.finished),
            seconds=fmean(row.seconds or 0.0 for row in one.finished),
            run_ids=tuple(row.id for row in one.finished),
        )
        for one in done
    ]


def _validation_images(done: Sequence[PointRuns]) -> int:
    """Return on how many images the points were compared: the same for all, unless their share varies."""
    counts = []
    for one in done:
        evaluation = browser.store().get(one.finished[0].id).evaluation()
        if evaluation is not None:
            counts.append(evaluation.validation_images)
    return min(counts, default=1)


def _kind(varied: Varied) -> Literal["number", "choice"]:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in varied.values)
    return "number" if numbers else "choice"


def _log(kept: KeptSweep, varied: Varied) -> bool:
    return varied.log or (_kind(varied) == "number" and is_spread_by_factors(kept.sweep.base.field(varied.setting)))


def importance(kept: KeptSweep, tried: Sequence[swept.Point]) -> str:
    """Say which setting mattered, as far as that can be said."""
    return words.literal(swept.said(swept.importance(settings(kept), tried), len(tried)))
