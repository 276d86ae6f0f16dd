"""The Mobile Token in the flows: the phone signs what the page shows, and the page goes on."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.mtoken.operation_views import NewOperation
from app.store.flows import FlowRecord
from app.store.operations import OperationRow
from app.store.otps import SmsAuthorization
from tests.support.databases import built
from tests.support.device import KNOWLEDGE, WRONG, change
from tests.support.store import all_of, on_sqlite, parts_of, put_in, serving
from tests.support.walker import PAYMENT, USER, Walker
from tests.support.walker_phone import WalkerPhone

CONFIRM = "Confirm in your mobile app"


@pytest.fixture
def phone(app):
    return WalkerPhone(app)


@pytest.fixture
def walker(app, phone):
    walker = Walker(app)
    walker.start_payment()
    return walker


def later(**time):
    return time_machine.travel(clock.now() + timedelta(**time), tick=False)


def signal(walker):
    answer = walker.client.get(f"{walker.address}/signal")
    assert answer.status_code == 200, answer.text
    return answer.json["signal"]


def test_a_payment_is_approved_by_the_phone_alone(app, walker, phone):  # 57, 97, 107
    page = walker.name()
    assert CONFIRM in page.text
    (login,) = phone.pending()
    assert (login["name"], login["data"]) == ("login", "A2")
    assert phone.approve().status_code == 200
    assert walker.press("continue").text.count("Continue to approval")
    page = walker.choose()
    assert CONFIRM in page.text
    assert "238400856/0300" in page.text
    (payment,) = phone.pending()
    assert (payment["name"], payment["data"]) == ("authorize_payment", PAYMENT["operationData"])
    assert phone.approve().status_code == 200
    walker.press("continue")
    walker.agree()
    assert "code" in walker.leave()
    assert all_of(app, SmsAuthorization) == []
    proved = [record.instruments for record in all_of(app, FlowRecord) if record.instruments]
    assert proved == [["POWERAUTH_TOKEN"], ["POWERAUTH_TOKEN"]]


def test_without_a_confirmation_the_button_goes_nowhere(walker, phone):
    walker.name()
    page = walker.press("continue")
    assert "We have no confirmation from your phone yet." in page.text
    assert walker.flow().attempts == 0
    assert phone.approve(WRONG).status_code == 401
    assert "no confirmation" in walker.press("continue").text
    assert walker.flow().step == "LOGIN_SCA"


def test_a_rejection_on_the_phone_ends_the_flow_as_a_cancellation(app, walker, phone):  # 99
    walker.name()
    assert phone.reject().status_code == 200
    walker.press("continue")
    assert (walker.flow().result, walker.flow().canceled) == ("FAILED", True)
    assert "You rejected the request in the mobile app" in walker.reload().text
    assert walker.leave()["error"] == "access_denied"


def test_five_wrong_signatures_end_the_flow(walker, phone):
    walker.name()
    (operation,) = phone.pending()
    value = {"requestObject": {"id": operation["id"], "data": operation["data"]}}
    for _ in range(5):
        answer = phone.signed("/authorize", "/operation/authorize", value, WRONG)
        assert answer.status_code == 401
    walker.press("continue")
    assert walker.flow().result_reason == "authentication.maxAttemptsExceeded"


def test_the_code_is_sent_at_the_click_and_not_earlier(app, walker, phone):  # 57
    walker.name()
    assert all_of(app, SmsAuthorization) == []
    page = walker.press("sms")
    assert "Enter your password and SMS code" in page.text
    assert phone.pending() == []
    walker.prove()
    assert walker.flow().step == "APPROVAL_SCA"


def test_cancelling_takes_the_question_from_the_phone(walker, phone):
    walker.name()
    assert len(phone.pending()) == 1
    walker.press("cancel")
    assert phone.pending() == []


def test_a_question_that_is_over_can_be_asked_again(app, walker, phone):
    walker.name()
    with serving(app) as services:
        services.operations.cancel(walker.flow().mtoken_operation_id)
        services.commit()
    assert "The request in the mobile app is over." in walker.press("continue").text
    assert "The request in the mobile app is over." in walker.reload().text
    with later(seconds=16):
        assert CONFIRM in walker.press("ask").text
        phone.approve()
        walker.press("continue")
    assert walker.flow().step == "APPROVAL_SCA"


def test_asking_again_withdraws_what_was_asked_before(walker, phone):
    walker.name()
    (first,) = phone.pending()
    with later(seconds=16):
        walker.press("ask")
        (second,) = phone.pending()
    assert first["id"] != second["id"]


def test_the_phone_has_its_time_before_it_is_asked_again(walker, phone):
    walker.name()
    (first,) = phone.pending()
    page = walker.press("ask")
    assert "Please wait a moment before you ask the phone again." in page.text
    assert phone.pending() == [first]


@on_sqlite
def test_whoever_knows_a_login_number_alone_makes_no_phone_ring_for_ever(settings):
    mtoken = settings.mtoken.model_copy(update={"requests_per_hour": 2})
    with built(settings.model_copy(update={"mtoken": mtoken})) as app:
        WalkerPhone(app)

        def try_to_sign_in():
            walker = Walker(app)
            walker.start_payment()
            return walker.name().text

        asked = [CONFIRM in try_to_sign_in() for _ in range(8)]
        assert asked == [True] * 6 + [False] * 2
        silent = [row.silent for row in all_of(app, OperationRow)]
        assert sorted(silent) == [False] * 2 + [True] * 4
        with later(minutes=61):
            assert CONFIRM in try_to_sign_in()


def test_the_phone_shows_who_asks_and_the_account_that_was_chosen(walker, phone):
    def shown():
        (operation,) = phone.pending()
        attributes = operation["formData"]["attributes"]
        return {each["id"]: each.get("value") for each in attributes}

    walker.name()
    assert shown() == {"login.application": "Demo application"}
    phone.approve()
    walker.press("continue")
    walker.choose("1")
    number = walker.flow().debit_account["number"]
    assert shown()["operation.debitAccount"] == number


@on_sqlite
@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({"mobileTokenEnabled": False}, None),
        ({"mobileTokenMode": '{"type":"2FA","variants":["possession_knowledge"]}'}, ["knowledge"]),
        ({"mobileTokenMode": '{"type":"1FA"}'}, ["knowledge", "biometry"]),
        ({"mobileTokenMode": "no JSON"}, None),
    ],
)
def test_operators_say_whether_and_how_phones_are_asked(app, walker, phone, changed, allowed):
    config = {
        "operationName": "authorize_payment_sca",
        "templateVersion": "A",
        "templateId": 1,
        "mobileTokenEnabled": True,
        "mobileTokenMode": '{"type":"2FA","variants":["possession_biometry"]}',
        "afsEnabled": False,
    }
    answer = app.test_client().put(
        "/powerauth-nextstep/operation/config", json={"requestObject": config | changed}
    )
    assert answer.status_code == 200, answer.text
    page = walker.name()
    if allowed is None:
        assert "Enter your password and SMS code" in page.text
        return
    (operation,) = phone.pending()
    variants = ["_".join(("possession", *filter(None, [each]))) for each in allowed]
    assert operation["allowedSignatureType"]["variants"] == variants


def test_whoever_the_bank_blocks_while_the_phone_is_asked_does_not_get_through(app, phone):
    class Closing:
        """The demo's bank, which blocks everybody at a moment."""

        def __init__(self, bank):
            self.bank, self.is_open = bank, True

        def __getattr__(self, name):
            return getattr(self.bank, name)

        def user(self, user_id, organization_id):
            found = self.bank.user(user_id, organization_id)
            return replace(found, active=found.active and self.is_open)

    closing = Closing(parts_of(app).bank)
    put_in(app, bank=closing)
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    phone.approve()
    closing.is_open = False
    walker.press("continue")
    assert walker.flow().result == "FAILED"
    assert walker.flow().authenticated_at is None


