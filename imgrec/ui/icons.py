"""What a button is called for screen readers, beside what it shows.

Streamlit calls a button that has an icon alone after the icon, as "delete icon", whatever it deletes. A picture in its
label is called what its alternative text says.
"""

import re
from base64 import b64encode

COLOUR = "#808A99"
"""Read on the light and on the dark page: contrast 3.5 and 5.3, where a picture needs 3."""

_DRAWN = {  # strokes in a square of 24
    "up": "M12 20V5M5.5 11.5 12 5l6.5 6.5",
    "down": "M12 4v15M5.5 12.5 12 19l6.5-6.5",
    "copy": "M9 8h10v12H9zM15 8V4H5v12h4",
    "delete": "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5.5M14 11v5.5",
    "vary": "M4 12h6M10 12l8-7M10 12h9M10 12l8 7",
    "undo": "M9 5 4.5 9.5 9 14M5 9.5h9a5 5 0 0 1 0 10h-4",
    "redo": "M15 5l4.5 4.5L15 14M19 9.5h-9a5 5 0 0 0 0 10h4",
}


_NOTHING = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
"""One pixel that is not seen."""


def of(label: str, what: str) -> str:
    """Return a label that says to those who do not see the page what it is about: Open, of several."""
    return f"{label}![ {_plain(what)}]({_NOTHING})"


def icon(name: str, says: str, *, faint: bool = False, width: int = 44) -> str:
    """Return the label of a button: one of the pictures, and what it says to those who do not see it.

    The picture is wide, as a text makes it as low as a letter, and a finger needs 24 pixels.
    """
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="24" viewBox="{12 - width // 2} 0 {width} 24">'
        f'<path d="{_DRAWN[name]}" fill="none" stroke="{COLOUR}" stroke-width="2" stroke-linecap="round" '
        f'stroke-linejoin="round" opacity="{0.4 if faint else 1}"/></svg>'
    )
    return f"![{_plain(says)}](data:image/svg+xml;base64,{b64encode(svg.encode()).decode()})"


def _plain(text: str) -> str:
    """Leave out what an alternative text in Markdown cannot hold."""
    return re.sub(r"[^\w .,%–-]|_", " ", text)
