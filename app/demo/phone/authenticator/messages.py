"""What is to be approved, in the few tags that a message may have."""

import html
import re
from dataclasses import dataclass
from typing import Final

from app.demo.phone.given import CONTROL

WHOLE: Final = re.compile(r"\s*<html>(.*)</html>\s*", re.DOTALL)
TAG: Final = re.compile(r"<(/?)(b|br|em|i|strong|u) *(/?)>", re.IGNORECASE)
EMPTY: Final = "br"


@dataclass(frozen=True)
class Message:
    """A message as it was signed for: only `safe_html` and `plain` are fit to be shown."""

    content: str
    is_html: bool = False

    @property
    def safe_html(self) -> str:
        """The message with the allowed tags, each closed; everything else is shown as it is."""
        inside = WHOLE.fullmatch(self.content) if self.is_html else None
        if inside is None:
            return html.escape(CONTROL.sub(" ", self.content))
        written, open_tags, end = [], list[str](), 0
        for tag in TAG.finditer(inside[1]):
            written.append(_text(inside[1][end : tag.start()]))
            written.append(_tag(tag, open_tags))
            end = tag.end()
        written.append(_text(inside[1][end:]))
        written += [f"</{name}>" for name in reversed(open_tags)]
        return "".join(written)

    @property
    def plain(self) -> str:
        """The message for who has no browser."""
        if not self.is_html:
            return CONTROL.sub(" ", self.content)
        broken = self.safe_html.replace("\n", " ").replace("<br>", "\n")
        lines = html.unescape(TAG.sub("", broken)).splitlines()
        return "\n".join(" ".join(line.split()) for line in lines).strip()


def _text(given: str) -> str:
    """Escape text; what was escaped already stays so."""
    return html.escape(CONTROL.sub(" ", html.unescape(given)))


def _tag(tag: re.Match[str], open_tags: list[str]) -> str:
    ends, name = tag[1], tag[2].lower()
    if name == EMPTY and not ends:
        return "<br>"
    if not ends:
        open_tags.append(name)
        return f"<{name}>"
    if open_tags and open_tags[-1] == name:
        open_tags.pop()
        return f"</{name}>"
    return html.escape(tag[0])
