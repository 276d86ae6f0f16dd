"""Whatever a phone says of an operation, and however: an answer of the dialect, never an error."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.demo.phone.calls import Call
from app.demo.phone.signing import POSSESSION, authorization
from app.mtoken.operation_views import NewOperation
from app.store.operations import OperationRow
from app.store.registrations import Registration
from tests.support.device import KNOWLEDGE, PREFIX, now, paired
from tests.support.store import reading, serving, writing

pytest_plugins = ["tests.support.lasting"]

ANY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
APP = "/api/auth/token/app/operation"
PATHS = ("list", "detail", "detail/claim", "authorize", "cancel", "history")
NAMES = ("id", "data", "reason", "proximityCheck", "otp", "type", "mobileTokenData")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


def known(app):
    """One phone and one operation of somebody else for each application."""
    kept = app.extensions.setdefault("tests.operations", {})
    if not kept:
        phone = paired(app)
        phone.create_token()
        with serving(app) as services:
            wanted = NewOperation("login", (phone.row.application_id,), "somebody else")
            kept |= {"phone": phone, "others": services.operations.create(wanted).id}
            services.commit()
    return kept["phone"], kept["others"]


def alive(app, phone):
    """Let failures of this test block nobody."""
    with writing(app) as session:
        session.get(Registration, phone.id).failed_attempts = 0


def written(value):
    try:
        return json.dumps(value).encode()
    except UnicodeEncodeError:
        return b"{"


@ANY
@given(
    st.sampled_from(PATHS),
    st.booleans(),
    st.one_of(
        st.binary(max_size=60),
        JSON.map(written),
        JSON.map(lambda value: written({"requestObject": value})),
        st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5).map(
            lambda value: written({"requestObject": value})
        ),
    ),
)
def test_any_body_gets_an_answer_of_the_dialect(lasting_app, path, foreign, body):
    phone, others = known(lasting_app)
    if foreign:
        body = body.replace(b'"id": ', f'"id": "{others}", "x": '.encode())
    signed = {
        "authorize": ("/operation/authorize", KNOWLEDGE),
        "cancel": ("/operation/cancel", POSSESSION),
        "history": ("/operation/history", KNOWLEDGE),
    }
    call = phone.handset.with_token(f"{APP}/{path}", {}, now())
    if path in signed:
        uri_id, proof = signed[path]
        header = authorization(phone.handset.state, proof, uri_id, body)
        call = Call(f"{APP}/{path}", body, {"X-PowerAuth-Authorization": header})
    answer = lasting_app.test_client().post(PREFIX + call.path, data=body, headers=call.headers)
    assert answer.status_code in (200, 400, 401), answer.text
    assert answer.json["status"] == ("OK" if answer.status_code == 200 else "ERROR")
    if answer.status_code == 401:
        alive(lasting_app, phone)
    with reading(lasting_app) as session:
        untouched = session.get(OperationRow, others)
    assert (untouched.status, untouched.failures, untouched.version) == ("PENDING", 0, 1)
