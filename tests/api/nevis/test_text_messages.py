"""Text messages of the second façade: a number is enrolled, and approves."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app import clock
from app.settings import NevisSettings, Settings
from app.store.audit import AuditEntry
from app.store.operations import OperationRow
from app.store.outbox import OutboxRow
from app.store.transactions import TransactionRow
from app.store.users import PhoneNumberRow
from tests.support.databases import built
from tests.support.nevis import USERNAME, Nevis, other_instance
from tests.support.nevis_texts import (
    NUMBER,
    begin,
    code_in,
    sent,
    verification,
    verify,
    with_number,
)
from tests.support.nevis_users import user_of
from tests.support.store import all_of, only_one
from tests.support.threads import at_once

OTHER = "+41791234567"
MASKED = "+42*******456"


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08}"


def refused(nevis: Nevis, status: int, user_id: str, code: str, token: str, **more: object) -> str:
    body = {"code": code, "statusToken": token}
    return nevis.refused(status, "POST", verification(user_id), body, **more)


def test_a_number_is_enrolled_by_the_code_that_was_sent_to_it(app: Flask):
    nevis = Nevis(app)
    user = begin(nevis)
    begun = user["enrollment"]
    assert set(begun) == {"transactionId", "statusToken"}
    assert (user["status"], user["phones"]) == ("new", [])
    (message,) = sent(app)
    assert message["to"] == NUMBER
    assert message["operation_id"] == begun["transactionId"]
    assert nevis.status(begun["statusToken"])["status"] == "pending"
    verify(nevis, user["userId"], code_in(message), begun["statusToken"])
    assert nevis.status(begun["statusToken"])["status"] == "succeeded"
    after = user_of(nevis)
    (phone,) = after["phones"]
    assert (phone["phone"], after["status"]) == (MASKED, "active")
    assert after["lastLoginDateSuccess"] is None  # an enrolment is no login


def test_who_has_a_number_approves_by_the_code_that_is_sent_there(app: Flask):
    nevis = Nevis(app)
    user_id = with_number(nevis)
    begun = nevis.approve(channel="sms", message="Pay 100 CZK? Code {{CODE}}.")
    assert set(begun) == {"transactionId", "statusToken"}
    (message,) = sent(app)
    code = code_in(message)
    assert message["to"] == NUMBER
    assert message["text"] == f"Pay 100 CZK? Code {code}."
    verify(nevis, user_id, code, begun["statusToken"])
    stands = nevis.status(begun["statusToken"])
    assert stands["status"] == "succeeded"
    assert nevis.introspect(stands["token"])["sub"] == user_id
    assert nevis.introspect(stands["token"]) == {"active": False}
    assert user_of(nevis)["lastLoginDateSuccess"] is not None


def test_a_prompt_by_text_message_needs_no_words_of_the_bank(app: Flask):
    nevis = Nevis(app)
    user_id = with_number(nevis)
    begun = nevis.approve(channel="sms", prompt=True)
    verify(nevis, user_id, code_in(sent(app)[0]), begun["statusToken"])


def test_a_code_that_was_sent_to_a_former_number_approves_nothing(app: Flask):
    nevis = Nevis(app)
    user_id = with_number(nevis)
    begun = nevis.approve(channel="sms")
    code = code_in(sent(app)[0])
    with_number(nevis, OTHER)
    assert refused(nevis, 422, user_id, code, begun["statusToken"]) == "transaction.over"
    assert nevis.status(begun["statusToken"])["status"] != "succeeded"


def test_a_code_works_once(app: Flask):
    nevis = Nevis(app)
    user = begin(nevis)
    token = user["enrollment"]["statusToken"]
    code = code_in(sent(app)[0])
    verify(nevis, user["userId"], code, token)
    assert refused(nevis, 422, user["userId"], code, token) == "transaction.over"


def test_of_two_right_codes_at_once_exactly_one_counts(app: Flask):
    nevis = Nevis(app)
    user_id = with_number(nevis)
    token = nevis.approve(channel="sms")["statusToken"]
    body = {"code": code_in(sent(app)[0]), "statusToken": token}
    answers = at_once(*[lambda: nevis.ask("POST", verification(user_id), body).status_code] * 4)
    assert sorted(answers) == [200, 422, 422, 422]


def test_wrong_codes_are_counted_and_the_last_one_ends_the_transaction(app: Flask):
    nevis = Nevis(app)
    user_id = with_number(nevis)
    token = nevis.approve(channel="sms")["statusToken"]
    code = code_in(sent(app)[0])
    for tried in range(1, 5):
        assert refused(nevis, 422, user_id, wrong(code), token) == "code.wrong"
        assert {row.failures for row in all_of(app, OperationRow)} == {0, tried}
    assert refused(nevis, 429, user_id, wrong(code), token) == "code.tooMany"
    assert refused(nevis, 429, user_id, code, token) == "code.tooMany"
    assert nevis.status(token)["status"] == "failed"
    assert user_of(nevis)["lastLoginDateFailure"] is not None


def test_a_code_of_one_transaction_ends_no_other(app: Flask):
    nevis = Nevis(app)
    user_id = with_number(nevis)
    first = nevis.approve(channel="sms")["statusToken"]
    code = code_in(sent(app)[0])
    second = nevis.approve(channel="sms")["statusToken"]
    assert refused(nevis, 422, user_id, code, second) == "code.wrong"
    verify(nevis, user_id, code, first)


def test_a_code_does_not_outlive_its_transaction(app: Flask):
    nevis = Nevis(app)
    user_id = with_number(nevis)
    token = nevis.approve(channel="sms")["statusToken"]
    code = code_in(sent(app)[0])
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        assert refused(nevis, 422, user_id, code, token) == "transaction.over"
        assert nevis.status(token)["status"] == "failed"


def test_a_code_is_verified_for_its_user_alone(app: Flask):
    nevis, other = Nevis(app), other_instance(app)
    user_id = with_number(nevis)
    neighbour = nevis.enroll("u99999")["userId"]
    token = nevis.approve(channel="sms")["statusToken"]
    code = code_in(sent(app)[0])
    assert refused(nevis, 404, neighbour, code, token) == "token.unknown"
    assert refused(nevis, 404, "nobody", code, token) == "user.unknown"
    assert refused(other, 404, user_id, code, token) == "user.unknown"
    assert refused(nevis, 401, user_id, code, token, bearer=None) == "authorization.missing"
    verify(nevis, user_id, code, token)


@pytest.mark.parametrize("token", ["nothing", "key", "app"])
def test_what_is_no_token_of_a_message_verifies_nothing(app: Flask, token):
    nevis = Nevis(app)
    user_id = with_number(nevis)
    nevis.with_app()
    tokens = {
        "nothing": "nothing",
        "key": nevis.key,
        "app": nevis.approve(channel="app")["statusToken"],
    }
    assert refused(nevis, 404, user_id, "12345678", tokens[token]) == "token.unknown"


def test_a_verification_needs_a_code_and_a_token(app: Flask):
    nevis = Nevis(app)
    path = verification(nevis.enroll()["userId"])
    assert nevis.refused(422, "POST", path, {"statusToken": "t"}) == "code.missing"
    assert nevis.refused(422, "POST", path, {"code": "12345678"}) == "request.invalid"


def test_an_intent_verifies_once_what_it_is_for(app: Flask):
    nevis = Nevis(app)
    user_id = with_number(nevis)
    token = nevis.approve(channel="sms")["statusToken"]
    code = code_in(sent(app)[0])
    for elsewhere in (
        nevis.intent("enroll"),
        nevis.intent("approve", channels=["app"]),
        nevis.intent("enroll", "u99999"),
    ):
        said = refused(nevis, 403, user_id, code, token, bearer=elsewhere)
        assert said == "authorization.invalid"
    fitting = nevis.intent("approve", channels=["sms"])
    assert refused(nevis, 422, user_id, wrong(code), token, bearer=fitting) == "code.wrong"
    assert refused(nevis, 403, user_id, code, token, bearer=fitting) == "authorization.invalid"
    verify(nevis, user_id, code, token, bearer=nevis.intent("approve"))


@pytest.mark.parametrize(
    "phone",
    [
        "420777123456",
        "00420777123456",
        "777123456",
        "+",
        "+420",
        "+420777",
        "+999777123456",
        "+420 777 123 45a",
        "+4209001234567",
        "+420900123456",
        "",
    ],
)
def test_what_is_no_number_of_a_person_is_refused(app: Flask, phone):
    nevis = Nevis(app)
    wanted = {"username": USERNAME, "channel": "sms", "phone": phone}
    assert nevis.refused(422, "POST", "/api/v1/users/enroll", wanted) == "phone.invalid"
    assert all_of(app, OutboxRow) == []


def test_a_number_is_needed_and_written_in_one_form(app: Flask):
    nevis = Nevis(app)
    wanted = {"username": USERNAME, "channel": "sms"}
    assert nevis.refused(422, "POST", "/api/v1/users/enroll", wanted) == "request.invalid"
    begin(nevis, "+420 777 123 456")
    assert sent(app)[0]["to"] == NUMBER


@pytest.mark.parametrize(
    "message",
    [
        "Code: {CODE}",
        "{{code}}",
        "Kód pro přihlášení: {{CODE}}",
        "{{CODE}}" + "x" * 460,
        "",
        "{{}}",
    ],
)
def test_a_message_is_gsm_7_and_has_a_place_for_the_code(app: Flask, message):
    nevis = Nevis(app)
    with_number(nevis)
    enrolling = {"username": USERNAME, "channel": "sms", "phone": NUMBER, "message": message}
    assert nevis.refused(422, "POST", "/api/v1/users/enroll", enrolling) == "message.invalid"
    approving = {"username": USERNAME, "channel": "sms", "message": message}
    nevis.refused(422, "POST", "/api/v1/approval", approving)
    assert sent(app) == []


@pytest.mark.parametrize("message", ["{{CODE}}", "<b>Größe</b> [1] € ~ {{CODE}}\nÆ {{CODE}}"])
def test_whatever_gsm_7_has_is_sent_as_it_is(app: Flask, message):
    nevis = Nevis(app)
    with_number(nevis)
    for ask in (begin, lambda nevis, **more: nevis.approve(channel="sms", **more)):
        ask(nevis, message=message)
        (told,) = sent(app)
        code = re.findall(r"\d{8}", told["text"])[0]
        assert told["text"] == message.replace("{{CODE}}", code)


@pytest.mark.parametrize(
    ("language", "words"),
    [("", "to REGISTER"), ("de-AT", "zum REGISTRIEREN"), ("cs", "pro REGISTRACI"), ("xx", "to")],
)
def test_without_a_message_the_number_is_told_in_its_language_what_the_code_is_for(
    app: Flask, language, words
):
    nevis = Nevis(app)
    headers = {"Authorization": f"Bearer {nevis.key}", "Accept-Language": language}
    wanted = {"username": USERNAME, "channel": "sms", "phone": NUMBER}
    path = f"/nevis/{nevis.instance}/api/v1/users/enroll"
    assert app.test_client().post(path, json=wanted, headers=headers).status_code == 201
    assert words in sent(app)[0]["text"]


def test_a_number_that_is_not_confirmed_gets_no_approval(app: Flask):
    nevis = Nevis(app)
    begin(nevis)
    wanted = {"username": USERNAME, "channel": "sms"}
    assert nevis.refused(404, "POST", "/api/v1/approval", wanted) == "authenticator.unknown"
    wanted["username"] = "nobody"
    assert nevis.refused(404, "POST", "/api/v1/approval", wanted) == "user.unknown"
    assert nevis.refused(422, "POST", "/api/v1/approval", {"channel": "sms"}) == "request.invalid"


def test_a_new_number_takes_the_place_of_the_old_one_when_it_is_confirmed(app: Flask):
    nevis = Nevis(app)
    with_number(nevis)
    begin(nevis, OTHER)
    sent(app)
    nevis.approve(channel="sms")
    assert sent(app)[0]["to"] == NUMBER
    with_number(nevis, OTHER)
    nevis.approve(channel="sms")
    assert sent(app)[0]["to"] == OTHER
    assert len(user_of(nevis)["phones"]) == 1


def test_more_messages_than_a_user_may_get_are_refused(settings: Settings):
    few = settings.model_copy(update={"nevis": NevisSettings(requests_per_hour=3)})
    with built(few) as app:
        nevis = Nevis(app)
        with_number(nevis)
        begin(nevis)
        nevis.approve(channel="sms")
        wanted = {"username": USERNAME, "channel": "sms", "phone": NUMBER}
        for path in ("/api/v1/users/enroll", "/api/v1/approval"):
            assert nevis.refused(429, "POST", path, wanted) == "user.rateLimit"
        assert len(sent(app)) == 2
        wanted["username"] = "u99999"
        nevis("POST", "/api/v1/users/enroll", wanted)
        with time_machine.travel(clock.now() + timedelta(hours=1)):
            nevis.approve(channel="sms")


def test_an_intent_for_messages_begins_one(app: Flask):
    nevis = Nevis(app)
    with_number(nevis)
    wanted = {"username": USERNAME, "channel": "sms"}
    elsewhere = nevis.intent("approve", channels=["push"])
    assert nevis.ask("POST", "/api/v1/approval", wanted, bearer=elsewhere).status_code == 403
    intent = nevis.intent("approve", channels=["sms"])
    nevis("POST", "/api/v1/approval", wanted, bearer=intent)
    assert nevis.ask("POST", "/api/v1/approval", wanted, bearer=intent).status_code == 403
    assert len(sent(app)) == 1


def test_a_message_that_waits_is_not_sent_when_its_transaction_is_over(app: Flask):
    nevis = Nevis(app)
    user_id = with_number(nevis)
    nevis.approve(channel="sms")
    nevis.ask("DELETE", f"/api/v1/users/{user_id}")
    assert sent(app) == []
    assert {row.state for row in all_of(app, OutboxRow)} == {"delivered", "void"}
    assert {row.payload for row in all_of(app, OutboxRow)} == {None}


def test_neither_code_nor_number_is_kept_or_told_in_the_clear(app: Flask, caplog):
    nevis = Nevis(app)
    user = begin(nevis)
    number = only_one(app, PhoneNumberRow)
    assert NUMBER.encode() not in number.number_sealed
    waiting = only_one(app, OutboxRow)
    assert waiting.payload is not None
    assert NUMBER.encode() not in waiting.payload
    code = code_in(sent(app)[0])
    refused(nevis, 422, user["userId"], wrong(code), user["enrollment"]["statusToken"])
    verify(nevis, user["userId"], code, user["enrollment"]["statusToken"])
    kept = [
        repr({key: value for key, value in vars(row).items() if not key.startswith("_")})
        for model in (AuditEntry, OperationRow, TransactionRow, OutboxRow)
        for row in all_of(app, model)
    ]
    told = "\n".join([*kept, caplog.text])
    for secret in (code, wrong(code), NUMBER, NUMBER[1:], user["enrollment"]["statusToken"]):
        assert secret not in told


def test_the_code_of_a_deleted_user_is_worth_nothing(app: Flask):
    nevis = Nevis(app)
    user_id = with_number(nevis)
    token = nevis.approve(channel="sms")["statusToken"]
    code = code_in(sent(app)[0])
    nevis.ask("DELETE", f"/api/v1/users/{user_id}")
    assert all_of(app, PhoneNumberRow) == []
    assert refused(nevis, 404, user_id, code, token) == "user.unknown"
    nevis.enroll()
    assert refused(nevis, 404, user_of(nevis)["userId"], code, token) == "token.unknown"
