"""The Train page starts, follows, queues and stops runs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from imgrec import edge, jobs
from imgrec.config import RunConfig, Training
from imgrec.optimizers import OPTIMIZERS, SGD
from imgrec.records import Progress, WithinEpoch
from imgrec.runs import Run, RunWriter, State
from imgrec.ui import words
from tests.conftest import WaitFor, start_nothing
from tests.evaluated import epochs
from tests.pages.conftest import OpenPage


def said(app: AppTest) -> str:
    """Return everything the page says, as one text."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.info, app.success, app.title, app.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def button(app: AppTest, label: str) -> object:
    """Return the button of this label."""
    return next(button for button in app.button if button.label == label)


def put(app: AppTest, config: RunConfig) -> None:
    """Make a config the draft, as its share link does."""
    app.query_params["c"] = config.to_link()
    app.run()


def test_a_setting_that_is_changed_is_kept(open_page: OpenPage) -> None:
    app = open_page("train")
    app.number_input(key="training.epochs").set_value(3).run()
    app.slider(key="training.train_share").set_value(0.5).run()
    assert "3 epochs" in said(app)
    assert app.number_input(key="training.epochs").value == 3
    assert app.slider(key="training.train_share").value == 0.5


def test_every_training_setting_stands_on_the_page(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    app = open_page("train")
    app.selectbox(key="training.schedule").set_value("linear").run()
    assert [name for name in Training.model_fields if f"training.{name}" not in app.session_state] == []


@pytest.mark.parametrize(
    ("schedule", "rises"),
    [("constant", False), ("cosine", False), ("linear", True), ("one-cycle", True), ("step", False)],
)
def test_a_warm_up_is_offered_where_the_schedule_has_one(open_page: OpenPage, schedule: str, rises: bool) -> None:
    app = open_page("train")
    app.selectbox(key="training.schedule").set_value(schedule).run()
    assert ("Warm-up" in [slider.label for slider in app.slider]) is rises


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_shows_its_own_settings_and_no_others(open_page: OpenPage, tiny: RunConfig, name: str) -> None:
    app = open_page("train", c=tiny.with_setting("training.optimizer", name).to_link())
    every = [(other, field) for other, optimizer in OPTIMIZERS.items() for field in optimizer.model_fields]
    shown = [(other, field) for other, field in every if f"training.{other}.{field}" in app.session_state]
    assert shown == [(name, field) for field in OPTIMIZERS[name].model_fields]


def test_another_optimizer_is_trained_with(open_page: OpenPage) -> None:
    app = open_page("train")
    app.selectbox(key="training.optimizer").set_value("SGD").run()
    app.slider(key="training.SGD.momentum").set_value(0.5).run()
    assert "SGD at" in said(app)
    history = app.session_state["draft"]
    assert history.versions[history.current].config.training.optimizer == SGD(momentum=0.5)


def test_views_and_precision_are_kept(open_page: OpenPage) -> None:
    app = open_page("train")
    app.segmented_control(key="training.precision").set_value("bfloat16").run()
    app.selectbox(key="training.test_time_augmentation").set_value("mirror").run()
    history = app.session_state["draft"]
    training = history.versions[history.current].config.training
    assert training.precision == "bfloat16"
    assert training.test_time_augmentation == "mirror"


def test_devices_are_asked_for_where_there_are_several_gpus_or_all_are_chosen(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(app: AppTest) -> bool:
        return any(each.key == "training.devices" for each in app.segmented_control)

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    app = open_page("train")
    assert not asked(app)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    app = open_page("train")
    app.segmented_control(key="training.devices").set_value("all").run()
    history = app.session_state["draft"]
    assert history.versions[history.current].config.training.devices == "all"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert asked(app.run())


def test_a_setting_changed_with_the_click_on_start_is_trained(
    open_page: OpenPage, tiny: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_nothing(monkeypatch)
    app = open_page("train")
    put(app, tiny)
    app.number_input(key="training.epochs").set_value(7)
    button(app, "Start training").click().run()  # type: ignore[attr-defined]
    assert not app.exception
    assert [run.config.training.epochs for run in edge.store().all()] == [7]
    app.run()
    assert len(edge.store().all()) == 1


def test_a_network_that_does_not_fit_cannot_be_started(open_page: OpenPage, tiny: RunConfig) -> None:
    app = open_page("train")
    put(app, tiny.replace(layers=tiny.layers[:1] + tiny.layers[2:]))
    assert "Layer 2: Dense needs a vector" in said(app)
    assert button(app, "Start training").disabled  # type: ignore[attr-defined]


def test_a_dataset_that_is_not_here_cannot_be_started(open_page: OpenPage, tiny: RunConfig) -> None:
    app = open_page("train")
    put(app, tiny.replace(dataset="cifar10"))
    assert "CIFAR-10 is not on this computer yet" in said(app)
    assert button(app, "Start training").disabled  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_start_queues_a_run_puts_it_into_the_address_and_follows_it_to_its_result(
    open_page: OpenPage, tiny: RunConfig, wait_for: WaitFor
) -> None:
    app = open_page("train")
    put(app, tiny)
    button(app, "Start training").click().run()  # type: ignore[attr-defined]
    run = edge.store().all()[0]
    assert run.config == tiny
    assert app.query_params["run"] == run.id
    assert run.name in said(app)
    wait_for(lambda: run.state not in {State.QUEUED, State.RUNNING})
    app.run()
    assert not app.exception
    assert "test accuracy" in said(app)


def test_a_waiting_run_can_be_cancelled(open_page: OpenPage, tiny: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    start_nothing(monkeypatch)
    first, second = (jobs.launch(edge.store(), tiny, name) for name in ("First", "Second"))
    app = open_page("train", run=first.id)
    assert "**Second** · queued" in said(app)
    app.button(key=f"stop-{second.id}").click().run()
    assert second.state is State.CANCELLED
    app.button(key=f"stop-{first.id}").click().run()
    assert first.state is State.CANCELLED
    assert "stopped before it learnt anything" in said(app)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["train", "results"])
def test_a_run_that_failed_says_why(open_page: OpenPage, trained_run: Run, page: str) -> None:
    (trained_run.folder / "evaluation.json").unlink()
    RunWriter(trained_run.folder).fail("Training diverged.", "Traceback: …")
    app = open_page(page, run=trained_run.id)
    assert "Training diverged." in said(app)
    assert app.expander
    button(app, "Edit a copy").click().run()  # type: ignore[attr-defined]
    assert not app.exception
    assert "3 layers" in said(app)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["train", "results"])
def test_a_run_whose_process_died_says_so(open_page: OpenPage, trained_run: Run, page: str) -> None:
    (trained_run.folder / "evaluation.json").unlink()
    app = open_page(page, run=trained_run.id)
    assert "2 of 2 epochs are complete" in said(app)


def test_a_run_under_way_comes_before_the_one_looked_at_last(
    open_page: OpenPage, tiny: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_nothing(monkeypatch)
    over, waiting = (jobs.launch(edge.store(), tiny, name) for name in ("Over", "Waiting"))
    RunWriter(over.folder).fail("It failed.", "")
    app = open_page("train", run=over.id)
    assert "It failed." in said(app)
    del app.query_params["run"]  # as the menu of pages does
    app.run()
    assert app.query_params["run"] == waiting.id
    app.button(key=f"stop-{waiting.id}").click().run()
    del app.query_params["run"]
    app.run()
    assert app.query_params["run"] == waiting.id, "with none under way, the last one is remembered"


@pytest.mark.slow
def test_time_and_memory_are_forecast_once_a_run_has_ended(
    open_page: OpenPage, trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imgrec.jobs.memory.gpus", tuple)
    expected = (":material/schedule: about ", " GB of memory", " MB on disk")
    app = open_page("train")
    assert all(words in said(app) for words in expected)
    (trained_run.folder / "evaluation.json").unlink()
    app = open_page("train")
    assert not any(words in said(app) for words in expected)


def live_curves(app: AppTest) -> list[list[dict[str, Any]]]:
    """Return the curves of each chart that grows in place."""
    components = [component.proto.json for component in app.get("bidi_component")]
    figures = [json.loads(given)["figure"] for given in components if "figure" in given]
    return [json.loads(figure)["data"] for figure in figures]


@contextmanager
def training(run: Run, progress: Progress) -> Iterator[RunWriter]:
    """Stand for a worker that trains a run and is so far."""
    writer = RunWriter(run.folder)
    with writer.lock():
        writer.begin()
        writer.write_progress(progress)
        yield writer


@pytest.fixture
def watched(tiny: RunConfig, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a run that no scheduler starts."""
    start_nothing(monkeypatch)
    return edge.store().create(tiny, "Watched")


def test_the_curves_begin_within_the_first_epoch(open_page: OpenPage, watched: Run) -> None:
    points = tuple(WithinEpoch(step=step, loss=2 - step / 10, accuracy=step / 20) for step in (1, 5))
    progress = Progress(epoch=1, epochs=2, step=6, steps=10, loss=1.4, accuracy=0.3, within=points)
    with training(watched, progress) as writer:
        app = open_page("train", run=watched.id)
        accuracy, loss = live_curves(app)
        assert accuracy[2]["x"] == loss[2]["x"] == [0.1, 0.5]
        assert loss[2]["y"] == [1.9, 1.5]
        assert "1.400" in [metric.value for metric in app.metric]
        # What was drawn is longer than half an epoch: the next epoch begins its own points.
        writer.write_progress(progress.replace(epoch=2))
        app.run()
        assert [len(curves) for curves in live_curves(app)] == [2, 2]


@pytest.mark.parametrize("name", ["start", "data", "network", "results", "runs", "compare", "predict"])
def test_every_other_page_says_what_trains(
    open_page: OpenPage, tiny: RunConfig, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    start_nothing(monkeypatch)
    run, said = edge.store().create(tiny, "A *new* run"), words.literal("25 % A *new* run")

    def links(page: str) -> list[str]:
        return [link.proto.label for link in open_page(page).get("page_link")]

    assert said not in links(name)
    with training(run, Progress(epoch=1, epochs=2, step=5, steps=10)):
        assert said in links(name)
        assert said not in links("train"), "it shows the run itself"


def test_a_run_is_named_as_it_is_started(open_page: OpenPage, tiny: RunConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    start_nothing(monkeypatch)
    app = open_page("train")
    put(app, tiny)
    app.text_input(key="run-name-0").set_value("  My run ").run()
    button(app, "Start training").click().run()  # type: ignore[attr-defined]
    assert not app.exception
    assert [run.name for run in edge.store().all()] == ["My run"]
    assert app.text_input(key="run-name-1").value == ""


@pytest.mark.slow
def test_a_run_that_diverged_is_tried_again_with_the_rate_that_it_advises(
    open_page: OpenPage, trained_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_nothing(monkeypatch)
    (trained_run.folder / "evaluation.json").unlink()
    RunWriter(trained_run.folder).fail("Training diverged.", "", learning_rate=0.0001)
    app = open_page("train", run=trained_run.id)
    button(app, "Try again with 0.0001").click().run()  # type: ignore[attr-defined]
    assert not app.exception
    (new,) = (run for run in edge.store().all() if run.id != trained_run.id)
    assert new.config == trained_run.config.with_setting("training.learning_rate", 0.0001)
    assert app.query_params["run"] == new.id


@pytest.mark.slow
def test_a_finished_run_leads_to_its_results(open_page: OpenPage, trained_run: Run) -> None:
    app = open_page("train", run=trained_run.id)
    primary = [each.label for each in app.button if each.proto.type == "primary"]
    assert primary == ["See the results"]


def test_a_run_that_waits_to_go_on_keeps_its_curves_and_its_bar(
    open_page: OpenPage, tiny: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_nothing(monkeypatch)
    run = edge.store().create(tiny.with_setting("training.epochs", 4), "Resumed")
    with RunWriter(run.folder).lock():
        RunWriter(run.folder).write_history(epochs(0.5))
    run.ask("resume")
    app = open_page("train", run=run.id)
    assert run.state is State.QUEUED
    assert app.get("progress")[0].proto.value == 25
    assert len(app.get("plotly_chart")) == 2


@pytest.mark.usefixtures("shapes")
def test_the_watched_images_stand_with_their_last_answers(open_page: OpenPage, watched: Run) -> None:
    (epoch,) = epochs(0.5)
    with training(watched, Progress(epoch=2, epochs=2, step=1, steps=10)) as writer:
        writer.write_history([epoch.replace(watched=(0,) * 16)])
        app = open_page("train", run=watched.id)
        assert "**What it says of 16 validation images**: 2 right after epoch 1" in said(app)
        captions = [image.proto.imgs[0].caption for image in app.image]
        assert captions.count("circle") == 2
        assert captions.count("**✗ circle**") == 14
