"""The Compare page says which run is better, with its interval, and whether it may be luck."""

import pytest

from benchmarks.scored import scored
from imgrec import edge, metrics
from imgrec.config import RunConfig
from imgrec.layers import Dense, Flatten
from imgrec.runs import Run, RunWriter, library, listing
from imgrec.ui import PAGES
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said

CONFIG = RunConfig(dataset="shapes", layers=(Flatten(), Dense(units=8)))


def rescored(run: Run, **changes: object) -> None:
    """Finish a run once more, with some of what was measured changed."""
    evaluation = run.evaluation()
    assert evaluation is not None
    RunWriter(run.folder).finish(evaluation.replace(**changes))


@pytest.fixture
def pair(shapes: None) -> tuple[Run, Run]:  # noqa: ARG001 - its images are ready
    """Return a run, and a better one with fewer epochs."""
    return scored(CONFIG, "Before", seed=1), scored(
        CONFIG.with_setting("training.epochs", 5), "After", seed=2, lead=3.6
    )


def test_with_fewer_than_two_finished_runs_it_says_what_to_do(open_page: OpenPage) -> None:
    assert "Comparing needs two finished runs" in said(open_page("compare"))


def test_the_better_run_is_named_with_its_lead_and_interval(open_page: OpenPage, pair: tuple[Run, Run]) -> None:
    before, after = pair
    labels = before.predictions()[1]
    found = metrics.compare(labels, *(run.predictions()[0].argmax(axis=1) for run in pair))
    assert found.p < 0.001
    for order in (pair, pair[::-1]):
        shown = said(open_page("compare", runs=",".join(run.id for run in order)))
        assert f"**{after.name}** is better than" in shown
        points = f"+{100 * found.difference:.1f} points (95 % interval {100 * found.low:.1f} to {100 * found.high:.1f})"
        assert f"{points}, p < 0.001" in shown
    assert f"After has {len(found.fixed):,} right that Before has wrong" in said(
        open_page("compare", runs=f"{before.id},{after.id}")
    )


@pytest.mark.usefixtures("shapes")
def test_two_runs_that_differ_by_luck_alone_are_not_called_different(open_page: OpenPage) -> None:
    one, other = scored(CONFIG, "One", seed=1), scored(CONFIG.with_setting("training.seed", 1), "Other", seed=2)
    shown = said(open_page("compare", runs=f"{one.id},{other.id}"))
    assert "No evidence of a difference" in shown
    assert "is better than" not in shown


def test_runs_of_different_test_images_are_not_compared_image_by_image(
    open_page: OpenPage, pair: tuple[Run, Run]
) -> None:
    other = scored(CONFIG, "Of other images", seed=3)
    rescored(other, fingerprint="of other images")
    app = open_page("compare", runs=f"{pair[0].id},{other.id}")
    assert "were scored on different test images" in "".join(info.value for info in app.info)
    for rank in ("is better than", "The higher the better", "The lower the better"):
        assert rank not in said(app)


def test_what_differs_is_listed_and_nothing_else(open_page: OpenPage, pair: tuple[Run, Run]) -> None:
    table = open_page("compare", runs=",".join(run.id for run in pair)).table[0].value
    assert list(table.columns) == ["", "Before", "After"]
    assert table.values.tolist() == [["Epochs", "10", "5"]]


def test_seeds_of_one_config_are_a_mean_and_a_spread(open_page: OpenPage, pair: tuple[Run, Run]) -> None:
    others = [scored(CONFIG.with_setting("training.seed", seed), f"Seed {seed}", seed=seed + 10) for seed in (1, 2)]
    accuracies = [evaluation.test_accuracy for run in (pair[0], *others) if (evaluation := run.evaluation())]
    mean = sum(accuracies) / 3
    spread = (sum((value - mean) ** 2 for value in accuracies) / 2) ** 0.5
    app = open_page("compare", runs=",".join(run.id for run in pair))
    cells = app.dataframe[0].value["With other seeds"].tolist()
    assert cells == [f"{100 * mean:.1f} % ± {100 * spread:.1f} (3 seeds)", "–"]
    next(toggle for toggle in app.toggle if toggle.label == "With other seeds").set_value(True).run()
    assert not app.exception
    chart = next(chart for chart in app.get("plotly_chart") if "Before and 2 other seeds" in chart.proto.spec)
    assert '"fill":"toself"' in chart.proto.spec


