"""The protocol, step by step: send the browser away, judge what it brings back, ask for more."""

import hashlib
from collections.abc import Callable
from urllib.parse import urlencode

from joserfc.util import to_str, urlsafe_b64encode
from werkzeug.datastructures import MultiDict

from app.demo import idtoken
from app.demo.environment import Environment
from app.demo.nextstep import Prepared
from app.demo.portal import Discovery, Json, Portal, PortalProblem, called
from app.demo.session import PROFILE_INFO, Asked, Outcome, Transaction

ANSWER_PARAMETERS = ("code", "state", "iss", "error", "error_description", "error_uri")

MEANINGS = {
    "access_denied": "The customer canceled or rejected, ran out of time or of attempts. "
    "Nothing was approved and no money moved.",
    "invalid_request": "The bank did not understand the request of this client, "
    "for example because the operation has ended or belongs to another client.",
    "invalid_scope": "The bank does not give what the scope asks for.",
    "unauthorized_client": "The bank does not let this client ask in this way.",
    "unsupported_response_type": "The bank does not answer in the form that was asked for.",
    "server_error": "Something failed at the bank. Look at its log, then start again.",
    "temporarily_unavailable": "The bank is too busy now. Try again in a minute.",
    "login_required": "The bank would have to show a page, but was asked not to.",
    "interaction_required": "The bank would have to show a page, but was asked not to.",
    "consent_required": "The customer's consent is missing.",
}
UNKNOWN_MEANING = "This client does not know this error; nothing was approved as far as it can see."


def begin(  # noqa: PLR0913 - each is one part of the request
    environment: Environment,
    discovery: Discovery,
    *,
    operation_name: str,
    scope: str,
    operation: Prepared | None = None,
    ui_locales: str = "",
) -> Transaction:
    """Make a transaction whose `request_url` is where the browser goes next."""
    transaction = Transaction(
        operation_name=operation_name, scope=scope, issuer=discovery.issuer, operation=operation
    )
    transaction.request = {
        "client_id": environment.client_id,
        "response_type": "code",
        "scope": scope,
        "redirect_uri": environment.redirect_uri,
        "state": transaction.state,
        "nonce": transaction.nonce,
        "code_challenge": code_challenge(transaction.verifier),
        "code_challenge_method": "S256",
    }
    if operation:
        transaction.request["operation_id"] = operation.operation_id
        transaction.note(f"Operation {operation.operation_name} ready: {operation.call}")
    if ui_locales:
        transaction.request["ui_locales"] = ui_locales
    endpoint = discovery.endpoint("authorization_endpoint")
    transaction.request_call = called("GET", endpoint)
    joint = "&" if "?" in endpoint else "?"
    transaction.request_url = f"{endpoint}{joint}{urlencode(transaction.request)}"
    transaction.note("Sent to the bank with state, nonce and a PKCE challenge")
    return transaction


def code_challenge(verifier: str) -> str:
    """Return the S256 challenge of a PKCE verifier (RFC 7636)."""
    return to_str(urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()))


def repeated(given: MultiDict[str, str]) -> list[str]:
    """Return the parameters of an answer that came more than once; none may."""
    return [name for name in ANSWER_PARAMETERS if len(given.getlist(name)) > 1]


def finish(
    transaction: Transaction, portal: Portal, given: MultiDict[str, str], environment: Environment
) -> Outcome:
    """Judge the answer that came back and, when it holds, exchange the code and ask for more."""
    transaction.answer = {name: given[name] for name in ANSWER_PARAMETERS if name in given}
    transaction.check("state", "The answer belongs to a request of this browser.", passed=True)
    if not _issuer_matches(transaction):
        return Outcome.REFUSED
    transaction.note("Came back: state and iss match")
    if error := transaction.answer.get("error"):
        transaction.note(f"The bank answered with the error {error}")
        return Outcome.DENIED
    try:
        return _redeem(transaction, portal, environment)
    except PortalProblem as problem:
        transaction.check("portal", problem.words, passed=False)
        return Outcome.REFUSED


