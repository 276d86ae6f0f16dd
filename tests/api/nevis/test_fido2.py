"""Passkeys by the second façade: enrolled and asked by a back end, answered by a browser."""

import hashlib
from time import thread_time

import pytest

from app.store.operations import OperationRow
from app.store.passkeys import PasskeyRow
from tests.support.authenticator import (
    ATTESTED,
    PRESENT,
    VERIFIED,
    Authenticator,
    b64url,
    cbor,
)
from tests.support.databases import built
from tests.support.nevis import USERNAME, Nevis, new_key
from tests.support.nevis_users import user_of
from tests.support.store import all_of, on_sqlite, serving

ORIGIN = "http://localhost:8888"
ATTESTATION, ASSERTION = "/_app/attestation/result", "/_app/assertion/result"
OK = {"status": "ok", "errorMessage": ""}
FAILED = {"status": "failed", "errorMessage": "The passkey was not accepted."}


@pytest.fixture
def nevis(app):
    return Nevis(app)


def begin(nevis, username=USERNAME, **more):
    return nevis.enroll(username, channel="fido2", displayName="Jana Nová", **more)["enrollment"]


def brought(made):
    """Leave out what browsers of the documentation do not send."""
    return {"type": made["type"], "id": made["id"], "response": made["response"]}


def bring(nevis, path, made, **more):
    return nevis("POST", path, {**brought(made), **more}, bearer=None)


def enrolled(nevis, username=USERNAME, **more):
    key = Authenticator(origin=ORIGIN)
    begun = begin(nevis, username)
    made = key.make(begun["credentialCreationOptions"])
    assert bring(nevis, ATTESTATION, made, userFriendlyName="My key", **more) == OK
    assert nevis.status(begun["statusToken"])["status"] == "succeeded"
    return key


def test_a_passkey_is_enrolled_and_approves(app, nevis):
    key = enrolled(nevis, userAgent="Mozilla/5.0 (demo)")
    begun = nevis.approve(channel="fido2", message="Pay 100 CZK?")
    options = begun["credentialRequestOptions"]
    assert [each["id"] for each in options["allowCredentials"]] == [b64url(key.id)]
    assert nevis.status(begun["statusToken"])["status"] == "pending"
    assert bring(nevis, ASSERTION, key.get(options)) == OK
    stands = nevis.status(begun["statusToken"])
    assert (stands["status"], stands["username"]) == ("succeeded", USERNAME)
    assert nevis.introspect(stands["token"])["active"] is True
    with serving(app, writing=False) as services:
        (shown,) = services.mtoken.registrations.of_user(USERNAME, "demo")
    assert (shown.kind, shown.name) == ("fido2", "My key")
    assert shown.device_info == "Mozilla/5.0 (demo)"


@on_sqlite
def test_nobody_gets_more_passkeys_by_enrolments_that_began_before(settings):
    limits = settings.nevis.model_copy(update={"authenticators": 1})
    with built(settings.model_copy(update={"nevis": limits})) as app:
        nevis = Nevis(app)
        begun = [begin(nevis)["credentialCreationOptions"] for _ in range(2)]
        made = [Authenticator(origin=ORIGIN).make(options) for options in begun]
        assert [bring(nevis, ATTESTATION, each) for each in made] == [OK, FAILED]
        assert len(user_of(nevis)["authenticators"]) == 1


