"""Who may call what: access keys, intents, instances (checklist NEV 127, 136, 147, 150)."""

from datetime import timedelta
from functools import partial

import pytest
import time_machine

from app import clock
from app.store.access_keys import AccessKeyRow
from app.store.audit import AuditEntry
from tests.support.databases import built
from tests.support.nevis import App, Nevis, dispatched, other_instance
from tests.support.store import all_of, census, on_sqlite, serving
from tests.support.threads import at_once

ENROLL, APPROVAL = "/api/v1/users/enroll", "/api/v1/approval"
INTENT = "/api/v1/intent"
NAMED = {"username": "u12345"}
MISSING, REFUSED = "authorization.missing", "authorization.invalid"
GUARDED = [
    ("POST", ENROLL, NAMED), ("POST", APPROVAL, NAMED), ("GET", "/ping", None),
    ("POST", INTENT, {**NAMED, "operation": "enroll"}),
]  # fmt: skip


@pytest.fixture
def nevis(app):
    return Nevis(app)


def outcome(answer):
    """Return what a caller can tell answers apart by."""
    return answer.status_code, answer.data, answer.headers.get("WWW-Authenticate")


# --- access keys ------------------------------------------------------------------------------


def test_a_key_that_works_is_greeted(nevis):  # 147
    answer = nevis.ask("GET", "/ping")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"PONG", "text/plain")


@pytest.mark.parametrize(("method", "path", "body"), GUARDED)
def test_nobody_gets_in_without_a_key_of_this_instance(nevis, method, path, body):  # 127
    other = other_instance(nevis.app)
    revoked = Nevis(nevis.app)
    with serving(nevis.app) as services:
        for each in services.access_keys.having(revoked.key):
            services.access_keys.revoke(each.id)
        services.commit()
    nevis.enroll()
    before = census(nevis.app)
    for header in (None, "Basic dTpw", "Bearer", "Token x"):
        headers = {} if header is None else {"Authorization": header}
        answer = nevis.ask(method, path, body, bearer=None, headers=headers)
        assert answer.status_code == 401
        assert answer.json["errors"][0]["code"] == MISSING
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="nevis"'
    keys = ("x", other.key, revoked.key, nevis.key[:-1], nevis.key + "x")
    refused = {outcome(nevis.ask(method, path, body, bearer=key)) for key in keys}
    unknown = Nevis(nevis.app, "nowhere", key=nevis.key)
    refused.add(outcome(unknown.ask(method, path, body)))
    ((status, data, _),) = refused
    assert status == 403
    assert REFUSED.encode() in data
    assert census(nevis.app) == before


def test_the_scheme_is_written_as_one_likes(nevis):
    headers = {"Authorization": f"bEARER {nevis.key}"}
    assert nevis.ask("GET", "/ping", bearer=None, headers=headers).status_code == 200


@on_sqlite
def test_a_key_is_kept_as_a_keyed_hash(nevis):
    (row,) = [row for row in all_of(nevis.app, AccessKeyRow) if row.name == "tests"]
    assert nevis.key not in str(vars(row))
    assert len(row.digest) == 64


@on_sqlite
def test_a_header_that_is_not_ascii_is_none(nevis):
    answer = nevis.ask(
        "GET", "/ping", bearer=None, environ_overrides={"HTTP_AUTHORIZATION": "Bearer \xfe"}
    )
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (401, MISSING)


# --- instances --------------------------------------------------------------------------------


def test_what_is_of_another_instance_is_not_there(nevis):
    other = other_instance(nevis.app)
    user = nevis.enroll()
    app = App(nevis)
    app.enroll(user["enrollment"]["appLinkUri"])
    stranger = other.with_app("u12345")
    for path in (ENROLL, APPROVAL):
        before = census(nevis.app)
        answers = {
            outcome(other.ask("POST", path, {"userId": known})) for known in (user["userId"], "x")
        }
        ((status, _, _),) = answers
        assert status == 404
        assert census(nevis.app) == before
    for authenticator in (app.id, "x"):
        wanted = {**NAMED, "authenticatorId": authenticator}
        assert other.refused(404, "POST", APPROVAL, wanted) == "authenticator.unknown"
    assert stranger.id != app.id


