import re

import pytest

from tests.demo.standin import ACCESS_TOKEN, CODE, OPERATION_ID, REFRESH_TOKEN, USER


def test_a_login_asks_for_a_code_with_pkce_state_and_nonce_and_needs_no_operation(browser, portal):
    asked = browser.start()
    assert asked["client_id"] == "democlient"
    assert asked["response_type"] == "code"
    assert asked["scope"] == "openid aisp"
    assert asked["redirect_uri"] == "http://localhost:80/connect/demo"
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 32
    assert "operation_id" not in asked
    assert "ui_locales" not in asked
    assert not portal.created


def test_a_walk_ends_on_a_page_that_shows_the_user_and_that_every_check_passed(browser):
    page = browser.walk()
    assert page.status_code == 200
    assert "Login confirmed" in page.text
    assert re.search(rf"User ID of a connected user: <code[^>]*>{USER}<", page.text)
    assert "15 of 15 checks passed" in page.text
    assert "urn:webflow:sca" in page.text
    assert "pwd, otp, sms" in page.text
    assert "Start again" in page.text
    assert "Disconnect" in page.text
    for call in (
        "GET /oauth2/authorize",
        "POST /oauth2/token",
        "POST /oauth2/introspect",
        "GET /api/secure/profile/me",
        "GET /api/secure/profile/me/info",
        "GET /oauth2/userinfo",
    ):
        assert call in page.text


def test_a_result_is_shown_again_without_exchanging_the_code_again(browser, portal):
    state = browser.start()["state"]
    back = browser.get("/connect/demo", state=state, iss=portal.address, code=CODE)
    assert back.status_code == 303
    assert CODE not in back.location
    assert state not in back.location
    for _ in range(2):
        assert browser.get(back.location).status_code == 200
    assert portal.calls("/oauth2/token") == 1


def test_a_repeated_answer_is_refused_and_leads_to_the_result(browser, portal):
    state = browser.start()["state"]
    browser.come_back(state)
    again = browser.come_back(state)
    assert again.status_code == 409
    assert "already been used" in again.text
    assert portal.calls("/oauth2/token") == 1
    link = re.search(r'href="(/result/[^"]+)"', again.text)
    assert link
    assert USER in browser.get(link[1]).text


def test_a_second_answer_with_another_code_for_the_same_state_is_refused(browser, portal):
    state = browser.start()["state"]
    browser.come_back(state)
    assert browser.come_back(state, code="another").status_code == 409
    assert portal.calls("/oauth2/token") == 1


def test_two_tabs_do_not_disturb_each_other(browser, portal):
    first = browser.start()
    nonce, challenge = portal.nonce, portal.challenge
    second = browser.start()
    assert "Login confirmed" in browser.come_back(second["state"]).text
    portal.nonce, portal.challenge = nonce, challenge
    assert "Login confirmed" in browser.come_back(first["state"]).text


def test_a_result_belongs_to_the_browser_that_made_it(browser, new_browser, portal):
    state = browser.start()["state"]
    back = browser.get("/connect/demo", state=state, iss=portal.address, code=CODE)
    stranger = new_browser()
    stranger.get("/")
    assert stranger.get(back.location).status_code == 404
    assert USER not in stranger.get(back.location).text


def test_a_payment_is_prepared_server_to_server_and_never_travels_in_the_address(browser, portal):
    asked = browser.start(
        "/start/payment",
        amount="1234.50",
        currency="eur",
        account="238400856/0300",
        due_date="2026-11-29",
        note="Rent",
    )
    assert asked["scope"] == "openid pisp"
    assert asked["operation_id"] == OPERATION_ID
    assert not {"amount", "account", "currency", "note"} & asked.keys()
    assert "1234" not in str(asked)
    [created] = portal.created
    assert created["operationName"] == "authorize_payment_sca"
    assert created["operationData"] == "A1*A1234.50EUR*Q238400856/0300**D20261129*NRent"
    assert created["applicationContext"]["originalScopes"] == ["pisp"]
    page = browser.come_back(asked["state"])
    assert "Payment approved" in page.text
    assert "POST /powerauth-nextstep/operation" in page.text
    assert OPERATION_ID in page.text


def test_an_edited_application_context_is_prepared_through_next_step(browser, portal):
    asked = browser.start(context='{"id": "democlient", "name": "Another name"}')
    assert asked["operation_id"] == OPERATION_ID
    assert asked["scope"] == "openid aisp"
    [created] = portal.created
    assert created["operationName"] == "login_sca"
    assert created["operationData"] == "A2"
    assert created["applicationContext"] == {"id": "democlient", "name": "Another name"}