@on_sqlite
def test_the_options_of_an_enrolment_are_those_of_webauthn(nevis):
    selection = {"residentKey": "required", "authenticatorAttachment": "platform"}
    begun = begin(nevis, fido2Options={"authenticatorSelection": selection})
    options = begun["credentialCreationOptions"]
    assert options["rp"] == {"id": "localhost", "name": "Demo Bank"}
    assert (options["user"]["name"], options["user"]["displayName"]) == (USERNAME, "Jana Nová")
    assert options["authenticatorSelection"] == {
        **selection,
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert set(begun) == {"transactionId", "statusToken", "credentialCreationOptions"}


def test_who_reads_of_an_enrolment_enrols_nothing(app, nevis):
    begun = begin(nevis)
    (operation,) = all_of(app, OperationRow)  # as logs, callbacks and the Cloud API tell of it
    text = f"webflow.challenge\n{operation.id}\n{operation.data}"
    guessed = b64url(hashlib.sha256(text.encode()).digest())
    made = Authenticator(origin=ORIGIN).make(
        {**begun["credentialCreationOptions"], "challenge": guessed}
    )
    assert bring(nevis, ATTESTATION, made) == FAILED
    assert all_of(app, PasskeyRow) == []
    assert nevis.status(begun["statusToken"])["status"] == "pending"


@on_sqlite
def test_who_has_a_passkey_is_not_offered_the_same_again(nevis):
    key = enrolled(nevis)
    options = begin(nevis)["credentialCreationOptions"]
    assert [each["id"] for each in options["excludeCredentials"]] == [b64url(key.id)]


@on_sqlite
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"username": USERNAME}, "request"),
        ({"username": USERNAME, "displayName": ""}, "displayName"),
        ({"username": USERNAME, "displayName": "é" * 33}, "displayName"),
        ({"displayName": "Jana"}, "request"),
        (
            {
                "username": USERNAME,
                "displayName": "Jana",
                "fido2Options": {"authenticatorSelection": {"userVerification": "sometimes"}},
            },
            "fido2Options",
        ),
    ],
)
def test_what_an_enrolment_needs_is_asked_for(nevis, body, code):
    refused = nevis.refused(422, "POST", "/api/v1/users/enroll", {**body, "channel": "fido2"})
    assert refused.startswith(code)


@on_sqlite
def test_the_longest_name_that_authenticators_keep_is_taken(nevis):
    nevis.enroll(channel="fido2", displayName="é" * 32)


@on_sqlite
def test_the_long_line_of_a_browser_inside_an_app_does_not_stop_it(app, nevis):
    line = "Mozilla/5.0 " + "[FBAN/FBIOS;FBAV/1] " * 30  # as such browsers call themselves
    key = enrolled(nevis, userAgent=line)
    (shown,) = user_of(nevis)["authenticators"]
    assert shown["fido2"]["userAgent"] == line[:256]
    begun = nevis.approve(channel="fido2")
    made = key.get(begun["credentialRequestOptions"])
    assert bring(nevis, ASSERTION, made, userAgent=line) == OK
    operation = next(row for row in all_of(app, OperationRow) if row.template == "approval")
    assert operation.additional_data["userAgent"] == line[:256]


@on_sqlite
def test_a_passkey_keeps_its_name_but_for_what_no_page_may_show(nevis):
    begun = begin(nevis)
    made = Authenticator(origin=ORIGIN).make(begun["credentialCreationOptions"])
    name = "Clé\u00a0de 👨\u200d👩\u200d👧\n\u202e\x7f"
    assert bring(nevis, ATTESTATION, made, userFriendlyName=name) == OK
    (shown,) = user_of(nevis)["authenticators"]
    assert shown["name"] == "Clé\u00a0de 👨\u200d👩\u200d👧"


@on_sqlite
def test_whose_approval_it_is_may_be_left_to_the_passkey(nevis):
    key = enrolled(nevis)
    begun = nevis.approve(None, channel="fido2")
    options = begun["credentialRequestOptions"]
    assert options["allowCredentials"] == []
    assert "username" not in nevis.status(begun["statusToken"])
    assert bring(nevis, ASSERTION, key.get(options)) == OK
    assert nevis.status(begun["statusToken"])["username"] == USERNAME


@on_sqlite
def test_who_has_no_passkey_cannot_be_asked_for_one(nevis):
    nevis.with_app()
    body = {"username": USERNAME, "channel": "fido2"}
    for prompt in (False, True):
        told = nevis.refused(404, "POST", "/api/v1/approval", {**body, "prompt": prompt})
        assert told == "authenticator.unknown"


@on_sqlite
def test_one_passkey_alone_may_be_asked(app, nevis):
    first, second = enrolled(nevis), enrolled(nevis)
    rows = {row.credential_id: row.registration_id for row in all_of(app, PasskeyRow)}
    named = rows[b64url(first.id)]
    options = nevis.approve(channel="fido2", authenticatorId=named)["credentialRequestOptions"]
    assert [each["id"] for each in options["allowCredentials"]] == [b64url(first.id)]
    assert bring(nevis, ASSERTION, second.get(options)) == FAILED
    assert bring(nevis, ASSERTION, first.get(options)) == OK


