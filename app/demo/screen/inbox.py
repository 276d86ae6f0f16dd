"""What the bank has left to be read."""

import re
from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.demo.phone.inbox import Inbox, InboxMessage
from app.demo.phone.mobile import Mobile
from app.demo.phone.troubles import Ended, Trouble
from app.demo.screen.kit import complain, of_phone, show

SHOWN = 20
"""Messages on a page."""
PAGE = re.compile(r"[0-9]{1,4}")


@of_phone("/inbox")
def inbox(mobile: Mobile) -> ResponseReturnValue:
    """List messages, the newest first, and say how many are new."""
    given = request.args.get("page", "")
    page = int(given) if PAGE.fullmatch(given) else 0
    found: list[InboxMessage] = []
    unread, older, trouble = 0, False, None
    try:
        unread, found = mobile.inbox.unread(), mobile.inbox.messages(page, size=SHOWN)
        older = len(found) == SHOWN and _goes_on(mobile.inbox, page)
    except Trouble as problem:
        trouble = problem
    return show(
        "inbox",
        mobile.kept,
        messages=found,
        unread=unread,
        page=page,
        older=older,
        trouble=trouble,
    )


@of_phone("/inbox/<message_id>")
def message(mobile: Mobile, message_id: str) -> ResponseReturnValue:
    """Show a message; only a button tells the bank that it was read."""
    try:
        found = mobile.inbox.detail(message_id)
    except Trouble as trouble:
        status = 404 if isinstance(trouble, Ended) else 200
        return show("message", mobile.kept, message=None, trouble=trouble), status
    body = Markup(found.safe_html)  # noqa: S704 - cleaned there
    return show("message", mobile.kept, message=found, body=body, trouble=None)


@of_phone("/inbox/<message_id>/read", methods=["POST"])
def read_message(mobile: Mobile, message_id: str) -> ResponseReturnValue:
    """Tell the bank that a message was read, and show it."""
    there = url_for("phone.message", phone_id=mobile.id, message_id=message_id)
    return _noting(mobile, lambda: mobile.inbox.read(message_id), there)


@of_phone("/inbox/read-all", methods=["POST"])
def read_all(mobile: Mobile) -> ResponseReturnValue:
    """Tell the bank that everything was read."""

    def do() -> None:
        mobile.inbox.read_all()
        flash("Everything is marked as read.", "ok")

    return _noting(mobile, do, url_for("phone.inbox", phone_id=mobile.id))


def _goes_on(box: Inbox, page: int) -> bool:
    """Tell whether there is anything older than what a full page shows."""
    return bool(box.messages((page + 1) * SHOWN, size=1))


def _noting(mobile: Mobile, do: Callable[[], None], there: str) -> ResponseReturnValue:
    try:
        do()
    except Trouble as trouble:
        complain(trouble)
        there = url_for("phone.inbox", phone_id=mobile.id)
    return redirect(there, 303)
