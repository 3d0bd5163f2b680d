"""How numbers and states are said, the same on every page."""

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import mean, stdev
from typing import Literal

import streamlit as st

from imgrec import charts, metrics, quantities, spreadsheet, transfer
from imgrec.architecture import trace
from imgrec.config import RunConfig
from imgrec.differences import begins_with
from imgrec.records import DatasetInfo, Progress
from imgrec.runs import Run, State
from imgrec.runs.listing import RunRow

_Colour = Literal["gray", "blue", "green", "red", "orange"]
_BADGES: dict[State, tuple[_Colour, str]] = {
    State.QUEUED: ("gray", "hourglass_empty"),
    State.RUNNING: ("blue", "directions_run"),
    State.PAUSED: ("orange", "pause_circle"),
    State.FINISHED: ("green", "check_circle"),
    State.FAILED: ("red", "error"),
    State.INTERRUPTED: ("orange", "power_off"),
    State.CANCELLED: ("gray", "block"),
}

_SPACE = "&nbsp;"

# What Streamlit's Markdown reads as more than a letter. A number that begins a list has up to nine digits, and Python
# looks back by a fixed length.
_AFTER_NUMBER = "|".join(f"(?<=^{'[0-9]' * digits})" for digits in range(1, 10))
_MARKS = re.compile(
    r"[\\`*\[\]{<>&$~|@]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # within a word it stands for itself
    r"|:(?=\S)"  # :red[…], :smile:, https://…
    r"|(?<=-)-|^[-+#=]"  # -- and what begins a list, a heading or a rule
    rf"|(?:{_AFTER_NUMBER})[.)]"
    r"|(?<=www)\."  # a link without its https
    r"|[\t-\r]|^ +| +$| (?= )"  # what HTML leaves out
    r"|[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]",  # controls, in the name of a file
    re.IGNORECASE,
)


def badge(state: State) -> None:
    """Draw the state of a run, in its colour."""
    colour, icon = _BADGES[state]
    st.badge(state, color=colour, icon=f":material/{icon}:")


def parts(config: RunConfig, dataset: DatasetInfo, origin: str | None = None) -> tuple[str, ...]:
    """Say a config in four words each: its network, dataset, augmentations and training.

    Where it begins with layers of another run, called origin, that is said as well.
    """
    training, start = config.training, config.start
    network = trace(config.layers, dataset.image_shape, len(dataset.class_names))
    size = "does not fit yet" if network.problem else f"{network.params:,} parameters"
    if start is not None and start.locked and not network.problem:
        size += f", of which {transfer.learning(network, start).params:,} learn"
    begins = (f":material/content_copy: begins with {literal(begins_with(start, origin))}",) if start else ()
    optimizer = type(training.optimizer).__name__
    augmentations = (
        quantities.count(len(config.augmentations), "augmentation") if config.augmentations else "no augmentation"
    )
    return (
        f":material/layers: {quantities.count(len(config.layers), 'layer')}, {size}",
        *begins,
        f":material/photo_library: {literal(dataset.title)}",
        f":material/auto_fix_high: {augmentations}",
        f":material/tune: {quantities.count(training.epochs, 'epoch')}, {optimizer} at {training.learning_rate:g}",
    )


def rounded(seconds: float) -> float:
    """Round a guess to what it is worth: to 5 s below a minute, to half a minute above, to minutes above ten."""
    step = 5 if seconds < 60 else 30 if seconds < 600 else 60
    return step * max(1, round(seconds / step))


def interval(correct: int, images: int) -> str:
    """Say how sure an accuracy is: 95 % interval 85.7 to 87.1 %, n = 10,000."""
    low, high = metrics.wilson_interval(correct, images)
    return f"95 % interval {100 * low:.1f} to {100 * high:.1f} %, n = {images:,}"


def plus_minus(correct: int, images: int) -> str:
    """Say an accuracy with half of its 95 % interval: 86.4 % ± 0.7."""
    return f"{quantities.percent(correct / images)} ± {100 * metrics.half_interval(correct, images):.1f}"


