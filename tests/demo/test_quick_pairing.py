"""Pairing in two clicks when the Cloud API does not play along: each failure is a page."""

import json

import pytest

from app.demo import create_client
from app.demo.environment import Environment
from app.demo.phone.calls import Call
from app.demo.phone.shop import Shop
from tests.demo.phone.portal import NOW
from tests.demo.phone.portal import Portal as DeviceApi
from tests.demo.standin import Browser

REGISTRATIONS = "/powerauth-cloud/v2/registrations"


@pytest.fixture
def device_api():
    return DeviceApi()


@pytest.fixture
def environment(portal, device_api, tmp_path):
    app = {
        "name": "demo",
        "serviceBaseUrl": f"{portal.address}/enrollment-server",
        "mobileSdkConfig": device_api.configuration,
    }
    return Environment.read(
        {
            "WEBFLOW_PUBLIC_URL": portal.address,
            "WEBFLOW_DEMO_PORT": "80",
            "WEBFLOW_DEMO_CLIENT_PHONES": str(tmp_path / "phones"),
            "WEBFLOW_DEMO_CLIENT_ENVIRONMENT": json.dumps(app),
            "WEBFLOW_DEMO_INTEGRATION_USER": "somebody",
            "WEBFLOW_DEMO_INTEGRATION_PASSWORD": "s3cret",
        }
    )


def refusal(code):
    return {"status": "ERROR", "responseObject": {"code": code, "message": "No."}}


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, refusal("HTTP_401"), "WEBFLOW_DEMO_INTEGRATION_PASSWORD"),
        (403, refusal("HTTP_403"), "may not do this"),
        (404, refusal("ERROR_NOT_FOUND"), "WEBFLOW_SURFACES"),
        (404, "nothing here", "WEBFLOW_SURFACES"),
        (400, refusal("ERROR_REGISTRATION"), "Does the application exist"),
        (500, "boom", "was answered with HTTP 500"),
        (200, {}, "answered without a registration"),
        (200, {"registrationId": "x", "activationQrCodeData": "x"}, "not an activation code"),
        (200, "<html>", "not as this portal would"),
    ],
)
def test_a_refusal_of_the_cloud_api_is_a_page_that_says_what_to_do(
    browser, portal, status, body, words
):
    portal.answers[REGISTRATIONS] = (status, body)
    page = browser.post("/phone/quick", user="10045678")
    assert page.status_code == 502
    assert "The phone is not paired" in page.text
    assert words in page.text
    assert "s3cret" not in page.text


def test_the_cloud_api_is_asked_as_the_integration_user(browser, portal):
    portal.answers[REGISTRATIONS] = (200, {})
    browser.post("/phone/quick", user="10045678")
    assert portal.headers[-1]["Authorization"] == "Basic c29tZWJvZHk6czNjcmV0"


def test_a_code_that_the_portal_of_the_app_has_not_signed_is_refused(browser, portal):
    other = DeviceApi()
    portal.answers[REGISTRATIONS] = (
        200,
        {"registrationId": "x", "activationQrCodeData": other.qr},
    )
    page = browser.post("/phone/quick", user="10045678")
    assert "not a code of this portal" in page.text
    assert portal.requests == [("POST", REGISTRATIONS)]


def test_a_phone_that_the_bank_does_not_let_in_stays_and_says_so(
    browser, portal, environment, device_api
):
    def answer(request):
        call = Call(request.path.removeprefix("/enrollment-server"), request.data, request.headers)
        return device_api.answer(call).decode()

    for path in ("keystore/create", "activation/create"):
        portal.answers[f"/enrollment-server/pa/v3/{path}"] = (200, answer)
    told = {"status": "OK", "responseObject": {"serverTime": NOW}}
    portal.answers["/enrollment-server/pa/v3/status"] = (200, told)
    made = {"registrationId": "x", "activationQrCodeData": device_api.qr}
    portal.answers[REGISTRATIONS] = (200, made)
    portal.answers[f"{REGISTRATIONS}/x/commit"] = (400, refusal("ERROR_REGISTRATION_CHANGE"))
    page = browser.post("/phone/quick", user="10045678")
    assert page.status_code == 502
    assert "Pixel 8 is there, but the bank has not let it in." in page.text
    assert [kept.name for kept in Shop(environment.phones).all()] == ["Pixel 8"]


def test_a_portal_that_is_down_is_named(browser, portal):
    portal.server.stop()
    page = browser.post("/phone/quick", user="10045678")
    assert page.status_code == 502
    assert f"The portal did not answer at {portal.address}." in page.text


@pytest.mark.parametrize("user", ["", "  ", "x" * 257, "a\x00b"])
def test_a_phone_belongs_to_somebody(browser, portal, user):
    assert "Type the login number" in browser.post("/phone/quick", user=user).text
    assert portal.requests == []


def test_a_demo_client_that_knows_no_app_says_so(portal, tmp_path):
    variables = {
        "WEBFLOW_PUBLIC_URL": portal.address,
        "WEBFLOW_DEMO_PORT": "80",
        "WEBFLOW_DEMO_CLIENT_PHONES": str(tmp_path),
    }
    browser = Browser(create_client(Environment.read(variables)).test_client(), portal)
    page = browser.post("/phone/quick", user="10045678")
    assert "was not told the configuration of the mobile app" in page.text
    assert portal.requests == []


@pytest.mark.parametrize("address", ["/phone/quick", "/phone/pair", "/phone/0123456789ab/approve"])
def test_a_form_without_its_token_is_refused(browser, portal, address):
    browser.get("/")
    assert browser.client.post(address, data={"csrf_token": "forged"}).status_code == 400
    assert portal.requests == []
