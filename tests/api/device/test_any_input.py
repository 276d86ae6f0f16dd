"""Whatever a phone, or somebody who says so, sends: an answer of the dialect, and nothing moves."""

import json
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.demo.phone.calls import AUTHORIZATION, ENCRYPTION, TOKEN, Call, compact
from app.demo.phone.primitives import b64
from app.demo.phone.sealing import seal
from tests.support.device import KNOWLEDGE, PREFIX, VALIDATE, now, paired

pytest_plugins = ["tests.support.lasting"]

ANY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PATHS = (
    "/pa/v3/activation/create",
    "/pa/v3/activation/status",
    "/pa/v3/activation/remove",
    "/pa/v3/activation/rename",
    "/pa/v3/activation/detail",
    "/pa/v3/keystore/create",
    "/pa/v3/signature/validate",
    "/pa/v3/token/create",
    "/pa/v3/token/remove",
    "/pa/v3/vault/unlock",
    "/pa/v3/user/info",
    "/api/push/device/register",
    "/api/push/device/register/token",
    "/api/inbox/count",
    "/api/inbox/message/list",
    "/api/inbox/message/detail",
    "/api/inbox/message/read",
    "/api/inbox/message/read-all",
)
PAIR = re.compile(r'([a-z_]+)="([^"]*)"')
LATIN = st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n\0"), max_size=80)
SMALL = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["activationId", "challenge", "jwt", "tokenId", "code",
                                       "requestObject", "type", "mac"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@pytest.fixture(scope="module")
def phones():
    """One phone for each application, whose state must not move."""
    return {}


def known(phones, app, version="3.3"):
    if (id(app), version) not in phones:
        phone = paired(app, version)
        phone.create_token()
        phones[id(app), version] = phone
    return phones[id(app), version]


def is_a_refusal(answer):
    assert 400 <= answer.status_code < 500, answer.text
    body = answer.json
    assert body["status"] == "ERROR"
    assert set(body["responseObject"]) == {"code", "message"}


def place(phone):
    row = phone.row
    return row.state, row.counter, row.failed_attempts, row.name


@ANY
@given(st.data())
def test_any_request_is_refused_in_the_dialect(lasting_app, phones, data):
    phone = known(phones, lasting_app)
    before = place(phone)
    body = data.draw(st.binary(max_size=120) | SMALL.map(lambda value: json.dumps(value).encode()))
    answer = lasting_app.test_client().post(
        PREFIX + data.draw(st.sampled_from(PATHS)),
        data=body,
        headers={name: data.draw(LATIN) for name in (AUTHORIZATION, ENCRYPTION, TOKEN)},
    )
    if answer.status_code != 200:  # the status of nothing is a status
        is_a_refusal(answer)
    else:
        assert answer.request.path.endswith("/status")
    assert place(phone) == before


def meant(text):
    """What a header says, but for its version, which nobody signs."""
    values = {name: value for name, value in PAIR.findall(text) if name.startswith("pa_")}
    return values | {"pa_signature_type": values["pa_signature_type"].lower(), "pa_version": ""}


@ANY
@given(st.data())
def test_a_header_with_any_value_changed_is_refused(lasting_app, phones, data):
    phone = known(phones, lasting_app, "3.2")
    call = phone.handset.signed(VALIDATE, "/pa/signature/validate", {}, KNOWLEDGE)
    counter = phone.row.counter
    text = call.headers[AUTHORIZATION]
    start = data.draw(st.integers(len("PowerAuth "), len(text) - 1))
    end = data.draw(st.integers(start + 1, min(len(text), start + 12)))
    changed = text[:start] + data.draw(LATIN) + text[end:]
    answer = phone.post(Call(call.path, call.body, {AUTHORIZATION: changed}))
    if answer.status_code == 200:  # a blank more or less, another case, a name that nobody knows
        assert meant(changed) == meant(text)
        return
    is_a_refusal(answer)
    assert phone.row.counter == counter
    assert phone.sign().status_code == 200


@ANY
@given(st.data(), st.sampled_from(["3.3", "3.2", "3.1", "3.0"]))
def test_an_envelope_with_any_field_changed_is_refused(lasting_app, phones, data, version):
    phone = known(phones, lasting_app, version)
    sealed = seal(b"{}", "/pa/generic/activation", phone.parties, phone.route())
    name = data.draw(st.sampled_from(sorted(sealed.fields)))
    value = data.draw(
        SMALL | st.binary(max_size=70).map(b64) | st.text(max_size=10)
        | st.sampled_from([b64(b"\x04" + bytes(64)), b64(b"\x02" + b"\xff" * 32), now() + 1])
    )  # fmt: skip
    fields = dict(sealed.fields) | {name: value}
    if fields == sealed.fields:
        return
    call = Call("/pa/v3/user/info", json.dumps(fields).encode(), {ENCRYPTION: phone.encryption})
    if version == "3.1" and name == "nonce":  # its MAC does not cover the nonce: the protocol's
        assert phone.post(call).status_code in (200, 400)
        return
    is_a_refusal(phone.post(call))


@ANY
@given(st.binary(max_size=60))
@example(b"{}")
@example(b"[]")
@example(b"")
@example(b"null")
@example(b'{"reason": 7}')
@example(b'{"a": 1, "a": 2}')
@example(b"[" * 60)
def test_anything_inside_an_envelope_is_answered(lasting_app, phones, plain):
    phone = known(phones, lasting_app, "3.2")
    sealed = seal(plain, "/pa/vault/unlock", phone.parties, phone.route())
    call = phone.handset.signed("/pa/v3/vault/unlock", "/pa/vault/unlock", sealed.fields, KNOWLEDGE)
    is_a_refusal(phone.post(call))
    if phone.handset.state.counter - phone.row.counter > 10:
        phone.sign()


@pytest.mark.parametrize("path", PATHS)
def test_an_address_is_asked_by_post_and_its_other_methods_are_told(lasting_app, path):
    if path == VALIDATE:
        return
    answer = lasting_app.test_client().get(PREFIX + path)
    assert answer.status_code == 405
    assert answer.json["status"] == "ERROR"


def test_a_body_without_end_is_refused(lasting_app):
    body = compact({"requestObject": {"jwt": "x" * 300_000}})
    answer = lasting_app.test_client().post(f"{PREFIX}/pa/v3/keystore/create", data=body)
    assert answer.status_code == 413
    assert answer.json["status"] == "ERROR"
