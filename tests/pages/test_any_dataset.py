"""Every page and command says what there is to say of a dataset of any kind; DATASETS is a table that grows."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.scored import scored
from imgrec import adaptation, cli, datasets, edge, uploads
from imgrec.augmentations import HorizontalFlip
from imgrec.classifier import Answer
from imgrec.config import RunConfig
from imgrec.datasets import DATASETS, Dataset, Images
from imgrec.errors import DatasetError
from imgrec.framing import Framing
from imgrec.layers import Conv2D, Dense, Flatten
from imgrec.predictor import Predictor
from imgrec.presets import PRESETS
from imgrec.runs import Run
from imgrec.ui import PAGES
from tests.datasets import small
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said

LAYERS = (Conv2D(filters=4), Flatten(), Dense(units=8))


def made_up(name: str, shape: tuple[int, int, int], train: list[int], test: list[int]) -> Dataset:
    """Return a dataset of noise with so many training and test images of each class."""
    random = np.random.default_rng(0)

    def drawn(counts: list[int]) -> Images:
        labels = random.permutation(np.repeat(np.arange(len(counts)), counts)).astype(np.uint8)
        return Images(random.integers(0, 256, (len(labels), *shape), np.uint8), labels)

    both = drawn(train), drawn(test)
    return Dataset(
        name=name,
        title=f"Made-up {name}",
        description="Noise.",
        image_shape=shape,
        class_names=tuple(f"class {number}" for number in range(len(train))),
        train_images=sum(train),
        test_images=sum(test),
        source="This test.",
        licence="None.",
        download_bytes=0,
        is_ready=lambda _location: True,
        prepare=lambda _location, _on_progress: None,
        read=lambda _location: both,
    )


KINDS = {
    dataset.name: dataset
    for dataset in (
        made_up("two", (28, 28, 1), [20, 20], [10, 10]),  # grey
        made_up("gaps", (64, 48, 3), [20, 0, 20, 20], [20, 20, 20, 0]),  # unlearnt, untested, not square
        made_up("seven", (20, 20, 3), [9, 9, 9], [3, 2, 2]),  # seven test images
        made_up("uneven", (28, 28, 1), [60, 20, 10], [30, 8, 4]),
        made_up("many", (96, 96, 3), [2] * 100, [1] * 100),  # fewer images of a class than a sheet shows
    )
}


BUILT_IN = ("fashion_mnist", "cifar100")
"""Of the ordinary table: grey, and with a hundred classes."""


@pytest.fixture(params=[*KINDS, *BUILT_IN])
def dataset(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    if request.param in BUILT_IN:
        copy = tmp_path / "copy"
        copy.mkdir()
        files = small.SMALL[request.param](copy)
        small.expect(files, monkeypatch)
        monkeypatch.setenv(files.variable, str(copy))
        return DATASETS[request.param]
    found = KINDS[request.param]
    monkeypatch.setitem(DATASETS, found.name, found)
    return found


@pytest.fixture
def config(dataset: Dataset) -> RunConfig:
    return RunConfig(dataset=dataset.name, layers=LAYERS, augmentations=(HorizontalFlip(),))


@pytest.fixture
def pair(config: RunConfig) -> list[Run]:
    return [scored(config, f"Run {seed}", seed=seed) for seed in (1, 2)]


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the prediction process, which takes ten seconds to start."""

    def predict(_: Predictor, run: Run, files: list[bytes], _framings: Sequence[Framing] = ()) -> list[Answer]:
        classes = len(run.dataset.class_names)
        shape = run.dataset.image_shape
        return [Answer(uploads.read(data, shape), np.full(classes, 1 / classes, np.float32), 0.5) for data in files]

    monkeypatch.setattr(Predictor, "preview", lambda _self, pixels, _augmentations, _seed: pixels)
    monkeypatch.setattr(Predictor, "load", lambda _self, run: run.dataset.image_shape)
    monkeypatch.setattr(Predictor, "predict", predict)
    monkeypatch.setattr(
        Predictor, "explain", lambda _self, _run, pixels, _target: np.ones(pixels.shape[:2], np.float32)
    )


