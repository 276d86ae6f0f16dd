"""What a phone shows of a message, whatever a bank, or somebody who says so, has written."""

import re
from contextlib import suppress
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.phone.given import CONTROL
from app.demo.phone.inbox import TAGS, InboxMessage
from app.demo.phone.refusals import PhoneRefused

ALLOWED = {"a": {"href", "rel"}}
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
SCHEMES = ("https:", "http:", "mailto:", "tel:")


def message(body, kind="html", **more):
    return InboxMessage.read({"id": "1", "type": kind, "body": body, **more})


class Checked(HTMLParser):
    """Refuses whatever must not be shown."""

    def __init__(self, html):
        super().__init__()
        self.said = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS
        assert {name for name, _ in attrs} <= ALLOWED.get(tag, set())
        for name, value in attrs:
            if name == "href":
                assert value.startswith(SCHEMES) or not SCHEME.match(value)

    def handle_data(self, data):
        self.said += data

    def handle_comment(self, data):
        raise AssertionError(data)


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<p>Until <b>eight</b>.</p>", "<p>Until <b>eight</b>.</p>"),
        ("<script>alert(1)</script>x", "x"),
        ("<style>p { color: red }</style>x", "x"),
        ("<html><head><title>T</title></head><body><h1>x</h1></body></html>", "<h1>x</h1>"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ("<p onclick='x()' style='position:fixed' class='c' id='main'>x</p>", "<p>x</p>"),
        ("<a href='javascript:x()'>x</a>", '<a rel="noopener noreferrer">x</a>'),
        (
            "<a href='https://bank.example/' target='_top'>x</a>",
            '<a href="https://bank.example/" rel="noopener noreferrer">x</a>',
        ),
        ("<iframe src='https://x'></iframe><form action='/x'><input name=pin></form>x", "x"),
        ("<svg><script>x</script></svg>x", "x"),
        ("<meta http-equiv=refresh content=0><base href='//x'><link rel=stylesheet>x", "x"),
        ("<!-- c -->x", "x"),
        ("<p>open", "<p>open</p>"),
        ("</div></article>x", "x"),
    ],
)
def test_nothing_in_html_runs_loads_styles_or_asks(html, safe):
    assert message(html).safe_html == safe


def test_text_is_text():
    shown = message('<b>5 < 6</b> & "7"\nnext', "text")
    assert shown.safe_html == "&lt;b&gt;5 &lt; 6&lt;/b&gt; &amp; &quot;7&quot;\nnext"
    assert shown.plain == '<b>5 < 6</b> & "7"\nnext'
    assert message("<b>x</b>", "pdf").safe_html == "&lt;b&gt;x&lt;/b&gt;"


def test_without_a_browser_html_is_read_line_by_line():
    html = (
        "<style>x</style><h1>Hours</h1><p>Until&nbsp;<b>eight</b> &amp; later<br>so<ul><li>a</ul>"
    )
    assert message(html).plain == "Hours\nUntil eight & later\nso\na"
    assert message("<p>a&#27;[31m\x1b[2Jb\x9bc</p>").plain.isprintable()
    assert message("&lt;script&gt;").plain == "<script>"


def test_a_message_needs_nothing_but_its_id():
    bare = InboxMessage.read({"id": "1"})
    assert (bare.subject, bare.body, bare.is_read, bare.created) == ("", "", False, None)
    for given_ in (None, [], {}, {"id": ""}, {"id": 7}):
        with pytest.raises(PhoneRefused):
            InboxMessage.read(given_)


MARKUP = st.lists(
    st.sampled_from(
        ["<", ">", "</", "/>", "'", '"', "=", "&", ";", "<!--", "-->", "<![CDATA[", "script", "svg",
         "style", "a", "href", "javascript:", "onload", "x", " ", "\n", "\x00", "math", "p", "b"]
    ) | st.text(max_size=4),
    max_size=30,
).map("".join)  # fmt: skip


@given(MARKUP)
def test_any_html_is_shown_safely(html):
    with suppress(PhoneRefused):
        Checked(message(html).safe_html)
        assert not CONTROL.search(message(html).plain)