def test_the_choice_is_remembered_and_a_deleted_run_leaves_it(open_page: OpenPage, pair: tuple[Run, Run]) -> None:
    before, after = pair
    scored(CONFIG, "Another", seed=3)
    app = open_page("compare", runs=f"{before.id},{after.id},nonsense")
    assert app.multiselect(key="compared-runs").value == [before.id, after.id]
    library.delete(edge.store().get(after.id))
    app.run()
    assert not app.exception
    assert app.multiselect(key="compared-runs").value == [before.id]


@pytest.mark.usefixtures("shapes")
def test_up_to_six_runs_stand_side_by_side(open_page: OpenPage) -> None:
    many = [scored(CONFIG.with_setting("training.epochs", number), f"Run {number}", number) for number in range(1, 8)]
    app = open_page("compare", runs=",".join(run.id for run in many))
    assert len(app.multiselect(key="compared-runs").value) == 6
    assert app.dataframe[0].value["Run"].tolist() == [f"Run {number}" for number in range(1, 7)]
    assert [menu.label for menu in app.selectbox[:2]] == ["Is this run better", "than this one?"]
    rows = [listing.row(run) for run in many[:6]]
    assert app.selectbox[0].value == max(rows, key=lambda row: row.test_accuracy or 0).id, "the best one is tested"


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("label_smoothing", 0.2, "different label smoothing"),
        ("loss", "mean_squared_error", "make different losses small"),
        ("learning_rate", 0.01, ""),
    ],
)
def test_losses_are_overlaid_only_where_they_are_of_one_kind(
    open_page: OpenPage, pair: tuple[Run, Run], setting: str, value: object, sentence: str
) -> None:
    third = scored(CONFIG.with_setting(f"training.{setting}", value), "Third", seed=3)
    app = open_page("compare", runs=f"{pair[0].id},{third.id}")
    curves = len(app.get("plotly_chart"))
    next(control for control in app.segmented_control if control.label == "Metric").set_value("Loss").run()
    assert not app.exception
    if sentence:
        assert [info.value for info in app.info if sentence in info.value]
        assert len(app.get("plotly_chart")) == curves - 1
    else:
        assert not app.info
        assert len(app.get("plotly_chart")) == curves


def test_seeds_can_be_grouped_where_one_was_stopped(open_page: OpenPage, pair: tuple[Run, Run]) -> None:
    stopped = scored(CONFIG.with_setting("training.epochs", 7), "Stopped", seed=4)
    rescored(stopped, stopped=True)
    app = open_page("compare", runs=f"{pair[0].id},{stopped.id}")
    next(toggle for toggle in app.toggle if toggle.label == "With other seeds").set_value(True).run()
    assert not app.exception


def test_a_group_has_the_name_of_the_run_that_was_chosen(open_page: OpenPage, pair: tuple[Run, Run]) -> None:
    chosen = scored(CONFIG.with_setting("training.seed", 5), "Chosen", seed=5)
    app = open_page("compare", runs=f"{pair[1].id},{chosen.id}")
    next(toggle for toggle in app.toggle if toggle.label == "With other seeds").set_value(True).run()
    assert any("Chosen and 1 other seed" in chart.proto.spec for chart in app.get("plotly_chart"))


def test_runs_of_the_same_name_can_be_told_apart(open_page: OpenPage, pair: tuple[Run, Run]) -> None:
    twins = [scored(CONFIG.with_setting("training.epochs", epochs), "**Setting**", epochs) for epochs in (3, 4)]
    app = open_page("compare", runs=",".join(run.id for run in (*pair, *twins)))
    assert not app.exception
    assert len(set(app.selectbox[0].options)) == 4
    assert len(app.table[0].value.columns) == 5


def test_what_cannot_be_compared_is_said(open_page: OpenPage, pair: tuple[Run, Run]) -> None:
    app = open_page("compare", runs=",".join([*(run.id for run in pair), "nonsense"]))
    assert "Not compared: nonsense." in "".join(warning.value for warning in app.warning)


def test_at_first_a_run_of_the_same_test_images_is_beside_the_last_one(
    open_page: OpenPage, pair: tuple[Run, Run]
) -> None:
    other = scored(CONFIG, "Of other images", seed=3)
    rescored(other, fingerprint="of other images")
    app = open_page("results", run=pair[0].id)
    app.switch_page(str(PAGES / "compare.py")).run()
    assert app.multiselect(key="compared-runs").value == [pair[0].id, pair[1].id]
