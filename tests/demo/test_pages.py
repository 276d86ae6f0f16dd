import re
from pathlib import Path

import pytest

from app.demo import create_client
from app.demo.environment import Environment

FILES = ("tokens.css", "base.css", "flow.css", "demo.css", "client.css", "logo.svg")


VARIANTS = {
    "Login SCA": "login_sca",
    "Login": "login",
    "Payment SCA": "authorize_payment_sca",
    "Payment, single SCA": "authorize_payment_single_sca",
    "Payment": "authorize_payment",
}


def test_the_first_page_offers_login_payment_and_authorization_in_all_their_variants(
    browser, portal
):
    text = browser.get("/").text
    assert set(re.findall(r'action="([^"]+)"', text)) == {
        "/start/login",
        "/start/payment",
        "/start/authorize",
        "/phone/quick",
    }
    buttons = re.findall(r'name="operation"\s+value="(\w+)"[^>]*>([^<]+)</button>', text)
    assert {label: operation for operation, label in buttons} == VARIANTS
    assert re.search(r">Authorize</button>", text)
    assert f'href="{portal.address}/demo/sms"' in text


@pytest.mark.parametrize("address", ["/", "/phone/", "/result/none", "/healthz", "/nowhere"])
def test_every_answer_has_a_strict_policy_and_is_not_kept(browser, portal, address):
    headers = browser.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"form-action 'self' {portal.address}" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy
    assert policy.endswith("connect-src 'self'")
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_only_the_page_for_passkeys_may_load_the_portals_script(browser, portal):
    policy = browser.get("/passkey/").headers["Content-Security-Policy"]
    assert f"script-src 'self' {portal.address};" in policy
    assert policy.endswith(f"connect-src 'self' {portal.address}")


def test_no_page_needs_inline_styles_or_scripts(browser):
    state = browser.start()["state"]
    denied = browser.come_back(state, code="", error="access_denied")
    for page in (browser.get("/"), browser.walk(), denied, browser.get("/nowhere")):
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page.text)


@pytest.mark.parametrize("operation", VARIANTS.values())
def test_each_variant_tells_what_the_customer_is_asked_for(browser, operation):
    text = browser.get("/").text
    assert re.search(rf'value="{operation}"\s+aria-describedby="{operation}-asks"', text)
    asks = re.search(rf'<ol class="asks" id="{operation}-asks">(.*?)</ol>', text, re.DOTALL)
    assert asks
    words = re.sub(r"<[^>]+>|\s+", " ", asks[1])
    assert ("Approve" in words) is operation.startswith("authorize")
    assert ("SMS code" in words) is (operation != "login")
    assert "password" in words
    assert "Consent" in words


def test_every_field_of_a_page_has_a_label_and_every_id_is_used_once(browser):
    for text in (browser.get("/").text, browser.walk().text):
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        fields = re.findall(r'<(?:input|textarea)\s+id="([^"]+)"', text)
        assert set(fields) == set(re.findall(r'<label for="([^"]+)"', text))


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(browser):
    cookie = browser.get("/").headers["Set-Cookie"]
    assert cookie.startswith("wfdemo_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_cookie_stays_on_https_where_the_client_is_reached_by_https():
    app = create_client(Environment.read({"WEBFLOW_DEMO_URL": "https://tpp.example"}))
    assert "Secure" in app.test_client().get("/").headers["Set-Cookie"]


@pytest.mark.parametrize(
    "address", ["/start/login", "/start/payment", "/start/authorize", "/disconnect"]
)
def test_a_form_without_our_token_is_refused_and_explained(browser, portal, address):
    browser.get("/")
    page = browser.client.post(address, data={"csrf_token": "forged"})
    assert page.status_code == 400
    assert "This form is too old" in page.text
    assert not portal.requests


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/start/login", 405),
        ("GET", "/disconnect", 405),
        ("GET", "/result/unknown", 404),
    ],
)
def test_wrong_addresses_are_answered_with_a_page(browser, method, address, status):
    page = browser.client.open(address, method=method)
    assert page.status_code == status
    assert "Start again" in page.text


def test_a_form_that_is_too_large_is_refused(browser):
    assert browser.post("/start/login", context="x" * 70_000).status_code == 413


def test_a_failure_of_ours_shows_no_detail(environment):
    app = create_client(environment)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def fail() -> str:
        raise RuntimeError("the inner workings")

    app.add_url_rule("/fail", view_func=fail)
    page = app.test_client().get("/fail")
    assert page.status_code == 500
    assert "inner workings" not in page.text
    assert "Start again" in page.text


@pytest.mark.parametrize("name", FILES)
def test_style_sheets_and_the_sign_are_served(browser, name):
    with browser.get(f"/static/{name}") as file:
        assert file.status_code == 200


def test_a_visitor_by_another_name_of_this_machine_is_sent_to_the_name_of_the_cookies():
    client = create_client(Environment.read({})).test_client()
    page = client.get("/", base_url="http://127.0.0.1:8888")
    assert page.status_code == 303
    assert page.location == "http://localhost:8888/"
    assert client.get("/", base_url="http://localhost:8888").status_code == 200
    assert client.get("/", base_url="http://127.0.0.1:9999").status_code == 200
    assert client.get("/", base_url="http://tester.example:8888").status_code == 200


@pytest.mark.parametrize("name", ["tokens.css", "base.css", "flow.css", "demo.css"])
def test_a_style_sheet_of_the_design_is_the_one_that_the_portal_has(name):
    portals, ours = Path("static/css", name), Path("app/demo/static", name)
    assert ours.read_text() == portals.read_text()


def test_healthz_says_ok(browser):
    page = browser.get("/healthz")
    assert page.text == "ok"
    assert page.content_type.startswith("text/plain")
    assert "Set-Cookie" not in page.headers
