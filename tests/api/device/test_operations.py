"""Operations as phones meet them over HTTP: listed, claimed, approved, rejected, refused."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.demo.phone.calls import TOKEN, Call, compact
from app.demo.phone.signing import POSSESSION, Proof
from app.mtoken.operation_views import NewOperation
from app.store.audit import AuditEntry
from app.store.operations import OperationRecord, OperationRow
from tests.support.device import KNOWLEDGE, PREFIX, WRONG, change, now, paired
from tests.support.operations import PAYMENT_DATA, PAYMENT_FORM
from tests.support.store import all_of, on_sqlite, reading, serving, writing
from tests.support.threads import at_once

pytest_plugins = ["tests.support.lasting"]

APP = "/api/auth/token/app/operation"
BIOMETRY = Proof("possession_biometry")
BOTH_KINDS = Proof("possession_knowledge_biometry", KNOWLEDGE.pin)
USERS = iter(range(10_000_000, 99_999_999))
HEADERS = {"User-Agent": "MobileToken/1.9", "Accept-Language": "en"}


class Person:
    """A user with a phone that has its token."""

    def __init__(self, app, **wish):
        self.app = app
        self.user = wish.pop("user_id", None) or str(next(USERS))
        self.phone = paired(app, user_id=self.user, **wish)
        self.phone.create_token()

    def operation(self, **wanted):
        usual = {
            "template": "payment",
            "applications": (self.phone.row.application_id,),
            "user_id": self.user,
            "data": PAYMENT_DATA,
            "form_data": PAYMENT_FORM,
        }
        with serving(self.app) as services:
            operation = services.operations.create(NewOperation(**{**usual, **wanted}))
            services.commit()
        return operation

    def ask(self, path, value=None, **headers):
        call = self.phone.handset.with_token(f"{APP}{path}", value or {}, now())
        return self.send(call, **headers)

    def detail(self, operation_id, path="/detail", **headers):
        return self.ask(path, {"requestObject": {"id": operation_id}}, **headers)

    def listed(self, **headers):
        answer = self.ask("/list", **headers)
        assert answer.status_code == 200, answer.text
        return answer.json["responseObject"]

    def history(self, proof=KNOWLEDGE):
        return self.signed("/history", "/operation/history", {}, proof)

    def approve(self, operation, proof=KNOWLEDGE, data=None, **more):
        value = {"id": operation.id, "data": operation.data if data is None else data, **more}
        return self.signed("/authorize", "/operation/authorize", {"requestObject": value}, proof)

    def reject(self, operation, proof=POSSESSION, **more):
        value = {"requestObject": {"id": operation.id, **more}}
        return self.signed("/cancel", "/operation/cancel", value, proof)

    def signed(self, path, uri_id, value, proof=KNOWLEDGE):
        return self.send(self.phone.handset.signed(f"{APP}{path}", uri_id, value, proof))

    def send(self, call, **headers):
        return self.app.test_client().post(
            PREFIX + call.path, data=call.body, headers={**HEADERS, **call.headers, **headers}
        )

    def cancel(self, operation):
        with serving(self.app) as services:
            services.operations.cancel(operation.id)
            services.commit()


def row(app, operation):
    with reading(app) as session:
        return session.get(OperationRow, operation.id)


def refusal(answer):
    assert answer.json["status"] == "ERROR"
    assert set(answer.json["responseObject"]) == {"code", "message"}
    return answer.status_code, answer.json["responseObject"]["code"]


@pytest.fixture
def person(lasting_app):
    return Person(lasting_app)


# --- what a phone is told ---------------------------------------------------------------------


def test_a_phone_lists_what_waits_for_it_in_the_form_of_the_paper(person):
    operation = person.operation()
    answer = person.ask("/list")
    assert set(answer.json) == {"status", "responseObject", "currentTimestamp"}
    (shown,) = answer.json["responseObject"]
    created = operation.created_at.strftime("%Y-%m-%dT%H:%M:%S+0000")
    expires = operation.expires_at.strftime("%Y-%m-%dT%H:%M:%S+0000")
    assert shown == {
        "id": operation.id,
        "name": "authorize_payment",
        "data": PAYMENT_DATA,
        "status": "PENDING",
        "statusReason": None,
        "operationCreated": created,
        "operationExpires": expires,
        "ui": {"flipButtons": False, "blockApprovalOnCall": False},
        "allowedSignatureType": {
            "type": "2FA",
            "variants": ["possession_knowledge", "possession_biometry"],
        },
        "formData": {
            "title": "Confirm Payment",
            "message": "Hello,\nplease confirm following payment:",
            "resultTexts": {
                "success": "Approved.",
                "failure": "It could not be approved.",
                "reject": "Rejected.",
            },
            "attributes": [
                {
                    "type": "AMOUNT",
                    "id": "operation.amount",
                    "label": "Amount",
                    "amount": 100,
                    "currency": "CZK",
                    "amountFormatted": "100.00",
                    "currencyFormatted": "CZK",
                    "valueFormatted": "100.00 CZK",
                },
                {
                    "type": "KEY_VALUE",
                    "id": "operation.account",
                    "label": "To account",
                    "value": "238400856/0300",
                },
            ],
        },
    }
    assert person.detail(operation.id).json["responseObject"] == shown


@on_sqlite
def test_times_are_written_without_a_colon_in_their_zone(app):
    with time_machine.travel("2018-07-02T14:43:13Z", tick=False):
        person = Person(app)
        person.operation()
        answer = person.ask("/list").json
    assert answer["currentTimestamp"] == "2018-07-02T14:43:13+0000"
    assert answer["responseObject"][0]["operationCreated"] == "2018-07-02T14:43:13+0000"
    assert answer["responseObject"][0]["operationExpires"] == "2018-07-02T14:48:13+0000"


@pytest.mark.parametrize(
    ("asked", "title", "amount"),
    [
        ("cs", "Potvrzení platby", "100,00"),
        ("cs-CZ,cs;q=0.9,en;q=0.5", "Potvrzení platby", "100,00"),
        ("en-US", "Confirm Payment", "100.00"),
        ("xx", "Confirm Payment", "100.00"),
        ("xx, cs;q=0.5", "Potvrzení platby", "100,00"),
        ("", "Confirm Payment", "100.00"),
        ("\x7f;q=z,,*", "Confirm Payment", "100.00"),
    ],
)
def test_a_phone_reads_its_own_language(lasting_app, asked, title, amount):
    person = Person(lasting_app)
    person.operation()
    (shown,) = person.listed(**{"Accept-Language": asked})
    assert shown["formData"]["title"] == title
    assert shown["formData"]["attributes"][0]["amountFormatted"] == amount


@on_sqlite
def test_every_kind_of_attribute_is_told_in_the_dialect(app):
    person = Person(app)
    form = {
        "title": {"id": "operation.title"},
        "banners": [{"bannerType": "BANNER_WARNING", "id": "operation.note"}],
        "parameters": [
            {"type": "AMOUNT", "id": "operation.amount", "amount": 1234.5, "currency": "EUR"},
            {"type": "KEY_VALUE", "id": "operation.dueDate", "valueFormatType": "DATE",
             "value": "2017-06-29"},
            {"type": "NOTE", "id": "operation.note", "note": "two\nlines"},
            {"type": "HEADING", "id": "operation.text", "value": "Payee"},
            {"type": "BANNER", "id": "operation.reference", "bannerType": "BANNER_ERROR"},
            {"type": "PARTY_INFO", "id": "operation.bic",
             "partyInfo": {"name": "Shop", "logoUrl": "https://shop.example/logo.png"}},
            {"type": "BANK_ACCOUNT_CHOICE", "id": "operation.bankAccountChoice", "bankAccounts": [
                {"number": "1/0300", "accountId": "a", "name": "One", "usableForPayment": True},
                {"number": "2/0300", "accountId": "b", "name": "Two", "usableForPayment": True},
            ]},
        ],
        "userInput": {"operation.bankAccountChoice": "b"},
    }  # fmt: skip
    person.operation(form_data=form)
    (shown,) = person.listed()
    alert, amount, day, note, heading, banner, party, account = shown["formData"]["attributes"]
    assert alert["alertType"] == "WARNING"
    assert {k: alert[k] for k in ("type", "title", "message")} == {
        "type": "ALERT", "title": "", "message": "Note",
    }  # fmt: skip
    assert amount["valueFormatted"] == "€1,234.50 (EUR)"
    assert (amount["amountFormatted"], amount["currencyFormatted"]) == ("1,234.50", "€ (EUR)")
    assert day["value"] == "29 Jun 2017"
    assert note["note"] == "two\nlines"
    assert (heading["type"], heading["label"]) == ("HEADING", "Payee")
    assert banner["alertType"] == "ERROR"
    assert party["partyInfo"] == {"name": "Shop", "logoUrl": "https://shop.example/logo.png"}
    assert (account["type"], account["label"], account["value"]) == (
        "KEY_VALUE", "From account", "2/0300",
    )  # fmt: skip


@on_sqlite
def test_an_account_that_nobody_has_chosen_is_not_told(app):
    person = Person(app)
    accounts = [{"number": "1/0300", "accountId": "a", "name": "One", "usableForPayment": True}]
    choice = {
        "type": "BANK_ACCOUNT_CHOICE",
        "id": "operation.bankAccountChoice",
        "bankAccounts": accounts,
    }
    person.operation(form_data={"parameters": [choice]})
    assert person.listed()[0]["formData"]["attributes"] == []


@on_sqlite
def test_risk_flags_and_screens_reach_the_app(app):
    person = Person(app)
    plain, risky, own = person.operation(), person.operation(), person.operation()
    with writing(app) as session:
        session.get(OperationRow, risky.id).risk_flags = "XCF"
        session.get(OperationRow, own.id).ui = {"flipButtons": True}
        session.get(OperationRow, own.id).risk_flags = "C"
    screens = {each["id"]: each["ui"] for each in person.listed()}
    assert screens[plain.id] == {"flipButtons": False, "blockApprovalOnCall": False}
    assert screens[own.id] == {"flipButtons": True}
    assert screens[risky.id]["flipButtons"] is screens[risky.id]["blockApprovalOnCall"] is True
    assert screens[risky.id]["preApprovalScreen"]["type"] == "WARNING"
    assert screens[risky.id]["preApprovalScreen"]["heading"] == "Beware of fraud"
    near = person.operation(proximity_check=True)
    shown = person.detail(near.id).json["responseObject"]["ui"]["preApprovalScreen"]
    assert (shown["type"], shown["heading"]) == ("QR_SCAN", "Scan the code")


@on_sqlite
def test_the_newest_comes_first_and_the_history_has_all(app):
    person = Person(app)
    ids = [person.operation().id for _ in range(3)]
    assert [each["id"] for each in person.listed()] == ids[::-1]
    with reading(app) as session:
        first = session.get(OperationRow, ids[0])
    person.approve(first)
    assert [each["id"] for each in person.listed()] == [ids[2], ids[1]]
    told = person.history().json
    assert [each["id"] for each in told["responseObject"]] == ids[::-1]
    assert [each["status"] for each in told["responseObject"]] == ["PENDING"] * 2 + ["APPROVED"]
    assert "currentTimestamp" in told


# --- approval and rejection -------------------------------------------------------------------


@pytest.mark.parametrize("proof", [KNOWLEDGE, BIOMETRY], ids=["knowledge", "biometry"])
def test_a_phone_approves(person, lasting_app, proof):
    operation = person.operation()
    told = {"preApprovalScreens": [{"id": "WARNING"}]}
    answer = person.approve(operation, proof, mobileTokenData=told)
    assert (answer.status_code, answer.json) == (200, {"status": "OK"})
    found = row(lasting_app, operation)
    assert found.status == "APPROVED"
    assert found.additional_data == {
        "activationId": person.phone.id,
        "applicationId": person.phone.row.application_id,
        "ipAddress": "127.0.0.1",
        "userAgent": "MobileToken/1.9",
        "authFactor": proof.kind.upper(),
        "mobileTokenData": told,
    }
    assert refusal(person.approve(operation)) == (400, "OPERATION_ALREADY_FINISHED")
    assert refusal(person.detail(operation.id)) == (400, "OPERATION_ALREADY_FINISHED")
    assert person.history().json["responseObject"][0]["status"] == "APPROVED"


@on_sqlite
def test_the_audit_trail_names_the_phone(app):
    person = Person(app)
    approved, rejected, claimed = (
        person.operation(), person.operation(), person.operation(user_id=None),
    )  # fmt: skip
    person.approve(approved)
    person.reject(rejected)
    person.detail(claimed.id, "/detail/claim")
    names = {"operation.approved", "operation.rejected", "operation.claimed"}
    told = {e.name: e for e in all_of(app, AuditEntry) if e.name in names}
    assert told.keys() == names
    assert {entry.actor for entry in told.values()} == {f"phone:{person.phone.id}"}
    assert told["operation.approved"].subject == approved.id
    assert told["operation.approved"].facts["registration"] == person.phone.id


def test_a_phone_rejects_by_possession_alone(person, lasting_app):
    operation = person.operation()
    assert refusal(person.reject(operation, KNOWLEDGE)) == (401, "POWERAUTH_AUTH_FAIL")
    assert person.reject(operation, reason="INCORRECT_DATA").json == {"status": "OK"}
    found = row(lasting_app, operation)
    assert found.status == "REJECTED"
    assert found.additional_data["rejectReason"] == "INCORRECT_DATA"
    assert refusal(person.reject(operation)) == (400, "OPERATION_ALREADY_FINISHED")


def test_a_wrong_signature_counts_against_the_operation(person, lasting_app):
    operation = person.operation()
    assert refusal(person.approve(operation, WRONG)) == (401, "POWERAUTH_AUTH_FAIL")
    found = row(lasting_app, operation)
    assert (found.status, found.failures) == ("PENDING", 1)
    assert found.additional_data == {"ipAddress": "127.0.0.1", "userAgent": "MobileToken/1.9"}
    assert person.phone.row.failed_attempts == 1
    assert person.approve(operation).status_code == 200


def test_a_wrong_signature_of_a_stranger_costs_an_operation_nothing(person, lasting_app):
    operation, stranger = person.operation(), Person(lasting_app)
    assert refusal(stranger.approve(operation, WRONG)) == (401, "POWERAUTH_AUTH_FAIL")
    assert row(lasting_app, operation).failures == 0


def test_changed_data_are_refused_counted_and_committed(person, lasting_app):
    operation = person.operation()
    changed = PAYMENT_DATA.replace("100", "900")
    assert refusal(person.approve(operation, data=changed)) == (401, "OPERATION_FAILED")
    assert row(lasting_app, operation).failures == 1
    for _ in range(3):
        person.approve(operation, data=changed)
    assert refusal(person.approve(operation, data=changed)) == (400, "OPERATION_ALREADY_FAILED")
    assert row(lasting_app, operation).status == "FAILED"
    assert refusal(person.approve(operation)) == (400, "OPERATION_ALREADY_FAILED")


def test_a_factor_that_is_not_allowed_is_refused_and_counted(person, lasting_app):
    operation = person.operation()
    with writing(lasting_app) as session:
        session.get(OperationRow, operation.id).factors = ["possession_knowledge"]
    for number, proof in enumerate((BIOMETRY, POSSESSION, BOTH_KINDS), start=1):
        assert refusal(person.approve(operation, proof)) == (401, "POWERAUTH_AUTH_FAIL")
        assert row(lasting_app, operation).failures == number
    assert person.approve(operation).status_code == 200


@on_sqlite
def test_where_one_factor_is_enough_the_app_is_told(app):
    person = Person(app)
    operation = person.operation(template="login")
    with writing(app) as session:
        session.get(OperationRow, operation.id).factors = ["possession"]
    (shown,) = person.listed()
    assert shown["allowedSignatureType"] == {"type": "1FA", "variants": ["possession"]}
    assert person.approve(operation, POSSESSION).status_code == 200


def test_a_phone_that_has_not_read_the_page_does_not_approve(person, lasting_app):
    operation = person.operation(proximity_check=True)
    assert refusal(person.approve(operation)) == (401, "OPERATION_FAILED")
    with serving(lasting_app, writing=False) as services:
        otp = services.operations.proximity_otp(operation.id)
    wrong = {"otp": str((int(otp) + 1) % 10**8).zfill(8), "type": "QR_CODE"}
    assert refusal(person.approve(operation, proximityCheck=wrong)) == (401, "OPERATION_FAILED")
    right = {"otp": otp, "type": "DEEPLINK", "timestampReceived": 1, "timestampSent": "x"}
    assert person.approve(operation, proximityCheck=right).status_code == 200


@on_sqlite
@pytest.mark.parametrize("flag", ["VERIFICATION_PENDING", "VERIFICATION_IN_PROGRESS"])
def test_who_is_being_verified_does_not_approve(app, flag):
    person = Person(app, flags=(flag,))
    operation = person.operation()
    assert refusal(person.approve(operation)) == (401, "POWERAUTH_AUTH_FAIL")
    assert row(app, operation).failures == 0


# --- states -----------------------------------------------------------------------------------


def test_a_withdrawn_operation_is_over_for_the_phone(person):
    operation = person.operation()
    person.cancel(operation)
    expected = (400, "OPERATION_ALREADY_CANCELED")
    assert refusal(person.detail(operation.id)) == expected
    assert refusal(person.detail(operation.id, "/detail/claim")) == expected
    assert refusal(person.approve(operation)) == expected
    assert refusal(person.reject(operation)) == expected
    assert person.listed() == []


@on_sqlite
def test_an_operation_whose_time_is_over_is_over_for_the_phone(app):
    person = Person(app)
    operation = person.operation()
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False):
        expected = (400, "OPERATION_EXPIRED")
        assert person.listed() == []
        assert refusal(person.detail(operation.id)) == expected
        assert refusal(person.approve(operation)) == expected
        assert refusal(person.reject(operation)) == expected
        (told,) = person.history().json["responseObject"]
        assert told["status"] == "EXPIRED"


def test_the_first_to_claim_owns_an_operation(person, lasting_app):
    operation, other = person.operation(user_id=None), Person(lasting_app)
    assert person.listed() == []
    claimed = person.detail(operation.id, "/detail/claim")
    assert claimed.json["responseObject"]["id"] == operation.id
    assert [each["id"] for each in person.listed()] == [operation.id]
    assert refusal(other.detail(operation.id, "/detail/claim")) == (400, "INVALID_OPERATION")
    assert refusal(other.approve(operation)) == (400, "INVALID_OPERATION")
    assert person.approve(operation).status_code == 200


def test_what_is_anothers_looks_like_what_does_not_exist(person, lasting_app):
    operation, other = person.operation(), Person(lasting_app)
    before = row(lasting_app, operation)
    nothing = type(operation)(**{**vars(operation), "id": "7f3c"})
    for found in (operation, nothing):
        answers = [
            other.detail(found.id),
            other.detail(found.id, "/detail/claim"),
            other.approve(found),
            other.approve(found, data="A2"),
            other.reject(found),
        ]
        assert {refusal(answer) for answer in answers} == {(400, "INVALID_OPERATION")}
        assert len({answer.data for answer in answers}) == 1
    assert other.listed() == []
    assert other.history().json["responseObject"] == []
    after = row(lasting_app, operation)
    assert (after.status, after.failures, after.version) == (before.status, 0, before.version)


def test_a_phone_lists_what_waits_in_its_own_application_alone(person, lasting_app):
    with serving(lasting_app) as services:
        services.mtoken.applications.ensure("another", "Another")
        services.commit()
    own, foreign = person.operation(), person.operation(applications=("another",))
    assert [each["id"] for each in person.listed()] == [own.id]
    assert refusal(person.detail(foreign.id)) == (400, "INVALID_OPERATION")
    shown = person.history().json["responseObject"]
    assert [each["id"] for each in shown] == [own.id]


# --- who asks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["block", "remove"])
def test_a_blocked_or_removed_phone_lists_nothing(lasting_app, act):
    person = Person(lasting_app)
    person.operation()
    assert len(person.listed()) == 1
    change(lasting_app, act, person.phone.id)
    assert refusal(person.ask("/list")) == (401, "POWERAUTH_AUTH_FAIL")


@pytest.mark.parametrize("path", ["/list", "/detail", "/detail/claim"])
def test_without_the_token_of_a_living_phone_nothing_is_told(lasting_app, path):
    person = Person(lasting_app)
    body = {"requestObject": {"id": person.operation().id}}
    bare = Call(f"{APP}{path}", compact(body), {})
    assert refusal(person.send(bare)) == (401, "POWERAUTH_AUTH_FAIL")
    assert refusal(person.send(bare, **{TOKEN: "PowerAuth x"})) == (401, "POWERAUTH_AUTH_FAIL")
    assert person.ask(path, body).status_code == 200
    used = person.phone.handset.with_token(f"{APP}{path}", body, now())
    assert person.send(used).status_code == 200
    assert refusal(person.send(used)) == (401, "POWERAUTH_AUTH_FAIL")  # once is enough
    change(lasting_app, "block", person.phone.id)
    assert refusal(person.ask(path, body)) == (401, "POWERAUTH_AUTH_FAIL")


def test_the_history_needs_two_factors(person):
    person.operation()
    assert refusal(person.history(POSSESSION)) == (401, "POWERAUTH_AUTH_FAIL")
    assert len(person.history().json["responseObject"]) == 1
    assert len(person.history(BIOMETRY).json["responseObject"]) == 1


@on_sqlite
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, (400, "INVALID_REQUEST")),
        ({"requestObject": None}, (400, "INVALID_REQUEST")),
        ({"requestObject": {}}, (401, "POWERAUTH_AUTH_FAIL")),
        ({"requestObject": {"id": None}}, (401, "POWERAUTH_AUTH_FAIL")),
        ({"requestObject": {"id": 7}}, (401, "POWERAUTH_AUTH_FAIL")),
        ({"requestObject": {"id": ""}}, (400, "INVALID_REQUEST")),
        ({"requestObject": {"id": "x" * 65, "data": "A2"}}, (400, "INVALID_REQUEST")),
        ({"requestObject": {"id": "x"}}, (400, "INVALID_REQUEST")),
        ({"requestObject": {"id": "x", "data": 7}}, (400, "INVALID_REQUEST")),
        ({"requestObject": {"id": "x", "data": "\x00"}}, (400, "INVALID_REQUEST")),
        (
            {"requestObject": {"id": "x", "data": "A2", "proximityCheck": "12345678"}},
            (400, "INVALID_REQUEST"),
        ),
    ],
)
def test_what_cannot_be_read_uses_the_signature_up(app, value, expected):
    person = Person(app)
    before = person.phone.row.counter
    answer = person.signed("/authorize", "/operation/authorize", value)
    assert refusal(answer) == expected
    assert person.phone.row.counter == before + 1


@on_sqlite
def test_a_signature_approves_once(app):
    person = Person(app)
    operation, other = person.operation(), person.operation()
    value = {"requestObject": {"id": operation.id, "data": operation.data}}
    call = person.phone.handset.signed(f"{APP}/authorize", "/operation/authorize", value, KNOWLEDGE)
    assert person.send(call).status_code == 200
    assert refusal(person.send(call)) == (401, "POWERAUTH_AUTH_FAIL")
    moved = Call(call.path, call.body.replace(operation.id.encode(), other.id.encode()),
                 call.headers)  # fmt: skip
    assert refusal(person.send(moved)) == (401, "POWERAUTH_AUTH_FAIL")
    assert row(app, other).status == "PENDING"


def test_of_two_phones_that_approve_at_once_one_does(lasting_app):
    first = Person(lasting_app)
    second = Person(lasting_app, user_id=first.user)
    for _ in range(3):
        operation = first.operation()
        answers = at_once(
            lambda o=operation: first.approve(o).status_code,
            lambda o=operation: second.approve(o).status_code,
        )
        assert sorted(answers) == [200, 400]
        told = [r.event for r in all_of(lasting_app, OperationRecord)
                if r.operation_id == operation.id]  # fmt: skip
        assert sorted(told) == ["operation.approved", "operation.created"]
