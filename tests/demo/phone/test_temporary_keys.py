"""Temporary keys: only the portal's answer to this question, and only while it lives."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.sealing import Route
from app.demo.phone.temporary_keys import ask
from tests.crypto.vectors import text64
from tests.demo.phone.conftest import paired
from tests.demo.phone.portal import NOW, Portal


def test_a_temporary_key_is_used_until_shortly_before_its_end():
    portal = Portal()
    phone = paired(portal, "3.3")
    asked = phone.ask_for_key(NOW)
    key = asked.read(portal.answer(asked.call))
    assert key.is_usable(NOW)
    assert key.is_usable(NOW + 289_999)
    assert not key.is_usable(NOW + 290_000)
    portal.temporary.clear()
    with pytest.raises(KeyError):
        portal.answer(phone.create_token(Route(key.target, NOW)).call)


def test_only_the_portals_answer_about_a_key_is_believed():
    portal, other = Portal(), Portal()
    phone = paired(portal, "3.3")
    asked, again = phone.ask_for_key(NOW), phone.ask_for_key(NOW)
    answer = portal.answer(asked.call)
    asked.read(answer)
    with pytest.raises(PhoneRefused):  # an answer to another question
        again.read(answer)
    portal.server, kept = other.server, portal.server
    with pytest.raises(PhoneRefused):  # signed by somebody else
        asked.read(portal.answer(asked.call))
    portal.server = kept
    old = ask(phone._parties(), phone.state.server_public, "c" * 24)  # noqa: SLF001
    jwt = json.loads(answer)["responseObject"]["jwt"]
    for wrong in ("", "a.b", jwt[:-4], jwt + ".", jwt.replace(".", ".A", 1), "." + jwt):
        with pytest.raises(PhoneRefused):
            old.accept(wrong, NOW)
    late = phone.ask_for_key(NOW + 300_000)
    answer = portal.answer(late.call)
    with pytest.raises(PhoneRefused):  # a key that is no longer alive
        late.read(answer)


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": "none"}, {}),
        ({"alg": "HS256"}, {}),
        ({"typ": "JWE"}, {}),
        ({"crit": ["x"]}, {}),
        ({}, {"applicationKey": text64(b"o" * 16)}),
        ({}, {"activationId": "00000000-0000-4000-8000-000000000000"}),
        ({}, {"challenge": text64(b"o" * 18)}),
        ({}, {"publicKey": text64(bytes(65))}),
        ({}, {"sub": None}),
        ({}, {"exp_ms": NOW}),
        ({}, {"exp_ms": None}),
    ],
)
def test_a_key_that_was_given_out_otherwise_is_refused(header, claims):
    portal = Portal()
    asked = paired(portal, "3.3").ask_for_key(NOW)
    right = json.loads(portal.answer(asked.call))["responseObject"]["jwt"].split(".")
    parts = [json.loads(urlsafe_b64decode(part + "==")) for part in right[:2]]
    assert asked.read(resigned(portal, *parts))
    with pytest.raises(PhoneRefused):
        asked.read(resigned(portal, parts[0] | header, parts[1] | claims))


def resigned(portal, *parts):
    """An answer that the right key has signed."""
    signed = ".".join(url64(json.dumps(part).encode()) for part in parts)
    jwt = f"{signed}.{url64(portal.server.sign_raw(signed.encode()))}"
    return json.dumps({"responseObject": {"jwt": jwt}}).encode()


def url64(data):
    return urlsafe_b64encode(data).decode().rstrip("=")