def labels(rows: Sequence[RunRow]) -> dict[str, str]:
    """Say finished runs in a menu, by id: name, test accuracy with half of its interval, how old it is, tags."""
    # Names and tags as they are: a menu shows no Markdown.
    said = {
        row.id: " · ".join(
            (row.name, f"{plus_minus(*row.score)} test accuracy", ago(row.created), *(f"#{tag}" for tag in row.tags))
        )
        for row in rows
    }
    return told_apart(said)


def names(rows: Sequence[RunRow]) -> dict[str, str]:
    """Say the names of runs, by id."""
    return told_apart({row.id: row.name for row in rows})


def told_apart(said: Mapping[str, str]) -> dict[str, str]:
    """Add the end of the run's id where two runs are said the same: a menu knows what is chosen by its text."""
    times = Counter(said.values())
    return {run: text if times[text] == 1 else f"{text} · {run[-8:]}" for run, text in said.items()}


def seeds(group: Sequence[RunRow]) -> str:
    """Say the mean and the standard deviation of runs that differ in nothing but the seed; nothing of a single one."""
    if len(group) < 2:
        return ""
    accuracies = [100 * (row.test_accuracy or 0) for row in group]
    return f"{mean(accuracies):.1f} % ± {stdev(accuracies):.1f} ({quantities.count(len(group), 'seed')})"


def dot(colour: int) -> str:
    """Return the address of a picture of a dot in the colour of a run."""
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="12" height="12">'
        f'<circle cx="6" cy="6" r="5" fill="{charts.RUN_COLOURS[colour]}"/></svg>'
    )
    return f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}"


def dotted(run: Run | RunRow) -> str:
    """Say the name of a run in bold, behind a dot of its colour."""
    return f"![]({dot(run.colour)}) **{literal(run.name)}**"


def trained_share(run: Run, progress: Progress) -> float:
    """Return how much of its epochs a run has trained, in whole percent: a bar then slides now and then, not always."""
    done = float(len(run.history()))
    if progress.epoch and progress.steps:
        done = progress.epoch - 1 + (progress.step or 0) / progress.steps
    return min(1.0, round(done / run.config.training.epochs, 2))


def signed(number: int) -> str:
    """Say a change: +5, −9."""
    return f"{number:+,}".replace("-", "−")


def literal(text: str) -> str:
    """Write a text, as a name or an error that holds one, so that Streamlit's Markdown shows it letter by letter.

    A backslash or a character reference does not do, as Streamlit looks for emoji, arrows, icons and links in what they
    have become. So each letter that may mean something stands in a span of its own, which a colour without a value is.
    """
    return _MARKS.sub(lambda found: "".join(map(_alone, found[0])), text)


def some(names: Sequence[str], most: int, link: str = "and") -> str:
    """Say names, and of more than so many how many others there are: cat, dog and 8 others."""
    said = [literal(name) for name in names]
    if len(said) > most:
        said = [*said[:most], quantities.count(len(said) - most, "other")]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {link} {said[-1]}"


def cell(text: str) -> str:
    """Write a text of somebody else's for the cell of a table, whose own download as CSV leaves formulas as they are.

    An invisible letter before it makes it a text for a spreadsheet.
    """
    return f"\N{WORD JOINER}{text}" if spreadsheet.is_formula(text) else text


def _alone(letter: str) -> str:
    if letter.isspace():
        return _SPACE
    return f":color[&#{ord(letter)};]" if letter.isprintable() else "�"


def tags(run: Run) -> tuple[str, ...]:
    """Say the tags of a run: #wide."""
    return tuple(f"#{literal(tag)}" for tag in run.annotations.tags)


def ago(moment: datetime) -> str:
    """Say how long ago something was: just now, 5 min ago, 2 days ago."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86400:
        return f"{int(seconds // 3600)} h ago"
    days = int(seconds // 86400)
    return f"{days} day{'' if days == 1 else 's'} ago"
