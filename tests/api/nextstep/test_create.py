"""POST /operation: a back end prepares what a browser will walk."""

import json
from datetime import datetime
from pathlib import Path
from time import sleep
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.store.flows import Flow
from tests.support.databases import engine_of
from tests.support.store import all_of, census, on_sqlite, only_one
from tests.support.threads import at_once
from tests.support.walker import (
    APPLICATION,
    OPERATION,
    PAYMENT,
    Walker,
    detail,
    next_step,
    prepared,
)

BODIES = json.loads(Path(__file__).with_name("bodies.json").read_text())
SHARED = Path(__file__).resolve().parents[4] / "shared" / "spec" / "operation-bodies.json"
LOGIN = {"operationName": "login_sca", "operationData": "A2"}


def post(app, body, path=OPERATION):
    return app.test_client().post(path, json=body)


def created(app, **wanted):
    answer = next_step(app, wanted)
    assert answer.status_code == 200, answer.text
    assert answer.json["status"] == "OK"
    return answer.json["responseObject"]


def test_the_copied_bodies_are_those_of_the_paper_where_it_is_at_hand():
    paper = json.loads(SHARED.read_text()) if SHARED.exists() else BODIES
    assert {name: paper[name] for name in BODIES} == BODIES


@on_sqlite
def test_a_login_gets_an_id_and_one_step(app):  # 1
    operation = post(app, BODIES["login_sca"]).json["responseObject"]
    assert UUID(operation["operationId"]).version == 4
    assert operation["operationName"] == "login_sca"
    assert operation["operationData"] == "A2"
    assert operation["result"] == "CONTINUE"
    assert operation["resultDescription"] is None
    assert operation["steps"] == [{"authMethod": "LOGIN_SCA", "params": []}]
    assert operation["formData"]["title"] == {"id": "login.title", "message": "Login"}


def test_the_body_of_the_seed_makes_a_payment_that_can_be_walked(app):  # 2
    answer = post(app, BODIES["authorize_payment_sca"])
    assert answer.status_code == 200, answer.text
    operation = answer.json["responseObject"]
    assert operation["steps"][0]["authMethod"] == "LOGIN_SCA"
    form = operation["formData"]
    assert form["greeting"]["message"] == "Hello,\nplease confirm following payment:"
    assert [p["id"] for p in form["parameters"]] == [
        "operation.amount", "operation.account", "operation.dueDate", "operation.note",
    ]  # fmt: skip
    walker = Walker(app)
    walker.start(operation["operationId"])
    walker.log_in()
    walker.approve()
    walker.agree()
    assert "code" in walker.leave()


@on_sqlite
def test_the_context_may_stand_inside_the_form_data(app):
    body = json.loads(json.dumps(BODIES["authorize_payment_sca"]))
    wanted = body["requestObject"]
    wanted["formData"]["applicationContext"] = wanted.pop("applicationContext")
    operation = post(app, body).json["responseObject"]["operationId"]
    told = detail(app, operation)
    assert told["applicationContext"]["id"] == "democlient"
    assert told["applicationContext"]["extras"] == {"applicationOwner": "Wultra"}
    assert "applicationContext" not in told["formData"]
    assert Walker(app).authorize(scope="pisp", operation_id=operation).status_code == 303


@on_sqlite
def test_the_context_outside_the_form_data_comes_first(app):
    inside = {"applicationContext": {**APPLICATION, "id": "othertpp"}}
    operation = prepared(app, formData=inside)
    assert detail(app, operation)["applicationContext"]["id"] == "democlient"


@on_sqlite
def test_an_operation_lives_five_minutes_until_it_is_opened(app):  # 8
    operation = created(app, **LOGIN)
    begin, end = (
        datetime.strptime(operation[name], "%Y-%m-%dT%H:%M:%S%z")
        for name in ("timestampCreated", "timestampExpires")
    )
    assert (end - begin).total_seconds() == 300


@on_sqlite
def test_everything_that_was_given_comes_back(app):
    operation = created(
        app,
        **LOGIN,
        operationId="my-own-id",
        userId="10045678",
        organizationId="SME",
        operationNameExternal="external name",
        externalTransactionId="tx 1/ž",
        params=[{"key": "a", "value": "b"}],
        applicationContext=APPLICATION,
    )
    assert operation["operationId"] == "my-own-id"
    assert operation["organizationId"] == "SME"
    assert operation["operationNameExternal"] == "external name"
    assert operation["externalTransactionId"] == "tx 1/ž"
    told = detail(app, "my-own-id")
    assert told["userId"] == "10045678"
    assert told["applicationContext"] == APPLICATION
    assert only_one(app, Flow).params == [{"key": "a", "value": "b"}]


