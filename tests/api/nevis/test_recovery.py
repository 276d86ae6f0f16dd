"""Recovery codes: shown once, each good once, and hard to guess."""

import re
from datetime import timedelta

import time_machine
from flask import Flask

from app import clock
from app.mtoken.recovery import ALPHABET
from app.store.audit import AuditEntry
from app.store.users import RecoveryCodeRow
from tests.support.nevis import USERNAME, Nevis, other_instance
from tests.support.nevis_users import user_of
from tests.support.store import all_of
from tests.support.threads import at_once

FORM = r"[0-9A-Za-z]{4}(-[0-9A-Za-z]{4}){3}"


def issue(nevis: Nevis, username: str = USERNAME) -> tuple[str, list[str]]:
    """Return the id of a user and new codes."""
    user = nevis.enroll(username, channel="recovery")
    return user["userId"], user["recoveryCodes"]


def verification(user_id: str) -> str:
    return f"/api/v1/users/{user_id}/verification"


def verify(nevis: Nevis, user_id: str, code: str, **more: object) -> None:
    body = {"code": code, "channel": "recovery"}
    answer = nevis.ask("POST", verification(user_id), body, **more)
    assert (answer.status_code, answer.data) == (200, b""), answer.text


def refused(nevis: Nevis, status: int, user_id: str, code: str, **more: object) -> str:
    body = {"code": code, "channel": "recovery"}
    return nevis.refused(status, "POST", verification(user_id), body, **more)


def test_codes_have_sixteen_signs_that_nobody_takes_for_each_other(app: Flask):
    nevis = Nevis(app)
    _, codes = issue(nevis)
    assert len(set(codes)) == 16
    assert all(re.fullmatch(FORM, code) for code in codes)
    assert set("".join(codes)) <= {*ALPHABET, "-"}
    assert len(set(ALPHABET)) == len(ALPHABET) == 44
    for alike in ("0Oo", "1Il", "8B", "Cc", "Kk", "Pp", "Ss", "Uu", "Vv", "Ww", "Xx", "Zz"):
        assert len({*alike} & {*ALPHABET}) <= 1


def test_codes_are_shown_once_and_counted_afterwards(app: Flask):
    nevis = Nevis(app)
    user_id, codes = issue(nevis)
    shown = user_of(nevis)
    assert shown["recoveryCodes"] == 16
    assert shown["status"] == "new"
    verify(nevis, user_id, codes[3])
    assert user_of(nevis)["recoveryCodes"] == 15
    again = nevis.enroll()
    assert again["recoveryCodes"] == 15


def test_a_code_works_once(app: Flask):
    nevis = Nevis(app)
    user_id, codes = issue(nevis)
    verify(nevis, user_id, codes[0])
    assert refused(nevis, 422, user_id, codes[0]) == "code.wrong"
    verify(nevis, user_id, codes[1])


def test_of_two_who_bring_one_code_at_once_exactly_one_gets_in(app: Flask):
    nevis = Nevis(app)
    user_id, codes = issue(nevis)
    body = {"code": codes[0], "channel": "recovery"}
    answers = at_once(*[lambda: nevis.ask("POST", verification(user_id), body).status_code] * 4)
    assert sorted(answers) == [200, 422, 422, 422]


def test_a_code_is_the_same_without_dashes_and_another_one_in_other_letters(app: Flask):
    nevis = Nevis(app)
    user_id, codes = issue(nevis)
    assert refused(nevis, 422, user_id, codes[0].swapcase()) == "code.wrong"
    verify(nevis, user_id, codes[0].replace("-", ""))


def test_new_codes_replace_the_old_ones(app: Flask):
    nevis = Nevis(app)
    user_id, old = issue(nevis)
    same_id, new = issue(nevis)
    assert same_id == user_id
    assert refused(nevis, 422, user_id, old[0]) == "code.wrong"
    verify(nevis, user_id, new[0])


def test_of_two_sets_made_at_once_one_is_left(app: Flask):
    nevis = Nevis(app)
    nevis.enroll()
    at_once(*[lambda: issue(nevis)] * 3)
    assert user_of(nevis)["recoveryCodes"] == 16


def test_recovery_username_names_the_user_as_well(app: Flask):
    nevis = Nevis(app)
    wanted = {"recovery_username": USERNAME, "channel": "recovery"}
    user = nevis("POST", "/api/v1/users/enroll", wanted)
    assert user["username"] == USERNAME
    assert len(user["recoveryCodes"]) == 16
    wanted["username"] = "u99999"
    assert nevis.refused(422, "POST", "/api/v1/users/enroll", wanted) == "request.invalid"
    wrong = {"recovery_username": "no name", "channel": "recovery"}
    assert nevis.refused(422, "POST", "/api/v1/users/enroll", wrong) == "recovery_username.invalid"


