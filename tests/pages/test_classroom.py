"""A teacher makes a class and sees what its pupils do; a pupil joins, keeps to the task, and leaves."""

import json
import re
import secrets

import pytest
from streamlit.testing.v1 import AppTest

from imgrec import classroom, edge, jobs, spreadsheet
from imgrec.classroom import Classroom, Task
from imgrec.config import RunConfig
from imgrec.presets import PRESETS
from imgrec.runs import Run, Store
from imgrec.ui import browser
from imgrec.ui.classroom import teacher
from tests.conftest import Allow
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said

PUPIL, OTHER = "1" * 32, "2" * 32
HOSTILE = "**b** :smile: <b>$x$"


@pytest.fixture(autouse=True)
def hosted(allow: Allow, monkeypatch: pytest.MonkeyPatch, shapes: None) -> None:  # noqa: ARG001 - the dataset is there
    allow()
    monkeypatch.setattr(jobs, "look_after", lambda _: None)
    monkeypatch.setattr(browser, "address", lambda: None)  # AppTest has a mock for it


@pytest.fixture
def pupil() -> Store:
    return edge.visitor(PUPIL)


def made(config: RunConfig, **changes: object) -> tuple[Classroom, str]:
    task = Task.parse({"title": "Small", "text": "Be <b>small</b>", "config": config, **changes})
    return classroom.create(edge.home(), task)


def opened(open_page: OpenPage, page: str, secret: str = PUPIL, **query: str) -> AppTest:
    return open_page(page, visitor=secret, **query)


def buttons(app: AppTest) -> dict[str, bool]:
    """Return the labels of the buttons, and whether each is disabled."""
    return {button.label: button.disabled for button in app.button}


def links(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.get("page_link")]


def draft_of(app: AppTest) -> RunConfig:
    history = app.session_state["draft"]
    config = history.versions[history.current].config
    assert isinstance(config, RunConfig)
    return config


# The teacher.


def test_a_teacher_makes_a_class_of_the_draft_and_gets_two_links(open_page: OpenPage) -> None:
    app = opened(open_page, "classroom")
    app.text_input(key="class-title").set_value("Small and good")
    app.text_area(key="class-text").set_value("Under 100,000 parameters.")
    app.number_input(key="class-parameters").set_value(100_000)
    app.button_group(key="class-fixed").set_value(["dataset", "split"])
    app.button(key="make-class").click().run()
    assert not app.exception
    found = [
        re.fullmatch(r"classroom\?class=([0-9a-f]{32})(?:&teacher=([0-9a-f]{32}))?", code.value) for code in app.code
    ]
    assert [bool(link and link[2]) for link in found] == [False, True]
    assert found[0]
    assert found[1]
    room = classroom.for_teacher(edge.home(), found[1][1], found[1][2])
    assert room.task.title == "Small and good"
    assert (room.task.parameters, room.task.fixed) == (100_000, ("dataset", "split"))
    assert room.task.config == PRESETS["quick"].config
    assert app.query_params["teacher"] == found[1][2]
    assert "this link is your key" in said(app)
    assert "visitor" not in found[0][0] + found[1][0]


def test_a_class_without_a_title_is_refused_and_what_was_typed_stays(open_page: OpenPage) -> None:
    app = opened(open_page, "classroom")
    app.text_area(key="class-text").set_value("Do it.")
    app.button(key="make-class").click().run()
    assert "A task's title needs 1 to 60" in app.error[0].value.replace(":color[&#39;]", "'")
    assert app.text_area(key="class-text").value == "Do it."
    assert not list(edge.home().glob("classes/*"))


@pytest.mark.parametrize("wrong", ["class", "secret"])
def test_a_wrong_class_or_secret_is_one_sentence(open_page: OpenPage, tiny: RunConfig, wrong: str) -> None:
    room, _ = made(tiny)
    other = secrets.token_hex(16)
    app = opened(open_page, "classroom", **{"class": other if wrong == "class" else room.id, "teacher": other})
    assert len(app.error) == 1
    assert ("There is no such class" if wrong == "class" else "opens no class for its teacher") in app.error[0].value
    assert "Small" not in said(app)
    assert not app.dataframe


def test_the_teacher_sees_all_runs_and_one_of_them_closer(
    open_page: OpenPage, tiny: RunConfig, pupil: Store, trained_run: Run
) -> None:
    room, secret = made(tiny)
    classroom.join(room, pupil, HOSTILE)
    run = in_store(pupil, trained_run)
    app = opened(open_page, "classroom", OTHER, **{"class": room.id, "teacher": secret})
    (row,) = app.dataframe[0].value.to_dict("records")
    assert row["Nickname"] == HOSTILE
    assert row["Parameters"] == 3258
    assert row["State"] == "finished"
    assert "Curves" not in [tab.label for tab in app.tabs]
    app.session_state[teacher.LOOKED_AT] = run.id
    app.run()
    assert not app.exception
    assert [tab.label for tab in app.tabs] == ["Curves", "Network", "Settings"]
    assert len(app.get("plotly_chart")) == 2
    assert "Learning rate" in str([table.value for table in app.table])
    assert HOSTILE not in said(app)
    assert "stop-" not in str([button.key for button in app.button]), "it is only looked at"
    assert run.id not in str(opened(open_page, "results", OTHER, run=run.id).dataframe)


