"""Own pictures on the Data page: a version is used, classes and images are corrected, a dataset is removed."""

import numpy as np
import pytest

from imgrec import edge, inspection, jobs
from imgrec.config import RunConfig
from imgrec.datasets.classes import renamed
from imgrec.datasets.own import LEFT_OUT, TEST, TRAIN, OwnDataset
from imgrec.errors import DatasetError
from imgrec.findings import Action, Case, Correction, Finding, Findings, Kind
from tests.datasets.test_own import make


@pytest.fixture
def kept(home) -> OwnDataset:
    folder = home / "own-datasets"
    folder.mkdir()
    make(folder)
    return OwnDataset(folder / "pets")


def config(app) -> RunConfig:
    history = app.session_state["draft"]
    return history.versions[history.current].config


def opened(open_page, kept: OwnDataset, **query: str):
    """Return the Data page with this dataset in use."""
    name = f"pets@{kept.newest.id}"
    return open_page("data", c=RunConfig(dataset=name).to_link(), **query)


def texts(app) -> str:
    return " ".join(element.value for element in [*app.markdown, *app.caption, *app.error, *app.warning, *app.info])


def test_a_dataset_of_ones_own_has_a_card_and_is_used(open_page, kept):
    app = open_page("data")
    assert "8 training and 4 test images · 2 classes · 32×32 pixels" in texts(app)
    assert "Your own pictures, from pets.zip" in texts(app)
    app.button(key="use-pets").click().run()
    assert config(app).dataset == f"pets@{kept.newest.id}"
    assert app.button(key="use-pets").disabled
    assert not app.exception


def test_a_version_before_is_used_again(open_page, kept):
    first = kept.newest
    labels, splits = kept.rows(first)
    splits[0] = LEFT_OUT
    kept.change(first, first.class_names, labels, splits, "Left out 1 image.")
    app = opened(open_page, kept)
    assert "2 · Left out 1 image. 11 images" in texts(app)
    app.button(key=f"version-pets-{first.id}").click().run()
    assert config(app).dataset == f"pets@{first.id}"


@pytest.mark.parametrize(
    ("wanted", "classes", "labels", "splits", "said"),
    [
        (["kitten", "dog", "hen"], ("kitten", "dog", "hen"), [0, 1, 2], [0, 0, 2], "Renamed cat to kitten."),
        (["cat", "cat", "hen"], ("cat", "hen"), [0, 0, 1], [0, 0, 2], "Merged dog to cat."),
        (["cat", None, "hen"], ("cat", "hen"), [0, 0, 1], [0, LEFT_OUT, 2], "Left out the class dog."),
    ],
)
def test_classes_are_renamed_merged_and_left_out(wanted, classes, labels, splits, said):
    found = renamed(("cat", "dog", "hen"), np.array([0, 1, 2]), np.array([TRAIN, TRAIN, TEST]), wanted)
    assert (found[0], found[1].tolist(), found[2].tolist(), found[3]) == (classes, labels, splits, said)


def tick(app, kept: OwnDataset, *places: int) -> None:
    app.session_state["own-tabs"] = "One by one"
    app.run()
    for place in places:
        app.checkbox(key=f"tick-{kept.newest.id}-{place}").check()
    app.run()


@pytest.mark.parametrize(
    ("press", "label", "split", "said"),
    [
        ("Relabel", 1, TRAIN, "Relabelled 2 images as dog."),
        ("Leave out", 0, LEFT_OUT, "Left out 2 images."),
        ("Use for testing", 0, TEST, "Moved 2 images to test."),
    ],
)
def test_ticked_images_are_changed_in_another_version(open_page, kept, press, label, split, said):
    first = kept.newest
    app = opened(open_page, kept)
    tick(app, kept, 0, 2)
    app.selectbox(key="relabel").select(1)
    next(button for button in app.button if button.label == press).click()
    app.run()
    assert not app.exception
    version = kept.newest
    labels, splits = kept.rows(version)
    assert (version.number, version.before, version.change) == (2, first.id, said)
    assert labels[[0, 2]].tolist() == [label] * 2
    assert splits[[0, 2]].tolist() == [split] * 2
    assert config(app).dataset == f"pets@{version.id}"


def test_a_correction_that_leaves_too_little_is_refused_in_a_sentence(open_page, kept):
    app = opened(open_page, kept)
    tick(app, kept, 0, 2, 4)
    next(button for button in app.button if button.label == "Leave out").click()
    app.run()
    assert "Received fewer of: cat" in texts(app)
    assert len(kept.versions()) == 1


def test_a_dataset_that_is_removed_leaves_the_draft(open_page, kept):
    app = opened(open_page, kept)
    app.button(key="remove-pets").click().run()
    app.button(key="remove").click().run()
    assert not kept.exists
    assert config(app).dataset == "shapes"
    assert not app.exception


def test_a_dataset_is_not_removed_while_a_run_needs_it(open_page, kept, tiny):
    jobs.drain(edge.home(), True)
    name = f"pets@{kept.newest.id}"
    run = jobs.launch(edge.store(), tiny.replace(dataset=name))
    app = opened(open_page, kept)
    app.button(key="remove-pets").click().run()
    assert f"{run.name} still needs it" in texts(app)
    assert app.button(key="remove").disabled
    with pytest.raises(DatasetError, match=f"{run.name} still learns from pets"):
        jobs.remove_dataset(edge.store(), "pets")


def test_a_draft_whose_dataset_is_gone_says_so_and_another_is_chosen(open_page, kept):
    app = opened(open_page, kept)
    kept.remove()
    app.run()
    assert "The dataset pets, version" in texts(app)
    assert "is not here" in texts(app)
    app.button(key="use-shapes").click().run()
    assert config(app).dataset == "shapes"
    assert not app.error


def looked_into(open_page, kept: OwnDataset, finding: Finding):
    """Return the Data page on which this finding, the only one, is open."""
    version = kept.newest
    found = Findings(images=12, found=(finding,))
    (kept.folder_of(version) / inspection.FINDINGS).write_text(found.model_dump_json())
    app = opened(open_page, kept)
    app.session_state["own-tabs"] = "Findings"
    app.session_state[f"finding-{version.id}-{finding.kind.name}"] = True
    return app.run()


def test_a_finding_about_classes_names_each_of_them(open_page, kept):
    cases = tuple(Case(classes=(label,), says=f"{label + 1} test images") for label in (0, 1))
    app = looked_into(open_page, kept, Finding(kind=Kind.FEW_TEST_IMAGES, sentence="Few.", cases=cases))
    said = [each.value for each in [*app.markdown, *app.caption]]
    assert {"**cat**", "**dog**", "1 test images", "2 test images"} <= set(said)


def test_a_finding_is_mended_by_its_button(open_page, kept):
    version = kept.newest
    correction = Correction(action=Action.LEAVE_OUT, rows=(3,))
    case = Case(rows=(3,), says="black", correction=correction)
    app = looked_into(open_page, kept, Finding(kind=Kind.BLANK, sentence="1 image is blank.", cases=(case,)))
    assert app.checkbox(key=f"cases-{version.id}-BLANK-0").value
    app.button(key=f"mend-{version.id}-BLANK").click().run()
    assert not app.exception
    newest = kept.newest
    assert kept.rows(newest)[1][3] == LEFT_OUT
    assert newest.change == "Leave out 1 image: blank image."
    assert config(app).dataset == f"pets@{newest.id}"
