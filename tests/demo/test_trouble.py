import json

import pytest

NEXT_STEP = "/powerauth-nextstep/operation"
DETAIL = "/powerauth-nextstep/operation/detail"
DISCOVERY = "/.well-known/openid-configuration"
PAYMENT = {"amount": "7", "currency": "CZK", "account": "1/0300"}


def refusal(code, message, **more):
    return {"status": "ERROR", "responseObject": {"code": code, "message": message, **more}}


def test_a_portal_that_is_down_is_named_and_what_was_typed_is_kept(browser, portal):
    portal.server.stop()
    page = browser.post("/start/payment", **PAYMENT, note="Kept note")
    assert page.status_code == 502
    assert f"The portal did not answer at {portal.address}." in page.text
    assert "make run" in page.text
    assert "Kept note" in page.text


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"jwks_uri": None}, "lacks jwks_uri"),
        ({"issuer": "https://evil.example"}, "it calls itself https://evil.example"),
    ],
)
def test_a_portal_with_wrong_metadata_is_not_used(browser, portal, metadata, words):
    portal.metadata |= metadata
    page = browser.post("/start/login")
    assert page.status_code == 502
    assert words in page.text


@pytest.mark.parametrize("body", ["<html>", "[]", "null", "[" * 20000])
def test_something_else_at_the_portals_address_is_told_apart(browser, portal, body):
    portal.answers[DISCOVERY] = (200, body)
    page = browser.post("/start/login")
    assert page.status_code == 502
    assert "not as this portal would" in page.text


def test_discovery_is_kept_for_a_minute(browser, portal, monkeypatch):
    browser.start()
    browser.start()
    assert portal.calls(DISCOVERY) == 1
    monkeypatch.setattr("app.demo.portal.DISCOVERY_KEPT_SECONDS", 0)
    browser.start()
    assert portal.calls(DISCOVERY) == 2


def test_violations_that_next_step_names_are_listed(browser, portal):
    violations = [
        {"fieldName": "operationData", "invalidValue": "…", "hint": "must be at most 256 long"},
        {"fieldName": "params"},
        "nonsense",
    ]
    body = refusal("REQUEST_VALIDATION_FAILED", "Request is not valid", violations=violations)
    portal.answers[NEXT_STEP] = (400, body)
    page = browser.post("/start/payment", **PAYMENT)
    assert page.status_code == 422
    assert "REQUEST_VALIDATION_FAILED: Request is not valid" in page.text
    assert "<li>operationData: must be at most 256 long</li>" in page.text
    assert "<li>params</li>" in page.text


@pytest.mark.parametrize("body", [refusal("ERROR_GENERIC", "Unknown error"), "<html>"])
def test_a_failure_of_next_step_is_shown(browser, portal, body):
    portal.answers[NEXT_STEP] = (500, body)
    page = browser.post("/start/payment", **PAYMENT)
    assert page.status_code == 502
    assert f"POST {NEXT_STEP} was answered with HTTP 500" in page.text


@pytest.mark.parametrize("inside", [None, {}, {"operationId": 5, "operationName": "x"}, []])
def test_an_operation_without_an_id_is_not_started(browser, portal, inside):
    portal.answers[NEXT_STEP] = (200, {"status": "OK", "responseObject": inside})
    page = browser.post("/start/payment", **PAYMENT)
    assert page.status_code == 502
    assert "was answered without an operation" in page.text


def test_an_unknown_operation_is_shown_at_its_field_with_the_value_kept(browser, portal):
    portal.answers[DETAIL] = (400, refusal("OPERATION_NOT_FOUND", "Operation not found"))
    page = browser.post("/start/authorize", operation_id="no-such-id")
    assert page.status_code == 422
    assert "OPERATION_NOT_FOUND: Operation not found" in page.text
    assert 'value="no-such-id"' in page.text
    assert 'aria-invalid="true"' in page.text
    assert 'aria-describedby="authorize-operation_id-error"' in page.text


def test_a_portal_that_fails_over_an_operation_id_is_not_the_fields_fault(browser, portal):
    portal.answers[DETAIL] = (500, refusal("ERROR_GENERIC", "Unknown error"))
    page = browser.post("/start/authorize", operation_id="some-id")
    assert page.status_code == 502
    assert 'aria-invalid="true"' not in page.text
    assert 'value="some-id"' in page.text


def test_a_portal_that_dies_before_the_exchange_is_named_on_the_result(browser, portal):
    state = browser.start()["state"]
    address = portal.address
    portal.server.stop()
    page = browser.come_back(state)
    assert page.status_code == 200
    assert "The answer was refused" in page.text
    assert f"The portal did not answer at {address}." in page.text


def test_a_missing_introspection_endpoint_is_a_failed_check(browser, portal):
    portal.metadata["introspection_endpoint"] = None
    assert "names no such endpoint" in browser.walk().text


def test_neither_codes_nor_tokens_are_logged(browser, portal, caplog):
    caplog.set_level("DEBUG")
    browser.walk()
    portal.answers["/oauth2/token"] = (500, "boom")
    browser.walk()
    ours = [
        json.dumps(record.__dict__, default=str)
        for record in caplog.records
        if not record.name.startswith("werkzeug")
    ]
    assert not [
        line for line in ours for secret in ("Vx4ccc", "wf_at_", "wf_rt_") if secret in line
    ]
