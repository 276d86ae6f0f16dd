"""How long answers take, by the route's template: never by an address, which may hold an id."""

import time

import structlog
from flask import Flask, Response, g, request

from app import metrics

log = structlog.get_logger("webflow.access")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def register(app: Flask, *, access_log: bool) -> None:
    """Measure every answer; this must be the first that a request meets."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        structlog.contextvars.clear_contextvars()  # the thread goes on to something else

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        method = request.method if request.method in METHODS else "other"
        route = request.url_rule.rule if request.url_rule else "unmatched"
        status = f"{response.status_code // 100}xx"
        metrics.REQUESTS.labels(method, route, status).observe(seconds)
        if access_log:
            log.info(
                "request.answered",
                method=method,
                route=route,
                status=response.status_code,
                milliseconds=round(seconds * 1000, 1),
            )
        return response
