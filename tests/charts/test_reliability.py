"""The reliability diagram shows a point for each bin that holds images."""

import math

import pytest

from imgrec import charts


def test_a_bin_is_a_point_and_the_larger_the_more_images_it_holds():
    line, points = charts.reliability([0.5, math.nan, 0.9], [0.25, math.nan, 0.8], [10, 0, 1000]).data
    assert (list(line.x), list(line.y)) == ([0, 100], [0, 100])
    assert list(points.x) == pytest.approx([50, 90])
    assert list(points.y) == pytest.approx([25, 80])
    assert points.marker.size[0] < points.marker.size[1]
    assert points.text[1] == "1,000 images"
