"""The Sweeps page: some settings of the draft vary, their runs are queued, and the best becomes the draft."""

import pytest
from streamlit.testing.v1 import AppTest

from imgrec import edge, jobs
from imgrec.augmentations import Shift
from imgrec.config import RunConfig
from imgrec.runs import RunWriter, sweeps
from imgrec.sweep import MOST_VARIED, Sampling, Sweep, Varied
from imgrec.ui import PAGES, vary
from imgrec.ui.sweeps import making
from imgrec.ui.sweeps.making import SAMPLING
from imgrec.varying import can_vary
from tests.conftest import start_nothing
from tests.evaluated import evaluated
from tests.pages.conftest import OpenPage
from tests.pages.test_train import button, put, said

RATE = "training.learning_rate"


@pytest.fixture(autouse=True)
def nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    start_nothing(monkeypatch)


@pytest.fixture
def app(open_page: OpenPage, tiny: RunConfig, shapes: None) -> AppTest:  # noqa: ARG001 - its images are ready
    page = open_page("sweeps")
    put(page, tiny)
    return page


def started(app: AppTest, points: int = 4) -> sweeps.KeptSweep:
    app.session_state[SAMPLING] = Sampling(points=points)
    app.run()
    button(app, f"Start {points} runs").click().run()  # type: ignore[attr-defined]
    assert not app.exception
    return sweeps.every(edge.store())[0]


def test_a_sweep_is_started_and_shown(app: AppTest, tiny: RunConfig) -> None:
    assert "12 runs of 12 points" in said(app)
    kept = started(app)
    rate = tiny.training.learning_rate
    assert kept.sweep.base == tiny
    assert [point[0] for point in kept.sweep.all_points()][::3] == [rate / 4, rate * 4]
    assert len(jobs.queue(edge.store())) == 4
    assert app.query_params["sweep"] == kept.id
    assert "0 of 4 runs finished" in said(app)


def test_another_setting_varies_between_the_values_that_are_typed(app: AppTest) -> None:
    app.multiselect[0].set_value(["training.batch_size"]).run()
    low, high, *_ = app.number_input
    low.set_value(16)
    high.set_value(64)
    app.session_state[SAMPLING] = Sampling(points=3)
    app.run()
    button(app, "Start 3 runs").click().run()  # type: ignore[attr-defined]
    assert sweeps.every(edge.store())[0].sweep.all_points() == [(16,), (32,), (64,)]


def test_what_is_no_sweep_is_said_and_cannot_be_started(app: AppTest) -> None:
    app.number_input[0].set_value(0.9).run()
    assert "a low and a higher value between which it varies" in app.error[0].value
    assert button(app, "Start").disabled  # type: ignore[attr-defined]
    app.multiselect[0].set_value([]).run()
    assert "Choose at least one setting" in said(app)
    assert not app.exception


def test_the_best_point_is_adopted(app: AppTest) -> None:
    kept = started(app)
    for place, run in enumerate(jobs.queue(edge.store())):
        RunWriter(run.folder).finish(evaluated(validation_accuracy=0.9 if place == 2 else 0.5))
    app.run()
    assert "Best: Learning rate" in said(app)
    assert "This is the best of 4 points on the validation images." in said(app)
    assert "looked at the test images 4 times, once with each finished run" in said(app)
    assert "Which setting mattered cannot be said from 4 points" in said(app)
    button(app, "Adopt the best").click().run()  # type: ignore[attr-defined]
    assert f"the best point of {kept.name}" in said(app)
    assert not app.exception


def test_failed_runs_are_queued_again_and_a_sweep_is_forgotten(app: AppTest) -> None:
    started(app)
    RunWriter(jobs.queue(edge.store())[0].folder).fail("The disk was full.", "", again=True)
    app.run()
    assert "1 failed" in said(app)
    button(app, "Queue 1 missing run").click().run()  # type: ignore[attr-defined]
    assert len(jobs.queue(edge.store())) == 4
    button(app, "Forget this sweep").click().run()  # type: ignore[attr-defined]
    assert sweeps.every(edge.store()) == []
    assert not app.exception


