"""The shop floor: with app.py and pages/, the only room with Streamlit."""

from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "pages"
"""Where the pages lie: st.switch_page(PAGES / "train.py"), since the entry script lies elsewhere."""
