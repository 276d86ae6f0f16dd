"""What a person does with the authenticator app: add accounts, approve, reject."""

import time

import pytest

from app.demo.phone.authenticator import requests
from app.demo.phone.authenticator.app import Authenticator, Enrollment
from app.demo.phone.primitives import b64, private_bytes
from app.demo.phone.troubles import (
    Declined,
    Ended,
    Forged,
    Locked,
    NotUnderstood,
    Trouble,
    Unreachable,
    WrongPin,
)
from tests.demo.authenticator.bank import PIN, Bank, error

WRONG = "1357"


def test_an_account_is_added_by_a_link_and_has_a_key_of_its_own(bank, phone):
    for number in (1, 2):
        request = phone.open(bank.invite())
        assert request.is_enrollment
        assert request.username == "u12345"
        phone.enroll(request.id, Enrollment(PIN, device="Pixel 8"))
        assert len(phone.accounts.all()) == number
    first, second = phone.accounts.all()
    assert [first.name, second.name] == ["u12345", "u12345 (2)"]
    assert first.locked != second.locked
    told = bank.answers[0]
    assert (told["name"], told["platform"], told["userVerification"]) == (
        "Pixel 8",
        "android",
        "pin",
    )
    assert (told["pushPlatform"], told["pushToken"]) == ("fcm", first.push_token)
    assert first.push_token != second.push_token


def test_an_account_whose_answer_was_lost_is_added_by_the_next_try(bank, phone):
    request = phone.open(bank.invite())
    bank.loses = True
    with pytest.raises(Trouble):
        phone.enroll(request.id, Enrollment(PIN))
    assert phone.accounts.all() == []
    bank.loses = False
    account = phone.enroll(request.id, Enrollment(WRONG, name="Other PIN"))
    assert phone.accounts.all() == [account]
    assert [told["pushToken"] for told in bank.answers] == [account.push_token]
    assert phone.requests.find(request.id).key == ""
    asked = phone.open(bank.ask(account.authenticator_id))
    phone.approve(asked.id, account.id, WRONG)


@pytest.mark.parametrize("answer", ["APPROVED", "REJECTED"])
def test_an_answer_whose_answer_was_lost_is_taken_by_the_next_try(bank, phone, account, answer):
    request = phone.open(bank.ask(account.authenticator_id))
    acts = {
        "APPROVED": lambda: phone.approve(request.id, account.id, PIN),
        "REJECTED": lambda: phone.reject(request.id),
    }
    bank.loses = True
    with pytest.raises(Trouble):
        acts[answer]()
    assert phone.requests.find(request.id).is_open
    bank.loses = False
    acts[answer]()
    assert phone.requests.find(request.id).answer == answer


@pytest.mark.parametrize("pin", [PIN, None])
def test_a_request_is_approved_by_pin_or_finger(bank, phone, account, pin):
    request = phone.open(bank.ask(account.authenticator_id, "Pay 100 CZK"))
    phone.approve(request.id, account.id, pin)
    told = bank.answers[-1]
    assert told["userVerification"] == ("pin" if pin else "biometry")
    assert told["authenticatorId"] == account.authenticator_id
    assert phone.requests.find(request.id).answer == "APPROVED"
    assert phone.waiting() == []


def test_a_second_click_sends_nothing(bank, phone, account):
    request = phone.open(bank.ask(account.authenticator_id))
    for _ in range(2):
        phone.approve(request.id, account.id, PIN)
    assert len(bank.answers) == 2
    invited = phone.open(bank.invite("u2"))
    made = [phone.enroll(invited.id, Enrollment(PIN)) for _ in range(2)]
    assert made[0].id == made[1].id
    assert len(bank.answers) == 3
    refused = phone.open(bank.ask(account.authenticator_id))
    for _ in range(2):
        phone.reject(refused.id)
    assert len(bank.answers) == 4


def test_a_link_is_redeemed_once_and_found_again(bank, phone, account, tmp_path):
    link = bank.ask(account.authenticator_id)
    first = phone.open(link)
    assert phone.open(link).id == first.id
    assert bank.paths.count("/nevis/demo/nevisfido/token/redeem/authentication") == 1
    assert Authenticator(tmp_path / "phones" / "authenticator").open(link).id == first.id


