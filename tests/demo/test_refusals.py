import re

import pytest
from joserfc.jwk import ECKey, OctKey

from tests.demo.standin import CODE

NOT_OURS = "does not belong to a request of this browser"


def test_an_answer_with_an_unknown_state_is_refused(browser, portal):
    browser.start()
    page = browser.come_back("somebody-elses-state")
    assert page.status_code == 400
    assert NOT_OURS in page.text
    assert portal.calls("/oauth2/token") == 0


def test_an_answer_without_a_state_is_refused(browser, portal):
    browser.start()
    page = browser.get("/connect/demo", iss=portal.address, code=CODE)
    assert page.status_code == 400
    assert NOT_OURS in page.text


def test_an_answer_in_another_browser_is_refused(browser, new_browser, portal):
    state = browser.start()["state"]
    other = new_browser()
    other.start()
    page = other.come_back(state)
    assert page.status_code == 400
    assert NOT_OURS in page.text
    assert portal.calls("/oauth2/token") == 0


def test_an_answer_after_a_restart_is_explained(new_browser):
    page = new_browser().come_back("from-before-the-restart")
    assert page.status_code == 400
    assert NOT_OURS in page.text
    assert "restarted" in page.text


@pytest.mark.parametrize("name", ["code", "state", "iss", "error"])
def test_an_answer_that_says_one_thing_twice_is_refused(browser, portal, name):
    state = browser.start()["state"]
    query = [("state", state), ("iss", portal.address), ("code", CODE)]
    page = browser.client.get("/connect/demo", query_string=[*query, (name, "x"), (name, "y")])
    assert page.status_code == 400
    assert "malformed" in page.text
    assert portal.calls("/oauth2/token") == 0
    assert browser.come_back(state).status_code == 200


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "the parameter iss is missing"),
        ("https://evil.example", "The answer says it comes from https://evil.example"),
    ],
)
def test_an_answer_that_does_not_name_our_issuer_is_refused(browser, portal, given, words):
    state = browser.start()["state"]
    page = browser.come_back(state, iss=given)
    assert "The answer was refused" in page.text
    assert words in page.text
    assert "1 of 2 checks passed" in page.text
    assert portal.calls("/oauth2/token") == 0
    assert browser.come_back(state).status_code == 409


def test_an_error_of_another_issuer_is_refused_too(browser):
    state = browser.start()["state"]
    page = browser.come_back(state, code="", iss="https://evil.example", error="access_denied")
    assert "The answer was refused" in page.text


def test_an_answer_with_neither_code_nor_error_is_refused(browser, portal):
    page = browser.come_back(browser.start()["state"], code="")
    assert "neither a code nor an error" in page.text
    assert portal.calls("/oauth2/token") == 0


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        ("access_denied", "no money moved"),
        ("invalid_scope", "does not give what the scope asks for"),
        ("something_new", "does not know this error"),
    ],
)
def test_an_error_of_the_bank_is_shown_with_its_meaning(browser, portal, error, meaning):
    state = browser.start()["state"]
    page = browser.come_back(state, code="", error=error, error_description="Canceled <b>")
    assert f"The bank answered: {error} \u2013 Canceled &lt;b&gt;" in page.text
    assert meaning in page.text
    assert "Start again" in page.text
    assert portal.calls("/oauth2/token") == 0
    assert browser.come_back(state).status_code == 409


@pytest.mark.parametrize(
    ("claim", "value", "words"),
    [
        ("nonce", "of-another-request", "It is of-another-request"),
        ("nonce", None, "It is missing"),
        ("iss", "https://evil.example", "It is https://evil.example"),
        ("aud", "another-client", "meant for another-client"),
        ("aud", ["democlient", "another"], "azp does not name democlient"),
        ("at_hash", "AAAAAAAAAAAAAAAAAAAAAA", "does not fit the access token"),
        ("at_hash", None, "not bound to the ID token"),
        ("exp", 1_000_000_000, "It ran out"),
        ("exp", "tomorrow", "missing or no time"),
        ("iat", 32_503_680_000, "the clocks of portal and client differ"),
        ("iat", True, "missing or no time"),
        ("sub", None, "It names no user"),
    ],
)
def test_an_id_token_with_a_wrong_claim_is_refused(browser, portal, claim, value, words):
    def bend(claims):
        claims[claim] = value
        return {name: kept for name, kept in claims.items() if kept is not None}

    portal.bend = bend
    page = browser.walk()
    assert "The answer was refused" in page.text
    assert f"<strong>ID token {claim}</strong>" in page.text
    assert words in page.text
    assert "10 of 11 checks passed" in page.text
    assert portal.calls("/oauth2/introspect") == 0
    assert portal.calls("/api/secure/profile/me") == 0


