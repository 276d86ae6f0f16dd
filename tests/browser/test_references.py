"""The pages of the APIs in Chromium: links of the guide open their calls, and calls are made."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.api.cloud.test_reference import GUIDE

pytestmark = pytest.mark.browser
CLOUD = "powerauth-cloud/swagger-ui/index.html"
NEXTSTEP = "powerauth-nextstep/swagger-ui/index.html"
DEVICE = "enrollment-server/swagger-ui/index.html"


def open_call(page: Page, address: str, path: str):
    """Follow a link; return the call that it opens."""
    page.goto("about:blank")  # another place of the same page would not be loaded anew
    page.goto(address)
    opened = page.locator(".opblock.is-open")
    expect(opened).to_have_count(1)
    expect(opened.locator(".opblock-summary-path")).to_have_attribute("data-path", path)
    return opened


def execute(opened) -> dict:
    """Press Execute; return what was answered, which must be 200."""
    opened.get_by_role("button", name="Execute").click()
    answer = opened.locator(".live-responses-table tbody tr").first
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    return json.loads(answer.locator("pre code").first.inner_text())


def authorize(page: Page, user: str) -> None:
    """Give credentials once for all calls."""
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".modal-ux")
    dialog.get_by_label("Username").fill(user)
    dialog.get_by_label("Password").fill("changeme")
    dialog.get_by_role("button", name="Apply credentials").click()
    dialog.get_by_role("button", name="Close").last.click()


def test_every_link_of_the_guide_opens_its_call(page: Page, portal):
    for name, (method, path, tag) in GUIDE.items():
        opened = open_call(
            page, f"{portal.address}/{CLOUD}#/{tag}/{name}", f"/powerauth-cloud{path}"
        )
        expect(opened.locator(".opblock-summary-method")).to_have_text(method)


def test_the_cloud_api_is_tried_out_with_basic_credentials(page: Page, portal):
    address = f"{portal.address}/{CLOUD}#/Registrations/createRegistration"
    opened = open_call(page, address, "/powerauth-cloud/v2/registrations")
    authorize(page, "integration-user")
    made = execute(opened)
    assert re.fullmatch(r"[0-9a-f-]{36}", made["registrationId"])
    assert made["activationQrCodeData"].startswith(made["activationCode"])


def test_a_call_without_credentials_shows_the_refusal(page: Page, portal, forgiven):
    # no window of the browser's own, in which the call would wait for ever
    forgiven.append("Failed to load resource")
    address = f"{portal.address}/{CLOUD}#/Registrations/createRegistration"
    opened = open_call(page, address, "/powerauth-cloud/v2/registrations")
    opened.get_by_role("button", name="Execute").click()
    answer = opened.locator(".live-responses-table tbody tr").first
    expect(answer.locator(".response-col_status")).to_contain_text("401")
    expect(answer).to_contain_text("HTTP_401")


def test_next_step_is_tried_out(page: Page, portal):
    address = f"{portal.address}/{NEXTSTEP}#/Operation/createOperation"
    opened = open_call(page, address, "/powerauth-nextstep/operation")
    answer = execute(opened)
    assert answer["responseObject"]["operationName"] == "authorize_payment_sca"


def test_the_device_api_is_read_and_its_time_is_asked(page: Page, portal):
    address = f"{portal.address}/{DEVICE}#/Server/serverStatus"
    opened = open_call(page, address, "/enrollment-server/pa/v3/status")
    assert execute(opened)["responseObject"]["application"]["name"] == "webflow"
