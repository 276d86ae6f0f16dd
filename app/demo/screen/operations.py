"""What waits on a phone, and what its person says to it."""

import base64
import binascii
import hashlib
import json

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.demo.parts import parts
from app.demo.phone.keeping import Kept
from app.demo.phone.mobile import Approval, Mobile
from app.demo.phone.operations import Operation
from app.demo.phone.troubles import SwitchedOff, Trouble, Unusable
from app.demo.screen.kit import complain, doing, home_of, of_phone, proof, show

LOOK_AGAIN_AFTER = 5
"""Seconds; apps ask no more often than that."""


@of_phone("/")
def home(mobile: Mobile) -> ResponseReturnValue:
    """Show the newest operation that waits, or the one that was chosen, in full."""
    waiting, trouble = _look(mobile)
    chosen = request.args.get("operation", "")
    operation = next((each for each in waiting if each.id == chosen), None)
    if operation is None and waiting:
        operation = waiting[0]
    kept, unread = mobile.kept, 0 if trouble else _unread(mobile)
    return show(
        "home",
        kept,
        operation=operation,
        waiting=waiting,
        unread=unread,
        trouble=trouble,
        seen=_seen(kept, waiting, unread, trouble),
        look_again_after=LOOK_AGAIN_AFTER,
    )


@of_phone("/news")
def news(mobile: Mobile) -> ResponseReturnValue:
    """Tell a page that is open whether it still shows what there is."""
    waiting, trouble = _look(mobile)
    unread = 0 if trouble else _unread(mobile)
    return {"seen": _seen(mobile.kept, waiting, unread, trouble)}


@of_phone("/approve", methods=["POST"])
def approve(mobile: Mobile) -> ResponseReturnValue:
    """Approve what the form has shown."""

    def do() -> None:
        given, number = request.form.get("operation", ""), request.form.get("number", "")
        if "number" in request.form and not number.strip():
            raise Trouble("Type the number that the page in the browser shows.")
        mobile.approve(Approval(given, _shown_data(), proof(), number))

    return doing(mobile, do, "Approved. The page in the browser goes on by itself.")


@of_phone("/reject", methods=["POST"])
def reject(mobile: Mobile) -> ResponseReturnValue:
    """Reject an operation."""
    given, reason = request.form.get("operation", ""), request.form.get("reason", "")
    return doing(mobile, lambda: mobile.reject(given, reason), "Rejected. Nothing was approved.")


@of_phone("/history", methods=["GET"])
def history(mobile: Mobile) -> ResponseReturnValue:
    """Show what was asked for before."""
    found = parts().memory.find(request.args.get("shown", ""))
    return show("history", mobile.kept, operations=found if isinstance(found, list) else None)


@of_phone("/history", methods=["POST"])
def ask_history(mobile: Mobile) -> ResponseReturnValue:
    """Ask for the history, which takes two factors; then show it."""
    try:
        key = parts().memory.keep(mobile.history(proof()))
    except Trouble as trouble:
        complain(trouble)
        return redirect(url_for("phone.history", phone_id=mobile.id), 303)
    return redirect(url_for("phone.history", phone_id=mobile.id, shown=key), 303)


@of_phone("/claim", methods=["POST"])
def claim(mobile: Mobile) -> ResponseReturnValue:
    """Take over an operation that is nobody's yet, by its id."""
    given = request.form.get("operation", "").strip()
    try:
        mobile.claim(given)
    except Trouble as trouble:
        complain(trouble)
        return home_of(mobile.id)
    flash("It is yours now.", "ok")
    return redirect(url_for("phone.home", phone_id=mobile.id, operation=given), 303)


def _look(mobile: Mobile) -> tuple[list[Operation], Trouble | None]:
    try:
        return mobile.pending(), None
    except Trouble as trouble:
        return [], trouble


def _unread(mobile: Mobile) -> int:
    """Count what is new in the inbox; a portal that has none keeps nothing from being approved."""
    try:
        return mobile.inbox.unread()
    except Trouble:
        return 0


def _seen(kept: Kept, waiting: list[Operation], unread: int, trouble: Trouble | None) -> str:
    """Return what is another text as soon as the page would look different."""
    state = trouble.words if trouble and not isinstance(trouble, SwitchedOff | Unusable) else ""
    whole = [kept.name, kept.standing, kept.online, state, [each.id for each in waiting], unread]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:16]


def _shown_data() -> str:
    """Return the data as they were shown: forms change the ends of lines, Base64 they keep."""
    try:
        return base64.b64decode(request.form.get("data", ""), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Trouble("This form is not of this page.") from None