def test_a_dispatch_token_and_a_secret_work_at_their_own_instance_alone(nevis):
    other = other_instance(nevis.app)
    app, stranger = nevis.with_app(), other.with_app("u12345")
    begun = nevis.approve(channel="app")
    token = {"token": dispatched(begun["appLinkUri"])["nma_data"]["token"]}
    redeem = "/nevisfido/token/redeem/authentication"
    assert other.refused(404, "POST", redeem, token, bearer=None) == "token.unknown"
    asked = app.redeem(begun["appLinkUri"])
    answer = app.approval(asked)
    known = {outcome(other.ask("POST", "/nevisfido/uaf/response", answer, bearer=None))}
    known |= {
        outcome(
            other.ask("POST", "/nevisfido/uaf/response", {**answer, "serverData": "x"}, bearer=None)
        )
    }
    assert {status for status, *_ in known} == {404}
    assert len(known) == 1
    foreign = {**answer, "authenticatorId": stranger.id}
    unknown = {**answer, "authenticatorId": "nobody"}
    assert app.refused(404, foreign) == app.refused(404, unknown) == "authenticator.unknown"
    assert nevis.status(begun["statusToken"])["status"] == "pending"
    app.answer(answer)


@pytest.mark.parametrize("instance", ["nowhere", "a%00b", "%ff", "x" * 2000, "..%2F..", "%20"])
def test_an_instance_that_is_not_there_is_no_failure_of_ours(nevis, instance):
    nowhere = Nevis(nevis.app, instance, key=nevis.key)
    begun = nevis.enroll()["enrollment"]
    token = dispatched(begun["appLinkUri"])["nma_data"]["token"]
    assert nowhere.ask("GET", "/ping").status_code in (403, 404)
    asked = nowhere.ask("POST", "/api/v1/status", {"statusToken": begun["statusToken"]})
    assert asked.status_code == 404 or asked.json == {"status": "unknown"}
    redeem = "/nevisfido/token/redeem/registration"
    assert nowhere.ask("POST", redeem, {"token": token}, bearer=None).status_code == 404
    answer = {"serverData": token, "rejected": True}
    where = "/nevisfido/uaf/response"
    assert nowhere.ask("POST", where, answer, bearer=None).status_code == 404


# --- intents ----------------------------------------------------------------------------------


def test_an_intent_does_its_one_thing_once(nevis):  # 136
    nevis.with_app()
    for operation, path in (("enroll", ENROLL), ("approve", APPROVAL)):
        intent = nevis.intent(operation)
        assert nevis.ask("POST", path, NAMED, bearer=intent).status_code == 201
        assert nevis.refused(403, "POST", path, NAMED, bearer=intent) == REFUSED


@pytest.mark.parametrize(("minutes", "status"), [(9, 201), (10, 403)])
def test_an_intent_is_good_for_ten_minutes(nevis, minutes, status):  # 136
    intent = nevis.intent("enroll")
    with time_machine.travel(clock.now() + timedelta(minutes=minutes, seconds=1), tick=False):
        assert nevis.ask("POST", ENROLL, NAMED, bearer=intent).status_code == status


def test_an_intent_is_for_its_user_operation_and_channel(nevis):  # 136
    nevis.with_app()
    nevis.with_app("u12346")
    before = census(nevis.app)["intents"]
    approve = nevis.intent("approve", channels=["app"])
    enroll = nevis.intent("enroll", channels=["push"])
    for intent, path, body in (
        (approve, ENROLL, NAMED),
        (enroll, APPROVAL, NAMED),
        (approve, APPROVAL, {"username": "u12346", "channel": "app"}),
        (approve, APPROVAL, {"channel": "app"}),
        (approve, APPROVAL, {**NAMED, "channel": "push"}),
        (enroll, ENROLL, NAMED),
        (enroll, ENROLL, {"channel": "push"}),
        (enroll, INTENT, {**NAMED, "operation": "enroll"}),
    ):
        assert nevis.refused(403, "POST", path, body, bearer=intent) == REFUSED, (path, body)
    assert nevis.refused(403, "GET", "/ping", bearer=approve) == REFUSED
    other = other_instance(nevis.app)
    assert other.refused(403, "POST", APPROVAL, NAMED, bearer=approve) == REFUSED
    assert census(nevis.app)["intents"] == before + 2
    nevis("POST", APPROVAL, {**NAMED, "channel": "app"}, bearer=approve)
    nevis("POST", ENROLL, {**NAMED, "channel": "push"}, bearer=enroll)


def test_who_has_an_intent_alone_learns_nothing_of_other_users(nevis):
    nevis.with_app()
    known = nevis.with_app("u12346")
    assert known
    nameless = nevis.enroll(None)["userId"]
    before = census(nevis.app)
    for operation, path in (("enroll", ENROLL), ("approve", APPROVAL)):
        intent = nevis.intent(operation)
        before["intents"] += 1
        others = [
            {"username": "u12346"}, {"username": "nobody"}, {"username": nameless},
            {"userId": nameless}, {"userId": "nobody"},
        ]  # fmt: skip
        told = {outcome(nevis.ask("POST", path, body, bearer=intent)) for body in others}
        code = {"channel": "sms", "code": "123456", "statusToken": "x"}
        for somebody in (nameless, "nobody"):
            verification = f"/api/v1/users/{somebody}/verification"
            told.add(outcome(nevis.ask("POST", verification, code, bearer=intent)))
        assert len(told) == 1
        assert census(nevis.app) | {"audit": 0} == before | {"audit": 0}


