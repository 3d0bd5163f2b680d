"""A page that shows every payload in every way in which pages show what people typed. Started by test_payloads.py."""

import sys
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # streamlit run names the script's folder alone

from imgrec.charts import theme
from imgrec.ui import bars, icons, words
from tests.payloads import PAYLOADS

st.set_page_config(page_title=PAYLOADS[0])
for place, payload in enumerate(PAYLOADS):
    shown = words.literal(payload)
    with st.container(key=f"markdown-{place}"):
        st.markdown(shown)
    with st.container(key=f"bold-{place}"):
        st.markdown(f"**{shown}** · 1.0 MB")
    with st.container(key=f"caption-{place}"):
        st.caption(shown)
    with st.container(key=f"error-{place}"):
        st.error(shown)
    with st.container(key=f"button-{place}"):
        st.button(shown, key=f"press-{place}", help=shown)
    st.button(icons.of("Open", payload), key=f"open-{place}")
    st.checkbox(shown, key=f"check-{place}")
st.selectbox("Run", PAYLOADS)
st.multiselect("Tags", PAYLOADS, default=PAYLOADS[:40])
st.dataframe([{"Name": payload} for payload in PAYLOADS])
bars.probabilities(PAYLOADS, [1 / len(PAYLOADS)] * len(PAYLOADS))
names = [theme.plain(payload) for payload in PAYLOADS]
figure = go.Figure([go.Scatter(x=[0, 1], y=[place, place], name=name) for place, name in enumerate(names)])
figure.update_layout(height=20 * len(names), title=names[0])
figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names)
st.plotly_chart(figure, key="chart")
hovered = go.Figure(go.Bar(x=[names[3]], y=[1], name=names[0], hovertext=[names[1]]))
st.plotly_chart(hovered, key="hover")
st.toast(words.literal(PAYLOADS[0]))
st.markdown("All are shown")
