"""The frame around every page: its title and theme, the navigation, and the sentence for an error.

To add a page: a file in pages/ and its line in TITLES.
"""

import streamlit as st

from imgrec.errors import ImgrecError
from imgrec.ui import PAGES, browser, draft, heading, words

TITLES = (  # file, title, icon, what its tooltip says
    ("start.py", "Start", "home", "Networks to start from, and your runs."),
    ("data.py", "Data", "photo_library", "What the network learns from, and the augmentations that vary it."),
    ("network.py", "Network", "layers", "Stack the layers; see the shape and the cost of each."),
    ("train.py", "Train", "model_training", "Choose how it learns, start it, and watch it learn."),
    ("results.py", "Results", "query_stats", "How good a run became, and which classes it confuses."),
    ("sweeps.py", "Sweeps", "grid_on", "Train the draft with several values of some settings, and keep the best."),
    ("runs.py", "Runs", "inventory_2", "All runs: find, star, name and tag them, and choose some to compare."),
    ("compare.py", "Compare", "balance", "Which of several runs is better, and whether it is luck."),
    ("predict.py", "Predict", "image_search", "Try a trained network on your own pictures."),
    ("classroom.py", "Class", "school", "A task for a class, and what its members have reached."),
    ("about.py", "About", "info", "What this server allows, and what it keeps."),
)
LINKED = ("about.py", "classroom.py")
"""Pages that the menu does not show, as links on others lead to them."""

# A network that narrows, in a blue that reads on the light and on the dark theme.
MARK = """<rect x="1" y="3" width="9" height="22" rx="2" fill="#4C6EF5" opacity=".45"/>
<rect x="12" y="6.5" width="7" height="15" rx="2" fill="#4C6EF5" opacity=".7"/>
<rect x="21" y="9.5" width="5" height="9" rx="2" fill="#4C6EF5"/>"""
# A drawing of its own also in the browser's tab, set before the navigation: as long as there is no other, Streamlit
# fetches the named icon of a page from Google.
ICON = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28">{MARK}</svg>'
LOGO = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 104 28" font-family="Segoe UI, Helvetica, sans-serif">
{MARK}<text x="34" y="20.5" font-size="20" font-weight="700" fill="#4C6EF5" textLength="66">imgrec</text></svg>"""

st.set_page_config(page_icon=ICON, layout="wide")
st.logo(LOGO, size="large")
page = st.navigation(
    [
        st.Page(
            PAGES / file,
            title=title,
            icon=f":material/{icon}:",
            help=help,
            default=file == "start.py",
            visibility="hidden" if file in LINKED else "visible",
        )
        for file, title, icon, help in TITLES
    ],
    position="top",
)
title = f"{page.title} · imgrec"
st.set_page_config(page_title=title)
try:
    browser.identify()
    if training := heading.look():
        st.set_page_config(page_title=f"● {heading.headline(training)} · {title}")
    draft.open_link()
    page.run()
except ImgrecError as error:
    st.error(words.literal(str(error)), icon=":material/error:")
