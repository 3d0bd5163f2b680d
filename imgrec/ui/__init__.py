"""The web pages: with app.py and pages/, the only code that knows Streamlit."""

from pathlib import Path

from imgrec import APP

PAGES = APP.parent / "pages"
"""Where the pages lie: st.switch_page(PAGES / "train.py"), since the entry script lies elsewhere."""

SHELL = Path(__file__).resolve().with_name("shell.py")
"""The script that draws the frame around every page."""
