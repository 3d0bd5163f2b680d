"""The draft outlives a reload, and only in the browser that made it."""

import pytest

from imgrec.config import RunConfig
from imgrec.layers import Conv2D
from imgrec.presets import PRESETS
from imgrec.ui import browser, draft

CHANGED = RunConfig(dataset="shapes", layers=(Conv2D(filters=8),))


@pytest.fixture
def visit(monkeypatch):
    """Return a function that opens the app anew in a browser of some name."""

    def visited(name):
        session: dict[str, object] = {}
        monkeypatch.setattr("imgrec.ui.draft.st.session_state", session)
        monkeypatch.setattr(browser, "name", lambda: name)

    return visited


def test_a_reload_finds_the_draft_again(visit):
    visit("a" * 32)
    draft.put(CHANGED)
    visit("a" * 32)
    assert draft.get() == CHANGED


def test_undo_and_redo_go_on_after_a_reload(visit):
    visit("a" * 32)
    draft.put(CHANGED)
    draft.insert(Conv2D(filters=16), 1)
    draft.undo()
    visit("a" * 32)
    assert draft.get() == CHANGED
    draft.redo()
    assert draft.get().layers == (Conv2D(filters=8), Conv2D(filters=16))
    visit("a" * 32)
    draft.undo()
    draft.undo()
    assert draft.get() == PRESETS["quick"].config
    assert not draft.can_undo()


@pytest.mark.parametrize("content", ["", "0", "1\n!", "x\ny", "7\nabc", "\xff"])
def test_a_damaged_history_leaves_the_draft(visit, home, content):
    visit("a" * 32)
    draft.put(CHANGED)
    (home / "drafts" / f"{'a' * 32}.history").write_text(content, encoding="latin-1")
    visit("a" * 32)
    assert draft.get() == CHANGED
    assert not draft.can_undo()


@pytest.mark.parametrize("other", ["b" * 32, None])
def test_another_browser_does_not_see_it(visit, other):
    visit("a" * 32)
    draft.put(CHANGED)
    visit(other)
    assert draft.get() == PRESETS["quick"].config


@pytest.mark.parametrize("content", ["", "{", '{"dataset": "nowhere"}', '{"layers": [{"type": "Conv9D"}]}'])
def test_a_damaged_draft_starts_anew_and_says_so(visit, home, monkeypatch, content):
    said = []
    monkeypatch.setattr("imgrec.ui.draft.st.toast", lambda text, **_: said.append(text))
    (home / "drafts").mkdir()
    (home / "drafts" / f"{'a' * 32}.json").write_text(content)
    visit("a" * 32)
    assert draft.get() == PRESETS["quick"].config
    assert said[0].startswith("Your last draft cannot be opened")


def test_a_folder_that_cannot_be_written_loses_no_change(visit, home, monkeypatch):
    said = []
    monkeypatch.setattr("imgrec.ui.draft.st.toast", lambda text, **_: said.append(text))
    (home / "drafts").write_text("a file where the folder should be")
    visit("a" * 32)
    draft.put(CHANGED)
    assert draft.get() == CHANGED
    assert said[0].startswith("The draft will be lost on a reload")


def test_undo_reaches_back_a_hundred_steps(visit):
    visit(None)
    for filters in range(1, 151):
        draft.put(RunConfig(dataset="shapes", layers=(Conv2D(filters=filters),)))
    for _ in range(150):
        draft.undo()
    assert draft.get().layers == (Conv2D(filters=50),)


def test_a_change_after_undo_replaces_what_was_undone(visit):
    visit(None)
    draft.put(CHANGED)
    draft.undo()
    draft.insert(Conv2D(filters=16), 0)
    assert not draft.can_redo()
    draft.undo()
    assert draft.get() == PRESETS["quick"].config


def test_layers_keep_their_ids_when_only_their_settings_change(visit):
    visit(None)
    draft.put(CHANGED)
    before = draft.layer_ids()
    draft.put(CHANGED.replace(layers=(Conv2D(filters=64),)))
    assert draft.layer_ids() == before
    draft.put(PRESETS["article"].config)
    assert not set(before) & set(draft.layer_ids())