def test_an_intent_is_not_spent_by_what_fails(nevis):
    nevis.enroll()
    intent = nevis.intent("approve")
    assert nevis.refused(404, "POST", APPROVAL, NAMED, bearer=intent) == "authenticator.unknown"
    assert nevis.introspect(intent)["active"] is True
    nevis.with_app()
    assert nevis.ask("POST", APPROVAL, NAMED, bearer=intent).status_code == 201


def test_of_parallel_uses_of_an_intent_one_counts(nevis):
    nevis.with_app()
    intent = nevis.intent("approve")
    ask = lambda: nevis.ask("POST", APPROVAL, NAMED, bearer=intent).status_code  # noqa: E731
    assert sorted(at_once(*[ask] * 5)) == [201, 403, 403, 403, 403]


def test_whoever_deletes_a_user_and_whoever_has_an_intent_do_not_block_each_other(nevis):
    def end(user_id):
        return nevis.ask("DELETE", f"/api/v1/users/{user_id}").status_code

    def use(intent):
        return nevis.ask("POST", ENROLL, NAMED, bearer=intent).status_code

    def issue(user_id):
        wanted = {"userId": user_id, "operation": "approve"}
        return nevis.ask("POST", INTENT, wanted).status_code

    for _ in range(8):
        user_id = nevis.enroll()["userId"]
        uses = [partial(use, nevis.intent("enroll")) for _ in range(2)]
        told = at_once(partial(end, user_id), *uses, *[partial(issue, user_id)] * 3)
        assert told[0] == 204
        assert set(told[1:3]) <= {201, 403, 404}
        assert set(told[3:]) <= {200, 404}


def test_an_intent_is_for_somebody(nevis):
    assert nevis.refused(422, "POST", INTENT, {"operation": "enroll"}) == "request.invalid"
    wanted = {"operation": "approve", "username": "nobody"}
    assert nevis.refused(404, "POST", INTENT, wanted) == "user.unknown"


@on_sqlite
def test_intents_are_forgotten_once_they_are_over(nevis):
    nevis.intent("enroll")
    with time_machine.travel(clock.now() + timedelta(minutes=11)), serving(nevis.app) as services:
        assert services.cleaning.run(services.commit)["intents"] == 1
    assert census(nevis.app)["intents"] == 0


# --- the whole door ---------------------------------------------------------------------------


@on_sqlite
def test_where_the_surface_is_off_nothing_answers(settings):
    with built(settings.model_copy(update={"surfaces": ("portal", "cloud")})) as app:
        nevis = Nevis(app)
        for method, path, body in GUARDED:
            assert nevis.ask(method, path, body).status_code == 404
        assert nevis.ask("POST", "/api/v1/status", {"statusToken": "x"}).status_code == 404


def test_the_trail_names_who_did_what_by_which_facade_and_from_where(nevis):  # 150
    user = nevis.enroll()
    app = App(nevis)
    app.enroll(user["enrollment"]["appLinkUri"])
    begun = nevis("POST", APPROVAL, {**NAMED, "channel": "app"}, bearer=nevis.intent("approve"))
    app.approve(begun["appLinkUri"])
    with serving(nevis.app) as services:
        (key,) = services.access_keys.having(nevis.key)
    told = {
        (row.subject, row.name): (row.actor, row.facts.get("facade"), row.facts.get("address"))
        for row in all_of(nevis.app, AuditEntry)
    }
    here = ("nevis", "127.0.0.1")
    enrolment, approval = user["enrollment"]["transactionId"], begun["transactionId"]
    assert told[enrolment, "operation.created"] == (f"key:{key.id}", *here)
    assert told[enrolment, "operation.approved"] == (f"phone:{app.id}", *here)
    assert told[app.id, "registration.activated"] == (f"phone:{app.id}", *here)
    assert told[approval, "operation.created"] == (f"intent:{user['userId']}", *here)
    assert told[approval, "operation.approved"] == (f"phone:{app.id}", *here)


@on_sqlite
def test_the_trail_names_nobody_who_has_proved_nothing(nevis):
    app = nevis.with_app()
    begun = nevis.approve(channel="app")
    app.refused(403, {**app.approval(app.redeem(begun["appLinkUri"])), "signature": "AAAA"})
    (row,) = [
        each for each in all_of(nevis.app, AuditEntry) if each.name == "operation.attempt_failed"
    ]
    assert (row.actor, row.facts["address"]) == ("anonymous", "127.0.0.1")