def test_a_link_that_somebody_else_has_used_says_so(bank, phone, account, tmp_path):
    link = bank.invite()
    phone.open(link)
    with pytest.raises(Ended, match="was used already, is over, or was never"):
        Authenticator(tmp_path / "another").open(link)


def test_a_link_for_a_bank_without_an_account_is_not_used_up(bank, phone, tmp_path, account):
    link = bank.ask(account.authenticator_id)
    with pytest.raises(Trouble, match="no account of demo") as told:
        Authenticator(tmp_path / "another").open(link)
    assert "not used up" in told.value.hint
    assert phone.open(link).is_open


def test_a_wrong_pin_is_counted_by_bank_and_phone_until_the_account_is_locked(bank, phone, account):
    request = phone.open(bank.ask(account.authenticator_id))
    for left in (4, 3):
        with pytest.raises(WrongPin, match=f"{left} attempts are left"):
            phone.approve(request.id, account.id, WRONG)
    phone.approve(request.id, account.id, PIN)
    assert phone.accounts.find(account.id).failed_attempts == 0
    request = phone.open(bank.ask(account.authenticator_id))
    for _ in range(4):
        with pytest.raises(WrongPin):
            phone.approve(request.id, account.id, WRONG)
    sent = len(bank.paths)
    for pin in (WRONG, PIN, None):
        with pytest.raises(Locked, match="locked"):
            phone.approve(request.id, account.id, pin)
    assert len(bank.paths) == sent + 1
    assert phone.accounts.find(account.id).is_blocked


def test_a_key_that_the_bank_does_not_know_is_no_wrong_pin(bank, phone, account):
    other = phone.enroll(phone.open(bank.invite("u2")).id, Enrollment(PIN))
    bank.keys[account.authenticator_id] = bank.keys[other.authenticator_id]
    request = phone.open(bank.ask(account.authenticator_id))
    with pytest.raises(Declined, match="does not accept the signature"):
        phone.approve(request.id, account.id, None)
    assert phone.accounts.find(account.id).failed_attempts == 0
    assert phone.requests.find(request.id).is_open


def test_what_waits_is_listed_the_newest_first(bank, phone, account):
    links = [bank.ask(account.authenticator_id, lifetimeMillis=each) for each in (9_000, 90_000)]
    opened = [phone.open(link).id for link in links]
    assert [request.id for request in phone.waiting()] == opened[::-1]
    phone.open(bank.ask(account.authenticator_id, lifetimeMillis=1))
    time.sleep(0.01)
    assert [request.id for request in phone.waiting()] == opened[::-1]


def test_what_ended_long_ago_is_thrown_away(bank, phone, account, monkeypatch):
    request = phone.open(bank.ask(account.authenticator_id))
    monkeypatch.setattr(requests, "KEPT_FOR", -200_000)
    phone.open(bank.ask(account.authenticator_id))
    with pytest.raises(Trouble, match="no such request"):
        phone.requests.find(request.id)


def test_a_request_that_has_failed_is_over(bank, phone, account):
    bank.attempts = 1
    request = phone.open(bank.ask(account.authenticator_id))
    with pytest.raises(WrongPin):
        phone.approve(request.id, account.id, WRONG)
    with pytest.raises(Ended, match="over: its time, or its attempts"):
        phone.approve(request.id, account.id, PIN)
    assert not phone.requests.find(request.id).is_open


def test_the_key_lies_open_only_for_the_finger(bank, phone, tmp_path):
    wish = Enrollment(PIN, biometry=False)
    account = phone.enroll(phone.open(bank.invite()).id, wish)
    key = private_bytes(account.key(PIN))
    (file,) = (tmp_path / "phones" / "authenticator" / "accounts").glob("*.json")
    assert b64(key) not in file.read_text()
    assert private_bytes(account.key(WRONG)) != key
    request = phone.open(bank.ask(account.authenticator_id))
    with pytest.raises(Trouble, match="biometry is not allowed"):
        phone.approve(request.id, account.id, None)


def test_a_rejection_says_why(bank, phone, account):
    request = phone.open(bank.ask(account.authenticator_id, "Pay 100 CZK"))
    phone.reject(request.id, " INCORRECT_DATA\n" + "x" * 999)
    told = bank.answers[-1]
    assert told["rejected"] is True
    assert told["reason"].startswith("INCORRECT_DATA x")
    assert len(told["reason"]) == 200
    assert "signature" not in told
    with pytest.raises(Ended):
        phone.approve(request.id, account.id, PIN)


