"""A class in a real browser: a teacher makes it, a pupil joins and trains, and the table shows what came out."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.stage import serving
from imgrec import profiles
from imgrec.config import RunConfig
from tests.browser.conftest import opened, settle, shoot
from tests.browser.test_access import serious

pytestmark = pytest.mark.slow

NICKNAME = "<b>Ada</b> :smile: **x**"


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a real server whose visitors have stores of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(profiles.VARIABLE, "hosted")
        with serving(str(tmp_path_factory.mktemp("home"))) as (_, address):
            yield address


def test_a_class_from_its_making_to_the_first_result(browser: Browser, hosted: str, tiny: RunConfig) -> None:
    teacher = opened(browser, f"{hosted}/network?c={tiny.to_link()}")
    teacher.get_by_text("Your draft is now the network of a share link").first.wait_for()
    teacher.goto(f"{hosted}/classroom")
    teacher.get_by_role("textbox", name="Title").fill("Small and good")
    teacher.get_by_role("spinbutton", name="Most parameters").fill("100000")
    teacher.get_by_test_id("stButtonGroup").get_by_text("Network", exact=True).click()
    teacher.get_by_role("button", name="Make the class").click()
    teacher.get_by_text("this link is your key").first.wait_for()
    accessible(teacher)
    class_id = re.findall(r"class=([0-9a-f]{32})", teacher.url)[0]
    assert "teacher=" in teacher.url

    pupil = opened(browser, f"{hosted}/classroom?class={class_id}")
    pupil.get_by_role("textbox", name="Your nickname").wait_for()
    accessible(pupil)
    pupil.get_by_role("textbox", name="Your nickname").fill(NICKNAME)
    pupil.get_by_role("button", name="Join").click()
    pupil.get_by_text("Your teacher has fixed the network.").first.wait_for()
    accessible(pupil)
    pupil.get_by_role("button", name="Train it").click()
    pupil.get_by_role("button", name="Start training").click()
    pupil.get_by_text("finished").first.wait_for()
    pupil.get_by_role("link", name="The class").click()
    pupil.get_by_text("1 member, each with the best run").first.wait_for()
    accessible(pupil)
    shoot(pupil, "class-pupil")

    expect(teacher.get_by_text("1 member, 1 run").first).to_be_visible()  # without a reload
    teacher.get_by_text("Members, and the end of the class").first.click()
    expect(teacher.get_by_text(f"{NICKNAME} · joined").first).to_be_visible()
    accessible(teacher)
    shoot(teacher, "class-teacher")
    pupil.get_by_role("button", name="Leave the class").click()
    pupil.get_by_role("textbox", name="Your nickname").wait_for()
    expect(teacher.get_by_text("0 members").first).to_be_visible()


def accessible(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        settle(page)
        assert serious(page, dark=scheme == "dark") == []
