"""QR codes as inline SVG: one path, no image to load, black on white in every mode."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from markupsafe import Markup
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M

QUIET_ZONE = 4
"""Modules around the code that stay white (ISO/IEC 18004)."""


def qr_svg(text: str, label: str) -> Markup:
    """Return the code of a text; `label` is what a screen reader says instead.

    Raises qrcode.exceptions.DataOverflowError above 2,331 bytes.
    """
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(text.encode())
    code.make(fit=True)
    rows: Sequence[Sequence[bool | None]] = code.get_matrix()
    picture = (
        '<svg role="img" aria-label="{label}" shape-rendering="crispEdges"'
        ' viewBox="0 0 {size} {size}"><path stroke="#000" d="{path}"/></svg>'
    )
    return Markup(picture).format(label=label, size=len(rows), path="".join(_path(rows)))  # noqa: S704 - a constant


def _path(rows: Sequence[Sequence[bool | None]]) -> Iterator[str]:
    """Draw each run of dark modules as one line through their middle."""
    for y, row in enumerate(rows):
        x = 0
        for is_dark, run in groupby(row, bool):
            length = len(list(run))
            if is_dark:
                yield f"M{x} {y + 0.5}h{length}"
            x += length
