"""Pages of a flow: GET shows the present step, POST answers it; all steps pass here."""

import re
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import NotFound, StepNotExpected
from app.flows.views import Ended, Problem
from app.services import services
from app.web.guard import allow_return_to, refuse_foreign_posts
from app.web.locale import keep_in_links, language

bp = Blueprint("flow", __name__, url_prefix="/flow")
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
OUT_OF_DATE = "out_of_date"
FORWARD = {"": "continue", "confirm": "continue"}
"""What leads on is called differently on different pages; a plain client may not name it."""

bp.before_request(refuse_foreign_posts)


class FormOf:
    """The posted form, as methods read it."""

    def get(self, key: str, default: str = "") -> str:
        """Return the first value of a field."""
        return request.form.get(key, default)

    def getlist(self, key: str) -> list[str]:
        """Return every value of a field."""
        return request.form.getlist(key)


@bp.get("/<handle>")
def show(handle: str) -> ResponseReturnValue:
    """Show the present page of a flow, or how it ended."""
    _check_name(handle)
    seen = services().flows.show(
        handle, services().browser, language(), on_android=_is_on_android()
    )
    allow_return_to(seen.return_origin)
    if isinstance(seen, Ended):
        seconds = int(services().settings.flow.ended_redirect.total_seconds())
        return render_template("ended.html", ended=seen, redirect_after=seconds)
    if request.args.get("notice") == OUT_OF_DATE and seen.problem is None:
        seen = replace(seen, problem=Problem(OUT_OF_DATE))
        keep_in_links({"notice": OUT_OF_DATE})
    return render_template(seen.template, page=seen)


@bp.get("/<handle>/signal")
def signal(handle: str) -> ResponseReturnValue:
    """Tell a page whether there is something new, and how long it has got; extends nothing."""
    _check_name(handle)
    found = services().flows.signal(handle, services().browser)
    return {
        "signal": found.text,
        "secondsLeft": found.seconds_left,
        "mayExtend": found.may_extend,
    }


@bp.post("/<handle>/extend")
def extend(handle: str) -> ResponseReturnValue:
    """Give the customer who pressed "Stay signed in" more time."""
    return _of_page(handle, services().flows.extend)


@bp.post("/<handle>/leave")
def leave(handle: str) -> ResponseReturnValue:
    """End the flow whose page says, while it goes away, that it was left."""
    if services().settings.flow.refresh_policy == "keep":
        return "", HTTPStatus.NO_CONTENT
    return _of_page(handle, services().flows.leave)


def _of_page(handle: str, act: Callable[[str, str | None, str], None]) -> ResponseReturnValue:
    """Do what a script of the present page asks for; of older pages nothing is done."""
    _check_name(handle)
    try:
        act(handle, services().browser, _plain(request.form.get("step", "")))
    except StepNotExpected:
        return "", HTTPStatus.CONFLICT
    return "", HTTPStatus.NO_CONTENT


@bp.post("/<handle>")
def answer(handle: str) -> ResponseReturnValue:
    """Take an answer, then show whatever is present now."""
    _check_name(handle)
    notice, action = None, request.form.get("action", "")
    try:
        services().answer(
            handle,
            nonce=_plain(request.form.get("step", "")),
            action=FORWARD.get(action, action),
            form=FormOf(),
            language=language(),
        )
    except StepNotExpected:
        notice = OUT_OF_DATE
    return redirect(url_for("flow.show", handle=handle, notice=notice), 303)


def _is_on_android() -> bool:
    told = request.headers.get("Sec-CH-UA-Platform", "").strip('"')
    return told == "Android" or "Android" in request.headers.get("User-Agent", "")


def _check_name(handle: str) -> None:
    """Refuse what cannot be the name of a flow, before a database is asked."""
    if NAME.fullmatch(handle) is None:
        raise NotFound("not the form of a handle")


def _plain(nonce: str) -> str:
    return nonce if NAME.fullmatch(nonce) else ""