def test_wrong_codes_block_for_a_growing_time(app: Flask):
    nevis = Nevis(app)
    user_id, codes = issue(nevis)
    start = clock.now()
    with time_machine.travel(start, tick=False) as time:
        for minutes in (1, 5):
            for _ in range(5):
                assert refused(nevis, 422, user_id, "wrong") == "code.wrong"
            assert refused(nevis, 429, user_id, codes[0]) == "code.tooMany"
            assert user_of(nevis)["exceededRateLimits"] == ["recovery"]
            time.shift(timedelta(minutes=minutes, seconds=-1))
            assert refused(nevis, 429, user_id, codes[0]) == "code.tooMany"
            time.shift(timedelta(seconds=1))
        verify(nevis, user_id, codes[0])
        assert user_of(nevis)["exceededRateLimits"] == []
        for _ in range(4):  # a right one has forgiven those before
            assert refused(nevis, 422, user_id, "wrong") == "code.wrong"
        verify(nevis, user_id, codes[1])


def test_wrong_codes_at_once_are_all_counted(app: Flask):
    nevis = Nevis(app)
    user_id, _ = issue(nevis)
    body = {"code": "wrong", "channel": "recovery"}
    answers = at_once(*[lambda: nevis.ask("POST", verification(user_id), body).status_code] * 7)
    assert sorted(answers) == [422] * 5 + [429] * 2


def test_a_block_of_one_user_is_nobody_elses(app: Flask):
    nevis = Nevis(app)
    user_id, _ = issue(nevis)
    other_id, codes = issue(nevis, "u99999")
    for _ in range(5):
        refused(nevis, 422, user_id, "wrong")
    assert refused(nevis, 429, user_id, "wrong") == "code.tooMany"
    verify(nevis, other_id, codes[0])


def test_a_code_is_good_for_its_user_alone(app: Flask):
    nevis, other = Nevis(app), other_instance(app)
    user_id, codes = issue(nevis)
    neighbour, _ = issue(nevis, "u99999")
    stranger, _ = issue(other)
    assert refused(nevis, 422, neighbour, codes[0]) == "code.wrong"
    assert refused(other, 422, stranger, codes[0]) == "code.wrong"
    assert refused(other, 404, user_id, codes[0]) == "user.unknown"
    assert refused(nevis, 404, "nobody", codes[0]) == "user.unknown"
    assert refused(nevis, 401, user_id, codes[0], bearer=None) == "authorization.missing"
    verify(nevis, user_id, codes[0])


def test_an_intent_for_recovery_judges_one_code(app: Flask):
    nevis = Nevis(app)
    user_id, codes = issue(nevis)
    for elsewhere in (nevis.intent("approve", channels=["sms"]), nevis.intent("enroll")):
        said = refused(nevis, 403, user_id, codes[0], bearer=elsewhere)
        assert said == "authorization.invalid"
    intent = nevis.intent("approve", channels=["recovery"])
    assert refused(nevis, 422, user_id, "wrong", bearer=intent) == "code.wrong"
    assert refused(nevis, 403, user_id, codes[0], bearer=intent) == "authorization.invalid"


def test_codes_are_kept_as_hashes_and_told_nowhere(app: Flask, caplog):
    nevis = Nevis(app)
    user_id, codes = issue(nevis)
    verify(nevis, user_id, codes[0])
    refused(nevis, 422, user_id, "wrong-code-of-somebody")
    kept = "\n".join(
        repr({key: value for key, value in vars(row).items() if not key.startswith("_")})
        for model in (RecoveryCodeRow, AuditEntry)
        for row in all_of(app, model)
    )
    for secret in (*codes, codes[0].replace("-", ""), "wrong-code-of-somebody"):
        assert secret not in kept + caplog.text
    told = [row.name for row in all_of(app, AuditEntry) if row.subject == user_id]
    assert told == [
        "customer.created",
        "customer.recovery_codes.created",
        "customer.recovery_code.used",
        "customer.recovery_code.refused",
    ]


def test_the_codes_of_a_deleted_user_are_gone(app: Flask):
    nevis = Nevis(app)
    user_id, codes = issue(nevis)
    nevis.ask("DELETE", f"/api/v1/users/{user_id}")
    assert all_of(app, RecoveryCodeRow) == []
    assert refused(nevis, 404, user_id, codes[0]) == "user.unknown"