def _redeem(transaction: Transaction, portal: Portal, environment: Environment) -> Outcome:
    """Exchange the code, believe the ID token only when every check passes, then use the token."""
    if not transaction.answer.get("code"):
        transaction.check("code", "The answer has neither a code nor an error.", passed=False)
        return Outcome.REFUSED
    discovery = portal.discovery()
    if not _exchange(transaction, portal, discovery, environment):
        return Outcome.REFUSED
    keys = portal.get(discovery.endpoint("jwks_uri"))
    transaction.clock_moved = portal.clock_moved()
    if not idtoken.verify(transaction, keys, client_id=environment.client_id):
        transaction.note("ID token refused; the tokens are not used")
        return Outcome.REFUSED
    transaction.note("ID token: signature, iss, aud, exp, iat, nonce and at_hash hold")
    _ask_more(transaction, portal, discovery, environment)
    return Outcome.CONNECTED


def _issuer_matches(transaction: Transaction) -> bool:
    """Check `iss` (RFC 9207): an answer of another server would be a mix-up."""
    expected, given = transaction.issuer, transaction.answer.get("iss")
    if given == expected:
        return transaction.check("iss", f"The answer comes from {expected}.", passed=True)
    words = (
        "The answer does not say who sent it; the parameter iss is missing."
        if given is None
        else f"The answer says it comes from {given}, but {expected} was asked."
    )
    return transaction.check("iss", words, passed=False)


def _exchange(
    transaction: Transaction, portal: Portal, discovery: Discovery, environment: Environment
) -> bool:
    """Turn the code into tokens, which needs the client's secret and the PKCE verifier."""
    endpoint = discovery.endpoint("token_endpoint")
    transaction.token_call = called("POST", endpoint)
    transaction.tokens = portal.post_form(
        endpoint,
        {
            "grant_type": "authorization_code",
            "code": transaction.answer["code"],
            "redirect_uri": environment.redirect_uri,
            "code_verifier": transaction.verifier,
        },
    )
    transaction.note("Code exchanged for tokens")
    complete = all(_text(transaction.tokens, name) for name in ("access_token", "id_token"))
    words = "The code was exchanged for an access token and an ID token."
    if not complete:
        words = "The token endpoint answered without an access token or an ID token."
    return transaction.check("tokens", words, passed=complete)


def _ask_more(
    transaction: Transaction, portal: Portal, discovery: Discovery, environment: Environment
) -> None:
    """Introspect the access token and use it; each call that fails is a failed check."""
    access_token = _text(transaction.tokens, "access_token")
    subject = transaction.id_token_claims.get("sub")

    def active(answer: Json) -> str:
        if answer.get("active") is not True:
            return "The portal says that the token is not active."
        owner = answer.get("client_id", environment.client_id)
        return "" if owner == environment.client_id else f"The token belongs to {owner}."

    def same_user(answer: Json) -> str:
        given = answer.get("sub")
        return "" if given == subject else f"It names the user {given}, the ID token {subject}."

    def ask(name: str, call: str, send: Callable[[], Json], fault: Callable[[Json], str]) -> None:
        try:
            answer = send()
        except PortalProblem as problem:
            transaction.check(name, problem.words, passed=False)
            return
        words = fault(answer)
        transaction.note(f"Asked for {name}")
        transaction.asked.append(Asked(name, call, answer))
        transaction.check(name, words or "The portal answered.", passed=not words)

    def get(name: str, url: str, fault: Callable[[Json], str]) -> None:
        ask(name, called("GET", url), lambda: portal.get(url, bearer=access_token), fault)

    introspection = discovery.endpoint("introspection_endpoint")
    form = {"token": access_token, "token_type_hint": "access_token"}
    call = called("POST", introspection)
    ask("introspection", call, lambda: portal.post_form(introspection, form), active)
    profile = f"{portal.address}/api/secure/profile/me"
    get("profile", profile, lambda _: "")
    get(PROFILE_INFO, f"{profile}/info", same_user)
    get("user info", discovery.endpoint("userinfo_endpoint"), same_user)


def _text(body: Json, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
