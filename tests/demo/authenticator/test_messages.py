"""A message may be bold or slanted; whatever else it says is shown as text."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.phone.authenticator.messages import Message

ALLOWED = {"b", "br", "em", "i", "strong", "u"}


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("<html>Pay <b>100 CZK</b><br>to <i>Bob</i></html>", "Pay <b>100 CZK</b><br>to <i>Bob</i>"),
        ("<html><strong><em>a</em></strong><br/>b</html>", "<strong><em>a</em></strong><br>b"),
        ("<html><b>a<i>b</b>c</html>", "<b>a<i>b&lt;/b&gt;c</i></b>"),
        ("<html><B>a</b>b<BR />c<i  >d</I ></html>", "<b>a</b>b<br>c<i>d</i>"),
        ("<html></u>a</html>", "&lt;/u&gt;a"),
        ("<html>1 &lt; 2 &amp; 3 < 4</html>", "1 &lt; 2 &amp; 3 &lt; 4"),
        ("<html><script>alert(1)</script></html>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('<html><b onclick="x()">a</b></html>', "&lt;b onclick=&quot;x()&quot;&gt;a&lt;/b&gt;"),
        ("<html>&lt;b&gt;</html>", "&lt;b&gt;"),
        ("Pay <b>now</b>", "Pay &lt;b&gt;now&lt;/b&gt;"),
        ("<html>a\x1b[2Jb</html>", "a [2Jb"),
    ],
)
def test_of_html_only_the_allowed_tags_are_tags(content, shown):
    assert Message(content, is_html=True).safe_html == shown


def test_a_plain_message_has_no_tags_at_all():
    message = Message("<html><b>a</b></html>")
    assert message.safe_html == "&lt;html&gt;&lt;b&gt;a&lt;/b&gt;&lt;/html&gt;"
    assert message.plain == "<html><b>a</b></html>"


def test_without_a_browser_a_break_is_a_new_line():
    html = "<html>Pay\n <b>100 CZK</b><br>to &lt;Bob&gt; &amp; Co</html>"
    assert Message(html, is_html=True).plain == "Pay 100 CZK\nto <Bob> & Co"


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED
        assert attrs == []
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


PIECES = st.sampled_from(
    ["<b>", "</b>", "<br>", "<i>", "</i>", "<br/>", "<", ">", "&", "&lt;", "script", "</html>",
     "<html>", "<!--", "<u >", "</u>", "</B  >", '"', "\n", "x", "</br>", "<B>", "&#60;"]
)  # fmt: skip


@given(st.lists(PIECES).map("".join), st.booleans())
def test_whatever_is_written_the_page_stays_whole(inside, is_html):
    reader = Reader()
    reader.feed(Message(f"<html>{inside}</html>", is_html=is_html).safe_html)
    reader.close()
    assert reader.open == []