def test_the_teacher_removes_a_member_and_ends_the_class(open_page: OpenPage, tiny: RunConfig, pupil: Store) -> None:
    room, secret = made(tiny)
    classroom.join(room, pupil, "Ada")
    jobs.launch(pupil, tiny)
    app = opened(open_page, "classroom", OTHER, **{"class": room.id, "teacher": secret})
    app.button(key=f"remove-{pupil.folder.name}").click().run()
    assert room.members() == []
    assert app.button(key="end-class").disabled
    app.checkbox(key="end-sure").check().run()
    app.button(key="end-class").click().run()
    assert not app.exception
    assert not room.folder.exists()
    assert len(pupil.all()) == 1
    app = opened(open_page, "classroom", OTHER, **{"class": room.id, "teacher": secret})
    assert "There is no such class" in app.error[0].value


def test_on_ones_own_computer_a_class_says_what_it_needs(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMGREC_PROFILE")
    app = open_page("classroom")
    assert "A class needs a server" in said(app)
    assert not app.text_input
    assert "Teach a class with it" not in links(open_page("start"))


def test_the_start_page_of_a_server_leads_to_a_class(open_page: OpenPage) -> None:
    assert "Teach a class with it" in links(opened(open_page, "start"))


def test_no_cell_of_a_table_is_a_formula(open_page: OpenPage, tiny: RunConfig, pupil: Store) -> None:
    """The table's own download, which Streamlit makes, writes each cell as it stands."""
    room, secret = made(tiny)
    classroom.join(room, pupil, "=1+1")
    jobs.launch(pupil, tiny, "@SUM(A1)")
    for app in (
        opened(open_page, "classroom", OTHER, **{"class": room.id, "teacher": secret}),
        opened(open_page, "classroom", **{"class": room.id}),
    ):
        cells = [value for value in app.dataframe[0].value.iloc[0] if isinstance(value, str)]
        assert any("=1+1" in value for value in cells)
        assert not [value for value in cells if spreadsheet.is_formula(value)]


# The pupil.


def test_a_pupil_joins_and_begins_with_the_task(open_page: OpenPage, tiny: RunConfig) -> None:
    room, _ = made(tiny, parameters=100_000)
    app = opened(open_page, "classroom", **{"class": room.id})
    assert "At most 100,000 parameters" in said(app)
    assert "<b>" not in said(app)
    assert not app.dataframe, "who has not joined sees nobody"
    app.text_input(key="nickname").set_value("Ada")
    app.button(key="join-class").click().run()
    assert not app.exception
    assert app.title[0].value == "Network"
    assert draft_of(app) == tiny
    assert "Your draft is now what the class **Small** begins with" in said(app)
    assert "no result of yours yet" in said(app)
    app.button(key="undo-replaced").click().run()
    assert draft_of(app) == PRESETS["quick"].config
    assert [member.nickname for member in room.members()] == ["Ada"]


def test_a_taken_nickname_is_said_and_another_one_joins(open_page: OpenPage, tiny: RunConfig) -> None:
    room, _ = made(tiny)
    classroom.join(room, edge.visitor(OTHER), HOSTILE)
    app = opened(open_page, "classroom", **{"class": room.id})
    app.text_input(key="nickname").set_value(HOSTILE.upper())
    app.button(key="join-class").click().run()
    assert "is taken" in app.error[0].value
    assert HOSTILE.upper() not in app.error[0].value, "it is shown letter by letter"
    app.text_input(key="nickname").set_value("Ada")
    app.button(key="join-class").click().run()
    assert len(room.members()) == 2


def test_a_member_sees_the_table_with_their_own_row_marked_and_leaves(
    open_page: OpenPage, tiny: RunConfig, pupil: Store, trained_run: Run
) -> None:
    room, _ = made(tiny)
    classroom.join(room, pupil, "Ada")
    classroom.join(room, edge.visitor(OTHER), "Bea")
    in_store(pupil, trained_run)
    app = opened(open_page, "classroom")
    assert app.query_params["class"] == room.id, "the menu of pages drops the address"
    first, second = app.dataframe[0].value.to_dict("records")
    assert (first["Place"], first[""], first["Nickname"], first["Parameters"]) == (1, "you", "Ada", 3258)
    assert (second[""], second["Nickname"]) == ("", "Bea")
    assert re.search(r"your best: \d+\.\d % validation accuracy", said(opened(open_page, "network")))
    app.button(key="leave").click().run()
    assert [member.nickname for member in room.members()] == ["Bea"]
    assert len(pupil.all()) == 1
    assert app.text_input(key="nickname")


def test_a_member_of_another_class_is_asked_to_leave_it_first(
    open_page: OpenPage, tiny: RunConfig, pupil: Store
) -> None:
    classroom.join(made(tiny, title=HOSTILE)[0], pupil, "Ada")
    app = opened(open_page, "classroom", **{"class": made(tiny)[0].id})
    assert "leave that one first" in said(app)
    assert HOSTILE not in said(app)
    app.button(key="leave").click().run()
    assert app.text_input(key="nickname")


@pytest.mark.parametrize("page", ["data", "network", "train"])
def test_the_task_stands_on_the_pages_of_a_member_and_of_nobody_else(
    open_page: OpenPage, tiny: RunConfig, pupil: Store, page: str
) -> None:
    room, _ = made(tiny, title=HOSTILE, parameters=100_000, text="x" * 400)
    assert "at most 100,000 parameters" not in said(opened(open_page, page))
    classroom.join(room, pupil, "Ada")
    shown = said(opened(open_page, page))
    assert "at most 100,000 parameters" in shown
    assert HOSTILE not in shown
    assert "x" * 90 + "…" in shown


def test_a_draft_beyond_the_tasks_limits_is_said_while_it_is_built(
    open_page: OpenPage, tiny: RunConfig, pupil: Store
) -> None:
    classroom.join(made(tiny, parameters=100_000)[0], pupil, "Ada")
    assert "at most 100,000 parameters. Received: 151,890." in said(opened(open_page, "network"))
    app = opened(open_page, "train")
    assert "at most 100,000 parameters. Received: 151,890." in app.error[0].value
    assert buttons(app)["Start training"]


def test_a_fixed_network_is_seen_and_not_changed(open_page: OpenPage, tiny: RunConfig, pupil: Store) -> None:
    classroom.join(made(tiny, fixed=["network"])[0], pupil, "Ada")
    app = opened(open_page, "network")
    app.button(key="restore").click().run()
    assert draft_of(app).layers == tiny.layers
    assert "Your teacher has fixed the network." in said(app)
    keys = [str(button.key) for button in app.button]
    assert not [key for key in keys if key.startswith(("move", "delete", "duplicate", "add-layer", "insert"))]
    assert all(popover.proto.popover.disabled for popover in app.get("popover")[:2])
    [button for button in app.button if str(button.key).startswith("open-")][-1].click().run()
    assert app.select_slider
    assert all(widget.disabled for widget in app.select_slider)


def test_a_fixed_dataset_and_fixed_augmentations_are_seen_and_not_changed(
    open_page: OpenPage, tiny: RunConfig, pupil: Store
) -> None:
    classroom.join(made(tiny, fixed=["dataset", "augmentations"])[0], pupil, "Ada")
    app = opened(open_page, "data")
    assert "Your teacher has fixed the dataset." in said(app)
    assert "Your teacher has fixed the augmentations." in said(app)
    assert all(toggle.disabled for toggle in app.toggle)
    assert app.button(key="download-cifar10").disabled


@pytest.mark.parametrize("fixed", ["training", "split"])
def test_fixed_training_settings_are_seen_and_not_changed(
    open_page: OpenPage, tiny: RunConfig, pupil: Store, fixed: str
) -> None:
    classroom.join(made(tiny, fixed=[fixed])[0], pupil, "Ada")
    app = opened(open_page, "train")
    assert app.number_input(key="training.seed").disabled
    assert all(widget.disabled == (fixed == "training") for widget in app.select_slider)


def test_a_draft_that_changes_what_is_fixed_cannot_start_and_is_restored(
    open_page: OpenPage, tiny: RunConfig, pupil: Store
) -> None:
    classroom.join(made(tiny, fixed=["network", "training"])[0], pupil, "Ada")
    app = opened(open_page, "train")
    assert "Your teacher has fixed the network and the training settings" in said(app)
    assert buttons(app)["Start training"]
    assert not app.error, "it is said once"
    app.button(key="restore").click().run()
    assert draft_of(app) == tiny.replace(
        dataset=PRESETS["quick"].config.dataset, augmentations=PRESETS["quick"].config.augmentations
    )
    assert not buttons(app)["Start training"]
    app.button(key="start-0").click().run()
    assert not app.exception
    assert len(pupil.all()) == 1


def test_a_new_members_first_button_goes_on_with_the_task(open_page: OpenPage, tiny: RunConfig, pupil: Store) -> None:
    classroom.join(made(tiny)[0], pupil, "Ada")
    assert "Train your first network" not in buttons(opened(open_page, "start"))


def in_store(store: Store, run: Run) -> Run:
    """Move a finished run into a member's store, as if it had been made since they joined."""
    store.runs.mkdir(parents=True, exist_ok=True)
    run.folder.rename(store.runs / run.id)
    room = classroom.of(store)
    assert room is not None
    path = room.folder / "members" / f"{store.folder.name}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "joined": "2000-01-01T00:00:00+00:00"}))
    return store.get(run.id)
