"""Approvals: what is asked, of whom, and who answers (checklist NEV 137 to 139, 148, 149)."""

import json
from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.mtoken.operation_views import Handset
from app.store.operations import OperationRow
from tests.support.cloud import Cloud, approve, integrator, pending
from tests.support.nevis import Nevis
from tests.support.pushing import delivered, reachable
from tests.support.store import all_of, census, on_sqlite

APPROVAL = "/api/v1/approval"
NAMED = {"username": "u12345"}


@pytest.fixture
def nevis(app):
    return Nevis(app)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**NAMED, "prompt": True}, "request.invalid"),  # 137
        ({**NAMED, "prompt": True, "channel": "app"}, "request.invalid"),
        ({"channel": "push"}, "request.invalid"),
        ({"channel": "sms"}, "request.invalid"),
        ({**NAMED, "authenticatorId": "*"}, "request.invalid"),  # 139
        ({**NAMED, "message": " "}, "message.invalid"),
        ({**NAMED, "message": "a\tb"}, "message.invalid"),
        ({**NAMED, "message": "x" * 1001}, "message.invalid"),
        ({**NAMED, "message": "Pay \u202e001\u202c CZK"}, "message.invalid"),
        ({**NAMED, "message": "Pay \u2066100\u2069 CZK"}, "message.invalid"),
        ({**NAMED, "message": "a\x7fb"}, "message.invalid"),
        ({**NAMED, "message": "\u200b\u00a0"}, "message.invalid"),
        ({**NAMED, "message": "a\x85b"}, "message.invalid"),
        ({**NAMED, "message": "a\u2028b"}, "message.invalid"),
        ({**NAMED, "notificationMessage": "Pay \u202e001"}, "notificationMessage.invalid"),
        ({**NAMED, "notificationMessage": ""}, "notificationMessage.invalid"),
        ({**NAMED, "channel": "pigeon"}, "channel.invalid"),
        ({**NAMED, "prompt": "true"}, "prompt.invalid"),
        ({"username": "u12345", "userId": "x"}, "request.invalid"),
    ],
)
def test_what_is_against_a_rule_is_asked_of_nobody(nevis, body, code):
    nevis.with_app()
    before = census(nevis.app)
    assert nevis.refused(422, "POST", APPROVAL, body) == code
    assert census(nevis.app) == before


HTML = [
    "<html><p>x</p></html>", '<html><b class="x">x</b></html>', "<html><a href='/'>x</a></html>",
    "<html><script>1</script></html>", "<html><b>x</html>", "<html><i>x</b></html>", "<b>x</b>",
    "<html>x</html> <b>y</b>", "<html><!-- x --></html>", "<html><br onload=x></html>",
    "<html><img src=x/></html>", "<html><?x?></html>", "<html><!DOCTYPE x></html>",
    "<html><html>x</html></html>", "<HTML><p>x</p></HTML>", "<html><b x></b></html>", "a</b>",
    "<html><style>x</style></html>", "<html><b/></html>", "<html><![CDATA[x]]></html>",
    "<html>x<img src=x onerror=alert(1) </html>", "<html>x<!-- y</html>", "<html>x</b</html>",
    "<html><b> </b></html>", "<html>&#9;x</html>", "<html>&#x202e;001</html>",
    "<html>&#x200b;</html>",
    "<html>x<b</html>", "<html>x<?y</html>", "<html>x</</html>", "<html>x<a href=/ <b>y</b></html>",
]  # fmt: skip


@pytest.mark.parametrize("message", HTML)
def test_tags_that_no_app_would_show_are_refused(shared_nevis, message):  # 138
    before = census(shared_nevis.app)
    wanted = {**NAMED, "message": message}
    assert shared_nevis.refused(400, "POST", APPROVAL, wanted) == "message.html"
    assert census(shared_nevis.app) == before


@pytest.fixture(scope="module")
def shared_nevis(shared_app):
    nevis = Nevis(shared_app)
    nevis.with_app()
    return nevis


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("1 < 2 & 3 > 2", "text/plain"),
        ("Zaplatit 100 Kč?\nAno * \\ nebo ne", "text/plain"),
        ("*" * 1000, "text/plain"),
        ("\u200fادفع 100 درهم إلى \u200eAlbert\u200f؟", "text/plain"),  # noqa: RUF001
        ("Pay 👨\u200d👩\u200d👧 100 Kč 🇨🇿?", "text/plain"),
        ("<html>Pay <b>100</b>&nbsp;CZK<br/>to <em>x</em>, <i>y</i>?</html>", "text/html"),
        ("<html><strong><u>x</u></strong><br></html>", "text/html"),
    ],
)
def test_what_is_shown_is_what_was_asked(nevis, message, kind):
    app = nevis.with_app()
    begun = nevis.approve(channel="app", message=message, prompt=True)
    asked = app.redeem(begun["appLinkUri"])
    shown = {"contentType": kind, "content": message}
    assert asked["uafRequest"]["transaction"] == [shown]
    app.answer(app.approval(asked))
    assert nevis.status(begun["statusToken"])["status"] == "succeeded"


def test_the_last_registered_authenticator_is_asked_unless_another_is_named(nevis):  # 139
    first, last = nevis.with_app(), nevis.with_app()
    for wanted, asked in (({}, last), ({"authenticatorId": first.id}, first)):
        begun = nevis.approve(channel="app", **wanted)
        request = asked.redeem(begun["appLinkUri"])["uafRequest"]
        assert request["authenticatorId"] == asked.id


