"""Credentials of providers: checked, sealed, replaced, described without secrets, removed."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from sqlalchemy import select, update

from app.channels.credentials import ApnsCredentials, FcmCredentials, HmsCredentials
from app.crypto.vault import CannotOpenError
from app.errors import ApplicationNotFound, PushCredentialsRefused
from app.mtoken.push_credentials import decoded
from app.store.applications import PushCredentialsRow
from tests.support.operations import BANK_APP, OTHER_APP
from tests.support.push_authority import pem_of
from tests.support.store import all_of, on_sqlite, reading, serving, writing

APNS_KEY = pem_of(ec.generate_private_key(ec.SECP256R1()))
RSA_KEY = pem_of(rsa.generate_private_key(65537, 2048)).decode()
APNS = {
    "topic": "com.example.bank",
    "key_id": "ABC123DEFG",
    "team_id": "DEF123GHIJ",
    "environment": "production",
}
ACCOUNT = {
    "type": "service_account",
    "project_id": "bank-app-4711",
    "private_key_id": "0f1e2d",
    "private_key": RSA_KEY,
    "client_email": "pusher@bank-app-4711.iam.gserviceaccount.com",
}
HMS = {"project_id": "4711", "app_id": "102345", "client_id": "102345"}
SECRET = "a-client-secret-of-huawei"


def put_apns(room, **other):
    given = {**APNS, "key": APNS_KEY, **other}
    room.do(lambda s: s.mtoken.push_credentials.set_apns(BANK_APP, **given))


def put_fcm(room, project_id="", **other):
    file = json.dumps({**ACCOUNT, **other}).encode()
    room.do(lambda s: s.mtoken.push_credentials.set_fcm(BANK_APP, file=file, project_id=project_id))


def put_hms(room, **other):
    given = {**HMS, "secret": SECRET, **other}
    room.do(lambda s: s.mtoken.push_credentials.set_hms(BANK_APP, **given))


def described(room, application=BANK_APP):
    return room.do(lambda s: s.mtoken.push_credentials.describe(application))


def found(room, kind, application=BANK_APP):
    return room.do(lambda s: s.mtoken.push_credentials.find(application, kind))


def test_what_is_put_in_is_described_without_its_secret(room, app):
    put_apns(room, environment="DEVELOPMENT")
    put_fcm(room)
    put_hms(room)
    assert described(room) == {
        "apns": {**APNS, "environment": "development"},
        "fcm": {
            "project_id": "bank-app-4711",
            "client_email": ACCOUNT["client_email"],
            "key_id": "0f1e2d",
        },
        "hms": HMS,
    }
    assert described(room, OTHER_APP) == {}
    assert found(room, ApnsCredentials).secret == APNS_KEY.decode()
    assert found(room, FcmCredentials).secret == RSA_KEY
    assert found(room, HmsCredentials).secret == SECRET
    assert found(room, HmsCredentials, OTHER_APP) is None
    names = [name for name in room.heard.names(BANK_APP) if "push" in name]
    assert names == ["application.push.changed"] * 3


def test_new_credentials_replace_those_of_the_same_provider_alone(room, app):
    put_apns(room)
    put_hms(room)
    put_hms(room, app_id="999", secret="another")
    assert described(room) == {"apns": APNS, "hms": {**HMS, "app_id": "999"}}
    assert found(room, HmsCredentials).secret == "another"


def test_removed_credentials_are_gone_and_told_once(room, app):
    put_apns(room)
    put_hms(room)

    def remove():
        return room.do(lambda s: s.mtoken.push_credentials.remove(BANK_APP, "hms"))

    assert remove()
    assert not remove()
    assert found(room, HmsCredentials) is None
    assert list(described(room)) == ["apns"]
    assert room.heard.names(BANK_APP).count("application.push.removed") == 1


def test_who_put_in_the_same_at_once_both_succeed(room, app):
    together = threading.Barrier(2)

    def put(secret):
        with serving(app) as services:
            together.wait()
            services.mtoken.push_credentials.set_hms(BANK_APP, **HMS, secret=secret)
            time.sleep(0.2)  # the other one is there meanwhile
            services.commit()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(put, ("one", "two")))
    assert len(all_of(app, PushCredentialsRow)) == 1


@on_sqlite
def test_a_secret_is_sealed_for_its_own_row(room, app):
    put_hms(room)
    room.do(
        lambda s: s.mtoken.push_credentials.set_hms(OTHER_APP, **HMS, secret="the other's secret")
    )
    rows = {row.application_id: row for row in all_of(app, PushCredentialsRow)}
    assert SECRET.encode() not in rows[BANK_APP].secret_sealed
    assert SECRET not in json.dumps(rows[BANK_APP].facts)
    with writing(app) as session:
        session.execute(
            update(PushCredentialsRow)
            .where(PushCredentialsRow.application_id == OTHER_APP)
            .values(secret_sealed=rows[BANK_APP].secret_sealed)
        )
    with pytest.raises(CannotOpenError):
        found(room, HmsCredentials, OTHER_APP)


@on_sqlite
def test_a_new_data_key_seals_them_anew(room, app):
    put_hms(room)
    with reading(app) as session:
        before = session.scalar(select(PushCredentialsRow.secret_sealed))
    room.do(lambda s: s.keys.rotate())
    with serving(app) as services:
        services.keys.reseal(services.commit)
    with reading(app) as session:
        after = session.scalar(select(PushCredentialsRow.secret_sealed))
    assert before[1:9] != after[1:9]
    assert found(room, HmsCredentials).secret == SECRET


@on_sqlite
def test_an_application_that_is_not_there_has_none(room):
    for act in (
        lambda kept: kept.set_hms("nobody", **HMS, secret=SECRET),
        lambda kept: kept.remove("nobody", "hms"),
        lambda kept: kept.describe("nobody"),
    ):
        with pytest.raises(ApplicationNotFound):
            room.do(lambda s, act=act: act(s.mtoken.push_credentials))


P384 = pem_of(ec.generate_private_key(ec.SECP384R1()))
LOCKED = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")
)
EDWARDS = ed25519.Ed25519PrivateKey.generate().private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)


@on_sqlite
@pytest.mark.parametrize(
    "wrong",
    [
        {"key": b""},
        {"key": b"no key"},
        {"key": APNS_KEY[:-40]},
        {"key": "klíč".encode()},
        {"key": P384},
        {"key": LOCKED},
        {"key": EDWARDS},
        {"key": RSA_KEY.encode()},
        {"key": APNS_KEY + b"x" * 20000},
        {"environment": "staging"},
        {"topic": ""},
        {"topic": "com.example\r\nx: y"},
        {"key_id": "../x"},
        {"team_id": " "},
    ],
)
def test_what_cannot_be_apple_s_is_refused(room, app, wrong):
    with pytest.raises(PushCredentialsRefused) as caught:
        put_apns(room, **wrong)
    assert_harmless(caught.value, app)


SMALL = pem_of(rsa.generate_private_key(65537, 1024)).decode()  # noqa: S505 - it must be refused


@on_sqlite
@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "authorized_user"},
        {"private_key": None},
        {"private_key": "no key"},
        {"private_key": SMALL},
        {"private_key": APNS_KEY.decode()},
        {"private_key_id": ""},
        {"client_email": "nobody"},
        {"client_email": 5},
        {"project_id": "a/b"},
        {"padding": "x" * 20000},
    ],
)
def test_what_cannot_be_google_s_is_refused(room, app, wrong):
    with pytest.raises(PushCredentialsRefused) as caught:
        put_fcm(room, **wrong)
    assert_harmless(caught.value, app)


@on_sqlite
@pytest.mark.parametrize("file", [b"", b"{", b"[]", b"\xff\xfe", b'"text"'])
def test_a_file_that_is_no_service_account_is_refused(room, app, file):
    with pytest.raises(PushCredentialsRefused):
        room.do(lambda s: s.mtoken.push_credentials.set_fcm(BANK_APP, file=file))


@on_sqlite
@pytest.mark.parametrize(
    "wrong", [{"secret": ""}, {"secret": "x" * 1025}, {"app_id": "a/b"}, {"client_id": ""}]
)
def test_what_cannot_be_huawei_s_is_refused(room, app, wrong):
    with pytest.raises(PushCredentialsRefused) as caught:
        put_hms(room, **wrong)
    assert_harmless(caught.value, app)


@on_sqlite
def test_a_named_project_wins_over_the_file_s(room):
    put_fcm(room, project_id="another")
    assert described(room)["fcm"]["project_id"] == "another"


def test_a_file_may_come_as_base64():
    assert decoded("QmFzZQ==") == b"Base"
    for wrong in ("QmFzZQ", "ž", "a b c"):
        with pytest.raises(PushCredentialsRefused):
            decoded(wrong)


def assert_harmless(problem, app):
    """Nothing was kept, and what is said of it repeats nothing of a key."""
    assert all_of(app, PushCredentialsRow) == []
    assert problem.detail
    assert "BEGIN" not in problem.detail
    assert SECRET not in problem.detail
