"""What leads an app to a transaction: a token in a link, in a QR code, in a push."""

import base64
import json
import zlib
from collections.abc import Sequence
from io import BytesIO
from typing import Final

import png
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_L

from app.api.nevis.schemas import QrCode
from app.mtoken.app_links import AppLink
from app.mtoken.operation_views import Notice

SIZE: Final = 300
"""Pixels of a side."""
QUIET_ZONE: Final = 4


class Dispatch(AppLink):
    """A link, as pages and pushes give it out."""

    def led(self) -> dict[str, object]:
        """Return how a page leads an app here."""
        link = self.link
        code = QrCode(type="image/png", size=SIZE, data_uri=qr_data_uri(link))
        return {"qr_code": code, "app_link_uri": link}

    def notice(self, text: str) -> Notice:
        """Return what a push says and carries."""
        payload = self.payload()
        data = json.dumps(payload.pop("nma_data"), separators=(",", ":"))
        return Notice(text, {"nma_data": data, **{name: str(payload[name]) for name in payload}})


def qr_data_uri(text: str) -> str:
    """Return the QR code of a text as a PNG of SIZE by SIZE pixels, in a `data:` address."""
    code = QRCode(error_correction=ERROR_CORRECT_L, border=QUIET_ZONE)
    code.add_data(text.encode())
    code.make(fit=True)
    picture = BytesIO()
    writer = png.Writer(SIZE, SIZE, greyscale=True, bitdepth=1, compression=zlib.Z_BEST_SPEED)
    writer.write(picture, _pixels(code.get_matrix()))
    return "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()


def _pixels(modules: Sequence[Sequence[bool | None]]) -> Sequence[Sequence[int]]:
    """Draw each module as large as fits, in the middle of a white square."""
    scale = SIZE // len(modules)
    margin = SIZE - scale * len(modules)
    before, after = [1] * (margin // 2), [1] * (margin - margin // 2)
    white = [1] * SIZE
    rows = [white] * len(before)
    for row in modules:
        line = [*before, *(0 if dark else 1 for dark in row for _ in range(scale)), *after]
        rows += [line] * scale
    return rows + [white] * len(after)
