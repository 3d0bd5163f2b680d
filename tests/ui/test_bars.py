"""Probabilities stand in order, under their whole names, which are never read as HTML."""

import re

from streamlit.testing.v1 import AppTest

from imgrec import charts


def drawn(names: list[str], values: list[float], most: int | None = None) -> str:
    """Return the HTML that is drawn."""

    def script(names: list[str], values: list[float], most: int | None) -> None:
        from imgrec.ui import bars  # noqa: PLC0415 - the script runs by itself

        bars.probabilities(names, values, most)

    [html] = AppTest.from_function(script, args=(names, values, most)).run().get("html")
    return str(html.proto.body)


def test_they_stand_in_order_with_the_likeliest_highlighted() -> None:
    html = drawn(["cat", "dog", "ship"], [0.2, 0.7, 0.1], 2)
    assert 'aria-label="dog 70.0 %, cat 20.0 %, 1 other 10.0 %"' in html
    assert re.findall("background:(#[0-9A-F]+)", html) == [charts.ACCENT, charts.QUIET]
    assert [float(share) for share in re.findall(r"\* ([0-9.]+)\)", html)] == [0.7, 0.2]
    assert "ship" not in html


def test_names_are_never_read_as_html() -> None:
    html = drawn(['<b onload="x">a</b>', "x & y"], [0.6, 0.4])
    assert "<b" not in html
    assert "&lt;b onload=&quot;x&quot;&gt;a&lt;/b&gt;" in html
    assert "x &amp; y" in html
