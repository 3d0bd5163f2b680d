"""Bars stand in order, under their whole names."""

import pytest

from imgrec import charts
from tests.charts.test_theme import NAMES


def test_probabilities_stand_in_order_with_the_likeliest_highlighted():
    bars = charts.probabilities(NAMES, [0.2, 0.7, 0.1])
    assert list(bars.data[0].x) == pytest.approx([70, 20, 10])
    assert list(bars.layout.yaxis.ticktext) == ["dog", "cat", "ship"]
    assert bars.layout.yaxis.range == (2.5, -0.5)
    assert list(bars.data[0].marker.color) == [charts.ACCENT, charts.QUIET, charts.QUIET]
    assert bars.layout.xaxis.range == (0, 100)


def test_the_names_of_bars_are_never_read_as_html():
    bars = charts.probabilities(["<b>a</b>", "x & y", "plain"], [0.3, 0.2, 0.1])
    assert bars.layout.yaxis.ticktext[0] == bars.data[0].customdata[0] == "&lt;b&gt;a&lt;/b&gt;"
