"""Hand a browser over to its flow, and take it back with an answer for the third party."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from urllib.parse import urlsplit

import structlog
from authlib.oauth2 import OAuth2Error
from authlib.oidc.core.errors import LoginRequiredError
from flask import Response, redirect
from sqlalchemy import update

from app import clock
from app.errors import NotFound
from app.flows.views import Binding, NewOperation, Operation, Outcome
from app.oauth.clients import Client
from app.oauth.errors import AlreadyReturned, ForeignBrowser, OperationFailedError
from app.oauth.gate import LOGIN
from app.oauth.proof import Granted
from app.oauth.requests import Request, saved_request
from app.oauth.scopes import LOGIN_DATA, check_fit, login_operation, split
from app.oauth.server import Server
from app.services import services
from app.store.oauth import AuthorizationRequest

log = structlog.get_logger("webflow.oauth")

ID_BYTES = 32
ID = re.compile(r"[A-Za-z0-9_-]{43}")

KEPT = (
    "client_id", "code_challenge", "code_challenge_method", "nonce", "redirect_uri",
    "response_type", "scope", "state",
)  # fmt: skip
"""Parameters that the answer is made from."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "operation.timeout": "The request timed out",
        "authentication.maxAttemptsExceeded": "Authentication failed",
        "canceled.interrupted_operation": "The request was interrupted by a newer one",
        "canceled.page_left": "The customer left the page",
    }
)
"""Reason of a flow's end → what the third party is told; plain ASCII without quotes."""

CANCELED = "User canceled authentication request"
TIMED_OUT = REASONS["operation.timeout"]


def start(request: Request, *, language: str) -> str:
    """Start the flow of a checked request; return where its first page is.

    Raises OAuth2Error for the client, and a Problem for an operation that is not theirs.
    """
    asked, client = request.payload.data, request.client
    try:
        operation_id = _operation(request, client)
    except OAuth2Error as error:
        error.redirect_uri, error.state = asked["redirect_uri"], request.payload.state
        raise
    request_id, browser = secrets.token_urlsafe(ID_BYTES), services().admit_browser()
    binding = Binding(
        client_id=client.client_id,
        client_name=client.row.name,
        scopes=split(request.scope),
        browser=browser,
        language=language,
        return_to=_way_back(request_id),
        return_origin=_origin(asked["redirect_uri"]),
        login_hint=asked.get("login_hint", ""),
    )
    handle = services().open(operation_id, binding)
    _replace_older(operation_id)
    now, settings = clock.now(), services().settings.flow
    services().session.add(
        AuthorizationRequest(
            id=request_id,
            client_id=client.client_id,
            browser_id=browser,
            operation_id=operation_id,
            handle=handle,
            parameters={name: asked[name] for name in KEPT if name in asked},
            created_at=now,
            expires_at=now + settings.lifetime + settings.timeout,
        )
    )
    return _page(handle)


def resume(server: Server, request_id: str) -> Response:
    """Answer the third party, once, when the flow has ended; until then go back to its page."""
    request = (
        services().session.get(AuthorizationRequest, request_id) if _is_id(request_id) else None
    )
    if request is None:
        raise NotFound("no such request")
    if request.browser_id != services().browser:
        raise ForeignBrowser
    outcome = services().flows.outcome(request.operation_id, request.browser_id)
    if outcome.result == "CONTINUE":
        response: Response = redirect(_page(request.handle), 303)  # type: ignore[assignment]  # Flask's own class
        return response
    services().begin_writing()
    now = clock.now()
    _finish(request_id, now)
    services().flows.note_return(request.operation_id, _way_back(request_id))
    saved = saved_request(request.parameters)
    # Once more, because the client may have been disabled or changed meanwhile.
    grant = server.get_authorization_grant(saved)
    refusal = _refusal(outcome, is_late=request.expires_at <= now)
    if refusal is not None:
        refusal.redirect_uri, refusal.state = saved.payload.redirect_uri, saved.payload.state
        return server.handle_error_response(saved, refusal)
    granted = _granted(outcome, request.operation_id, now)
    answer: Response = server.create_authorization_response(saved, grant_user=granted, grant=grant)
    return answer


