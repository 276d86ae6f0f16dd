"""Reads the QR code of a picture, as a camera that sees it perfectly does; nothing is corrected."""

import base64
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

import png
from qrcode import QRCode
from qrcode.base import rs_blocks
from qrcode.constants import ERROR_CORRECT_L
from qrcode.util import mask_func

QUIET_ZONE: Final = 4
BYTES: Final = 0b0100
FORMAT_MASK: Final = 0b101010000010010
LONG_COUNT_FROM: Final = 10
"""Versions from here on count bytes by two."""

Modules = list[list[bool]]


def read_data_uri(uri: str) -> tuple[tuple[int, int], str]:
    """Return width and height of a PNG in a `data:` address, and the text of its QR code."""
    head, _, encoded = uri.partition(",")
    assert head == "data:image/png;base64"
    width, height, rows, _ = png.Reader(BytesIO(base64.b64decode(encoded))).read()
    dark = [[not value for value in row] for row in rows]
    return (width, height), _text(_modules(dark))


def _modules(dark: Modules) -> Modules:
    """Return the modules without the white around them."""
    (top, left) = next((y, row.index(True)) for y, row in enumerate(dark) if True in row)
    finder = next(x for x in range(left, len(dark)) if not dark[top][x]) - left
    scale = finder // 7
    right = max(x for x, value in enumerate(dark[top]) if value) + 1
    count = (right - left) // scale
    assert left >= QUIET_ZONE * scale
    middle = scale // 2
    return [
        [dark[top + y * scale + middle][left + x * scale + middle] for x in range(count)]
        for y in range(count)
    ]


def _text(modules: Modules) -> str:
    version = (len(modules) - 17) // 4
    bits = "".join("1" if bit else "0" for bit in _bits(modules, version))
    words = [int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8)]
    data = "".join(f"{word:08b}" for word in _deinterleaved(words, version))
    assert int(data[:4], 2) == BYTES
    size = 16 if version >= LONG_COUNT_FROM else 8
    count = int(data[4 : 4 + size], 2)
    found = data[4 + size : 4 + size + 8 * count]
    return bytes(int(found[at : at + 8], 2) for at in range(0, len(found), 8)).decode()


def _bits(modules: Modules, version: int) -> Iterator[bool]:
    """Yield what the modules say, column by column, upwards and downwards."""
    size, reserved, flips = len(modules), _reserved(version), mask_func(_mask(modules))
    for number, right in enumerate(x for x in range(size - 1, 0, -2)):
        right -= right <= 6  # noqa: PLW2901 - the column of the timing pattern
        for y in range(size) if number % 2 else reversed(range(size)):
            for x in (right, right - 1):
                if reserved[y][x] is None:
                    yield modules[y][x] != flips(y, x)


def _mask(modules: Modules) -> int:
    """Return the mask's number, from the format beside the first finder pattern."""
    read = [modules[8][x] for x in range(5)]
    bits = int("".join("1" if bit else "0" for bit in read), 2) ^ (FORMAT_MASK >> 10)
    return bits & 0b111


def _reserved(version: int) -> list[list[Any]]:
    """Return a code without data: None is where data stand."""
    code: Any = QRCode(version=version, error_correction=ERROR_CORRECT_L)
    code.modules_count = version * 4 + 17
    code.modules = [[None] * code.modules_count for _ in range(code.modules_count)]
    far = code.modules_count - 7
    for row, column in ((0, 0), (far, 0), (0, far)):
        code.setup_position_probe_pattern(row, column)
    code.setup_position_adjust_pattern()
    code.setup_timing_pattern()
    code.setup_type_info(test=True, mask_pattern=0)
    if version >= 7:
        code.setup_type_number(test=True)
    return list(code.modules)


def _deinterleaved(words: list[int], version: int) -> list[int]:
    """Return the data words of all blocks, one block after the other."""
    blocks = rs_blocks(version, ERROR_CORRECT_L)
    found: list[list[int]] = [[] for _ in blocks]
    waiting = iter(words)
    for place in range(max(block.data_count for block in blocks)):
        for block, kept in zip(blocks, found, strict=True):
            if place < block.data_count:
                kept.append(next(waiting))
    return [word for kept in found for word in kept]
