"""Templates are indented for their readers; what is sent need not be."""

import re

from jinja2.ext import Extension

INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
TAG_ALONE = re.compile(r"^({%(?:(?!%}).)*%})\n", re.MULTILINE)


class Unindented(Extension):
    """Takes indentation, and the lines of lone tags, out of templates when they are compiled.

    Pages cannot be compressed, because they hold secrets; this is a quarter of them. All other
    line ends stay, so that no two words or attributes grow together (with Jinja's trim_blocks
    they would), and values are never touched.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 - Jinja's
        """Return the template as it is compiled."""
        return TAG_ALONE.sub(r"\1", INDENT.sub("", source))