@on_sqlite
def test_a_phone_whose_owner_is_being_verified_is_not_asked(app, phone):
    change(app, "flag", phone.device.id, add=["VERIFICATION_PENDING"])
    walker = Walker(app)
    walker.start_payment()
    assert "Enter your password and SMS code" in walker.name().text


@on_sqlite
def test_what_a_phone_approved_for_another_flow_counts_nowhere_else(app, walker, phone):
    walker.name()
    with serving(app) as services:
        other = services.operations.create(
            NewOperation(
                template="login", applications=("demo",), user_id=USER, data="A2", external_id="x"
            )
        )
        services.session.get_one(
            type(walker.flow()), walker.flow().id
        ).mtoken_operation_id = other.id
        services.commit()
    value = {"requestObject": {"id": other.id, "data": "A2"}}
    assert phone.signed("/authorize", "/operation/authorize", value, KNOWLEDGE).status_code == 200
    walker.reload()
    walker.press("continue")
    assert walker.flow().step == "LOGIN_SCA"


@on_sqlite
def test_the_signal_changes_when_the_phone_has_answered_and_extends_nothing(walker, phone):  # 98
    page = walker.name()
    before = signal(walker)
    assert f'data-signal="{before}"' in page.html
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        deadline = walker.flow().expires_at
        assert signal(walker) == before
        phone.approve()
        assert signal(walker) == before.replace("PENDING", "APPROVED")
        assert walker.flow().expires_at == deadline
        walker.press("cancel")
        assert signal(walker) == "ended"


