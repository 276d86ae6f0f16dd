"""What every answer carries, and what no request may do."""

from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, abort, g, request

from app.web.static_files import StaticFiles

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
YEAR = 31_536_000
MAX_BODY = 256 * 1024


def register(app: Flask, *, https: bool, sockets: str | None = None, fonts: bool = False) -> None:
    """Put the headers on every answer and refuse posts from other sites.

    `sockets` is the origin of waiting pages' sockets, where it is not our own; `fonts`: whether
    the bank has its own.
    """
    connect = " ".join(["'self'", *([sockets.replace("http", "ws", 1)] if sockets else [])])
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.wsgi_app = ascii_queries(app.wsgi_app)  # type: ignore[assignment]  # as Flask documents it

    @app.before_request
    def refuse_more() -> None:
        """Refuse a body of unknown length of which there is too much: it would just be cut off."""
        # Servers take it apart however it is written, e.g. `gzip, chunked`.
        if "Transfer-Encoding" in request.headers and len(request.get_data()) >= MAX_BODY:
            abort(413)

    files = StaticFiles(Path(str(app.static_folder)))
    app.add_template_global(files.address, "static_url")

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", _policy(connect, fonts=fonts))
        if request.endpoint == "static" and files.is_present(response):
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        else:
            response.headers.setdefault("Cache-Control", "no-store")
        if request.endpoint == "static":
            files.pack(response)
        if https:
            response.headers["Strict-Transport-Security"] = f"max-age={2 * YEAR}; includeSubDomains"
        return response


def ascii_queries(app: WSGIApplication) -> WSGIApplication:
    """Percent-encode raw bytes in queries: Flask fails on those that are not UTF-8."""

    def run(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        query = environ.get("QUERY_STRING", "")
        environ["QUERY_STRING"] = "".join(
            char if char.isascii() else f"%{ord(char):02X}" for char in query
        )
        return app(environ, start_response)

    return run


def refuse_foreign_posts() -> None:
    """Refuse a form post that a browser says came from another site."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(403)


def allow_return_to(origin: str) -> None:
    """Let forms of this page end, after redirects, at the third party."""
    g.form_action = origin


def _policy(connect: str, *, fonts: bool) -> str:
    load = "font-src 'self'; " if fonts else ""
    ends = " ".join(["'self'", *([g.form_action] if g.get("form_action") else [])])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"{load}connect-src {connect}; form-action {ends}; base-uri 'none'; "
        "frame-ancestors 'none'; object-src 'none'"
    )
