"""The contract of every page: it opens in a fresh browser on a fresh machine."""

import ast

import pytest

from imgrec.ui import PAGES

NAMES = sorted(path.stem for path in PAGES.glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_opens_in_a_fresh_browser(open_page, name):
    app = open_page(name)
    assert app.title[0].value
    assert not app.error


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_in_its_first_line_what_it_is_for(name):
    assert ast.get_docstring(ast.parse((PAGES / f"{name}.py").read_text()))
