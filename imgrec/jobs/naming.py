"""What runs are called where their user says nothing."""

import re

from imgrec import names, presets
from imgrec.config import RunConfig
from imgrec.runs import MAX_NAME, Run, Store, listing

FURTHER = " · further"
"""Ends the name of a run that trains another one's model."""

SEED = " · seed "
"""Ends, with the number, the name of a run that repeats another one."""

NAMED_DIGITS = 6
"""A longer number at the end of a name is a user's own: it is not gone on from."""


def default_name(store: Store, config: RunConfig, parent: Run | None = None) -> str:
    """Name a run after its parent, or after the preset whose layers it has, with a number: "Article 3".

    The number is the next after those of the runs of this title. Those in the trash count: one that is brought back
    shall not meet another of its name.
    """
    if parent is not None:
        return f"{names.cut(parent.name, MAX_NAME - len(FURTHER))}{FURTHER}"
    alike = [preset for preset in presets.PRESETS.values() if preset.config.layers == config.layers]
    alike.sort(key=lambda preset: preset.config != config)  # rather the very preset, where several have its layers
    title = alike[0].title if alike else "Custom"
    numbered = re.compile(rf"{re.escape(title)} ([0-9]{{1,{NAMED_DIGITS}}})")
    named = map(numbered.fullmatch, listing.names_in(store))
    return f"{title} {max((int(match[1]) for match in named if match), default=0) + 1}"


def seeded(run: Run, seed: int) -> str:
    """Name a copy of a run after it, with the seed that the copy has."""
    end = f"{SEED}{seed}"
    return f"{names.cut(re.sub(rf'{SEED}[0-9]+$', '', run.name), MAX_NAME - len(end))}{end}"
