"""The page that an app link opens in a browser: it leads to the phone, and uses nothing up."""

import io
import json
import logging
import re
from datetime import timedelta

import pytest
import structlog
import time_machine

from app import clock, logs
from app.mtoken.app_links import AppLink
from app.settings import Settings
from tests.support.databases import built
from tests.support.nevis import INSTANCE, App, Nevis, dispatched, unpadded
from tests.support.store import on_sqlite


@pytest.fixture
def nevis(app):
    return Nevis(app)


@pytest.fixture
def link(nevis):
    return nevis.enroll()["enrollment"]["appLinkUri"]


def opened(app, link, **headers):
    path = "/nevis/" + link.partition("/nevis/")[2]
    return app.test_client().get(path, headers=headers)


def carrying(link, fields):
    inside = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    return f"{link.partition('=')[0]}={unpadded(inside)}"


def test_a_link_says_what_it_is_for_and_is_shown_as_a_code(app, nevis, link):
    page = opened(app, link)
    assert page.status_code == 200
    assert "Add your account to the mobile app" in page.text
    assert '<svg role="img" aria-label="QR code for the mobile app' in page.text
    assert "<script" not in page.text
    phone = nevis.with_app()
    asked = opened(app, nevis.approve(channel="app")["appLinkUri"])
    assert "Answer a request in the mobile app" in asked.text
    assert phone.id not in asked.text


def test_a_link_that_no_code_could_hold_is_refused(app):
    link = AppLink(f"http://localhost:8080/nevis/{'x' * 1200}/", "registration").link
    page = opened(app, link)
    assert page.status_code == 400
    assert "This link cannot be used" in page.text


def test_looking_at_a_link_does_not_use_it_up(app, nevis, link):
    for _ in range(3):
        assert opened(app, link).status_code == 200
    assert App(nevis).enroll(link)["statusCode"] == 1200


def test_a_link_that_was_used_or_is_over_says_so(app, nevis, link):
    phone = App(nevis)
    asked = phone.redeem(link)
    pages = [opened(app, link)]
    phone.answer(phone.registration(asked))
    pages.append(opened(app, link))
    unused = nevis.approve(channel="app")["appLinkUri"]
    with time_machine.travel(clock.now() + timedelta(minutes=3)):
        pages.append(opened(app, unused))
    issuer, token = unused.partition("open?")[0], dispatched(unused)["nma_data"]["token"]
    pages.append(opened(app, AppLink(issuer, "registration").link))
    pages.append(opened(app, AppLink(issuer, "registration", token).link))
    for page in pages:
        assert page.status_code == 410
        assert "This link does not work any more" in page.text
        assert "<svg role" not in page.text
        assert "/phone/?link=" not in page.text
    assert pages[0].data == pages[1].data


def test_the_demo_phone_is_one_press_away_in_the_demo_profile_alone(app, settings, link):
    wanted = f'href="{settings.demo_address}/phone/?link=http%3A%2F%2F'
    assert wanted in opened(app, link).text
    assert "demo phone" not in opened_in_production(settings, link)


def opened_in_production(settings: Settings, link: str) -> str:
    """The page without the demo's blueprint: the same view, told of no demo phone."""
    with built(settings.model_copy(update={"profile": "production"})) as app:
        return opened(app, link).text


def test_the_page_is_kept_by_nobody_and_told_to_nobody(app, link):
    headers = opened(app, link).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers


def test_the_token_is_in_no_line_of_the_log(settings, link):
    token = dispatched(link)["nma_data"]["token"]
    server = settings.server.model_copy(update={"access_log": True})
    loud = settings.model_copy(update={"server": server, "log_level": "DEBUG"})
    log = io.StringIO()
    with built(loud) as app:
        for handler in logging.getLogger().handlers:
            if isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter):
                handler.setStream(log)
        opened(app, link)
        opened(app, link[:-1])
    logs.configure(settings.log_level)
    written = log.getvalue()
    assert written.count("/nevis/<instance>/open") == 2
    assert token not in written
    assert link.partition("=")[2][:40] not in written


@pytest.mark.parametrize(
    ("bend", "value"),
    [
        (("nma_data_version",), "2"),
        (("nma_data_content_type",), "application/jose"),
        (("nma_data", "token"), "../../x"),
        (("nma_data", "token"), 7),
        (("nma_data", "redeem_url"), "https://evil.example/nevisfido/token/redeem/registration"),
        (("nma_data", "redeem_url"), None),
        (("nma_data",), "x"),
        (("more",), "x"),
    ],
)
def test_a_link_of_somebody_else_is_refused_and_not_shown(app, link, bend, value):
    fields = dispatched(link)
    place = fields
    for name in bend[:-1]:
        place = place[name]
    place[bend[-1]] = value
    refused(opened(app, carrying(link, fields)))


@pytest.mark.parametrize(
    "bend",
    [
        lambda link: link[:-1],
        lambda link: link.partition("?")[0],
        lambda link: carrying(link, b"{"),
        lambda link: carrying(link, []),
        lambda link: carrying(link, b"[" * 1500),
        lambda link: link + "A" * 3000,
        lambda link: link.replace(f"/nevis/{INSTANCE}/", "/nevis/other/", 1),
    ],
)
def test_a_broken_link_is_refused_with_what_to_do(app, link, bend):
    refused(opened(app, bend(link)))


def refused(page):
    assert page.status_code == 400
    assert page.content_type.startswith("text/html")
    assert "This link cannot be used" in page.text
    assert "<svg role" not in page.text
    assert "dispatchTokenResponse=eyJub21" not in page.text


@pytest.mark.parametrize("char", ["\x00", "\n", "\x7f"])
def test_a_link_of_an_application_that_no_database_can_name_is_refused(app, char):
    link = AppLink(f"http://localhost:8080/nevis/a{char}b/", "registration").link
    refused(opened(app, link.replace(char, f"%{ord(char):02X}", 1)))


@on_sqlite
def test_another_language_keeps_the_link(app, link):
    page = opened(app, link, **{"Accept-Language": "cs"})
    assert 'lang="cs"' in page.text
    (address,) = re.findall(r'href="(\?[^"]*lang=de)"', page.text)
    german = app.test_client().get(f"/nevis/{INSTANCE}/open" + address.replace("&amp;", "&"))
    assert german.status_code == 200
    assert 'lang="de"' in german.text


@on_sqlite
def test_the_page_is_served_where_the_portal_is_not(settings, link):
    with built(settings.model_copy(update={"surfaces": ("nevis",)})) as app:
        assert opened(app, link).status_code == 200
