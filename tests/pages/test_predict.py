"""The Predict page answers about uploaded pictures, and says why some cannot be read."""

import io
import re
import shutil
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from benchmarks.scored import scored
from imgrec import edge, examples, jobs, spreadsheet, uploads
from imgrec.classifier import Answer
from imgrec.config import RunConfig
from imgrec.framing import CENTRE, Framing
from imgrec.layers import Dense, Flatten
from imgrec.predictor import Predictor
from imgrec.quantities import percent
from imgrec.runs import Run, RunWriter
from imgrec.ui import PAGES, cached, why
from imgrec.ui.predict import answers, card, sources
from imgrec.ui.predict.sources import Source
from tests.conftest import Allow, WaitFor
from tests.pages.conftest import OpenPage
from tests.pages.test_train import said


def png(width: int, height: int) -> bytes:
    """Make a picture of noise."""
    return image_file(Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)))


def image_file(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "png")
    return file.getvalue()


@pytest.mark.slow
def test_on_a_fresh_machine_the_example_that_knows_photographs_answers(open_page: OpenPage) -> None:
    app = open_page("predict")
    run = examples.of_photographs()
    assert app.selectbox(key="predict-run").value == run.id
    assert "This example comes with imgrec" in said(app)
    assert "airplane, automobile, bird" in said(app)
    app.file_uploader[0].set_value([("grey.png", image_file(Image.new("RGB", (200, 200), "gray")), "image/png")]).run()
    assert not app.exception
    assert "Probably none of its classes" in said(app)
    assert "Unlike the training images" in said(app)


@pytest.mark.slow
def test_each_picture_is_answered_and_a_broken_one_explained(open_page: OpenPage, trained_run: Run) -> None:
    app = open_page("predict", run=trained_run.id)
    files = [
        ("a.png", png(40, 30), "image/png"),
        ("b.png", b"not a picture", "image/png"),
        ("c.png", png(1, 1), "image/png"),
    ]
    app.file_uploader[0].set_value(files).run()
    assert not app.exception
    assert len(app.get("html")) == 2
    assert "This file is none of these" in said(app)
    assert said(app).count("What the network received: 32×32 pixels") == 2


@pytest.mark.slow
def test_a_test_image_is_marked_right_or_wrong_and_shows_why(open_page: OpenPage) -> None:
    run = examples.runs()[0][1]
    app = open_page("predict", run=run.id)
    app.session_state["source"] = "Test images"
    app.run()
    assert not app.exception
    probabilities, labels = cached.predictions(run)
    shown = [int(place.replace(",", "")) for place in re.findall("Test image ([0-9,]+)", said(app))]
    assert len(shown) == 6
    right = probabilities[shown].argmax(axis=1) == labels[shown]
    badges = [markdown.value for markdown in app.markdown if "-badge[" in markdown.value]
    checked = [badge for badge in badges if "uncertain" not in badge]
    assert ["right" in badge for badge in checked] == right.tolist()
    best = int(probabilities[shown[0]].argmax())
    [why] = [each for each in app.segmented_control if str(each.key).startswith(f"why-{run.id}-0-")]
    why.set_value(best).run()
    assert not app.exception
    assert f"speaks for {run.dataset.class_names[best]}" in said(app)


def expanded(open_page: OpenPage, part: str) -> tuple[AppTest, Run, str]:
    """Return the page of a picture with a part of its card open, the run that is asked, and the key of that part."""
    run = examples.runs()[0][1]
    app = open_page("predict", run=run.id)
    app.file_uploader[0].set_value([("a.png", png(64, 64), "image/png")]).run()
    key = f"{part}-{card.key_of(run, app.session_state[sources.KEPT][0], 0)}"
    app.session_state[key] = True
    return app.run(), run, key


@pytest.mark.slow
def test_a_picture_can_be_changed_to_see_what_the_network_says_then(open_page: OpenPage) -> None:
    app, run, key = expanded(open_page, "change")
    assert "Still **" in said(app)
    app.slider(key=f"{key}-form.brightness").set_value(0).run()
    assert not app.exception
    black = uploads.read(image_file(Image.new("RGB", (32, 32))), (32, 32, 3))
    [answer] = cached.engine().predict(run, [image_file(Image.fromarray(black.pixels))])
    assert not isinstance(answer, str)
    assert (
        f"**{run.dataset.class_names[answer.probabilities.argmax()]}** {percent(answer.probabilities.max())}"
        in said(app)
    )


