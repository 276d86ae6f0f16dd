"""What all pages of the phone need: the phone that an address names, answers, ways on."""

import secrets
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.demo.parts import parts
from app.demo.phone.keeping import Kept
from app.demo.phone.mobile import BIOMETRY, Mobile, knowledge
from app.demo.phone.signing import POSSESSION, Proof
from app.demo.phone.troubles import Trouble

bp = Blueprint("phone", __name__, url_prefix="/phone")
USUAL_USER = "10045678"
FACTORS = ("knowledge", "biometry", "possession")

P = ParamSpec("P")
View = Callable[Concatenate[Mobile, P], ResponseReturnValue]


def of_phone(rule: str, **options: list[str]) -> Callable[[View[P]], View[P]]:
    """Let a function answer below the address of a phone; one that is gone leads to the list."""

    def register(view: View[P]) -> View[P]:
        @wraps(view)
        def found(phone_id: str, *args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            try:
                mobile = parts().shop.phone(phone_id)
            except Trouble as trouble:
                complain(trouble)
                return redirect(url_for("phone.index"), HTTPStatus.SEE_OTHER)
            return view(mobile, *args, **kwargs)

        bp.add_url_rule(f"/<phone_id>{rule}", view.__name__, found, **options)  # type: ignore[arg-type]  # methods
        return view

    return register


def show(template: str, kept: Kept, **values: object) -> str:
    """Return a page of a phone."""
    return render_template(f"phone/{template}.html", phone=kept, **values)


def home_of(phone_id: str) -> ResponseReturnValue:
    """Go to a phone's own page; a reload of it repeats nothing."""
    return redirect(url_for("phone.home", phone_id=phone_id), HTTPStatus.SEE_OTHER)


def doing(mobile: Mobile, do: Callable[[], object], said: str) -> ResponseReturnValue:
    """Do something on a phone, then show its page with what came of it."""
    try:
        do()
        flash(said, "ok")
    except Trouble as trouble:
        complain(trouble)
    return home_of(mobile.id)


def lying_here() -> dict[str, object]:
    """Return what the list of phones shows, and the form that pairs one more."""
    return {
        "phones": parts().shop.all(),
        "accounts": parts().shop.authenticator.accounts.all(),
        "user": session.get("user", USUAL_USER),
        "once": secrets.token_urlsafe(16),
    }


def complain(trouble: Trouble) -> None:
    """Say on the next page what went wrong."""
    flash(f"{trouble.words}\n{trouble.hint}".strip(), "error")


def proof() -> Proof:
    """Return with what the person who pressed a button proves themselves. Raises Trouble."""
    factor, pin = request.form.get("factor", ""), request.form.get("pin", "")
    if factor not in FACTORS:
        raise Trouble("Press one of the buttons.")
    if factor == "biometry":
        return BIOMETRY
    if factor == "possession":
        return POSSESSION
    if not pin:
        raise Trouble("Type the PIN of this phone.", "Or use the fingerprint, where it is offered.")
    return knowledge(pin)
