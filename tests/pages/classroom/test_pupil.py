"""A pupil joins a class, keeps to its task, and leaves."""

import re

import pytest

from imgrec import classroom, edge
from imgrec.config import RunConfig
from imgrec.presets import PRESETS
from imgrec.runs import Run, Store
from tests.pages.classroom.conftest import HOSTILE, OTHER, buttons, draft_of, in_store, made, opened
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said


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