@pytest.mark.slow
def test_a_picture_is_cut_as_chosen_for_all_or_for_itself(open_page: OpenPage) -> None:
    run = examples.runs()[0][1]
    app = open_page("predict", run=run.id)
    wide = Image.new("RGB", (300, 100), (200, 30, 30))
    wide.paste((30, 30, 200), (200, 0, 300, 100))
    app.file_uploader[0].set_value([("wide.png", image_file(wide), "image/png")]).run()
    source = app.session_state[sources.KEPT][0]

    def shown() -> str:
        """Return the classes and probabilities that are drawn."""
        [bars] = app.get("html")
        return str(re.search('aria-label="(.*?), 5 others', bars.proto.body)[1])  # type: ignore[index]

    def expected(framing: Framing) -> str:
        [answer] = cached.engine().predict(run, [source.data], [framing])
        assert not isinstance(answer, str)
        order = np.argsort(-answer.probabilities)[: card.TOP]
        names = run.dataset.class_names
        return ", ".join(f"{names[place]} {percent(float(answer.probabilities[place]))}" for place in order)

    assert shown() == expected(CENTRE)
    app.segmented_control(key="crop").set_value("whole").run()
    assert shown() == expected(Framing(way="whole"))
    key = f"crop-{card.key_of(run, source, 0)}-form"
    app.segmented_control(key=f"{key}.way").set_value("by hand").run()
    app.slider(key=f"{key}.across").set_value(100).run()
    assert not app.exception
    assert shown() == expected(Framing(way="by hand", across=100))
    assert expected(Framing(way="by hand", across=100)) != expected(CENTRE) != expected(Framing(way="whole"))
    app.segmented_control(key="crop").set_value("centre").run()  # for all of them
    assert shown() == expected(CENTRE)


@pytest.mark.slow
def test_the_maps_of_each_layer_can_be_looked_at(open_page: OpenPage) -> None:
    app, run, key = expanded(open_page, "inside")
    assert not app.exception
    assert "Its 16 maps: the brighter a place" in said(app)
    assert "The filters of the first layer" in said(app)
    app.selectbox(key=f"{key}-layer").set_value(len(run.config.layers) - 1).run()
    assert "Its values, a square each" in said(app)


@pytest.mark.slow
def test_the_table_has_every_picture_with_all_probabilities(home: Path) -> None:  # noqa: ARG001 - settings lie in it
    run = examples.runs()[0][1]
    asked = [Source("1", "=1+1.png", png(40, 30)), Source("2", "b.png", b"no picture")]
    columns, (answered, refused) = answers.table([run], asked)
    assert columns == ["picture", "run", "class", "probability", "verdict", *run.dataset.class_names, "remark"]
    values = np.array(answered[5:-1], float)
    assert values.sum() == pytest.approx(1, abs=1e-5)
    assert answered[4] in {"clear", "uncertain", "none"}
    assert answered[:4] == ["=1+1.png", run.name, run.dataset.class_names[values.argmax()], values.max()]
    assert refused[:3] == ["b.png", run.name, None]
    assert "This file is none of these" in str(refused[-1])
    assert spreadsheet.to_csv(columns, [answered]).splitlines()[1].startswith("'=1+1.png,")


@pytest.mark.slow
@pytest.mark.usefixtures("shapes")
def test_the_best_run_is_asked_unless_another_was_looked_at(open_page: OpenPage) -> None:
    config = RunConfig(dataset="shapes", layers=(Flatten(), Dense(units=8)))
    good, newer = scored(config, "Good", seed=1), scored(config, "Newer", seed=2, lead=1.0)
    for run in (good, newer):
        shutil.copy(examples.runs()[0][1].model, run.model)
    assert open_page("predict").selectbox(key="predict-run").value == good.id
    assert open_page("predict", run=newer.id).selectbox(key="predict-run").value == newer.id


@pytest.mark.slow
def test_several_runs_answer_side_by_side_and_say_whether_they_agree(open_page: OpenPage) -> None:
    run, other, third = [run for _, run in examples.runs()][:3]
    app = open_page("predict", run=run.id)
    app.multiselect(key=f"also-{run.id}").set_value([other.id, third.id])
    app.file_uploader[0].set_value([("a.png", png(40, 30), "image/png")]).run()
    assert not app.exception
    assert len(app.get("html")) == 3
    _, rows = answers.table([run, other, third], [Source("1", "a.png", png(40, 30))])
    assert [row[1] for row in rows] == [run.name, other.name, third.name]
    agree = [row[2] for row in rows].count(rows[0][2])
    assert f"{agree} of 3 say so" in said(app)


