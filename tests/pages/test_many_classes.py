"""Every page stands 2 to 1,000 classes and images of 28 to 128 pixels, grey and in colour, of one's own pictures."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from imgrec import charts, edge, uploads
from imgrec.classifier import Answer
from imgrec.datasets import own
from imgrec.framing import Framing
from imgrec.predictor import Predictor
from imgrec.runs import Run
from imgrec.ui import PAGES, shown_classes
from imgrec.ui.compare.images import Shown
from tests.many_classes import KINDS, Kind, make, runs
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home folder that holds a folder for each kind, in which two runs have learnt from its dataset."""
    folder = tmp_path_factory.mktemp("many")
    with pytest.MonkeyPatch.context() as patch:
        for kind in KINDS:
            (folder / str(kind.classes)).mkdir()
            patch.setenv("IMGREC_HOME", str(folder / str(kind.classes)))
            runs(make(kind))
    return folder


@pytest.fixture
def pair(kind: Kind, made: Path, home: Path) -> list[Run]:
    """Return the two runs in the test's own home."""
    there = made / str(kind.classes)
    shutil.copytree(there / "runs", home / "runs")
    (home / own.FOLDER).symlink_to(there / own.FOLDER)
    return edge.store().finished()[::-1]


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the prediction process, which takes ten seconds to start."""

    def predict(_: Predictor, run: Run, files: list[bytes], _framings: Sequence[Framing] = ()) -> list[Answer]:
        classes = len(run.dataset.class_names)
        shares = np.arange(classes, 0, -1).astype(np.float32)
        return [Answer(uploads.read(data, run.dataset.image_shape), shares / shares.sum(), 0.5) for data in files]

    monkeypatch.setattr(Predictor, "preview", lambda _self, pixels, _augmentations, _seed: pixels)
    monkeypatch.setattr(Predictor, "load", lambda _self, run: run.dataset.image_shape)
    monkeypatch.setattr(Predictor, "predict", predict)


def test_results(open_page: OpenPage, pair: list[Run], kind: Kind) -> None:
    run = pair[0]
    app = open_page("results", run=run.id)
    assert not app.error
    scores = next(table.value for table in app.dataframe if "F1" in table.value)
    assert len(scores) == kind.classes
    assert scores["F1"].dropna().is_monotonic_increasing
    for look in ("Least certain", "Doubtful labels", "By class"):
        app.button_group(key=f"look-{run.id}").set_value(look).run()
        assert not app.exception
    app.button_group(key="cells").set_value("List").run()
    assert not app.exception
    largest = kind.classes - 1
    app.selectbox(key=f"true-{run.id}").select(largest).run()
    assert not app.exception
    assert app.query_params.get("cell") is None
    app.selectbox(key=f"taken-{run.id}").select(largest).run()
    assert app.query_params["cell"] == f"{largest}-{largest}"


def test_a_link_to_a_cell_opens_it(open_page: OpenPage, pair: list[Run], kind: Kind) -> None:
    run, largest = pair[0], kind.classes - 1
    app = open_page("results", run=run.id, cell=f"{largest}-0")
    assert app.selectbox(key=f"true-{run.id}").value == largest


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.classes > charts.MOST_WITH_NUMBERS], ids=str)
def test_of_many_classes_the_most_confused_are_shown_and_each_can_be_found(
    open_page: OpenPage, pair: list[Run], kind: Kind
) -> None:
    run = pair[0]
    app = open_page("results", run=run.id)
    menu = app.selectbox(key=f"classes-{run.id}")
    assert ("All 100 classes" in menu.options) == (kind.classes == 100)
    assert len(selectable(app)) == shown_classes.SHOWN**2
    name = run.dataset.class_names[7]
    menu.select(7).run()
    assert not app.exception
    assert any(text.startswith(f"{name} ") for text in selectable(app))
    assert len(selectable(app)) <= shown_classes.SHOWN**2


@pytest.mark.parametrize("kind", [KINDS[2]], ids=str)
def test_a_matrix_of_all_of_a_hundred_classes_has_points_only_where_images_are(
    open_page: OpenPage, pair: list[Run]
) -> None:
    run = pair[0]
    app = open_page("results", run=run.id)
    app.selectbox(key=f"classes-{run.id}").select(shown_classes.ALL).run()
    assert not app.exception
    assert 0 < len(selectable(app)) <= 200


@pytest.mark.parametrize("kind", [KINDS[3]], ids=str)
def test_no_message_about_a_thousand_classes_is_large(open_page: OpenPage, pair: list[Run]) -> None:
    app = open_page("results", run=pair[0].id)
    assert len(app.get("plotly_chart")[0].proto.spec) < 100_000
    for element in (*app.get("selectbox"), *app.get("arrow_data_frame")):
        assert element.proto.ByteSize() < 250_000


def test_compare(open_page: OpenPage, pair: list[Run], kind: Kind) -> None:
    first, second = pair
    app = open_page("compare", runs=f"{first.id},{second.id}")
    assert not app.error
    app.button_group(key=f"look-{first.id}-{second.id}").set_value("One cell").run()
    assert not app.exception
    for shown in Shown:
        app.button_group[0].set_value(shown).run()
        assert not app.exception
    table = app.dataframe[0].value
    assert len(table) == kind.classes
    assert table["Change"].is_monotonic_increasing


@pytest.mark.parametrize("page", ["data", "network", "train"])
def test_pages_of_the_draft(open_page: OpenPage, pair: list[Run], page: str) -> None:
    app = open_page(page, c=pair[0].config.to_link())
    assert not app.error


def test_predict(open_page: OpenPage, pair: list[Run], kind: Kind) -> None:
    run = pair[0]
    app = open_page("predict", run=run.id)
    assert f"It knows {kind.classes:,} classes" in said(app)
    assert (f"{kind.classes - 12:,} others" in said(app)) == (kind.classes > 12)
    app.session_state["source"] = "Test images"
    app.run()
    assert not app.exception
    assert not app.error
    bars = [str(html.proto.body) for html in app.get("html")]
    assert bars
    assert all(bar.count("%</span>") <= 6 for bar in bars)


@pytest.mark.parametrize("kind", [KINDS[0]], ids=str)
def test_of_a_removed_dataset_every_page_says_so_and_leads_on(open_page: OpenPage, pair: list[Run]) -> None:
    run = pair[0]
    app = open_page("network", c=run.config.to_link())
    edge.store().own_datasets.rename(edge.home() / "elsewhere")
    for page in ("network", "train"):
        app.switch_page(str(PAGES / f"{page}.py")).run()
        assert not app.exception
        assert "is not here" in app.error[0].value
        assert "Choose another on the Data page" in [link.proto.label for link in app.get("page_link")]
    app.button(key="undo").click().run()
    assert not app.error
    assert "Draft" in said(app)
    app.switch_page(str(PAGES / "network.py")).run()
    app.button(key="redo").click().run()
    assert "is not here" in app.error[0].value
    for page in ("results", "predict"):
        app = open_page(page, run=run.id)
        app.session_state["source"] = "Test images"
        app.run()
        assert not app.exception
        assert "Add them again on the Data page" in [link.proto.label for link in app.get("page_link")]


def selectable(app: AppTest) -> list[str]:
    """Return what hovering over the cells of the first matrix says, of those that can be selected."""
    found: list[str] = json.loads(app.get("plotly_chart")[0].proto.spec)["data"][-1]["text"]
    return found
