"""Start everything: what is missing is set up first, then programs run until a signal."""

import errno
import json
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import click
from flask import Flask
from flask_migrate import upgrade

from app.cli.kit import operating
from app.errors import ApplicationNotFound
from app.mtoken.demo_access import (
    DEMO_ACCESS_KEY,
    DEMO_ADMIN,
    DEMO_INTEGRATION,
    DEMO_PASSWORD,
)
from app.settings import Settings, require_var_dir
from app.supervise import Program, Supervisor

Seed = Callable[[Flask], None]


def run(app: Flask, settings: Settings, seed: Seed) -> int:
    """Run until a signal says stop; return the exit code."""
    if taken := list(taken_ports(settings)):
        for message in taken:
            click.echo(message, err=True)
        return 1
    require_var_dir(settings)  # what we start writes into it
    if settings.migrates:
        upgrade()
        seed(app)
    mobile_app = _mobile_app(settings) if settings.profile == "demo" else ""
    app.extensions["webflow"].engine.dispose()  # who only watches needs no connection
    return Supervisor(
        list(_programs(settings, mobile_app)),
        ready=lambda: all(_answers(f"{address}/healthz") for address in _addresses(settings)),
        announce=lambda: click.echo(banner(settings, mobile_app)),
    ).run()


def _addresses(settings: Settings) -> list[str]:
    """Return where each web server answers on this machine, whatever the public address is."""
    host = "localhost" if settings.host in {"0.0.0.0", "::", "127.0.0.1"} else settings.host  # noqa: S104 - compared, not bound
    return [f"http://{host}:{port}" for port in _ports(settings).values()]


def _ports(settings: Settings) -> dict[str, int]:
    """Return the ports of web servers that we start, by their settings."""
    ports = {"WEBFLOW_PORT": settings.port}
    if _has_live_process(settings):
        ports["WEBFLOW_LIVE__PORT"] = settings.live.port
    if settings.profile == "demo":
        ports["WEBFLOW_DEMO_PORT"] = settings.demo_port
    if settings.worker.port:
        ports["WEBFLOW_WORKER__PORT"] = settings.worker.port
    return ports


def _has_live_process(settings: Settings) -> bool:
    is_wanted = "live" in settings.surfaces and bool(settings.redis_url)
    return is_wanted and not settings.embedded


def _mobile_app(settings: Settings) -> str:
    """Return the environment JSON of the mobile app, as testers paste it into theirs."""
    with operating(writing=False) as services:
        try:
            found = services.mtoken.applications.find(settings.mtoken.application)
        except ApplicationNotFound:
            return ""
    told = {
        "name": found.id,
        "serviceBaseUrl": f"{settings.issuer}/enrollment-server",
        "mobileSdkConfig": found.configuration,
    }
    return json.dumps(told)


def _programs(settings: Settings, mobile_app: str) -> Iterator[Program]:
    python = sys.executable
    if settings.embedded:
        yield Program("web", (python, "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"))
    else:
        yield Program("web", (python, "serve.py"), environment=_for_granian(settings))
    if _has_live_process(settings):
        yield Program("live", (python, "live.py"))
    yield Program("worker", (python, "worker.py"))
    if settings.profile == "demo":
        yield Program(
            "demo", (python, "-m", "app.demo"), environment=_for_demo(settings, mobile_app)
        )


def _for_granian(settings: Settings) -> dict[str, str]:
    """Return what its processes are told: no sockets, and where waiting pages find theirs."""
    told = {}
    if "surfaces" in settings.model_fields_set:
        others = [name for name in settings.surfaces if name != "live"]
        told["WEBFLOW_SURFACES"] = json.dumps(others)
    if _has_live_process(settings) and not (settings.live.url or settings.public_url):
        told["WEBFLOW_LIVE__URL"] = f"http://localhost:{settings.live.port}"
    return told


def _for_demo(settings: Settings, mobile_app: str) -> dict[str, str]:
    """Return what the demo client reads; it knows neither our settings nor our `.env`."""
    return {
        "WEBFLOW_HOST": settings.host,
        "WEBFLOW_PORT": str(settings.port),
        "WEBFLOW_DEMO_PORT": str(settings.demo_port),
        "WEBFLOW_PUBLIC_URL": settings.issuer,
        "WEBFLOW_DEMO_URL": settings.demo_address,
        "WEBFLOW_DEMO_CLIENT_ENVIRONMENT": mobile_app,
        "WEBFLOW_DEMO_INSTANCE": settings.mtoken.application,
        "WEBFLOW_DEMO_CLIENT_PHONES": str(settings.var_dir / "phones"),
        "TZ": settings.web.timezone,  # so that its times and those of the pages agree
    }


def taken_ports(settings: Settings) -> Iterator[str]:
    """Yield what to say about each port that cannot be used."""
    ours: dict[int, str] = {}
    for name, port in _ports(settings).items():
        if (other := ours.setdefault(port, name)) != name:
            yield f"Port {port} is asked for twice: set {name} to another one than {other}."
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    why = "is taken: stop what listens there"
                else:
                    why = f"cannot be used on {settings.host} ({error.strerror})"
                yield f"Port {port} {why}, or set {name} to another one, e.g. {name}={port + 1000}."


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:  # noqa: S310 - our own servers
            return bool(answer.status == 200)  # noqa: PLR2004 - OK
    except (urllib.error.URLError, OSError):
        return False


def _processes(settings: Settings) -> str:
    """Return how many of which kind run, on what."""
    number = settings.web_processes
    web = "1 web process" if number == 1 else f"{number} web processes"
    database = "SQLite" if settings.embedded else "PostgreSQL"
    hints = " and Redis" if settings.redis_url else ""
    live = ", 1 live process" if _has_live_process(settings) else ""
    return f"{web}{live} and 1 worker on {database}{hints}"


def banner(settings: Settings, mobile_app: str = "") -> str:
    """Return what a person is told when everything answers."""
    lines = [("Portal", settings.issuer), ("Processes", _processes(settings))]
    if settings.profile == "demo":
        lines += [
            ("Demo client", f"{settings.demo_address}  <- start here"),
            ("SMS codes", f"{settings.issuer}/demo/sms  (or /demo/sms.json)"),
            ("Demo phones", f"{settings.demo_address}/phone/"),
            ("Mobile app", mobile_app or "flask mtoken application create"),
            ("OAuth client", "democlient / changeme"),
            ("Cloud API", f"{settings.issuer}/powerauth-cloud/swagger-ui/index.html"),
            ("System users", f"{DEMO_ADMIN}, {DEMO_INTEGRATION} / {DEMO_PASSWORD}"),
            ("Second façade", f"{settings.issuer}/nevis/{settings.mtoken.application}/swagger-ui"),
            ("Access key", DEMO_ACCESS_KEY),
            ("Sign in as", 'any login number of 4 or more characters, password "test"'),
        ]
    body = "\n".join(f"  {name:<14}{value}" for name, value in lines)
    return f"\nReady.\n\n{body}\n\n  Ctrl+C stops everything.\n"