@pytest.mark.slow
def test_many_pictures_are_asked_about_once_each(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    predict = Predictor.predict

    def counted(self: Predictor, run: Run, files: Sequence[bytes], *framings: Any) -> list[Answer | str]:
        assert files, "a question about nothing"
        asked.extend(files)
        return predict(self, run, files, *framings)

    monkeypatch.setattr(Predictor, "predict", counted)
    app = open_page("predict", run=examples.runs()[0][1].id)
    files = [image_file(Image.new("RGB", (32, 32), (10 * number, 0, 0))) for number in range(12)]
    app.file_uploader[0].set_value([(f"{place}.png", file, "image/png") for place, file in enumerate(files)]).run()
    assert not app.exception
    assert sorted(asked) == sorted(files)
    app.run()
    assert len(asked) == len(files)


@pytest.mark.slow
def test_many_pictures_are_drawn_a_page_at_a_time(open_page: OpenPage) -> None:
    app = open_page("predict", run=examples.runs()[0][1].id)
    app.file_uploader[0].set_value([(f"{number}.png", png(32, 32), "image/png") for number in range(12)]).run()
    assert not app.exception
    assert len(app.get("html")) == answers.PER_PAGE
    [table] = app.dataframe
    assert table.value["picture"].tolist() == [f"{number}.png" for number in range(12)]
    assert (table.value["answer"] == table.value["answer"][0]).all()
    app.session_state["answers-page"] = 2
    app.run()
    assert len(app.get("html")) == 2


@pytest.mark.slow
def test_pictures_are_still_there_after_another_page(open_page: OpenPage) -> None:
    app = open_page("predict", run=examples.runs()[0][1].id)
    app.file_uploader[0].set_value([("a.png", png(40, 30), "image/png")]).run()
    app.switch_page(str(PAGES / "runs.py")).run()
    app.switch_page(str(PAGES / "predict.py")).run()
    assert "1 picture from before" in said(app)
    assert "What the network received: 32×32 pixels" in said(app)
    app.button(key="clear").click().run()
    assert "What the network received" not in said(app)


@pytest.mark.slow
def test_the_same_picture_twice_is_answered_twice(open_page: OpenPage, trained_run: Run) -> None:
    app = open_page("predict", run=trained_run.id)
    app.file_uploader[0].set_value([("a.png", png(32, 32), "image/png")] * 2).run()
    assert not app.exception
    assert len(app.get("html")) == 2


@pytest.mark.slow
def test_a_model_that_is_damaged_is_said_in_words(open_page: OpenPage, trained_run: Run) -> None:
    trained_run.model.write_bytes(b"nothing")
    trained_run.lite.unlink()
    app = open_page("predict", run=trained_run.id)
    assert not app.exception
    assert len(app.error) == 1


@pytest.mark.slow
def test_a_run_without_a_model_is_not_replaced_silently(open_page: OpenPage, trained_run: Run, tiny: RunConfig) -> None:
    app = open_page("predict", run=edge.store().create(tiny, "New").id)
    assert "New is queued and has no model to ask. A finished run is chosen instead." in app.info[0].value
    assert app.selectbox(key="predict-run").value == trained_run.id


@pytest.mark.slow
def test_a_run_of_an_earlier_imgrec_is_prepared_for_quick_answers(
    open_page: OpenPage, trained_run: Run, wait_for: WaitFor
) -> None:
    evaluation = trained_run.evaluation()
    assert evaluation
    RunWriter(trained_run.folder).finish(evaluation.replace(lite_sha256=None, novelty=None))
    trained_run.lite.unlink()
    app = open_page("predict", run=trained_run.id)
    assert not app.exception
    wait_for(trained_run.lite.exists)
    wait_for(lambda: trained_run.evaluation() == evaluation.replace(lite_sha256=digest(trained_run)))


def digest(run: Run) -> str:
    return sha256(run.lite.read_bytes()).hexdigest()


@pytest.mark.slow
def test_on_a_small_server_a_look_inside_waits_for_the_training(allow: Allow, home: Path) -> None:
    allow(one_tensorflow=True)
    run = examples.runs()[0][1]
    pixels = np.zeros((32, 32, 3), np.uint8)
    with jobs.tensorflow_turn(home, wait=True):  # as a training has
        heat, said = why.heat(run, pixels, 0, "circle")
    assert heat is None
    assert "too little memory to look inside a network while one trains" in said
    heat, _ = why.heat(run, pixels, 0, "circle")
    assert heat is not None
    assert cached._explainer()._child is None, "it has given its memory back"
