"""A teacher makes a class, and sees what its pupils do."""

import re
import secrets
import shutil

import pytest

from imgrec import classroom, edge, jobs, spreadsheet
from imgrec.config import RunConfig
from imgrec.presets import PRESETS
from imgrec.runs import Run, Store
from imgrec.ui import PAGES
from imgrec.ui.classroom import teacher
from tests.pages.classroom.conftest import HOSTILE, OTHER, in_store, links, made, opened
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said


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


def test_a_class_begins_with_no_layers_that_its_pupils_cannot_see(
    open_page: OpenPage, tiny: RunConfig, trained_run: Run, pupil: Store
) -> None:
    shutil.copytree(trained_run.folder, pupil.runs / trained_run.id)
    app = opened(open_page, "network", c=jobs.begun(pupil, tiny, pupil.get(trained_run.id)).to_link())
    app.switch_page(str(PAGES / "classroom.py")).run()
    app.text_input(key="class-title").set_value("Small and good")
    app.button(key="make-class").click().run()
    assert "Received: those of a run that pupils do not see." in app.error[0].value
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
