"""Each run has one of six colours, and another one than its neighbour."""

import json
from pathlib import Path

import pytest

from imgrec import edge, runs
from imgrec.config import RunConfig
from imgrec.runs import checksum, documents


def test_neighbours_have_different_colours(tiny: RunConfig) -> None:
    made = [edge.store().create(tiny, str(number)) for number in range(runs.COLOURS + 1)]
    assert [run.colour for run in made] == [*range(runs.COLOURS), 0]
    assert [edge.store().get(run.id).colour for run in made] == [run.colour for run in made]


def test_a_run_from_before_there_were_colours_has_one_by_its_id(tiny: RunConfig) -> None:
    run = edge.store().create(tiny, "Old")
    record = {key: value for key, value in run.record.items() if key != "colour"}
    (run.folder / "config.json").write_text(json.dumps(checksum.add(record)))
    old = run.folder.rename(run.folder.with_name("20260101-000000-0000000b"))
    assert edge.store().get(old.name).colour == 11 % runs.COLOURS
    assert edge.store().create(tiny, "New").colour == 12 % runs.COLOURS


@pytest.mark.parametrize("schema", [None, runs.SCHEMA + 1])
def test_where_the_newest_run_cannot_be_read_the_one_before_it_decides_the_colour(
    tiny: RunConfig, schema: int | None
) -> None:
    _, newest = edge.store().create(tiny, "a"), edge.store().create(tiny, "b")
    (newest.folder / "config.json").write_text(json.dumps({**newest.record, "schema": schema}))
    assert edge.store().create(tiny, "c").colour == 1


def test_a_new_run_is_made_with_a_look_at_the_newest_alone(tiny: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = [edge.store().create(tiny, name) for name in "abc"][-1]
    looked: list[str] = []
    read = documents.read_json

    def noted(path: Path) -> object:
        looked.append(path.parent.name)
        return read(path)

    monkeypatch.setattr(documents, "read_json", noted)
    edge.store().create(tiny, "d")
    assert looked == [newest.id]
