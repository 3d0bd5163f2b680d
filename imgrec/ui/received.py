"""The files that a place for uploads holds: those that the server still has."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile


def files(key: str) -> list[UploadedFile]:
    """Return the files of the uploader with this key, also for its callback.

    The session state of an uploader also has those that the server no longer has, as after a restart: a browser names
    them again when it connects anew.
    """
    found = st.session_state.get(key)
    return [file for file in (found if isinstance(found, list) else [found]) if isinstance(file, UploadedFile)]
