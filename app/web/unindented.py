"""Templates are indented for their readers; what is sent need not be."""

import re

from jinja2.ext import Extension

INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


class Unindented(Extension):
    """Takes the indentation out of templates, once, when they are compiled.

    Pages cannot be compressed, because they hold secrets; this is a quarter of them. Line ends
    stay, so that no two words or attributes grow together, and values are never touched.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 - Jinja's
        """Return the template without indentation."""
        return INDENT.sub("", source)
