"""The first page, and the forms that send the browser to the bank."""

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.demo import nextstep, oauth
from app.demo.environment import is_loopback
from app.demo.forms import Authorization, Faults, Login, Payment, default_context, defaults, read
from app.demo.nextstep import Prepared
from app.demo.parts import parts, visit_id
from app.demo.portal import PortalProblem, PortalRefused
from app.demo.screen.kit import lying_here

LOGIN_SCOPE = "openid aisp"
PAYMENT_SCOPE = "openid pisp"
SCOPE_STARTS = "login_sca"
"""What the portal starts for the scope aisp; every other operation is prepared by its name."""

bp = Blueprint("start", __name__)


@bp.get("/")
def home() -> ResponseReturnValue:
    """Show what can be tried."""
    address = parts().environment.demo
    if _is_other_name_of(address):
        # Cookies belong to a name: from 127.0.0.1 they would not come back to localhost.
        return redirect(f"{address}/", HTTPStatus.SEE_OTHER)
    visit_id()
    return _home()


@bp.post("/start/login")
def login() -> ResponseReturnValue:
    """Start a login; the strong one by its scope alone, unless the tester changed the context."""
    wanted = read(Login, request.form)
    if isinstance(wanted, Faults):
        return _home("login", faults=wanted)
    usual = default_context(parts().environment.client_id, "aisp")
    changed = wanted.context not in ({}, usual)
    try:
        operation = None
        if changed or wanted.operation != SCOPE_STARTS:
            body = nextstep.login_body(wanted, wanted.context or usual)
            operation = nextstep.prepare(parts().portal, body)
        return _leave(wanted.operation, LOGIN_SCOPE, operation, wanted.ui_locales)
    except PortalProblem as problem:
        return _home("login", problem=problem)


@bp.post("/start/payment")
def payment() -> ResponseReturnValue:
    """Prepare the payment server to server, then start its authorization."""
    wanted = read(Payment, request.form)
    if isinstance(wanted, Faults):
        return _home("payment", faults=wanted)
    usual = default_context(parts().environment.client_id, "pisp")
    try:
        body = nextstep.payment_body(wanted, wanted.context or usual)
        operation = nextstep.prepare(parts().portal, body)
        return _leave(operation.operation_name, PAYMENT_SCOPE, operation, wanted.ui_locales)
    except PortalProblem as problem:
        return _home("payment", problem=problem)


@bp.post("/start/authorize")
def authorize() -> ResponseReturnValue:
    """Start an operation that somebody else has prepared."""
    wanted = read(Authorization, request.form)
    if isinstance(wanted, Faults):
        return _home("authorize", faults=wanted)
    try:
        operation = nextstep.look_up(parts().portal, wanted.operation_id)
        is_login = operation.operation_name.startswith("login")
        scope = LOGIN_SCOPE if is_login else PAYMENT_SCOPE
        return _leave(operation.operation_name, scope, operation, wanted.ui_locales)
    except PortalRefused as refused:
        if refused.is_our_fault:
            said = f"The portal does not take this ID: {refused.said}"
            return _home("authorize", faults=Faults({"operation_id": said}))
        return _home("authorize", problem=refused)
    except PortalProblem as problem:
        return _home("authorize", problem=problem)


def _leave(
    operation_name: str, scope: str, operation: Prepared | None, ui_locales: str
) -> ResponseReturnValue:
    """Remember a new transaction and send the browser to the bank."""
    transaction = oauth.begin(
        parts().environment,
        parts().portal.discovery(),
        operation_name=operation_name,
        scope=scope,
        operation=operation,
        ui_locales=ui_locales,
    )
    parts().visits.open(visit_id()).add(transaction)
    return redirect(transaction.request_url, HTTPStatus.SEE_OTHER)


def _home(
    form: str = "", *, faults: Faults | None = None, problem: PortalProblem | None = None
) -> ResponseReturnValue:
    """Show the forms; one that was refused keeps what was typed."""
    values = defaults(parts().environment.client_id)
    if form:
        values[form] = dict(request.form)
    by_field = faults.by_field if faults else {}
    page = render_template(
        "home.html",
        values=values,
        faults={form: by_field},
        refused=form,
        problem=problem,
        **lying_here(),
    )
    return page, _status(faults, problem)


def _status(faults: Faults | None, problem: PortalProblem | None) -> HTTPStatus:
    ours = isinstance(problem, PortalRefused) and problem.is_our_fault
    if faults or ours:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.BAD_GATEWAY if problem else HTTPStatus.OK


def _is_other_name_of(address: str) -> bool:
    """Tell whether this machine was asked under another name than the one it goes by."""
    ours, asked = urlsplit(address), urlsplit(f"http://{request.host}")
    return (
        is_loopback(address)
        and is_loopback(asked.geturl())
        and asked.port == ours.port
        and asked.hostname != ours.hostname
    )
