"""Where phones lie: the list, and the ways to pair another one."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.demo import cloud
from app.demo.parts import message, parts
from app.demo.phone.configuration import App
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.shop import Wish
from app.demo.phone.troubles import Trouble
from app.demo.portal import PortalProblem
from app.demo.screen.kit import bp, home_of, lying_here

USUAL_PIN = "1234"
LONGEST_USER = 256


@bp.get("/")
def index() -> ResponseReturnValue:
    """List the phones, and offer to pair one; a link is the authenticator's business."""
    if "link" in request.args:
        return redirect(url_for("phone.link", link=request.args["link"]), HTTPStatus.SEE_OTHER)
    return _list({"pin": USUAL_PIN, "config": parts().environment.app})


@bp.post("/pair")
def pair() -> ResponseReturnValue:
    """Pair a phone by an activation code."""
    given = request.form

    def do() -> str:
        mobile = parts().shop.pair(_wish(given))
        flash(f"{mobile.kept.name} is paired.", "ok")
        return mobile.id

    try:
        return home_of(parts().memory.once(_key("code"), do))
    except Trouble as trouble:
        return _list(given, trouble), HTTPStatus.UNPROCESSABLE_ENTITY


@bp.post("/quick")
def quick() -> ResponseReturnValue:
    """Do what the bank and its customer do: make a registration, pair by it, let the phone in."""
    user = " ".join(request.form.get("user", "").split())
    if not (user and len(user) <= LONGEST_USER and user.isprintable()):
        return _failed("Type the login number that the phone shall belong to.")
    session["user"] = user
    try:
        app = App.read(parts().environment.app)
    except PhoneRefused:
        words = "This demo client was not told the configuration of the mobile app. "
        return _failed(words + "Start it with make run, or pair by an activation code.")
    try:
        return home_of(parts().memory.once(_key("user"), lambda: _let_in(app, user)))
    except PortalProblem as problem:
        return _failed(f"{problem.words} {problem.hint}")
    except Trouble as trouble:
        return _failed(f"{trouble.words} {trouble.hint}")


def _key(field: str) -> str:
    """Return what two clicks on one form have in common, but no two forms."""
    once = request.form.get("once", "")
    return f"{once} {request.form.get(field, '')}" if once else ""


def _let_in(app: App, user: str) -> str:
    registration = cloud.register(parts().portal, user, app.name)
    mobile = parts().shop.pair(Wish(app, registration.qr, USUAL_PIN))
    name = mobile.kept.name
    try:
        cloud.commit(parts().portal, registration.id)
    except PortalProblem as problem:  # perhaps it did after all: the phone stays and will know
        problem.words = f"{name} is there, but the bank has not let it in. {problem.words}"
        raise
    mobile.sync()
    flash(f"{name} is paired with {user}. Its PIN is {USUAL_PIN}.", "ok")
    return mobile.id


def _wish(given: Mapping[str, str]) -> Wish:
    try:
        app = App.read(given.get("config", ""))
    except PhoneRefused as refused:
        raise Trouble(f"This is not the configuration of an app: {refused}.") from refused
    return Wish(
        app,
        given.get("code", ""),
        given.get("pin", ""),
        given.get("name", ""),
        given.get("otp", ""),
    )


def _list(values: Mapping[str, str], trouble: Trouble | None = None) -> str:
    return render_template(
        "phone/index.html",
        **lying_here(),
        values=values,
        trouble=trouble,
        free_name=parts().shop.free_name(),
    )


def _failed(words: str) -> ResponseReturnValue:
    return message("The phone is not paired", words.strip(), status=HTTPStatus.BAD_GATEWAY)
