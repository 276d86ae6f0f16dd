"""The warning that stands before a flow on an Android device (RTS art. 9)."""

import pytest

from app.store.audit import AuditEntry
from tests.support.databases import built
from tests.support.store import all_of, on_sqlite
from tests.support.walker import Walker

WARNING = "It is safer to use two devices"
PIXEL = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36"
)
HEADERS = [{"User-Agent": PIXEL}, {"Sec-CH-UA-Platform": '"Android"'}]


def on_android(app, headers=HEADERS[0]):
    walker = Walker(app)
    walker.headers |= headers
    return walker


@pytest.mark.parametrize("headers", HEADERS)
def test_on_android_a_warning_comes_first_and_the_customer_may_go_on(app, headers):  # 116
    walker = on_android(app, headers)
    page = walker.start_payment()
    assert WARNING in page.text
    assert "Login number" not in page.text
    page = walker.press("override")
    assert "Login number" in page.text
    assert WARNING not in walker.log_in().text
    told = [entry.name for entry in all_of(app, AuditEntry)]
    assert told.count("flow.device.accepted") == 1


@on_sqlite
def test_whoever_heeds_the_warning_goes_back_to_the_application(app):  # 111
    walker = on_android(app)
    walker.start_login()
    page = walker.press("cancel")
    assert "You cancelled the request" in page.text
    assert walker.leave()["error"] == "access_denied"


@on_sqlite
def test_the_warning_is_given_once_in_each_flow(app):
    walker = on_android(app)
    walker.start_login()
    walker.press("override")
    assert WARNING not in walker.reload().text
    assert WARNING in walker.start_login().text


@on_sqlite
def test_the_warning_costs_no_attempt_and_keeps_what_happened(app):
    walker = on_android(app)
    walker.start_login(login_hint="10045678")
    page = walker.press("override")
    assert walker.flow().attempts == 0
    assert 'value="10045678"' in page.html


@on_sqlite
def test_other_devices_are_not_warned(app):  # 116
    walker = Walker(app)
    walker.headers |= {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"}
    assert WARNING not in walker.start_login().text


@on_sqlite
def test_an_operator_can_switch_the_warning_off(settings):  # 116
    flow = settings.flow.model_copy(update={"android_warning": False})
    with built(settings.model_copy(update={"flow": flow})) as app:
        assert "Login number" in on_android(app).start_login().text
