"""Profiles: what a server lets its visitors do. IMGREC_PROFILE names one of them, or a JSON file with changes to one.

A profile decides whether visitors have stores of their own, and holds the budgets of each. To add a budget: a field
here, and the place that keeps to it.
"""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field

from imgrec import files
from imgrec.errors import SettingsError
from imgrec.settings import Settings, choice, switch, title, unknown

VARIABLE = "IMGREC_PROFILE"


def _budget(high: int, help: str, *, title: str) -> Any:
    """Declare the most that there may be of something, from 1 to high; None is no limit."""
    return Field(None, ge=1, le=high, title=title, description=help)


class Profile(Settings):
    """What a server lets its visitors do. A budget of None is no limit."""

    name: str = choice("local", "local", "hosted")
    private: bool = switch(False, "Each visitor has runs, drafts and a queue that no other visitor sees.")
    parameters: int | None = _budget(50_000_000, "Weights of a network.", title="Parameters")
    multiply_adds: int | None = _budget(
        100_000_000_000, "Multiply-adds of a network for one image.", title="Multiply-adds per image"
    )
    epochs: int | None = _budget(10_000, "Epochs of one training.", title="Epochs")
    minutes: int | None = _budget(
        100_000,
        "Minutes that one training takes. It then ends as if it had been stopped, with its best epoch.",
        title="Minutes of a training",
    )
    memory_mb: int | None = _budget(
        1_000_000, "Megabytes of memory that one training takes. One that needs more is ended.", title="Memory, in MB"
    )
    one_tensorflow: bool = switch(
        False,
        "Trainings and looks inside a network take turns, as a machine with less than 3 GB of memory needs.",
        title="One TensorFlow at a time",
    )
    unfinished: int | None = _budget(
        10_000, "Runs of one visitor that wait, train or are paused.", title="Unfinished runs"
    )
    waiting: int | None = _budget(100_000, "Runs of all visitors that wait.", title="Waiting runs of all visitors")
    launches: int | None = _budget(10_000, "Runs that one visitor starts within an hour.", title="Starts per hour")
    launches_of_address: int | None = _budget(
        100_000, "Runs that are started from one internet address within an hour.", title="Starts per hour and address"
    )
    disk_mb: int | None = _budget(10_000_000, "Megabytes that the runs of one visitor take.", title="Disk, in MB")
    disk_mb_in_all: int | None = _budget(
        100_000_000, "Megabytes that the runs of all visitors take.", title="Disk of all visitors, in MB"
    )
    hours_kept: int | None = _budget(
        100_000, "Hours after which a run that has rested so long is removed.", title="Hours that a run is kept"
    )
    classes: int | None = _budget(100_000, "Classes that teachers have made and not ended.", title="Classes")
    pupils: int | None = _budget(10_000, "Pupils of one class.", title="Pupils of a class")
    class_days: int | None = _budget(
        10_000, "Days after which a class is removed in which nothing was done.", title="Days that a class is kept"
    )
    sessions: int | None = _budget(100_000, "Pages that are open at once.", title="Open pages")
    sessions_of_address: int | None = _budget(
        100_000, "Pages that are open at once from one internet address.", title="Open pages per address"
    )
    requests_per_second: int | None = _budget(
        100_000, "Requests of one internet address in a second, on average.", title="Requests per second and address"
    )
    uploads_mb: int | None = _budget(
        100_000, "Megabytes of pictures that one open page holds.", title="Pictures of a page, in MB"
    )
    uploads_mb_in_all: int | None = _budget(
        1_000_000, "Megabytes of pictures that all open pages hold.", title="Pictures of all pages, in MB"
    )
    import_files: int | None = _budget(
        10_000_000, "Files of any kind that one import of own pictures may bring.", title="Files of an import"
    )
    import_mb: int | None = _budget(
        10_000_000, "Megabytes that the files of one import take, unpacked.", title="Files of an import, in MB"
    )
    imports: int | None = _budget(
        1_000, "Imports of own pictures that go on at once, of all visitors.", title="Imports at once"
    )
    own_datasets_mb: int | None = _budget(
        10_000_000, "Megabytes that the datasets of one visitor's own pictures take.", title="Own datasets, in MB"
    )
    own_datasets_mb_in_all: int | None = _budget(
        10_000_000,
        "Megabytes that the datasets of all visitors' own pictures take.",
        title="Own datasets of all visitors, in MB",
    )
    frame_ancestors: str = Field(
        "'self'",
        max_length=1000,
        pattern=r"^[A-Za-z0-9'*:./\-\[\] ]+$",
        title="Pages that may show it in a frame",
        description="As in the header Content-Security-Policy: 'self', or addresses with spaces between.",
    )


PROFILES = {
    "local": Profile(),
    # For a machine of two cores and 4 GB that strangers share.
    "hosted": Profile(
        name="hosted",
        private=True,
        parameters=3_000_000,
        multiply_adds=200_000_000,
        epochs=30,
        minutes=20,
        memory_mb=2_000,
        unfinished=3,
        waiting=20,
        launches=12,
        launches_of_address=40,
        disk_mb=200,
        disk_mb_in_all=5_000,
        hours_kept=24,
        classes=200,
        pupils=60,
        class_days=30,
        sessions=150,
        sessions_of_address=40,
        requests_per_second=50,
        uploads_mb=100,
        uploads_mb_in_all=400,
        import_files=5_000,
        import_mb=200,
        imports=2,
        own_datasets_mb=100,
        own_datasets_mb_in_all=2_000,
    ),
}


def current() -> Profile:
    """Return the profile that IMGREC_PROFILE names. Raises SettingsError where it names none."""
    text = os.environ.get("IMGREC_PROFILE") or "local"
    if text in PROFILES:
        return PROFILES[text]
    path = files.absolute(text)
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        changed = None
    if changed is None or path.suffix != ".json":
        raise SettingsError(
            f"{VARIABLE} needs {' or '.join(PROFILES)}, or the path of a file that ends in .json. Received: "
            f"{text[:80]!r}."
        )
    return _read(path, changed)


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Profile:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{VARIABLE} needs a JSON file. {path} cannot be read as one: {error}.") from None
    if not isinstance(found, dict):
        raise SettingsError(f'{VARIABLE} needs a JSON file as {{"name": "hosted", "epochs": 10}}. Received: {path}.')
    name = found.get("name", "hosted")
    if name not in PROFILES:
        raise SettingsError(unknown("profile", str(name), PROFILES))
    return PROFILES[name].replace(**{key: value for key, value in found.items() if key != "name"})


def lines(profile: Profile) -> list[tuple[str, str, str]]:
    """Return the title, the value and the meaning of each setting of a profile."""
    return [
        (title(name, field), _said(getattr(profile, name)), field.description or "")
        for name, field in Profile.model_fields.items()
    ]


def _said(value: object) -> str:
    match value:
        case None:
            return "no limit"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case _:
            return str(value)
