"""A chart of a training under way: new points are drawn into it, and what was zoomed to or hidden stays so.

st.plotly_chart puts a new chart in the place of the old one whenever its data change (Streamlit 1.67).
"""

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple, Self

import plotly
import plotly.graph_objects as go
import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

_PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


async def _script(_request: Request) -> FileResponse:
    return FileResponse(_PLOTLY, headers={"Cache-Control": "max-age=86400"})


ROUTE = Route(f"/{_PLOTLY.name}", _script)
"""Where browsers get Plotly's own script, which is a part of its Python package."""

_component = st.components.v2.component(
    "live_chart",
    html='<div class="chart" role="img"></div>',
    js=files("imgrec.ui").joinpath("live_chart.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


class Drawing(NamedTuple):
    """A figure as browsers get it."""

    json: str
    height: int

    @classmethod
    def of(cls, figure: go.Figure) -> Self:
        """Write a figure, whose layout has a height. That costs more than to send it."""
        plain = go.Figure(figure).update_layout(template=None)  # colours come from the page's theme
        return cls(plain.to_json(), plain.layout.height)


def draw(drawing: Drawing, key: str, alt: str) -> None:
    """Draw a figure, or go on with the one that was drawn under this key."""
    _component(key=key, data={"figure": drawing.json, "alt": alt}, height=drawing.height)
