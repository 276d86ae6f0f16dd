"""The sample pages over HTTP, with the headers of the portal and at the sample's own hour."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from time import sleep

from flask import Response, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

from app import clock
from app.brand import Brand
from app.web import guard
from tests.support.pages import LINKED, Site, compile_translations
from tests.support.sample_pages import NOW, samples

KEPT_OPEN = 600
"""Seconds that a page of an ended flow stays: nobody is led away while it is looked at."""

PIECE = 300
"""Characters that come at once where a page comes in pieces; of the footer only a line."""


class SampleSite:
    """Every sample page at an address of its own; what is posted there is kept."""

    def __init__(self, translations: Path, brand: Brand = LINKED) -> None:
        self._site = Site(translations, brand)
        self.address = ""
        self.posted: list[dict[str, str]] = []
        self.seconds_left = 300
        """What a page hears that asks how much time it has."""
        app = self.app = self._site.app
        guard.register(app, https=False, fonts=brand.has_fonts)
        app.jinja_env.globals["live_address"] = ""  # a page that waits asks by itself
        app.add_url_rule("/page/<name>", "sample", self._show)
        app.add_url_rule("/page/<name>/signal", "signal", self._signal)
        app.add_url_rule("/page/<name>/leave", "leave", self._leave, methods=["POST"])
        for path in ("/page/<name>", "/demo/<name>"):
            app.add_url_rule(path, f"post{path}", self._keep, methods=["POST"])
        app.add_url_rule("/favicon.ico", "favicon", self._leave)
        for name in ("sms_json", "push_json"):
            app.view_functions[f"testers.{name}"] = lambda: jsonify([])

    def page(self, name: str, language: str = "en", *, pieces: bool = False) -> str:
        """Return the address of a sample in a language, in pieces as a bad line brings it."""
        return f"{self.address}/page/{name}?lang={language}" + ("&pieces=1" if pieces else "")

    def _show(self, name: str) -> str | Response:
        clock.shift(NOW - clock.real())
        template, values = samples()[name]
        if "redirect_after" in values:
            values["redirect_after"] = KEPT_OPEN
        page = self._site.render(template, request.args.get("lang", "en"), **values)
        whole = "pieces" not in request.args
        return page if whole else Response(_in_pieces(page), mimetype="text/html")

    def _signal(self, name: str) -> Response:
        page = samples()[name][1]["page"]
        signal = page.data.get("signal", "")  # type: ignore[attr-defined]
        return jsonify(signal=signal, secondsLeft=self.seconds_left, mayExtend=True)

    def _leave(self, name: str = "") -> Response:
        return Response(status=204)

    def _keep(self, name: str) -> Response:
        self.posted.append(request.form.to_dict())
        return Response("Taken", content_type="text/plain")


def _in_pieces(page: str) -> Iterator[bytes]:
    above, tag, rest = page.partition("<footer")
    pieces = [above[begin : begin + PIECE] for begin in range(0, len(above), PIECE)]
    for piece in pieces + (tag + rest).splitlines(keepends=True):
        yield piece.encode()
        sleep(0.05)  # three frames: what is there is painted


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing."""


@contextmanager
def running_samples(folder: Path, brand: Brand = LINKED) -> Iterator[SampleSite]:
    """Serve the samples on a free port; the folder takes the compiled translations."""
    compile_translations(folder)
    site = SampleSite(folder, brand)
    server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=Quiet)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, name="samples", daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        clock.shift(timedelta(0))