# --- what is not accepted ------------------------------------------------------------------------


def test_wrong_answers_are_counted_until_the_transaction_fails(nevis):
    key = enrolled(nevis)
    begun = nevis.approve(channel="fido2")
    options = begun["credentialRequestOptions"]
    for count in range(5):
        assert nevis.status(begun["statusToken"])["status"] == "pending", count
        assert bring(nevis, ASSERTION, key.get(options, flags=PRESENT)) == FAILED
    assert nevis.status(begun["statusToken"])["status"] == "failed"
    assert bring(nevis, ASSERTION, key.get(options)) == FAILED


@on_sqlite
def test_an_enrolment_that_goes_wrong_too_often_fails(app, nevis):
    key, begun = Authenticator(origin="https://evil.example"), begin(nevis)
    for _ in range(5):
        made = key.make(begun["credentialCreationOptions"])
        assert bring(nevis, ATTESTATION, made) == FAILED
    assert nevis.status(begun["statusToken"])["status"] == "failed"
    assert all_of(app, PasskeyRow) == []


@on_sqlite
def test_each_answer_belongs_to_its_address_and_its_instance(app, nevis):
    key = enrolled(nevis)
    asked = nevis.approve(channel="fido2")["credentialRequestOptions"]
    begun = begin(nevis)
    options = begun["credentialCreationOptions"]
    made = Authenticator(origin=ORIGIN).make(options)
    wrong = Authenticator(origin=ORIGIN).make({**options, "challenge": asked["challenge"]})
    assert bring(nevis, ATTESTATION, wrong) == FAILED
    assert bring(nevis, ASSERTION, key.get({"challenge": options["challenge"]})) == FAILED
    with serving(app) as services:
        services.mtoken.applications.ensure("other", "Other")
        services.commit()
    other = Nevis(app, "other", new_key(app, "other"))
    assert bring(other, ATTESTATION, made) == FAILED
    assert bring(other, ASSERTION, key.get(asked)) == FAILED
    assert bring(nevis, ATTESTATION, made) == OK
    assert bring(nevis, ASSERTION, key.get(asked)) == OK


@on_sqlite
def test_a_challenge_of_nobody_is_not_accepted(nevis):
    key = enrolled(nevis)
    assert bring(nevis, ASSERTION, key.get({"challenge": b64url(bytes(32))})) == FAILED
    garbage = {"type": "public-key", "id": "x", "response": {}}
    assert nevis.refused(422, "POST", ASSERTION, garbage, bearer=None)
    response = {"clientDataJSON": "?", "authenticatorData": "?", "signature": "?"}
    assert nevis("POST", ASSERTION, {**garbage, "response": response}, bearer=None) == FAILED


# --- pages of the bank ---------------------------------------------------------------------------


def preflight(nevis, path, origin):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return nevis.app.test_client().options(f"/nevis/{nevis.instance}{path}", headers=headers)


@on_sqlite
@pytest.mark.parametrize("path", [ATTESTATION, ASSERTION, "/api/v1/status"])
def test_pages_of_the_bank_may_call_from_a_browser_and_no_others(nevis, path):
    answer = preflight(nevis, path, ORIGIN)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert "Origin" in answer.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    foreign = preflight(nevis, path, "https://evil.example")
    assert "Access-Control-Allow-Origin" not in foreign.headers
    assert "Origin" in foreign.headers["Vary"]


@on_sqlite
def test_answers_and_refusals_may_be_read_by_pages_of_the_bank(nevis):
    http, base = nevis.app.test_client(), f"/nevis/{nevis.instance}"
    for path in (ASSERTION, "/api/v1/status"):
        answer = http.post(f"{base}{path}", json={}, headers={"Origin": ORIGIN})
        assert answer.status_code == 422
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@on_sqlite
@pytest.mark.parametrize("path", ["/api/v1/approval", "/api/v1/users/enroll", "/ping"])
def test_what_needs_a_key_is_for_no_browser(nevis, path):
    assert "Access-Control-Allow-Origin" not in preflight(nevis, path, ORIGIN).headers
    answer = nevis.app.test_client().post(
        f"/nevis/{nevis.instance}{path}", json={}, headers={"Origin": ORIGIN}
    )
    assert "Access-Control-Allow-Origin" not in answer.headers


