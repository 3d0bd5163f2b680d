"""Starts the pages: `streamlit run app.py`.

The script that draws lies in imgrec/ui, away from pages/: Streamlit would otherwise serve the first deep link after a
start by running that page's file alone, without navigation.
"""

import streamlit as st
from starlette.middleware import Middleware

from imgrec.errors import ImgrecError
from imgrec.ui.browser import NameBrowsers


def show(error: Exception) -> bool:
    """Shows what a button's callback raised; what a page raises is shown by the shell. Anything else is a bug."""
    if isinstance(error, ImgrecError):
        st.error(str(error), icon=":material/error:")
    return isinstance(error, ImgrecError)


app = st.App("imgrec/ui/shell.py", middleware=[Middleware(NameBrowsers)], on_script_error=show)
