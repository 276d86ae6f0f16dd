"""Every call of the device API, made once by a real phone; the client looks into the document."""

import pytest
from flask import request

from app.demo.phone.calls import TOKEN
from app.demo.phone.signing import POSSESSION
from app.demo.phone.tokens import token_header
from app.demo.phone.vault import ADD_BIOMETRY
from tests.support.cloud import Cloud
from tests.support.device import KNOWLEDGE, PREFIX, USER, now
from tests.support.references import DEVICE, calls
from tests.support.store import on_sqlite

APP = "/api/auth/token/app/operation"
GENERIC = "/pa/generic/activation"
LEFT_BEHIND = {"startUpgrade", "commitUpgrade", "confirmRecovery"}


@pytest.fixture
def heard(app):
    """Paths that have answered with 200."""
    found = set()

    @app.after_request
    def note(response):
        if response.status_code == 200:
            found.add(request.path)
        return response

    return found


@on_sqlite
def test_a_phone_that_makes_every_call_hears_what_the_document_says(app, heard):
    cloud = Cloud(app)
    phone = cloud.phone()
    phone.create_token()
    phone.create_token(KNOWLEDGE, "strong")
    first, second = (cloud.open()["operationId"] for _ in range(2))
    free = cloud.open(None)["operationId"]
    with_token(phone, f"{APP}/list", {})
    shown = with_token(phone, f"{APP}/detail", {"requestObject": {"id": first}})
    with_token(phone, f"{APP}/detail/claim", {"requestObject": {"id": free}})
    approval = {"requestObject": {"id": first, "data": shown["responseObject"]["data"]}}
    signed(phone, f"{APP}/authorize", "/operation/authorize", approval)
    rejection = {"requestObject": {"id": second, "reason": "UNKNOWN"}}
    signed(phone, f"{APP}/cancel", "/operation/cancel", rejection, POSSESSION)
    history = signed(phone, f"{APP}/history", "/operation/history", {})
    assert len(history["responseObject"]) == 3
    address = {"requestObject": {"platform": "apns", "token": "a", "environment": "production"}}
    for name in ("register/token", "register"):
        with_token(phone, f"/api/push/device/{name}", address)
    letter = {"subject": "A subject", "summary": "A summary", "type": "text", "body": "x"}
    message = cloud("POST", "/v2/inbox/messages", {"userId": USER} | letter)["id"]
    for call, asked in (
        ("count", {}),
        ("message/list", {"requestObject": {"page": 0, "size": 10, "onlyUnread": True}}),
        ("message/detail", {"requestObject": {"id": message}}),
        ("message/read", {"requestObject": {"id": message}}),
        ("message/read-all", {}),
    ):
        with_token(phone, f"/api/inbox/{call}", asked)
    name = {"activationName": "Other"}
    phone.sealed(
        "/pa/v3/activation/rename", GENERIC, name, KNOWLEDGE, uri_id="/pa/activation/rename"
    )
    strong = {TOKEN: token_header(phone.handset.state, "strong", now())}
    phone.sealed("/pa/v3/activation/detail", GENERIC, {}, None, headers=strong)
    phone.sealed("/pa/v3/user/info", GENERIC, {}, None)
    unlocking = phone.handset.unlock_vault(ADD_BIOMETRY, phone.route(), KNOWLEDGE)
    assert phone.post(unlocking.call).status_code == 200
    assert phone.sign().status_code == 200
    assert phone.status() == "ACTIVE"
    assert app.test_client().post(f"{PREFIX}/pa/v3/status", json={}).status_code == 200
    assert phone.post(phone.handset.remove_token()).status_code == 200
    assert phone.post(phone.handset.remove()).status_code == 200
    silent = {
        made["operationId"] for path, _, made in calls(DEVICE.document(app)) if path not in heard
    }
    assert silent == LEFT_BEHIND


def with_token(phone, path, value):
    return answered(phone.post(phone.handset.with_token(path, value, now())))


def signed(phone, path, uri_id, value, proof=KNOWLEDGE):
    return answered(phone.post(phone.handset.signed(path, uri_id, value, proof)))


def answered(answer):
    assert answer.status_code == 200, answer.text
    return answer.json
