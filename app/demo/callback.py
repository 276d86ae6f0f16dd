"""The way back: take the bank's answer once, then show what came of it."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.demo import oauth
from app.demo.parts import message, parts
from app.demo.portal import PortalProblem
from app.demo.session import Outcome, Visit

bp = Blueprint("callback", __name__)


@bp.get("/connect/demo")
def connect() -> ResponseReturnValue:
    """Take the bank's answer; the result has its own address, so a reload repeats nothing."""
    if names := oauth.repeated(request.args):
        words = f"It carries {', '.join(names)} more than once. Nothing was exchanged."
        return message("This answer is malformed", words, status=HTTPStatus.BAD_REQUEST)
    visit = _visit()
    transaction = visit.expecting(request.args.get("state", "")) if visit else None
    if visit is None or transaction is None:
        return message(
            "This answer does not belong to a request of this browser",
            "Its state is unknown here: the request was made in another browser or long ago, the "
            "demo client was restarted since, or somebody slipped you the link. "
            "Nothing was exchanged.",
            status=HTTPStatus.BAD_REQUEST,
        )
    if not visit.take(transaction):
        return message(
            "This answer has already been used",
            "A code works once. Nothing was exchanged again.",
            status=HTTPStatus.CONFLICT,
            result_id=transaction.id,
        )
    transaction.outcome = oauth.finish(
        transaction, parts().portal, request.args, parts().environment
    )
    return redirect(url_for("callback.result", transaction_id=transaction.id), HTTPStatus.SEE_OTHER)


@bp.get("/result/<transaction_id>")
def result(transaction_id: str) -> ResponseReturnValue:
    """Show one transaction of this browser."""
    visit = _visit()
    transaction = visit.result(transaction_id) if visit else None
    if transaction is None:
        words = "This browser has no such result, or the demo client has forgotten it."
        return message("No such result", words, status=HTTPStatus.NOT_FOUND)
    if transaction.outcome in {Outcome.SENT, Outcome.WORKING}:
        return message(
            "The answer is still being checked",
            "Look again in a moment.",
            status=HTTPStatus.OK,
            result_id=transaction.id,
        )
    meaning = oauth.MEANINGS.get(transaction.answer.get("error", ""), oauth.UNKNOWN_MEANING)
    return render_template("result.html", t=transaction, meaning=meaning)


@bp.post("/disconnect")
def disconnect() -> ResponseReturnValue:
    """Give the tokens back where the portal takes them, and forget this browser."""
    visit = _visit()
    said = _revoked(visit) if visit else "Disconnected."
    parts().visits.forget(str(session.get("visit", "")))
    session.clear()
    flash(said)
    return redirect(url_for("start.home"), HTTPStatus.SEE_OTHER)


def _visit() -> Visit | None:
    return parts().visits.find(str(session.get("visit", "")))


def _revoked(visit: Visit) -> str:
    """Revoke every token that is kept and return what to tell the tester."""
    held = [transaction for transaction in visit.transactions() if transaction.tokens]
    if not held:
        return "Disconnected."
    try:
        endpoint = parts().portal.discovery().endpoint("revocation_endpoint")
        if not endpoint:
            return "Disconnected. The portal revokes nothing; the tokens run out by themselves."
        for transaction in held:
            for name in ("refresh_token", "access_token"):
                if isinstance(token := transaction.tokens.get(name), str):
                    parts().portal.post_form(endpoint, {"token": token, "token_type_hint": name})
    except PortalProblem as problem:
        return f"Disconnected here, but the tokens were not all revoked: {problem.words}"
    return "Disconnected. The tokens were revoked."
