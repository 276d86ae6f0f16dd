"""The page that a link to the app opens where there is no app: the token is not used up here."""

from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.mtoken.app_links import PARAMETER, AppLink
from app.services import services
from app.web import locale


def pages(demo: str | None) -> Blueprint:
    """Return the page; `demo` is where the demo phone is, if there is one."""
    bp = Blueprint("open_link", __name__, url_prefix="/nevis/<instance>")

    @bp.get("/open")
    def open_link(instance: str) -> ResponseReturnValue:
        """Say what the link is for, and how it gets onto the phone."""
        given = request.args.get(PARAMETER, "")
        link = AppLink.read(services().facade_tokens.issuer(instance), given)
        is_over = link and not services().transactions.within(instance).is_redeemable(link)
        locale.keep_in_links({PARAMETER: given})
        page = render_template(
            "open_link.html",
            link=link and link.link,
            is_over=is_over,
            is_enrollment=link is not None and link.purpose == "registration",
            demo_phone=link and demo and f"{demo}/phone/?{urlencode({'link': link.link})}",
        )
        if link is None:
            return page, HTTPStatus.BAD_REQUEST
        return page, HTTPStatus.GONE if is_over else HTTPStatus.OK

    return bp
