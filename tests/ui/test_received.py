"""What a browser sends and a page does not expect is left out, or said in a sentence; a bug of a page stays one."""

from collections.abc import Callable

import pytest
import streamlit as st
from streamlit.elements.widgets.number_input import NumberInputSerde
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.NumberInput_pb2 import NumberInput
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile, UploadedFileRec

from imgrec.ui import received

KEPT = UploadedFile(UploadedFileRec("1", "kept.png", "image/png", b"kept"), FileURLs())


@pytest.mark.parametrize("state", [KEPT, [KEPT], [DeletedFile("0"), KEPT]])
def test_the_files_of_a_place_for_uploads_are_those_that_the_server_has(
    monkeypatch: pytest.MonkeyPatch, state: object
) -> None:
    monkeypatch.setattr(st, "session_state", {"pictures": state})
    assert received.files("pictures") == [KEPT]


@pytest.mark.parametrize("state", [{}, {"pictures": None}, {"pictures": []}, {"pictures": DeletedFile("0")}])
def test_a_place_for_uploads_may_be_empty(monkeypatch: pytest.MonkeyPatch, state: dict[str, object]) -> None:
    monkeypatch.setattr(st, "session_state", state)
    assert received.files("pictures") == []


def raised(act: Callable[[], object]) -> BaseException:
    """Return what this raises."""
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_what_streamlit_cannot_read_is_told_from_a_bug() -> None:
    serde = NumberInputSerde(value=1, data_type=NumberInput.INT, min_value=0, max_value=9)
    assert received.is_unreadable(raised(lambda: serde.deserialize(float("nan"))))

    def deserialize() -> None:
        raise TypeError("a bug of a page")

    assert not received.is_unreadable(raised(deserialize))
    assert not received.is_unreadable(raised(lambda: int("a bug")))
