"""A browser gets a name with its first page, once, and a name that is none is not taken for one."""

import asyncio

import pytest
from starlette.responses import PlainTextResponse

from imgrec.ui import browser

PAGE = {"accept": "text/html,*/*"}


def answer(headers: dict[str, str], scheme: str = "http") -> dict[str, str]:
    """Ask an app that names browsers for a page and return the headers of its answer."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    scope = {
        "type": "http",
        "scheme": scheme,
        "path": "/",
        "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
    }
    asyncio.run(browser.NameBrowsers(PlainTextResponse("hello"))(scope, receive, send))
    assert sent[1]["body"] == b"hello"
    return {key.decode(): value.decode() for key, value in sent[0]["headers"]}


def test_a_browser_is_named_with_its_first_page_only():
    cookie = answer(PAGE)["set-cookie"]
    assert "HttpOnly" in cookie
    assert "set-cookie" not in answer({**PAGE, "cookie": cookie.split(";")[0]})


def test_a_cookie_that_is_no_name_is_replaced():
    assert "set-cookie" in answer({**PAGE, "cookie": f"{browser.COOKIE}=nothing"})


def test_over_https_the_name_is_sent_over_https_only():
    assert "; Secure" in answer(PAGE, "https")["set-cookie"]
    assert "Secure" not in answer(PAGE)["set-cookie"]


def test_in_another_sites_frame_the_name_is_kept_for_that_site(monkeypatch):
    monkeypatch.setattr("imgrec.ui.browser.st.get_option", {"server.xsrfCookieSameSite": "none"}.get)
    assert answer(PAGE)["set-cookie"].endswith("SameSite=None; Secure; Partitioned")


def test_a_script_or_picture_brings_no_name():
    assert "set-cookie" not in answer({"accept": "*/*"})


@pytest.mark.parametrize("sent", ["", "../../etc/passwd", "A" * 32, "a" * 33])
def test_only_what_looks_like_a_name_is_one(monkeypatch, sent):
    monkeypatch.setattr("imgrec.ui.browser.st.context", Context({browser.COOKIE: sent}))
    assert browser.name() is None


def test_a_name_is_read_from_the_cookie(monkeypatch):
    monkeypatch.setattr("imgrec.ui.browser.st.context", Context({browser.COOKIE: "0123456789abcdef" * 2}))
    assert browser.name() == "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("asked", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::7", "2001:db8:1:2::/64"),
        (None, None),
    ],
)
def test_starts_are_counted_for_the_network_in_which_one_visitor_chooses_addresses(monkeypatch, asked, counted):
    monkeypatch.setattr("imgrec.ui.browser.st.context", Context({}, asked))
    assert browser.address() == counted


class Context:
    def __init__(self, cookies, ip_address=None):
        self.cookies = cookies
        self.ip_address = ip_address
