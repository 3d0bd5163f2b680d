"""The network page lets a draft begin with the layers of a finished run, and marks, locks and changes them."""

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from imgrec import edge, examples, jobs
from imgrec.config import RunConfig, Transfer
from imgrec.layers import Conv2D
from imgrec.runs import Run, library
from imgrec.ui.network import beginning
from tests.conftest import start_nothing
from tests.pages.conftest import OpenPage
from tests.pages.test_network import click, config, ids
from tests.pages.test_train import said

LOCKED = ":blue[:material/lock: Shapes]"
OPEN = ":blue[:material/lock_open: Shapes]"


@pytest.fixture
def example() -> Run:
    return examples.runs()[0][1]


@pytest.fixture
def begun(tiny: RunConfig, example: Run) -> RunConfig:
    return jobs.begun(edge.store(), tiny, example)


@pytest.fixture
def app(open_page: OpenPage, begun: RunConfig) -> AppTest:
    return open_page("network", c=begun.to_link())


def marks(app: AppTest) -> list[str]:
    """Return the titles of the layers."""
    return [app.button(key=f"open-{id}").label for id in ids(app)]


def test_layers_of_a_run_are_taken_over_and_all_else_stays(open_page: OpenPage, tiny: RunConfig, example: Run) -> None:
    app = open_page("network", c=tiny.to_link())
    assert "All layers begin with new weights." in said(app)
    app.session_state[beginning.OPEN] = True
    app.run()
    assert app.selectbox(key=beginning.CHOSEN).value == examples.of_photographs().id
    app.selectbox(key=beginning.CHOSEN).set_value(example.id).run()
    click(app, "take-layers")
    assert config(app) == jobs.begun(edge.store(), tiny, example)
    assert "which begins as it has learnt" in said(app)
    click(app, "undo-replaced")
    assert config(app) == tiny


def test_copied_layers_are_marked_and_unlocked_by_one_switch(app: AppTest, begun: RunConfig) -> None:
    assert LOCKED in marks(app)[0]
    assert ":blue[:material/lock:]" in marks(app)[1], "a pooling has nothing that it has learnt"
    assert "parameters are locked" in said(app)
    click(app, f"open-{ids(app)[0]}")
    assert "Trained on Shapes, locked: it stays as it is while the rest learns. Changing it ends the copy" in said(app)
    app.toggle(key="start-locked").set_value(False).run()
    assert config(app) == begun.with_setting("start.locked", False)
    assert OPEN in marks(app)[0]
    click(app, "undo")
    assert app.toggle(key="start-locked").value is True


def test_fewer_layers_can_be_copied_and_then_more_again(app: AppTest, begun: RunConfig) -> None:
    app.number_input(key="start-layers").set_value(2).run()
    assert config(app).start == begun.start.replace(layers=2)  # type: ignore[union-attr]
    assert LOCKED in marks(app)[0]
    assert "material" not in marks(app)[2]
    app.number_input(key="start-layers").set_value(7).run()
    assert config(app) == begun
    app.number_input(key="start-layers").set_value(8).run()
    assert config(app).start == begun.start.replace(layers=8)  # type: ignore[union-attr]


def test_changing_a_copied_layer_ends_the_copy_there_says_so_and_is_undone(app: AppTest, begun: RunConfig) -> None:
    third = ids(app)[2]
    click(app, f"open-{third}")
    app.select_slider(key=f"layer-{third}.filters").set_value(64).run()
    assert not app.exception
    start = config(app).start
    assert start is not None
    assert start.layers == 2
    assert "From layer 3 on, the network begins anew, as it was changed there. Layers 1 to 2 stay copied." in said(app)
    assert LOCKED in marks(app)[0]
    assert "material" not in marks(app)[2]
    click(app, "undo-replaced")
    assert config(app) == begun
    click(app, f"delete-{ids(app)[0]}")
    assert config(app).start is None
    assert "None stays copied." in said(app)


def test_layers_below_the_copied_ones_are_changed_as_any(app: AppTest, begun: RunConfig) -> None:
    app.number_input(key="start-layers").set_value(2).run()
    click(app, f"delete-{ids(app)[-1]}")
    assert config(app).start == begun.start.replace(layers=2)  # type: ignore[union-attr]
    assert "begins anew" not in said(app)


def test_all_can_begin_anew_with_the_same_layers(app: AppTest, begun: RunConfig) -> None:
    click(app, "begin-anew")
    assert config(app) == begun.replace(start=None)


def test_a_preset_or_template_takes_the_place_of_copied_layers(app: AppTest) -> None:
    click(app, "template-vgg")
    assert config(app).start is None
    click(app, "undo")
    click(app, "preset-article")
    assert config(app).start is None


def test_a_link_with_layers_of_a_run_that_is_not_here_says_so_in_one_sentence(
    open_page: OpenPage, begun: RunConfig
) -> None:
    elsewhere = begun.with_setting("start.run", "20260101-000000-00000000")
    app = open_page("network", c=elsewhere.to_link())
    assert config(app) == elsewhere
    assert "This network begins with the layers of a run that is not here: 20260101" in said(app)
    train = open_page("train", c=elsewhere.to_link())
    assert "This network begins with the layers of a run that is not here" in train.error[0].value
    assert next(each for each in train.button if each.label == "Start training").disabled
    click(app, "begin-anew")
    assert config(app) == begun.replace(start=None)
    assert "is not here" not in said(app)


def test_layers_that_do_not_fit_are_said_beside_them(open_page: OpenPage, begun: RunConfig) -> None:
    other = begun.replace(layers=(Conv2D(filters=99), *begun.layers[1:]))
    app = open_page("network", c=other.to_link())
    assert "Layer 1 needs the settings that it has in Small network" in said(app)


def test_the_train_page_says_what_the_draft_begins_with(open_page: OpenPage, begun: RunConfig) -> None:
    app = open_page("train", c=begun.to_link())
    assert "begins with the first 7 layers of Small network, locked" in said(app)
    assert "16,746 learn" in said(app)


def test_a_run_says_how_it_began_and_a_deleted_one_is_still_named(
    open_page: OpenPage, tiny: RunConfig, example: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_nothing(monkeypatch)
    own = Run(edge.store().runs / "20250101-000000-00000000")
    shutil.copytree(example.folder, own.folder)
    run = jobs.launch(edge.store(), jobs.begun(edge.store(), tiny, own))
    library.delete(own)
    assert "of Small network, locked" in said(open_page("train", run=run.id))
    for name in ("evaluation.json", "predictions.npz", "model.keras", "history.jsonl"):
        shutil.copyfile(example.folder / name, run.folder / name)
    app = open_page("results", run=run.id)
    told = [" ".join(map(str, row)) for table in app.table for row in table.value.to_numpy()]
    (said_of_it,) = [row for row in told if row.startswith("Begins with")]
    assert "Small network" in said_of_it
    assert "trained on Shapes, locked" in said_of_it


def test_results_lead_to_a_draft_with_the_layers_of_an_example(
    open_page: OpenPage, tiny: RunConfig, example: Run
) -> None:
    app = open_page("results", run=example.id)
    click(app, f"use-layers-{example.id}")
    assert app.title[0].value == "Network"
    start = config(app).start
    assert start == Transfer(run=example.id, layers=7)
    assert tiny.dataset == config(app).dataset
