"""Pushes for accounts of this phone, as the demo portal keeps them instead of sending them."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from app.demo.phone.authenticator.accounts import Account
from app.demo.phone.authenticator.links import NAMES, AppLink
from app.demo.phone.calls import opened
from app.demo.phone.given import list_of, moment_of, object_of
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.sending import USER_AGENT, send
from app.demo.phone.troubles import Trouble

KEPT: Final = "/demo/push.json"
CLOCK: Final = "/demo/clock"
FRESH_FOR: Final = timedelta(minutes=10)
"""What is older cannot be answered any more; the portal's clock counts."""


def pushed(accounts: Iterable[Account]) -> list[tuple[Account, AppLink]]:
    """Return what has come for accounts lately, the newest first; a silent portal sends nothing."""
    found = []
    by_portal: dict[str, dict[str, Account]] = {}
    for account in accounts:
        if account.push_token:
            by_portal.setdefault(account.portal, {})[account.push_token] = account
    for portal, receivers in by_portal.items():
        present = moment_of(object_of(_get(portal + CLOCK)).get("now"))
        for each in map(object_of, list_of(_get(portal + KEPT))):
            receiver = receivers.get(str(each.get("token")))
            link = _link(each.get("extras"))
            if receiver is None or link is None or link.app_id != receiver.app_id:
                continue
            if _is_fresh(each.get("timestamp"), present):
                found.append((receiver, link))
    return found


def _is_fresh(given: object, present: datetime | None) -> bool:
    moment = moment_of(given)
    return moment is None or present is None or present - moment < FRESH_FOR


def _link(given: object) -> AppLink | None:
    extras = object_of(given)
    data = extras.get("nma_data")
    try:
        inside = opened(data) if isinstance(data, str) else None
        return AppLink.of_fields({**{name: extras.get(name) for name in NAMES}, "nma_data": inside})
    except PhoneRefused:
        return None  # a push of something else


def _get(url: str) -> object:
    try:
        answer = send("GET", url, {"User-Agent": USER_AGENT}, called=url)
        return json.loads(answer.content) if answer.status_code == HTTPStatus.OK else None
    except (Trouble, ValueError, RecursionError):
        return None