def test_an_id_token_for_several_is_accepted_when_azp_names_us(browser, portal):
    portal.bend = lambda claims: {**claims, "aud": ["democlient", "x"], "azp": "democlient"}
    assert "Login confirmed" in browser.walk().text


def test_an_id_token_of_another_key_is_refused(browser, portal):
    portal.signing_key = ECKey.generate_key("P-256", {"kid": "2026-11"})
    page = browser.walk()
    assert "The answer was refused" in page.text
    assert "The signature does not fit" in page.text
    assert "signature not valid" in page.text


def test_an_id_token_with_an_unknown_kid_is_refused(browser, portal):
    portal.header["kid"] = "unknown"
    assert "no keys with the kid unknown" in browser.walk().text


def test_only_es256_is_accepted_as_algorithm(browser, portal):
    portal.signing_key = OctKey.import_key("a secret of at least thirty-two bytes, really")
    portal.algorithm = "HS256"
    page = browser.walk()
    assert "It is signed with HS256; only ES256 is accepted." in page.text
    assert "The answer was refused" in page.text


@pytest.mark.parametrize("token", ["nonsense", "a.b", "e30.e30.", "eyJhbGciOiJub25lIn0.e30."])
def test_an_id_token_that_is_none_is_refused(browser, portal, token):
    tokens = {"access_token": "x", "token_type": "Bearer", "id_token": token}
    portal.answers["/oauth2/token"] = (200, tokens)
    page = browser.walk()
    assert page.status_code == 200
    assert "The answer was refused" in page.text


def test_a_code_that_the_portal_refuses_is_explained(browser, portal):
    refusal = {"error": "invalid_grant", "error_description": "The code has expired."}
    portal.answers["/oauth2/token"] = (400, refusal)
    page = browser.walk()
    assert "The answer was refused" in page.text
    assert "invalid_grant: The code has expired." in page.text


def test_tokens_without_an_id_token_are_refused(browser, portal):
    portal.answers["/oauth2/token"] = (200, {"access_token": "x", "token_type": "Bearer"})
    page = browser.walk()
    assert "without an access token or an ID token" in page.text
    assert "The answer was refused" in page.text


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/oauth2/introspect", (200, {"active": False}), "the token is not active"),
        ("/oauth2/introspect", (200, {"active": True, "client_id": "x"}), "belongs to x"),
        ("/oauth2/userinfo", (200, {"sub": "somebody"}), "It names the user somebody"),
        ("/api/secure/profile/me", (401, {"error": "invalid_token"}), "HTTP 401: invalid_token"),
        ("/api/secure/profile/me/info", (500, ""), "HTTP 500: no reason was given"),
    ],
)
def test_a_fault_after_the_id_token_is_named_and_does_not_undo_it(
    browser, portal, path, answer, words
):
    portal.answers[path] = answer
    page = browser.walk()
    assert "Login confirmed" in page.text
    assert "14 of 15 checks passed" in page.text
    assert words in page.text


def ahead(seconds):
    def bend(claims):
        moved = {name: claims[name] + seconds for name in ("iat", "exp", "auth_time")}
        return {**claims, **moved}

    return bend


@pytest.mark.parametrize(("seconds", "words"), [(300, "ahead of"), (-7200, "behind")])
def test_times_are_judged_by_the_clock_that_testers_moved_and_the_result_says_so(
    browser, portal, seconds, words
):
    portal.answers["/demo/clock"] = (200, {"offset": float(seconds), "now": "whatever"})
    portal.bend = ahead(seconds)
    page = browser.walk()
    assert "Login confirmed" in page.text
    said = f"the portal&#39;s clock, which testers moved {abs(seconds)} seconds {words} ours"
    assert said in page.text
    assert f"moved the portal's clock by {seconds:+} seconds" in page.text


def test_a_moved_clock_excuses_no_more_than_it_was_moved(browser, portal):
    portal.answers["/demo/clock"] = (200, {"offset": 300})
    portal.bend = ahead(300 + 120)
    page = browser.walk()
    assert "The answer was refused" in page.text
    assert re.search(r"It lies 1[12]\d seconds ahead", page.text)


@pytest.mark.parametrize(
    "answer",
    [(404, ""), (403, {}), (200, {}), (200, {"offset": "300"}), (200, {"offset": 1e12})],
)
def test_without_a_testers_clock_only_our_own_counts(browser, portal, answer):
    portal.answers["/demo/clock"] = answer
    portal.bend = ahead(300)
    page = browser.walk()
    assert "The answer was refused" in page.text
    assert "the clocks of portal and client differ" in page.text
    assert "Testers have moved" not in page.text