@on_sqlite
def test_the_script_may_be_loaded_by_other_sites(nevis):
    answer = nevis.ask("GET", "/fido2-client/fido2-client.js", bearer=None)
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "nevis.auth.fido2 = { register, authenticate }" in answer.text


# --- what a few bytes would stand for -------------------------------------------------------------

SITE = hashlib.sha256(b"localhost").digest()
NEW, EXTENDED = VERIFIED | PRESENT | ATTESTED, 0x80
DEEP, AT_ONCE = 25, 5.0
"""Lists of two inside each other: unfolded they take many times as many seconds of work."""


def folded(depth, number=0):
    """Write lists of twice the same list, by the tags of shared values."""
    inner = folded(depth - 1, number + 1) if depth else b"\x00"
    again = b"\xd8\x1d" + cbor(number + 1) if depth else b"\x00"
    return b"\xd8\x1c\x82" + inner + again


def with_data(made, data):
    """Return a new credential that has other data in it."""
    told = b64url(cbor({"fmt": "none", "attStmt": {}, "authData": data}))
    return {**made, "response": {**made["response"], "attestationObject": told}}


def data_with(key, flags, items):
    name = len(key.id).to_bytes(2, "big") + key.id
    return SITE + bytes([flags]) + bytes(4) + key.aaguid + name + b"".join(items)


def kind_folded(_key):
    return NEW, [b"\xa2\x01" + folded(DEEP) + b"\x03\x26"]


def algorithm_folded(key):
    return NEW, [cbor(key.cose()).replace(b"\x03\x26", b"\x03" + folded(DEEP), 1)]


def extensions_folded(key):
    return NEW | EXTENDED, [cbor(key.cose()), folded(DEEP)]


def extensions_hidden(key):
    """Hide them in the key, where a reader comes that writes it anew, 128 bytes shorter."""
    spun_out = b"\x09\x90" + (b"\x1b" + bytes(8)) * 16
    hidden = folded(DEEP).ljust(128, b"\x00")
    return NEW | EXTENDED, [b"\xa7" + cbor(key.cose())[1:] + spun_out + b"\x0a" + cbor(hidden)]


def field_folded(_key):
    """Begin as a key with a field too few, of which the library makes one field more."""
    too_short = bytes.fromhex("a301634f4b500327206745643235353139")
    return NEW, [too_short, b"\x21", folded(DEEP)]


@on_sqlite
@pytest.mark.parametrize(
    "items", [kind_folded, algorithm_folded, extensions_folded, extensions_hidden, field_folded]
)
def test_a_new_passkey_that_unfolds_is_refused_at_once(nevis, items):
    key = Authenticator(origin=ORIGIN)
    made = key.make(begin(nevis)["credentialCreationOptions"])
    data = data_with(key, *items(key))
    began = thread_time()
    assert bring(nevis, ATTESTATION, with_data(made, data)) == FAILED
    assert thread_time() - began < AT_ONCE
    assert all_of(nevis.app, PasskeyRow) == []


@on_sqlite
def test_an_answer_that_unfolds_is_refused_at_once(nevis):
    key = enrolled(nevis)
    answer = key.get(nevis.approve(channel="fido2")["credentialRequestOptions"])
    data = SITE + bytes([VERIFIED | PRESENT | EXTENDED]) + bytes(4) + folded(DEEP)
    answer["response"]["authenticatorData"] = b64url(data)
    began = thread_time()
    assert bring(nevis, ASSERTION, answer) == FAILED
    assert thread_time() - began < AT_ONCE


@on_sqlite
def test_a_new_passkey_with_extensions_is_taken(nevis):
    key = Authenticator(origin=ORIGIN)
    made = key.make(begin(nevis)["credentialCreationOptions"])
    items = cbor(key.cose()), cbor({"credProtect": 2, "hmac-secret": {"x": [b"1", -7]}})
    data = data_with(key, NEW | EXTENDED, items)
    assert bring(nevis, ATTESTATION, with_data(made, data)) == OK