@on_sqlite
@pytest.mark.parametrize("channel", ["app", "fido2"])
def test_an_authenticator_is_named_with_its_user_or_not_at_all(nevis, channel):
    app = nevis.with_app()  # else whoever answers first would stand for the one that was named
    before = census(nevis.app)
    wanted = {"channel": channel, "authenticatorId": app.id}
    assert nevis.refused(422, "POST", APPROVAL, wanted) == "request.invalid"
    assert census(nevis.app) == before


def test_a_user_without_an_authenticator_cannot_be_asked(nevis):
    nevis.enroll()
    other = nevis.with_app("u12346")
    for body in (NAMED, {**NAMED, "authenticatorId": other.id}, {**NAMED, "channel": "app"}):
        before = census(nevis.app)
        assert nevis.refused(404, "POST", APPROVAL, body) == "authenticator.unknown"
        assert census(nevis.app) == before


@on_sqlite
def test_a_user_is_not_asked_more_often_than_is_good(nevis):
    app = nevis.with_app()
    for _ in range(60):
        nevis.approve(channel="app")
    before = census(nevis.app)
    answer = nevis.ask("POST", APPROVAL, NAMED)
    assert answer.status_code == 429
    wait = int(answer.headers["Retry-After"])
    assert 3500 < wait <= 3600
    assert answer.json["errors"][0]["code"] == "user.rateLimit"
    assert census(nevis.app) == before
    with time_machine.travel(clock.now() + timedelta(seconds=wait - 100), tick=False):
        assert int(nevis.ask("POST", APPROVAL, NAMED).headers["Retry-After"]) <= 101
    with time_machine.travel(clock.now() + timedelta(seconds=wait)):
        app.approve(nevis.approve(channel="app")["appLinkUri"])


@on_sqlite
def test_a_push_reaches_the_one_app_and_carries_the_token(nevis):
    first, last = nevis.with_app(), nevis.with_app()
    for app in (first, last):
        reachable(nevis.app, Handset(app.id, "u12345", "demo"), f"token-{app.id}", "fcm")
    begun = nevis.approve(message="Pay?", notificationMessage="Please look")
    (push,) = delivered(nevis.app)
    assert push.token == f"token-{last.id}"
    assert push.text == "Please look"
    carried = push.extras
    assert (carried["nma_data_version"], carried["nma_data_content_type"]) == (
        "1", "application/json",
    )  # fmt: skip
    asked = last.redeem_data(json.loads(carried["nma_data"]))
    last.answer(last.approval(asked))
    assert nevis.status(begun["statusToken"])["status"] == "succeeded"
    assert not {"qrCode", "appLinkUri"} & set(begun)


# --- together with the Cloud API ----------------------------------------------------------------


def test_an_approval_is_seen_by_back_ends_of_the_same_application_alone(nevis):  # 148
    app = nevis.with_app()
    linked = integrator(nevis.app, "linked", "demo")
    isolated = integrator(nevis.app, "isolated", "elsewhere")
    begun = nevis.approve(channel="app", message="Pay?")
    app.approve(begun["appLinkUri"])
    seen = linked.operation(begun["transactionId"])
    assert (seen["status"], seen["userId"], seen["data"]) == ("APPROVED", "u12345", "A2*TPay?")
    path = f"/v2/operations/{begun['transactionId']}"
    assert isolated.refused("GET", path) == "ERROR_OPERATION_NOT_FOUND"
    listed = isolated("GET", "/v2/registrations", userId="u12345")
    assert listed == {"registrations": []}


def test_a_phone_of_the_cloud_api_approves_what_this_facade_asks(nevis):  # 149
    cloud = Cloud(nevis.app)
    phone = cloud.phone("u12345")
    begun = nevis.approve(message="Pay 100 CZK?")
    stands = nevis.status(begun["statusToken"])
    assert (stands["status"], stands["username"]) == ("pending", "u12345")
    (operation,) = pending(phone)
    assert operation["id"] == begun["transactionId"]
    assert operation["data"] == "A2*TPay 100 CZK?"
    assert approve(phone, operation).status_code == 200
    stands = nevis.status(begun["statusToken"])
    assert stands["status"] == "succeeded"
    proved = nevis.introspect(stands["token"])
    assert (proved["active"], proved["sub"]) == (True, stands["userId"])


@on_sqlite
def test_a_phone_that_shows_no_html_is_asked_to_sign_the_text(nevis):
    phone = Cloud(nevis.app).phone("u12345")
    nevis.approve(message="<html>Pay <b>100</b> CZK<br/>to <em>x</em> &amp; y?</html>")
    (operation,) = pending(phone)
    assert operation["data"] == "A2*TPay 100 CZK\\nto x & y?"
    assert "<" not in str(operation["formData"])
    assert approve(phone, operation).status_code == 200


def test_a_link_leads_to_apps_alone(nevis):
    Cloud(nevis.app).phone("u12345")
    wanted = {**NAMED, "channel": "app"}
    assert nevis.refused(404, "POST", APPROVAL, wanted) == "authenticator.unknown"


@on_sqlite
def test_who_is_no_user_of_the_bank_either_is_unknown(nevis):
    phone = Cloud(nevis.app).phone("u12345")
    Cloud(nevis.app).change(phone.id, "REMOVE")
    for name in ("nobody", "u12345"):
        before = census(nevis.app)
        assert nevis.refused(404, "POST", APPROVAL, {"username": name}) == "user.unknown"
        assert census(nevis.app) == before
    assert all_of(nevis.app, OperationRow) == []
