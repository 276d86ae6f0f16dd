"""Small PNG files of screenshots: a palette of 256 colours is plenty for a page."""

import zlib
from base64 import b64decode, b64encode
from struct import pack

from playwright.sync_api import Page

# The most frequent colours stay exact; each other one becomes the nearest of them.
INDEXED = """async (png) => {
    const file = await (await fetch(`data:image/png;base64,${png}`)).blob();
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height).getContext("2d");
    canvas.drawImage(bitmap, 0, 0);
    const pixels = new Uint32Array(canvas.getImageData(0, 0, width, height).data.buffer);
    const counts = new Map();
    for (const each of pixels) counts.set(each, (counts.get(each) ?? 0) + 1);
    const colours = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || a - b);
    const palette = colours.slice(0, 256);
    const parts = (colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
    const apart = (a, b) => parts(a).reduce((sum, one, i) => sum + (one - parts(b)[i]) ** 2, 0);
    const nearest = (colour) => palette.reduce((best, each, i) =>
        apart(each, colour) < apart(palette[best], colour) ? i : best, 0);
    const index = new Map(colours.map((each, i) => [each, i < 256 ? i : nearest(each)]));
    const lines = new Uint8Array((width + 1) * height); // each begins with its filter: none
    for (let y = 0, at = 0; y < height; y++) {
        at++;
        for (let x = 0; x < width; x++) lines[at++] = index.get(pixels[y * width + x]);
    }
    const text = (bytes) => {
        let all = "";
        for (let i = 0; i < bytes.length; i += 8192)
            all += String.fromCharCode(...bytes.subarray(i, i + 8192));
        return btoa(all);
    };
    return [width, height, text(new Uint8Array(palette.flatMap(parts))), text(lines)];
}"""


def small_png(page: Page, png: bytes) -> bytes:
    """Return a picture with at most 256 colours; `page` is an empty one that does the work."""
    width, height, palette, lines = page.evaluate(INDEXED, b64encode(png).decode())
    header = pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", b64decode(palette)),
        (b"IDAT", zlib.compress(b64decode(lines), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