def test_a_login_without_sca_is_prepared_and_its_operation_is_passed(browser, portal):
    asked = browser.start(operation="login")
    assert asked["operation_id"] == OPERATION_ID
    assert asked["scope"] == "openid aisp"
    [created] = portal.created
    assert created["operationName"] == "login"
    assert created["operationData"] == "A2"
    assert created["applicationContext"]["id"] == "democlient"
    assert created["applicationContext"]["originalScopes"] == ["aisp"]


@pytest.mark.parametrize("name", ["authorize_payment", "authorize_payment_single_sca"])
def test_a_weaker_payment_is_prepared_with_the_same_details(browser, portal, name):
    asked = browser.start(
        "/start/payment",
        operation=name,
        amount="7.50",
        currency="EUR",
        account="1/0300",
        due_date="2026-12-24",
        note="Gift",
    )
    assert asked["scope"] == "openid pisp"
    [created] = portal.created
    assert created["operationName"] == name
    assert created["operationData"] == "A1*A7.50EUR*Q1/0300**D20261224*NGift"
    assert "Payment approved" in browser.come_back(asked["state"]).text


@pytest.mark.parametrize("form", ["login", "payment"])
def test_a_variant_that_no_button_has_is_refused(browser, portal, form):
    page = browser.post(
        f"/start/{form}", operation="free_money", amount="1", currency="CZK", account="1/0300"
    )
    assert page.status_code == 422
    assert "Press one of the buttons." in page.text
    assert f'href="#{form}-operation"' in page.text
    assert f'id="{form}-operation"' in page.text
    assert not portal.requests


def test_the_context_as_the_page_gives_it_counts_as_unedited(browser, portal):
    shown = re.search(r'name="context"[^>]*>([^<]+)<', browser.get("/").text)
    assert shown
    typed = shown[1].replace("&#34;", '"').replace("\n", "\r\n")
    assert "operation_id" not in browser.start(context=typed)
    assert not portal.created


@pytest.mark.parametrize(
    ("name", "scope"),
    [("login_sca", "openid aisp"), ("authorize_payment_sca", "openid pisp")],
)
def test_the_scope_of_a_prepared_operation_follows_from_what_it_is(browser, portal, name, scope):
    found = {"operationId": OPERATION_ID, "operationName": name}
    detail = {"status": "OK", "responseObject": found}
    portal.answers["/powerauth-nextstep/operation/detail"] = (200, detail)
    asked = browser.start("/start/authorize", operation_id=f"  {OPERATION_ID} \r\n")
    assert asked["operation_id"] == OPERATION_ID
    assert asked["scope"] == scope


def test_ui_locales_are_sent_only_when_given(browser):
    assert browser.start(ui_locales=" cs  en ")["ui_locales"] == "cs en"


def test_tokens_are_masked_and_stand_in_full_only_in_the_raw_parts(browser):
    text = browser.walk().text
    assert "wf_at_7Hq2…Zk0" in text
    in_lists = "".join(re.findall(r"<dd>.*?</dd>", text, re.DOTALL))
    assert ACCESS_TOKEN not in in_lists
    assert REFRESH_TOKEN not in in_lists
    assert CODE not in text


def test_disconnect_forgets_the_browser_and_says_that_nothing_could_be_revoked(browser, portal):
    state = browser.start()["state"]
    back = browser.get("/connect/demo", state=state, iss=portal.address, code=CODE)
    gone = browser.post("/disconnect")
    assert gone.status_code == 303
    assert "The portal revokes nothing" in browser.get(gone.location).text
    assert browser.get(back.location).status_code == 404


def test_disconnect_revokes_the_tokens_where_the_portal_takes_them_back(browser, portal):
    portal.metadata["revocation_endpoint"] = f"{portal.address}/oauth2/revoke"
    portal.answers["/oauth2/revoke"] = (200, "")
    browser.walk()
    assert "The tokens were revoked" in browser.get(browser.post("/disconnect").location).text
    assert portal.calls("/oauth2/revoke") == 2


def test_disconnect_works_when_the_portal_is_gone_and_says_so(browser, portal):
    portal.metadata["revocation_endpoint"] = f"{portal.address}/oauth2/revoke"
    browser.walk()
    portal.server.stop()
    page = browser.get(browser.post("/disconnect").location)
    assert "Disconnected here, but the tokens were not all revoked" in page.text


def test_cookies_of_the_portal_are_not_carried_from_call_to_call(browser, portal):
    browser.walk()
    assert not any("Cookie" in headers for headers in portal.headers)
