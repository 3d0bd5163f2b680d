"""Texts in a run folder that no page, no terminal and no file could show are damage, and said in words."""

import json

import pytest

from imgrec import edge
from imgrec.config import RunConfig
from imgrec.errors import RunError
from imgrec.runs import Run, RunWriter, checksum
from imgrec.runs.run import Annotations


@pytest.fixture
def run(tiny: RunConfig) -> RunWriter:
    """Return the writer of a new run."""
    return RunWriter(edge.store().create(tiny, "A").folder)


@pytest.mark.parametrize(
    "changes",
    [{"name": "half \ud83d"}, {"tags": ["\udc00"]}, {"name": 5}, {"name": None}, {"tags": "ab"}, {"tags": [1]}],
)
def test_a_label_that_no_page_could_show_is_damaged(run: RunWriter, changes: dict[str, object]) -> None:
    label = {"name": "A", "tags": ["b"], "starred": False, **changes}
    (run.folder / "label.json").write_text(json.dumps(checksum.add(label)), encoding="ascii")
    with pytest.raises(RunError, match=r"label.json of run .* is damaged"):
        _ = Run(run.folder).name


def test_letters_of_two_halves_are_read(run: RunWriter) -> None:
    run.write_annotations(Annotations("a 👩‍🔬", ("🦊",)))
    assert Run(run.folder).annotations == Annotations("a 👩‍🔬", ("🦊",))


def test_a_class_name_that_is_no_text_is_damaged(run: RunWriter) -> None:
    path = run.folder / "config.json"
    record = checksum.verify(json.loads(path.read_text(encoding="utf-8")))
    record["dataset"]["class_names"][0] = "half \ud83d"
    path.write_text(json.dumps(checksum.add(record)), encoding="ascii")
    with pytest.raises(RunError, match=r"config.json of run .* is damaged"):
        _ = Run(run.folder).dataset
    assert edge.store().readable() == []
