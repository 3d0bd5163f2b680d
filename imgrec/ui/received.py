"""What browsers send and pages do not expect: files that the server no longer has, and values of another kind."""

import traceback
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

_STREAMLIT = Path(st.__file__).parent
_READS = frozenset({"deserialize", "get_serialized"})
"""The functions in which Streamlit makes a widget's value of what a browser has sent, and sends it back."""


def files(key: str) -> list[UploadedFile]:
    """Return the files of the uploader with this key, also for its callback.

    The session state of an uploader also has those that the server no longer has, as after a restart: a browser names
    them again when it connects anew.
    """
    found = st.session_state.get(key)
    return [file for file in (found if isinstance(found, list) else [found]) if isinstance(file, UploadedFile)]


def is_unreadable(error: BaseException) -> bool:
    """Return whether an error is that of Streamlit, which could not read what was sent as a widget's value.

    No browser sends such a value by itself. An error that code of imgrec is part of, inside of that, is a bug there.
    """
    frames = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    reads = [place for place, code in enumerate(frames) if code.co_name in _READS and _is_streamlits(code.co_filename)]
    return bool(reads) and all(_is_streamlits(code.co_filename) for code in frames[reads[0] :])


def _is_streamlits(file: str) -> bool:
    return Path(file).is_relative_to(_STREAMLIT)