def test_an_enrollment_can_be_rejected(bank, phone):
    request = phone.open(bank.invite())
    phone.reject(request.id)
    assert phone.accounts.all() == []
    with pytest.raises(Ended):
        phone.enroll(request.id, Enrollment(PIN))


def test_only_the_account_that_was_asked_may_answer(bank, phone, account, httpserver):
    other = phone.enroll(phone.open(bank.invite("u2")).id, Enrollment(PIN))
    elsewhere = Bank(httpserver, "other")
    third = phone.enroll(phone.open(elsewhere.invite()).id, Enrollment(PIN))
    asked = phone.open(bank.ask(account.authenticator_id))
    assert phone.able(asked) == [account]
    for wrong in (other, third):
        with pytest.raises(Trouble, match="was not asked"):
            phone.approve(asked.id, wrong.id, PIN)
    anybody = phone.open(bank.ask(None))
    assert phone.able(anybody) == [account, other]
    phone.approve(anybody.id, other.id, PIN)
    assert bank.answers[-1]["authenticatorId"] == other.authenticator_id
    assert third.bank.startswith("other at localhost")


def test_accounts_are_renamed_and_forgotten(bank, phone, account):
    other = phone.enroll(phone.open(bank.invite("u2")).id, Enrollment(PIN, name="Second"))
    with pytest.raises(Trouble, match="already"):
        phone.rename(account.id, "SECOND")
    phone.rename(account.id, "  My\nbank ")
    assert phone.named("my BANK").id == account.id
    with pytest.raises(Trouble, match="several accounts: My bank, Second"):
        phone.named("")
    with pytest.raises(Trouble, match="no account named Third"):
        phone.named("Third")
    phone.forget(other.id)
    assert phone.named("").id == account.id
    with pytest.raises(Trouble, match="no such account"):
        phone.forget(other.id)


@pytest.mark.parametrize("pin", ["", "123", "12a4", "1" * 33])
def test_a_pin_has_digits(bank, phone, pin):
    request = phone.open(bank.invite())
    with pytest.raises(Trouble, match="4 to 32 digits"):
        phone.enroll(request.id, Enrollment(pin))


@pytest.mark.parametrize(
    ("refusal", "kind", "words"),
    [
        ((429, error("rate.limited")), Declined, "too busy"),
        ((503, error("overloaded")), Declined, "too busy"),
        ((422, error("phone.invalid")), Declined, "phone.invalid: No."),
        ((500, "<html>"), NotUnderstood, "answered 500, but not as"),
        ((200, "[]"), NotUnderstood, "answered 200, but not as"),
        ((302, "{}"), NotUnderstood, "answered 302, but not as"),
        ((200, "{}"), Forged, "does not believe"),
        ((404, "{}"), Declined, "says 404: no reason"),
    ],
)
def test_what_a_bank_answers_is_put_in_words(bank, phone, refusal, kind, words):
    link = bank.invite()
    bank.refuses = refusal
    with pytest.raises(kind, match=words):
        phone.open(link)


def test_where_nobody_answers_nothing_is_lost(bank, phone, httpserver):
    link = bank.invite()
    httpserver.stop()
    try:
        with pytest.raises(Unreachable, match="connection"):
            phone.open(link)
    finally:
        httpserver.start()
    assert bank.paths == []


def test_pushes_for_this_phone_lead_to_their_requests(bank, phone, account):
    link = bank.ask(account.authenticator_id, "Pay 100 CZK")
    bank.push("somebody-else", link)
    assert phone.pushed() == []
    bank.push(account.push_token, link)
    ((receiver, pushed),) = phone.pushed()
    assert receiver.id == account.id
    request = phone.open(pushed)
    assert request.message.content == "Pay 100 CZK"
    assert phone.pushed() == []


@pytest.mark.parametrize("extras", [None, {}, {"nma_data": "{"}, {"operationId": "x"}])
def test_a_push_of_something_else_is_passed_over(bank, phone, account, extras):
    bank.pushes.append({"token": account.push_token, "extras": extras})
    assert phone.pushed() == []


def test_a_push_that_leads_elsewhere_is_passed_over(bank, phone, account, httpserver):
    elsewhere = Bank(httpserver, "other")
    elsewhere.pushes = bank.pushes
    bank.push(account.push_token, elsewhere.ask(account.authenticator_id))
    assert phone.pushed() == []
