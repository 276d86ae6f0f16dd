"""Whatever is wrong with a request: 4xx in the dialect, nothing made, nothing told."""

import json

import pytest

from app.bank.demo import DemoBank
from tests.support.store import census, on_sqlite, put_in
from tests.support.walker import OPERATION, PAYMENT, next_step

DETAIL = f"{OPERATION}/detail"
LOGIN = {"operationName": "login_sca", "operationData": "A2"}
TELLTALES = (
    "Traceback",
    "sqlalchemy",
    "psycopg",
    "sqlite",
    "pydantic",
    "werkzeug",
    "Error:",
    "app/",
)


def refused(answer, status=400):
    """Check that an answer refuses in the dialect and tells nothing of the inside."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/json"
    assert answer.json["status"] == "ERROR"
    assert not [word for word in TELLTALES if word in answer.text]
    return answer.json["responseObject"]


def fields(answer):
    body = refused(answer)
    assert body["code"] == "REQUEST_VALIDATION_FAILED"
    assert body["message"] == "Request validation failed."
    assert all(set(v) == {"fieldName", "invalidValue", "hint"} for v in body["violations"])
    return [violation["fieldName"] for violation in body["violations"]]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"nonsense", b"null", b"true", b"7", b'"text"', b"[]", b"[{}]", b"{}",
        b'{"requestObject": null}', b'{"requestObject": []}', b'{"requestObject": "x"}',
        b'{"operationName": "login_sca", "operationData": "A2"}', b"\xff\xfe", b"\x00",
        b'{"requestObject": {"operationName": "login\xe9"}}',
        b'{"requestObject": {"operationName": "login_sca", "operationData": "A2"}} more',
        b'{"requestObject": {"operationName": "login_sca", "operationData": "A2",}}',
        b"operationName=login_sca&operationData=A2", b"<xml/>", b"[" * 100_000,
        b'{"requestObject":' * 5_000,
    ],
)  # fmt: skip
def test_a_body_that_is_no_enveloped_object_is_refused(still_app, body):
    before = census(still_app)
    for path in (OPERATION, DETAIL):
        answer = still_app.test_client().post(path, data=body, content_type="application/json")
        assert refused(answer)["code"] == "INVALID_REQUEST"
    assert census(still_app) == before


@pytest.mark.parametrize("missing", ["operationName", "operationData"])
@pytest.mark.parametrize("how", ["left out", None, "", 7, [], {}, True])
def test_name_and_data_are_needed(still_app, missing, how):  # 5
    before = census(still_app)
    wanted = {name: value for name, value in LOGIN.items() if name != missing}
    if how != "left out":
        wanted[missing] = how
    assert missing in fields(next_step(still_app, wanted))
    assert census(still_app) == before


def test_every_violation_is_told_at_once(still_app):  # 5
    wanted = {"operationId": 7, "organizationId": "x", "params": "x", "formData": []}
    assert sorted(fields(next_step(still_app, wanted))) == sorted(
        ["operationName", "operationData", "operationId", "organizationId", "params", "formData"]
    )


LONG = "x" * 257


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"operationName": LONG}, "operationName"),
        ({"operationData": "A2*T" + "x" * 253}, "operationData"),  # 6
        ({"operationId": LONG}, "operationId"),
        ({"operationId": ""}, "operationId"),
        ({"userId": LONG}, "userId"),
        ({"organizationId": LONG}, "organizationId"),
        ({"operationNameExternal": LONG}, "operationNameExternal"),
        ({"externalTransactionId": LONG}, "externalTransactionId"),
        ({"params": {}}, "params"),
        ({"params": [1] * 65}, "params"),
        ({"formData": "x"}, "formData"),
        ({"formData": {"parameters": "x"}}, "formData.parameters"),
        ({"formData": {"parameters": [{"type": "WRONG"}]}}, "formData.parameters[0].type"),
        ({"formData": {"parameters": [7]}}, "formData.parameters[0]"),
        ({"formData": {"title": "x"}}, "formData.title"),
        ({"formData": {"userInput": {"a": 7}}}, "formData.userInput.a"),
        ({"applicationContext": "x"}, "applicationContext"),
        ({"applicationContext": {}}, "applicationContext.id"),
        ({"applicationContext": {"id": LONG, "name": "xx"}}, "applicationContext.id"),
        ({"applicationContext": {"id": "x", "name": LONG}}, "applicationContext.name"),
        (
            {"applicationContext": {"id": "x", "name": "xx", "extras": []}},
            "applicationContext.extras",
        ),
        (
            {"applicationContext": {"id": "x", "name": "xx", "originalScopes": "aisp"}},
            "applicationContext.originalScopes",
        ),
        ({"formData": {"applicationContext": "x"}}, "formData.applicationContext"),
        ({"formData": {"applicationContext": {"id": "x"}}}, "formData.applicationContext.name"),
    ],
)
def test_a_field_that_is_not_as_it_should_be_is_named(still_app, wanted, field):
    before = census(still_app)
    assert field in fields(next_step(still_app, LOGIN | wanted))
    assert census(still_app) == before


def with_text(text):
    """Return requests that carry a text in every place that takes one."""
    context = {"id": "x", "name": "xx"}
    return [
        {"operationName": text}, {"operationData": f"A2*T{text}"}, {"operationId": text},
        {"userId": text}, {"organizationId": text}, {"operationNameExternal": text},
        {"externalTransactionId": text}, {"params": [text]}, {"params": [{text: 1}]},
        {"formData": {"title": {"id": text}}}, {"formData": {"userInput": {"a": text}}},
        {"formData": {"parameters": [{"type": "NOTE", "id": "x", "note": text}]}},
        {"applicationContext": context | {"id": text}},
        {"applicationContext": context | {"name": text}},
        {"applicationContext": context | {"description": text}},
        {"applicationContext": context | {"originalScopes": [text]}},
        {"applicationContext": context | {"extras": {"a": text}}},
    ]  # fmt: skip


def test_a_nul_character_is_refused_wherever_it_stands(app):
    """PostgreSQL keeps none, so nobody may get one in."""
    before = census(app)
    answers = {str(w): next_step(app, LOGIN | w).status_code for w in with_text("a\x00b")}
    assert {wanted: status for wanted, status in answers.items() if status != 400} == {}
    assert census(app) == before


def test_half_a_character_is_refused_wherever_it_stands(app):
    """A lone surrogate is no text: no page, no driver and no other program could take it."""
    before = census(app)
    answers = {}
    for wanted in with_text("a\ud800b"):
        body = json.dumps({"requestObject": LOGIN | wanted})
        answers[str(wanted)] = app.test_client().post(OPERATION, data=body).status_code
    assert {wanted: status for wanted, status in answers.items() if status != 400} == {}
    assert census(app) == before


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_a_number_that_json_cannot_say_again_is_refused(app, number):
    before = census(app)
    body = '{"requestObject": {"operationName": "login_sca", "operationData": "A2", %s}}'
    for where in (
        '"params": [%s]',
        '"applicationContext": {"id":"x","name":"xx","extras":{"a":%s}}',
    ):
        refused(app.test_client().post(OPERATION, data=body % (where % number)))
    assert census(app) == before


@on_sqlite
def test_however_deep_a_body_is_it_is_no_failure_of_ours(app):
    body = '{"requestObject": {"operationName": "login_sca", "operationData": "A2", "params": %s}}'
    for depth in (100, 400, 800, 950, 990, 2_000, 20_000):
        deep = "[" * depth + "]" * depth
        answer = app.test_client().post(OPERATION, data=body % deep)
        assert answer.status_code in (200, 400), depth


@pytest.mark.parametrize(
    ("name", "code"),
    [("unknown", "INVALID_CONFIGURATION"), ("LOGIN_SCA", "INVALID_CONFIGURATION"),
     ("login_sca ", "INVALID_CONFIGURATION"), ("__class__", "INVALID_CONFIGURATION")],
)  # fmt: skip
def test_an_operation_without_a_step_table_is_refused(still_app, name, code):  # 4
    before = census(still_app)
    assert refused(next_step(still_app, LOGIN | {"operationName": name}))["code"] == code
    assert census(still_app) == before


def test_an_unknown_organization_is_refused(still_app):  # 7
    before = census(still_app)
    body = refused(next_step(still_app, LOGIN | {"organizationId": "NONSENSE"}))
    assert body == {"code": "ORGANIZATION_NOT_FOUND", "message": "Organization not found."}
    assert census(still_app) == before


@pytest.mark.parametrize(
    "data",
    [
        "A1*A100CZK", "A1*Q238400856/0300", "A1*A0CZK*Q1/1", "A1*A-5CZK*Q1/1", "A1*A1e3CZK*Q1/1",
        "A1*A100czk*Q1/1", "A1*A100CZK*Q1/1*D20170631", "A1*A100CZK*Q1/1*A100CZK", "A2", "", "A",
        "a1*A100CZK*Q1/1", "A1*A100CZK*Q", "A1*A100CZK*Q1/1\x07", "A1*A100CZK*Q1/1*N\u202e",
        "A1*A100CZK*Q1\\n2", "A1*A100CZK*Q1/1\\x", "A1*A100CZK*Q1/1*NRent\\",
        "A1*A\u0661\u0660\u0660CZK*Q1/1",
        "A1*A100CZK*Q1/1*R1*D20170101*Nx*Tx", "A0*A100CZK*Q1/1", "A100*A100CZK*Q1/1",
    ],
)  # fmt: skip
def test_operation_data_that_describe_no_payment_are_refused(still_app, data):
    before = census(still_app)
    answer = next_step(still_app, PAYMENT | {"operationData": data})
    assert "operationData" in fields(answer)
    assert census(still_app) == before


def test_the_data_of_a_payment_are_no_login(still_app):
    assert fields(next_step(still_app, LOGIN | {"operationData": "A1*A100CZK*Q1/1"})) == [
        "operationData"
    ]


@pytest.mark.parametrize(
    ("parameter", "field"),
    [
        ({"type": "AMOUNT", "id": "operation.amount", "amount": 1, "currency": "CZK"},
         "formData.operation.amount"),
        ({"type": "AMOUNT", "id": "operation.amount", "amount": 100, "currency": "EUR"},
         "formData.operation.currency"),
        ({"type": "KEY_VALUE", "id": "operation.account", "value": "1/0300"},
         "formData.operation.account"),
        ({"type": "KEY_VALUE", "id": "operation.dueDate", "value": "2017-06-30"},
         "formData.operation.dueDate"),
        ({"type": "NOTE", "id": "operation.note", "note": "Something else"},
         "formData.operation.note"),
        ({"type": "KEY_VALUE", "id": "operation.reference", "value": "/VS1"},
         "formData.operation.reference"),
        ({"type": "NOTE", "id": "operation.amount", "note": "1 CZK"}, "formData.operation.amount"),
    ],
)  # fmt: skip
def test_a_form_that_says_something_else_than_what_is_signed_is_refused(
    still_app, parameter, field
):
    before = census(still_app)
    answer = next_step(still_app, PAYMENT | {"formData": {"parameters": [parameter]}})
    assert field in fields(answer)
    assert census(still_app) == before


@on_sqlite
def test_a_form_that_says_the_same_in_another_way_is_taken(app):
    form = {
        "parameters": [
            {"type": "AMOUNT", "id": "operation.amount", "amount": "100.00", "currency": "CZK"},
            {"type": "KEY_VALUE", "id": "operation.account", "value": "238400856 / 0300"},
        ]
    }
    assert next_step(app, PAYMENT | {"formData": form}).status_code == 200


@pytest.mark.parametrize("path", ["", "/", "/unknown", "/operation/unknown", "/operation/detail/x"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_address_is_refused_in_the_dialect(still_app, method, path):
    answer = getattr(still_app.test_client(), method)(f"/powerauth-nextstep{path}")
    assert refused(answer, 404)["code"] == "ERROR_NOT_FOUND"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("get", OPERATION, {"POST"}), ("patch", OPERATION, {"POST"}),
        ("patch", DETAIL, {"GET", "HEAD", "POST"}), ("delete", DETAIL, {"GET", "HEAD", "POST"}),
    ],
)  # fmt: skip
def test_a_method_that_an_address_does_not_have_is_refused_in_the_dialect(
    still_app, method, path, allowed
):
    answer = getattr(still_app.test_client(), method)(path)
    refused(answer, 405)
    assert allowed <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", [OPERATION, DETAIL])
def test_a_body_of_five_megabytes_is_too_large(still_app, path):
    before = census(still_app)
    body = json.dumps({"requestObject": LOGIN | {"operationData": "x" * 5_000_000}})
    refused(still_app.test_client().post(path, data=body, content_type="application/json"), 413)
    assert census(still_app) == before


@on_sqlite
def test_a_failure_of_ours_tells_nothing_of_the_inside(app):  # 114
    class Broken(DemoBank):
        def organizations(self):
            raise RuntimeError("Traceback of http://inside.example/ in sqlalchemy")

    put_in(app, bank=Broken("Demo Bank"))
    before = census(app)
    body = refused(next_step(app, LOGIN | {"organizationId": "RETAIL"}), 500)
    assert body == {"code": "ERROR_GENERIC", "message": "Unknown error occurred."}
    assert census(app) == before
