"""What a phone and we share is nowhere in the clear: in no row, no log, no trail."""

import io
import logging

import pytest
from sqlalchemy import text

from app import logs
from app.demo.phone.handset import Handset
from app.demo.phone.pairing import Owner
from app.demo.phone.primitives import b64, unb64
from app.store.db import Base
from tests.support.databases import engine_of
from tests.support.device import (
    KNOWLEDGE,
    PIN,
    WRONG,
    Device,
    change,
    configuration_of,
    now,
    offer,
    register,
)
from tests.support.store import serving

PUSH = "/api/push/device/register/token"
ADDRESS = "push-address-of-this-one-phone"
OTP = "one-time-word-4711"


@pytest.fixture
def said(app):
    """Everything that is logged."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter())
    logs.configure("DEBUG")
    root = logging.getLogger()
    usual, root.handlers = root.handlers, [handler]
    yield stream
    root.handlers = usual
    logs.configure("WARNING")


def rows(app):
    """Every value of every table, as bytes."""
    with engine_of(app).connect() as connection:
        for table in Base.metadata.sorted_tables:
            found = connection.execute(text(f"SELECT * FROM {table.name}"))  # noqa: S608 - ours
            for row in found.mappings():
                for name, value in row.items():
                    raw = bytes(value) if isinstance(value, bytes | memoryview) else None
                    yield f"{table.name}.{name}", raw or str(value).encode()


def forms(secret):
    """A secret as its text, its bytes and their digits."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    found = {raw, b64(raw).encode(), raw.hex().encode()}
    try:
        decoded = unb64(secret) if isinstance(secret, str) else b""
    except Exception:  # noqa: BLE001 - it is no Base64
        decoded = b""
    return found | ({decoded, decoded.hex().encode()} if len(decoded) >= 8 else set())


def test_no_secret_of_a_phone_is_in_a_table_or_a_log(app, said):
    shown = register(app, otp=OTP, commit_phase="ON_KEY_EXCHANGE")
    secrets = {"code": shown.code.code, "otp": OTP, "PIN's address": ADDRESS}
    answer, pairing = offer(app, shown.code.code, owner=Owner("My phone", otp=OTP))
    phone = Device(app, Handset(pairing.finish(answer.data, PIN)))
    state = phone.handset.state
    secrets |= {f"counter {state.counter}": state.counter_data}
    phone.sign()
    phone.sign(WRONG)
    secrets |= {f"counter {state.counter}": state.counter_data}
    phone.create_token()
    wanted = {"requestObject": {"platform": "ios", "token": ADDRESS}}
    assert phone.post(phone.handset.with_token(PUSH, wanted, now())).status_code == 200
    asked = phone.handset.unlock_vault("ADD_BIOMETRY", phone.route(), KNOWLEDGE)
    secrets["vault key"] = asked.read(phone.post(asked.call).data)
    keys = state.keys("possession_knowledge_biometry", PIN)
    secrets |= {
        "token": state.tokens["possession_universal"]["secret"],
        "application secret": configuration_of(app).application_secret,
        "possession": keys[0],
        "knowledge": keys[1],
        "biometry": keys[2],
        "transport": state.transport,
    }
    waiting = register(app)
    secrets["another code"] = waiting.code.code
    change(app, "block", phone.id)
    needles = {form: name for name, secret in secrets.items() for form in forms(secret)}
    found = {
        (needles[needle], place)
        for place, value in rows(app)
        for needle in needles
        if needle in value
    }
    assert found == set()
    assert {place for place, value in rows(app) if phone.id.encode() in value} >= {
        "registrations.id",
        "audit.subject",
    }  # the look itself works
    logged = said.getvalue().encode()
    assert b"registration.signature.refused" in logged
    assert {name for needle, name in needles.items() if needle in logged} == set()


def test_what_the_house_keeps_is_sealed_anew_after_a_rotation_and_the_phone_goes_on(app):
    shown = register(app, commit_phase="ON_KEY_EXCHANGE")
    answer, pairing = offer(app, shown.code.code)
    phone = Device(app, Handset(pairing.finish(answer.data, PIN)))
    phone.create_token()
    with serving(app) as services:
        services.keys.rotate()
        services.commit()
        assert services.keys.reseal(services.commit).broken == ()
    assert phone.sign().status_code == 200
    wanted = {"requestObject": {"platform": "ios", "token": ADDRESS}}
    assert phone.post(phone.handset.with_token(PUSH, wanted, now())).status_code == 200