@on_sqlite
def test_unknown_fields_are_ignored(app):  # decision 22
    body = {"requestObject": {**LOGIN, "whatever": {"a": [1]}}, "requestId": 7}
    assert post(app, body).status_code == 200


@on_sqlite
@pytest.mark.parametrize("nothing", ["params", "formData", "applicationContext", "userId",
                                     "organizationId", "operationId"])  # fmt: skip
def test_a_field_that_is_null_is_a_field_that_is_missing(app, nothing):
    assert created(app, **LOGIN, **{nothing: None})["result"] == "CONTINUE"


@on_sqlite
def test_a_trailing_slash_changes_nothing_and_redirects_nobody(app):  # decision 22
    assert next_step(app, LOGIN, path=f"{OPERATION}/").status_code == 200
    operation = prepared(app)
    client = app.test_client()
    for answer in (
        client.get(f"{OPERATION}/detail/", query_string={"operationId": operation}),
        client.post(f"{OPERATION}/detail/", json={"requestObject": {"operationId": operation}}),
    ):
        assert answer.status_code == 200


@on_sqlite
@pytest.mark.parametrize("path", ["//operation", "/operation//detail", "/./operation", "//"])
def test_no_address_of_the_facade_redirects(app, path):  # decision 22
    answer = app.test_client().get(f"/powerauth-nextstep{path}?operationId=x")
    assert not 300 <= answer.status_code < 400
    assert answer.json["status"] == "ERROR"


@on_sqlite
def test_operation_data_may_have_256_characters(app):  # 6
    data = "A2*T" + "x" * 252
    assert len(data) == 256
    assert created(app, operationName="login_sca", operationData=data)["operationData"] == data


@on_sqlite
@pytest.mark.parametrize(
    ("operation_id", "name"), [("a" * 256, "x" * 256), ("x", "ab"), ("<script>'\"/%2F", "ž" * 256)]
)
def test_names_and_ids_may_have_256_characters_of_any_kind(app, operation_id, name):
    operation = created(app, **LOGIN, operationId=operation_id, operationNameExternal=name)
    assert operation["operationId"] == operation_id
    assert detail(app, operation_id)["operationNameExternal"] == name


@on_sqlite
def test_the_body_may_say_any_type_of_content(app):
    answer = app.test_client().post(
        OPERATION, data=json.dumps({"requestObject": LOGIN}), content_type="text/plain"
    )
    assert answer.status_code == 200


def test_an_operation_id_is_taken_once(app):  # 3
    created(app, **LOGIN, operationId="taken")
    before = census(app)
    answer = next_step(app, {**PAYMENT, "operationId": "taken"})
    assert answer.status_code == 400
    assert answer.json["responseObject"] == {
        "code": "OPERATION_ALREADY_EXISTS", "message": "Operation already exists.",
    }  # fmt: skip
    assert census(app) == before
    assert detail(app, "taken")["operationName"] == "login_sca"


def test_of_simultaneous_requests_for_one_id_one_succeeds(app):  # 3
    wanted = {**LOGIN, "operationId": "the-one"}
    answers = at_once(*[lambda: next_step(app, wanted)] * 6)
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 5]
    refused = [a.json["responseObject"]["code"] for a in answers if a.status_code == 400]
    assert set(refused) == {"OPERATION_ALREADY_EXISTS"}
    assert len(all_of(app, Flow)) == 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_id_that_another_transaction_takes_at_this_moment_is_taken(app):  # 3
    mold = prepared(app)
    session = Session(engine_of(app))
    values = {c.key: getattr(session.get(Flow, mold), c.key) for c in Flow.__table__.columns}
    session.add(Flow(**values | {"id": "the-one"}))
    session.flush()

    def commit_in_a_moment():
        sleep(0.3)  # long enough for the other one to find no such id and to wait for us
        session.commit()
        session.close()

    answer, _ = at_once(
        lambda: next_step(app, {**LOGIN, "operationId": "the-one"}), commit_in_a_moment
    )
    assert answer.status_code == 400, answer.text
    assert answer.json["responseObject"]["code"] == "OPERATION_ALREADY_EXISTS"
