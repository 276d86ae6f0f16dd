"""The bank's look: its files below /brand/, and what templates may ask about it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from flask import Flask, Response, abort, request

from app.brand import Brand, BrandFile, Link
from app.brand.description import chosen
from app.web.locale import language

ENDPOINT = "brand"
YEAR = 31_536_000
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
"""Opened by itself a drawing may wear its own colours, and nothing else: no script, no address."""


class Logo(NamedTuple):
    """The bank's mark; `says_name` where it is the written name."""

    url: str
    dark_url: str | None
    says_name: bool


class Icon(NamedTuple):
    """What stands beside the title of a page."""

    url: str
    mimetype: str


class Look:
    """The `brand` of templates, in the language of the request."""

    def __init__(self, brand: Brand) -> None:
        self._brand = brand
        self._told = brand.description

    @property
    def theme(self) -> str:
        """`light` where pages stay light on dark devices, else `auto`."""
        return self._told.theme

    @property
    def color_scheme(self) -> str:
        """The schemes that pages have, as browsers ask for them."""
        return "light" if self.theme == "light" else "light dark"

    @property
    def theme_colors(self) -> Sequence[tuple[str, str]]:
        """Colours of the browser's own frame, each with the scheme that it is for."""
        light, dark = self._brand.page_colors
        return [("light", light), ("dark", light if self.theme == "light" else dark)]

    @property
    def stylesheet(self) -> str | None:
        """Address of the bank's colours and fonts."""
        return self._address("brand.css")

    @property
    def logo(self) -> Logo | None:
        """The bank's mark; None: the shipped one."""
        if (url := self._address("logo.svg")) is None:
            return None
        dark = None if self.theme == "light" else self._address("logo-dark.svg")
        return Logo(url, dark, self._told.logo_says_name)

    @property
    def icon(self) -> Icon | None:
        """The icon of the page; None: the shipped one."""
        if (name := self._brand.icon) is None:
            return None
        return Icon(str(self._address(name)), self._brand.files[name].mimetype)

    @property
    def help(self) -> str | None:
        """Address of the bank's help."""
        return self._localised(self._told.help)

    @property
    def forgotten_password(self) -> str | None:
        """Address where a customer gets a new password."""
        return self._localised(self._told.forgotten_password)

    @property
    def accessibility(self) -> str | None:
        """Address of the accessibility statement."""
        return self._localised(self._told.accessibility)

    @property
    def phone(self) -> str | None:
        """The number that a customer may call."""
        return self._told.phone

    @property
    def phone_url(self) -> str:
        """Address that dials it."""
        return "tel:" + re.sub(r"[^+0-9]", "", self.phone or "")

    @property
    def legal(self) -> Sequence[Link]:
        """Further links of the footer."""
        return list(self._brand.legal(language()))

    def _address(self, name: str) -> str | None:
        file = self._brand.files.get(name)
        return f"{request.script_root}/brand/{name}?v={file.version}" if file else None

    def _localised(self, urls: str | dict[str, str] | None) -> str | None:
        return chosen(urls, language()) if urls else None


def register(app: Flask, brand: Brand) -> None:
    """Give templates the bank's look, and serve its files from memory."""
    app.jinja_env.globals["brand"] = Look(brand)
    if not brand.files:
        return

    @app.get("/brand/<path:name>", endpoint=ENDPOINT)
    def serve(name: str) -> Response:
        if (file := brand.files.get(name)) is None:
            abort(404)
        return _answer(file, asked=request.args.get("v"))


def _answer(file: BrandFile, *, asked: str | None) -> Response:
    answer = Response(file.content, mimetype=file.mimetype)
    if asked == file.version:
        answer.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    if file.mimetype == "image/svg+xml":
        answer.headers["Content-Security-Policy"] = SVG_POLICY
    return answer