def test_a_sweep_whose_runs_are_gone_is_still_shown(app: AppTest, tiny: RunConfig) -> None:
    varied = Varied(setting=RATE, values=(0.1, 0.2))
    kept = sweeps.keep(edge.store(), Sweep(base=tiny, varied=(varied,)), "Old", ())
    app.query_params["sweep"] = kept.id
    app.run()
    assert "Its runs are gone" in said(app)
    assert not app.exception


def test_a_list_of_values_is_typed(app: AppTest) -> None:
    app.segmented_control[0].set_value("List").run()
    values = next(each for each in app.text_input if each.label == "Learning rate, values")
    values.set_value("0.1, 0.2").run()
    assert "2 runs of 2 points" in said(app)
    values.set_value("0.1, fast").run()
    assert "learning_rate needs a number" in app.error[0].value


def test_a_share_link_shows_the_same_sweep(app: AppTest, tiny: RunConfig) -> None:
    base = tiny.with_setting("training.epochs", 7)
    texts = (f"{RATE}=0.001:0.03", "layers.0.pool_size=2,4", "training.batch_size=8,32,128", "training.epochs=2:5")
    varied = tuple(Varied.from_text(text, base) for text in texts)
    sweep = Sweep(base=base, varied=varied, method="random", points=9, seeds=2, seed=5)
    app.query_params["s"] = sweep.to_link()
    app.run()
    assert "Your draft is now that of a shared sweep" in said(app)
    button(app, f"Start {2 * len(sweep.all_points())} runs").click().run()  # type: ignore[attr-defined]
    assert not app.exception
    assert sweeps.every(edge.store())[0].sweep == sweep
    app.query_params["s"] = sweep.to_link()[:-9]
    app.run()
    assert "This share link cannot be opened. A share link needs all its letters" in app.error[0].value


@pytest.mark.parametrize(
    ("page", "setting"),
    [("train", RATE), ("train", "training.optimizer"), ("train", "training.optimizer.weight_decay")],
)
def test_a_setting_varies_from_the_button_beside_its_widget(
    open_page: OpenPage, tiny: RunConfig, page: str, setting: str
) -> None:
    app = open_page(page)
    put(app, tiny)
    app.button(key=f"vary-{setting}").click().run()
    assert not app.exception
    assert app.multiselect[0].value == [setting], "the Sweeps page is open, and varies it"


@pytest.mark.usefixtures("shapes")
def test_layers_and_augmentations_vary_from_their_pages_and_add_to_what_varies(
    open_page: OpenPage, tiny: RunConfig
) -> None:
    app = open_page("data")
    put(app, tiny.replace(augmentations=(Shift(pixels=2),)))
    app.button(key="vary-augmentations.0.pixels").click().run()
    assert app.multiselect[0].value == ["augmentations.0.pixels"]
    app.switch_page(str(PAGES / "network.py")).run()
    next(each for each in app.button if "**Dense**" in each.label).click().run()
    app.button(key="vary-layers.2.units").click().run()
    assert app.multiselect[0].value == ["augmentations.0.pixels", "layers.2.units"]


def test_a_setting_beyond_what_a_sweep_varies_is_refused_in_words(open_page: OpenPage, tiny: RunConfig) -> None:
    app = open_page("train")
    put(app, tiny)
    app.session_state[making._choice_key(tiny)] = list(can_vary(tiny))[:MOST_VARIED]
    last = [path for path in can_vary(tiny) if f"vary-{path}" in {each.key for each in app.button}][-1]
    assert last not in app.session_state[making._choice_key(tiny)]
    app.button(key=f"vary-{last}").click().run()
    assert f"at most {MOST_VARIED} settings" in app.toast[0].value
    assert not app.multiselect, "the page stays"


def test_what_a_teacher_has_fixed_does_not_vary(tiny: RunConfig) -> None:
    assert vary.beside(tiny, "training", disabled=True) is None
