"""Messages of approvals: text, or `<html>…</html>` with a few tags that say no more than text."""

import re
from html.parser import HTMLParser
from typing import Final

from app.nextstep.values import disturbing, is_seen

TAGS: Final = frozenset({"b", "br", "em", "i", "strong", "u"})
LONGEST: Final = 1000
WHOLE: Final = re.compile(r"<html>(.*)</html>", re.DOTALL)
LIKE_A_TAG: Final = re.compile(r"<[a-zA-Z/!?]")
A_TAG: Final = re.compile(r"</?[a-zA-Z]+ */?>")


class MessageNotAllowed(ValueError):  # noqa: N818 - it says what was given
    """A message with something in it that no app would show."""


class _Reader(HTMLParser):
    """Keeps the text; raises for everything but text and plain tags that are closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.opened: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the tags that are allowed, without attributes."""
        if tag not in TAGS or attrs:
            raise MessageNotAllowed(f"<{tag}> is not allowed here")
        if tag == "br":
            self.text += "\n"
        else:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take `<br/>` alone."""
        if tag != "br":
            raise MessageNotAllowed(f"<{tag}/> is not allowed here")
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened last."""
        if not self.opened or self.opened.pop() != tag:
            raise MessageNotAllowed(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        """Keep what is read."""
        self.text += data

    def handle_comment(self, data: str) -> None:
        """Refuse comments, declarations and instructions."""
        raise MessageNotAllowed(f"<!{data[:1]} is not allowed here")

    handle_pi = unknown_decl = handle_comment

    def handle_decl(self, decl: str) -> None:
        """Refuse it, too."""
        self.handle_comment(decl)


def text_of(message: str) -> str:
    """Return what a message says, without tags.

    Raises MessageNotAllowed: it is neither text nor the allowed HTML, or says nothing.
    """
    whole = WHOLE.fullmatch(message)
    if whole is None:
        if LIKE_A_TAG.search(message):
            raise MessageNotAllowed("tags stand inside of <html>…</html>")
        return message
    if LIKE_A_TAG.search(A_TAG.sub(" ", whole[1])):
        # The parser reads the beginning of a tag at the very end as text; browsers end it by the
        # `>` of `</html>`.
        raise MessageNotAllowed("a tag has no end, or more than its name")
    reader = _Reader()
    reader.feed(whole[1])
    reader.close()
    if reader.opened:
        raise MessageNotAllowed("a tag is not closed")
    try:
        return checked_message(reader.text)
    except ValueError as error:
        raise MessageNotAllowed(f"its text {error}") from None


def is_html(message: str) -> bool:
    """Tell whether a message is to be read as HTML."""
    return WHOLE.fullmatch(message) is not None


def checked_message(message: str) -> str:
    """Refuse what no app could show; tags are judged by `text_of`."""
    if not is_seen(message):
        raise ValueError("must not be blank")
    if disturbing(message):
        raise ValueError("has control characters, or such as change the order of others")
    return message