@on_sqlite
def test_the_signal_is_for_the_browser_that_owns_the_flow(app, walker):
    walker.name()
    answer = app.test_client().get(f"{walker.address}/signal")
    assert answer.status_code in (403, 404, 409)


@on_sqlite
def test_a_blocked_phone_is_not_asked(app, walker, phone):
    with serving(app) as services:
        services.mtoken.registrations.block(phone.device.id)
        services.commit()
    assert "Enter your password and SMS code" in walker.name().text


@on_sqlite
def test_the_page_is_the_same_twice_and_asks_nobody_anew(walker, phone):
    walker.name()
    asked = phone.pending()
    walker.reload()
    walker.reload("?lang=cs")
    assert phone.pending() == asked


@on_sqlite
def test_the_phone_of_a_user_whom_the_bank_has_blocked_is_not_asked(app):
    phone = WalkerPhone(app, user="blocked12")
    walker = Walker(app)
    walker.start_payment(userId="blocked12", organizationId="RETAIL")
    assert "Enter your password and SMS code" in walker.page.text
    assert phone.pending() == []
    assert all_of(app, SmsAuthorization) == []


@pytest.fixture
def near(settings):
    """An application whose customers must hold the phone beside the page."""
    mtoken = settings.mtoken.model_copy(update={"proximity_check": True})
    with built(settings.model_copy(update={"mtoken": mtoken})) as app:
        yield app


def number_of(page):
    found = re.search(r"<output>\s*<bdi[^>]*>(\d{4})&nbsp;(\d{4})</bdi>", page.html)
    assert found, page.text
    return found[1] + found[2]


@on_sqlite
def test_the_phone_proves_that_it_is_near_the_page(near):
    phone, walker = WalkerPhone(near), Walker(near)
    walker.start_payment()
    page = walker.name()
    (operation,) = phone.pending()
    wanted = {"id": operation["id"], "data": operation["data"]}

    def approve(**more):
        value = {"requestObject": wanted | more}
        return phone.signed("/authorize", "/operation/authorize", value, KNOWLEDGE).status_code

    assert approve() == 401
    assert approve(proximityCheck={"otp": "00000000", "type": "QR_CODE"}) == 401
    assert approve(proximityCheck={"otp": number_of(page), "type": "QR_CODE"}) == 200
    walker.press("continue")
    assert walker.flow().step == "APPROVAL_SCA"


