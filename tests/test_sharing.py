"""A visitor shares a run by a link: a copy that is only read, that no one can guess, and that can be withdrawn."""

import pytest

from imgrec import edge
from imgrec.config import RunConfig
from imgrec.errors import RunError
from imgrec.runs import Run, RunWriter, State, Store, is_id, library, sharing


@pytest.fixture
def own(trained_run: Run) -> Run:
    """Return a finished run of a visitor."""
    store = edge.visitor("a" * 32)
    store.runs.mkdir(parents=True)
    trained_run.folder.rename(store.runs / trained_run.id)
    return store.get(trained_run.id)


def test_a_copy_shows_the_run_without_its_log_and_tags(own: Run) -> None:
    library.tag(own, ["for Ada only"])
    copy = library.share(own)
    assert copy.state is State.FINISHED
    assert (copy.name, copy.evaluation(), copy.config) == (own.name, own.evaluation(), own.config)
    assert copy.model.read_bytes() == own.model.read_bytes()
    assert copy.annotations.tags == ()
    assert {path.name for path in copy.folder.iterdir()} <= {*sharing.COPIED, "label.json"}


def test_a_copy_has_an_id_as_long_as_a_secret_and_stands_in_no_list(own: Run) -> None:
    copy = library.share(own)
    assert is_id(copy.id)
    assert len(copy.id.rsplit("-", 1)[1]) == 32
    assert all(copy.id not in [run.id for run in store.all()] for store in Store.below(edge.home()))


def test_a_run_that_is_shared_again_keeps_its_link(own: Run) -> None:
    assert library.share(own) == library.share(own)


@pytest.mark.parametrize("end", [library.withdraw, library.delete])
def test_a_link_leads_nowhere_once_the_run_is_withdrawn_or_deleted(own: Run, end: object) -> None:
    copy = library.share(own)
    store = Store.of(own)
    end(own)  # type: ignore[operator]
    with pytest.raises(RunError, match="There is no run"):
        store.shared.get(copy.id)
    assert list(store.shared.runs.iterdir()) == []
    kept = own if own.exists else library.restore(store.deleted()[0])
    assert kept.annotations.shared == ""
    assert library.share(kept).id != copy.id


def test_only_a_finished_run_can_be_shared(tiny: RunConfig) -> None:
    run = edge.visitor("a" * 32).create(tiny, "Waits")
    with pytest.raises(RunError, match=r"Only a finished run can be shared\. Waits is queued"):
        library.share(run)
    RunWriter(run.folder).fail("It failed.", "")
    with pytest.raises(RunError, match="Waits is failed"):
        library.share(run)


def test_a_copy_that_cannot_be_made_leaves_nothing(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(RunError, match="No space left on device"):
        library.share(own)
    assert list(Store.of(own).shared.runs.iterdir()) == []
    assert own.annotations.shared == ""


@pytest.mark.parametrize("change", [lambda run: library.rename(run, "Mine"), library.delete])
def test_nobody_changes_a_copy(own: Run, change: object) -> None:
    copy = library.share(own)
    with pytest.raises(RunError, match="can only be looked at"):
        change(copy)  # type: ignore[operator]
    assert copy.exists
    assert copy.name == own.name