def _way_back(request_id: str) -> str:
    return f"/oauth2/resume/{request_id}"


def _operation(request: Request, client: Client) -> str:
    """Return the operation to walk: the prepared one, or a new login (decision 17)."""
    operation_id = request.payload.data.get("operation_id")
    login = login_operation(
        request.scope, of_client=client.row.login_operation, operation_id=operation_id
    )
    if login is None:
        _check_prepared(str(operation_id), request, client)
        return str(operation_id)
    wanted = NewOperation(
        operation_name=login,
        operation_data=LOGIN_DATA,
        application={
            "id": client.client_id,
            "name": client.row.name,
            "description": client.row.description,
            "originalScopes": split(request.scope),
            "extras": {},
        },
    )
    return services().flows.create(wanted).id


def _check_prepared(operation_id: str, request: Request, client: Client) -> None:
    """Whose operation it is, is for `open` to judge; strangers do not learn what it is about."""
    operation = services().flows.operation(operation_id)
    if operation.application is None or operation.application.get("id") == client.client_id:
        check_fit(request.scope, operation.kind, _prepared(operation))
        _check_login(operation, request.payload.data)


def _check_login(operation: Operation, asked: Mapping[str, str]) -> None:
    """Refuse a login before this request to a client that asks for a newer one.

    Only an operation that was opened before can have one; its customer goes on there.
    """
    if operation.authenticated_at is None:
        return
    age = clock.now() - operation.authenticated_at
    is_old = "max_age" in asked and age.total_seconds() > int(asked["max_age"])
    if is_old or LOGIN in asked.get("prompt", "").split():
        raise LoginRequiredError("The customer has signed in before this request")


def _prepared(operation: Operation) -> list[str]:
    """Return the scopes that the back end named; none, if it left them open."""
    scopes = (operation.application or {}).get("originalScopes")
    return [str(scope) for scope in scopes] if isinstance(scopes, list) else []


def _replace_older(operation_id: str) -> None:
    """One operation answers one request: the newest, if a client asks for it again."""
    services().session.execute(
        update(AuthorizationRequest)
        .where(
            AuthorizationRequest.operation_id == operation_id,
            AuthorizationRequest.finished_at.is_(None),
        )
        .values(finished_at=clock.now())
    )


def _finish(request_id: str, now: datetime) -> None:
    """Let exactly one visit through."""
    mine = services().session.scalar(
        update(AuthorizationRequest)
        .where(AuthorizationRequest.id == request_id, AuthorizationRequest.finished_at.is_(None))
        .values(finished_at=now)
        .returning(AuthorizationRequest.id)
    )
    if mine is None:
        raise AlreadyReturned


def _refusal(outcome: Outcome, *, is_late: bool) -> OperationFailedError | None:
    if outcome.result == "DONE" and outcome.user_id is not None:
        if not outcome.is_proved:  # the last gate: whatever went wrong before, no code is made
            log.error("oauth.outcome.not_proved", operation=outcome.operation_name)
            return OperationFailedError()
        return OperationFailedError(TIMED_OUT) if is_late else None
    described = REASONS.get(outcome.reason) or (CANCELED if outcome.canceled else None)
    return OperationFailedError(described)


def _granted(outcome: Outcome, operation_id: str, now: datetime) -> Granted:
    return Granted(
        operation_id=operation_id,
        user_id=str(outcome.user_id),
        organization_id=outcome.organization_id,
        language=outcome.language,
        authenticated_at=outcome.authenticated_at or now,
        instruments=outcome.instruments,
        sca=outcome.sca,
    )


def _origin(redirect_uri: str) -> str:
    """Return what a page's policy must allow, so that its forms may end at the client."""
    parts = urlsplit(redirect_uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def _page(handle: str) -> str:
    return f"/flow/{handle}"


def _is_id(text: str) -> bool:
    return ID.fullmatch(text) is not None