@on_sqlite
def test_the_number_on_the_page_changes_every_half_minute(near):
    WalkerPhone(near)
    walker = Walker(near)
    walker.start_payment()
    page = walker.name()
    first, moment = number_of(page), clock.now()
    assert f"potp={first}" in page.html
    assert page.content.refresh[0] <= 30
    with time_machine.travel(moment + timedelta(seconds=31), tick=False):
        assert number_of(walker.reload()) != first


@on_sqlite
def test_a_page_that_needs_no_number_shows_none_and_stays(walker):
    page = walker.name()
    assert "potp" not in page.html
    assert page.content.refresh[0] > 200  # at the end of its time


@on_sqlite
def test_a_back_end_that_stops_asking_the_phone_leaves_a_page_with_ways_on(app, walker, phone):
    walker.name()
    wanted = {"operationId": walker.flow().id, "mobileTokenActive": False}
    http = app.test_client()
    answer = http.put(
        "/powerauth-nextstep/operation/mobileToken/status", json={"requestObject": wanted}
    )
    assert answer.status_code == 200, answer.text
    assert phone.pending() == []
    assert "The request in the mobile app is over." in walker.press("continue").text
    assert "The request in the mobile app is over." in walker.reload().text
    assert CONFIRM in walker.press("ask").text
    walker.press("offline")
    http.put("/powerauth-nextstep/operation/mobileToken/status", json={"requestObject": wanted})
    assert "This QR code is no longer valid." in walker.reload().text
    walker.press("offline")
    (operation,) = phone.pending()
    assert operation["name"] == "login"


@on_sqlite
def test_where_phones_may_not_be_asked_so_often_a_code_is_sent_instead(settings):
    mtoken = settings.mtoken.model_copy(update={"requests_per_hour": 1})
    with built(settings.model_copy(update={"mtoken": mtoken})) as app:
        WalkerPhone(app)
        walker = Walker(app)
        walker.start_payment()
        walker.name()
        for seconds in (16, 32):
            with later(seconds=seconds):
                assert CONFIRM in walker.press("ask").text
        with later(seconds=48):
            assert "Enter your password and SMS code" in walker.press("ask").text


@on_sqlite
def test_whoever_has_a_phone_that_signs_needs_no_number_for_messages(app, phone):
    class Silent:
        """The demo's bank, which knows nobody's number."""

        def __init__(self, bank):
            self.bank = bank

        def __getattr__(self, name):
            return getattr(self.bank, name)

        def find_user(self, username, organization_id):
            return self._without(self.bank.find_user(username, organization_id))

        def user(self, user_id, organization_id):
            return self._without(self.bank.user(user_id, organization_id))

        def _without(self, user):
            return user and replace(user, phone=None)

    put_in(app, bank=Silent(parts_of(app).bank))
    walker = Walker(app)
    walker.start_payment()
    assert CONFIRM in walker.name().text
    phone.approve()
    walker.press("continue")
    assert CONFIRM in walker.choose().text
    phone.approve()
    walker.press("continue")
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_only_requests_of_whoever_proved_nothing_are_counted(settings):
    mtoken = settings.mtoken.model_copy(update={"requests_per_hour": 1})
    with built(settings.model_copy(update={"mtoken": mtoken})) as app:
        phone = WalkerPhone(app)
        with serving(app) as services:
            for number in range(4):
                services.operations.create(
                    NewOperation(
                        template="login",
                        applications=("demo",),
                        user_id=USER,
                        data="A2",
                        external_id=f"of-a-back-end-{number}",
                    )
                )
            services.commit()
        walker = Walker(app)
        walker.start_payment()
        assert CONFIRM in walker.name().text
        newest = phone.pending()[0]
        rows = {row.id: row for row in all_of(app, OperationRow)}
        assert not rows[newest["id"]].silent
