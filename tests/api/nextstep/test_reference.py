"""The OpenAPI document, the page that shows it, and that nothing else is answered."""

import os

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.support.backend import DETAILS, LISTS, PREFIX, PUTS, BackEnd

pytest_plugins = ["tests.support.lasting"]

EXAMPLES = int(os.environ.get("WEBFLOW_TEST_EXAMPLES", "4"))
"""How much is asked of each call; more by hand."""


@pytest.fixture
def document(lasting_apps):
    answer = lasting_apps("sqlite").test_client().get(f"{PREFIX}/v3/api-docs")
    assert answer.status_code == 200
    return answer.json


def calls(document):
    return [
        (path.removeprefix(PREFIX), method.upper(), made)
        for path, methods in document["paths"].items()
        for method, made in methods.items()
    ]


def test_every_call_but_those_that_only_read_takes_a_body(document):
    for path, method, made in calls(document):
        assert ("requestBody" in made) == (method != "GET"), path


def test_every_call_has_its_twin(document):  # spec 0.3
    made = {(path, method) for path, method, _ in calls(document)}
    for path, method in made:
        if method == "PUT":
            assert (f"{path}/update", "POST") in made
        if method == "GET":
            assert (f"{path}/list", "POST") in made or (path, "POST") in made
    assert {path for path, method in made if method == "PUT"} == set(PUTS)
    assert {path for path, method in made if method == "GET"} == {*LISTS, *DETAILS}


# --- anything may be asked ---------------------------------------------------------------------


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "operationId", "operationName", "operationData", "userId", "organizationId", "authMethod",
        "authStepResult", "targetAuthMethod", "authInstruments", "formData", "applicationContext",
        "chosenAuthMethod", "externalTransactionId", "stepDefinitionId", "operationRequestType",
        "responseResult", "responsePriority", "templateId", "maxAuthFails", "orderNumber",
        "applicationName", "includeRemoved", "mobileTokenOnly", "params", "authenticationContext",
    ]
)  # fmt: skip


def test_no_made_up_request_is_a_failure_of_ours(lasting_apps, document):
    asked = [(path, method) for path, method, _ in calls(document)]

    @given(
        call=st.sampled_from(asked),
        wanted=st.dictionaries(NAMES, JUNK, max_size=8),
        on=st.sampled_from(["sqlite", "postgresql"]),
    )
    @hypothesis_settings(max_examples=60 * EXAMPLES, database=None, deadline=None)
    def ask(call, wanted, on):
        path, method = call
        client = lasting_apps(on).test_client()
        if method == "GET":
            given_texts = {name: str(value) for name, value in wanted.items()}
            answer = client.get(PREFIX + path, query_string=given_texts)
        else:
            answer = client.open(PREFIX + path, method=method, json={"requestObject": wanted})
        assert answer.status_code in (200, 400, 413), answer.text
        assert answer.json["status"] == ("OK" if answer.status_code == 200 else "ERROR")

    ask()


BODIES = [
    b"", b"null", b"[]", b"1", b'"x"', b"{", b'{"requestObject":', b"\xff\xfe", b"\xc3\x28", b"{}",
    b'{"requestObject":null}', b'{"requestObject":[]}', b'{"requestObject":"x"}',
    b'{"requestObject":{"operationId":"a\\u0000b"}}', b'{"requestObject":{"userId":"\\ud800"}}',
    b'{"requestObject":{"a":NaN}}', b'{"requestObject":{"a":1e999}}',
    b'{"requestObject":{"a":1,"a":2}}', b'{"requestObject":{"a":' + b"9" * 5000 + b"}}",
    b'{"requestObject":' * 200 + b"{}" + b"}" * 200, b"[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:30]))
def test_no_call_takes_a_body_that_is_none(lasting_apps, document, body):
    client = lasting_apps("sqlite").test_client()
    for path, method, _ in calls(document):
        if method != "GET":
            answer = client.open(PREFIX + path, method=method, data=body)
            assert answer.status_code == 400, (path, answer.text)
            assert answer.json["responseObject"]["code"] == "INVALID_REQUEST"


def test_no_call_takes_a_large_body(lasting_apps, document):
    client = lasting_apps("sqlite").test_client()
    for path, method, _ in calls(document):
        if method != "GET":
            answer = client.open(PREFIX + path, method=method, data=b"x" * 300_000)
            assert (answer.status_code, answer.json["status"]) == (413, "ERROR"), path


@pytest.mark.parametrize("value", ["", "x" * 257, "a\x00b"])
def test_no_list_or_detail_takes_a_name_that_is_none(lasting_app, value):
    bank = BackEnd(lasting_app)
    for path, name in (
        ("/operation/detail", "operationId"), ("/user/operation", "userId"),
        ("/organization/detail", "organizationId"), ("/operation/config/detail", "operationName"),
        ("/step/definition", "operationName"),
    ):  # fmt: skip
        assert bank.ask("GET", path, **{name: value}).status_code == 400, path


def test_a_parameter_is_given_once(lasting_app):
    answer = lasting_app.test_client().get(f"{PREFIX}/operation/detail?operationId=a&operationId=b")
    assert answer.status_code == 400


@pytest.mark.parametrize("wrong", [7, True, [], {}, "x" * 257])
def test_no_call_takes_an_id_of_the_wrong_kind(lasting_app, wrong):
    bank = BackEnd(lasting_app)
    for path in (
        "/operation", "/operation/user", "/operation/formData", "/operation/chosenAuthMethod",
        "/operation/application", "/operation/mobileToken/status",
    ):  # fmt: skip
        assert bank.refused("PUT", path, operationId=wrong) == "REQUEST_VALIDATION_FAILED"