def images(app: AppTest) -> list[str]:
    return [image.proto.imgs[0].alt for image in app.get("image")]


def test_data(open_page: OpenPage, config: RunConfig, dataset: Dataset) -> None:
    app = open_page("data", c=config.to_link())
    train, test = datasets.load(dataset.name, edge.location(dataset.name))
    for label, name in enumerate(dataset.class_names):
        if label and label % 20 == 0:  # as many as a page shows
            assert f"Training images of the class {name}" not in images(app)
            app.session_state[f"classes-{dataset.name}"] = 1 + label // 20
            app.run()
        there = (train.labels == label).any()
        assert (f"Training images of the class {name}" in images(app)) == there
        assert (f"No training image is labelled {name}" in said(app)) != there
    assert f"**{len(test.labels):,}** test" in said(app)
    assert "The same images, augmented" in images(app)
    app.selectbox(key=f"class-{dataset.name}").select(1).run()
    assert not app.exception
    name = dataset.class_names[1]
    assert any(f"labelled {name}" in text or f"of the class {name}" in text for text in (said(app), *images(app)))
    for page in ("network", "train"):
        app.switch_page(str(PAGES / f"{page}.py")).run()
        assert not app.exception
        assert not app.error


def test_a_preset_keeps_the_dataset_and_is_adapted_to_it(
    open_page: OpenPage, config: RunConfig, dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    app = open_page("network", c=config.to_link())
    expected, reasons = adaptation.fitted(PRESETS["quick"].config, dataset.info)
    few = dataset.name not in BUILT_IN
    assert len(reasons) == few + (dataset.name == "many")
    app.button(key="preset-quick").click().run()
    history = app.session_state["draft"]
    assert history.versions[history.current].config == expected
    assert all(reason in said(app) for reason in reasons)
    app.button(key="template-vgg").click().run()
    assert not app.exception
    assert ("MaxPooling2D (3×3) was added" in said(app)) == (dataset.name == "many")
    capsys.readouterr()
    assert cli.train.preset("quick", dataset.name) == expected
    assert capsys.readouterr().err.splitlines() == list(reasons)


def test_results(open_page: OpenPage, pair: list[Run], dataset: Dataset) -> None:
    run, classes = pair[0], len(dataset.class_names)
    app = open_page("results", run=run.id)
    shown = [metric.label for metric in app.metric]
    top = [] if classes < 4 else ["Top-3 accuracy"] if classes < 20 else ["Top-5 accuracy"]
    assert [label for label in shown if label.startswith("Top-")] == top
    assert ("Balanced accuracy" in shown) == (dataset.name == "uneven")
    _, labels = run.predictions()
    scores = next(table.value for table in app.dataframe if "F1" in table.value).set_index("Class")
    for label, name in enumerate(dataset.class_names):
        there = bool((labels == label).any())
        assert scores.loc[name, "Recall"] >= 0 if there else np.isnan(scores.loc[name, "Recall"])
        assert (scores.loc[name, "Recall, 95 %"] == "–") != there
        assert (f"No test image is labelled {name}" in said(app)) != there
    for look in ("Least certain", "Doubtful labels", "By class"):
        app.button_group(key=f"look-{run.id}").set_value(look).run()
        assert not app.exception
    for cells in ("Row percent", "List"):
        app.button_group(key="cells").set_value(cells).run()
        assert not app.exception
    # One image closer, and where a class was seen in it.
    next(button for button in app.button if "-look-" in str(button.key)).click().run()
    app.button_group(key=f"why-{run.id}").set_value(int(labels[0])).run()
    assert not app.exception
    app.selectbox(key=f"true-{run.id}").select(classes - 1).run()
    assert not app.exception
    assert ("There is no such image" in said(app)) != bool((labels == classes - 1).any())


def test_compare_and_the_lists_of_runs(open_page: OpenPage, pair: list[Run], dataset: Dataset) -> None:
    app = open_page("compare", runs=",".join(run.id for run in pair))
    [numbers] = [table.value for table in app.dataframe if "Test accuracy" in table.value]
    assert ("Balanced accuracy" in numbers) == (dataset.name == "uneven")
    for look in ("Broken", "One cell"):
        app.button_group(key=f"look-{pair[0].id}-{pair[1].id}").set_value(look).run()
        assert not app.exception
        assert not app.error
    for page in ("runs", "start"):
        assert not open_page(page).error


def test_predict(open_page: OpenPage, pair: list[Run], dataset: Dataset) -> None:
    app = open_page("predict", run=pair[0].id)
    _, test = datasets.load(dataset.name, edge.location(dataset.name))
    _, width, _ = dataset.image_shape
    app.session_state["source"] = "Test images"
    app.run()
    assert not app.exception
    assert not app.error
    shown = [alt for alt in images(app) if alt.startswith("Test image")]
    assert len(shown) == min(6, len(test.labels))
    assert f"What the network received: {width}×" in said(app)


def test_commands(pair: list[Run], dataset: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (run.id for run in pair)
    _, labels = pair[0].predictions()
    for command in (f"compare {one} {other}", "runs", "datasets", f"show {one}", f"show {one} --json"):
        assert cli.main(command.split()) == 0
    *said, last = capsys.readouterr().out.splitlines()
    found = json.loads(last)
    shown = found["classes"]
    uneven = dataset.name == "uneven"
    assert found["uneven_classes"] == uneven
    assert sum("Balanced accuracy" in line for line in said) == 2 * uneven  # of compare and of show
    assert 0 < found["balanced_accuracy"] <= 1
    assert 0 < found["macro_f1"] <= 1
    assert any("20 of 100 classes with the lowest F1" in line for line in said) == (len(shown) == 100)
    assert max(map(len, said)) < 300, "a matrix of a hundred classes would be wider"
    for label, row in enumerate(shown):
        assert (row["recall"] is None) != bool((labels == label).any())
    assert [row["class"] for row in shown] == list(dataset.class_names)


GONE = "Unknown dataset: 'two'. Known: cifar10, shapes, fashion_mnist, cifar100."


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the ids of two runs of a dataset that was taken away."""
    config = RunConfig(dataset="two", layers=LAYERS)
    with monkeypatch.context() as patch:
        patch.setitem(DATASETS, "two", KINDS["two"])
        return [scored(config, f"Run {seed}", seed=seed).id for seed in (1, 2)]


def test_runs_of_a_dataset_that_is_gone_open_on_every_page(open_page: OpenPage, gone: list[str]) -> None:
    app = open_page("start")
    for page, shown in (
        ("start", "Made-up two"),
        ("runs", "Made-up two"),
        ("train", "Made-up two"),
        ("results", "The images of Made-up two are not on this computer"),
        ("compare", "The images of Made-up two are not on this computer"),
        ("predict", "It knows 2 classes: class 0, class 1."),
    ):
        app.query_params.update({"run": gone[0], "runs": ",".join(gone)})
        app.switch_page(str(PAGES / f"{page}.py")).run()
        assert not app.exception
        assert not app.error
        tables = "".join(str(table.value.to_dict()) for table in app.dataframe)
        assert shown in said(app) + tables, page
    app.switch_page(str(PAGES / "results.py")).run()
    assert "class 1" in app.dataframe[0].value["Class"].tolist()


def test_commands_of_a_dataset_that_is_gone(gone: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    one, other = gone
    for command in ("runs", f"compare {one} {other}", f"show {one}"):
        assert cli.main(command.split()) == 0
        assert "class 1" in capsys.readouterr().out or not command.startswith("show")
    # To train it again, its images are needed.
    assert cli.main(f"repeat {one} 1".split()) == 1
    assert capsys.readouterr().err == f"{GONE}\n"


@pytest.mark.parametrize(("classes", "channels"), [(1, 3), (1001, 3), (10, 2), (10, 4)])
def test_what_is_no_dataset_is_refused(classes: int, channels: int) -> None:
    with pytest.raises(DatasetError, match="2 to 1,000 classes"):
        made_up("none", (8, 8, channels), [0] * classes, [0] * classes)
