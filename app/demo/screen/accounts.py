"""Accounts of the authenticator: the list, one of them, and what was pushed to them."""

import hashlib
import json
from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.demo.parts import parts
from app.demo.phone.authenticator.app import Authenticator
from app.demo.phone.troubles import Trouble
from app.demo.screen.kit import bp, complain

LOOK_AGAIN_AFTER = 5
"""Seconds."""


def authenticator() -> Authenticator:
    """Return the app with the accounts."""
    return parts().shop.authenticator


@bp.get("/accounts/")
def accounts() -> ResponseReturnValue:
    """List what waits, and the accounts; offer to add one."""
    return listed()


@bp.get("/accounts/news")
def accounts_news() -> ResponseReturnValue:
    """Tell a page that is open whether it still shows what there is."""
    return {"seen": _seen()}


@bp.get("/accounts/<account_id>")
def account(account_id: str) -> ResponseReturnValue:
    """Show one account, with what is done with it."""
    try:
        found = authenticator().accounts.find(account_id)
    except Trouble as trouble:
        complain(trouble)
        return to_accounts()
    return render_template("phone/account.html", account=found)


@bp.post("/accounts/<account_id>/rename")
def rename_account(account_id: str) -> ResponseReturnValue:
    """Call an account otherwise."""
    try:
        authenticator().rename(account_id, request.form.get("name", ""))
        flash("The account has its new name.", "ok")
    except Trouble as trouble:
        complain(trouble)
    return redirect(url_for("phone.account", account_id=account_id), HTTPStatus.SEE_OTHER)


@bp.post("/accounts/<account_id>/forget")
def forget_account(account_id: str) -> ResponseReturnValue:
    """Throw an account away."""
    try:
        authenticator().forget(account_id)
        flash("The account is gone from this phone.", "ok")
    except Trouble as trouble:
        complain(trouble)
    return to_accounts()


def listed(link: str = "", trouble: Trouble | None = None) -> str:
    """Return the list; a link that was refused stays in its field."""
    return render_template(
        "phone/accounts.html",
        accounts=authenticator().accounts.all(),
        pushed=[] if trouble else authenticator().pushed(),
        waiting=authenticator().waiting(),
        link=link,
        trouble=trouble,
        seen="" if trouble else _seen(),
        look_again_after=LOOK_AGAIN_AFTER,
    )


def to_accounts() -> ResponseReturnValue:
    """Go to the list; a reload of it repeats nothing."""
    return redirect(url_for("phone.accounts"), HTTPStatus.SEE_OTHER)


def _seen() -> str:
    """Return what is another text as soon as the list would look different."""
    app = authenticator()
    whole = [
        [link.id for _, link in app.pushed()],
        [each.id for each in app.waiting()],
        [(each.id, each.name, each.is_blocked) for each in app.accounts.all()],
    ]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:16]
