"""Which addresses a page of another origin may call: those of a client in a browser, no others."""

import pytest

ORIGIN = {"Origin": "https://app.example"}
WELL_KNOWN = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
OPEN = {
    "/oauth2/token": {"POST"},
    "/oauth2/revoke": {"POST"},
    "/oauth2/userinfo": {"GET", "POST"},
    "/oauth2/jwks": {"GET"},
    **{path: {"GET"} for path in WELL_KNOWN},
}
CLOSED = [
    "/oauth2/authorize",
    "/oauth2/resume/" + "x" * 43,
    "/oauth2/introspect",
    "/api/secure/profile/me",
    "/api/secure/profile/me/info",
    "/flow/x",
]


def preflight(asking, path, method):
    wish = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization",
    }
    return asking.app.test_client().options(path, headers=ORIGIN | wish)


@pytest.mark.parametrize(("path", "methods"), OPEN.items())
def test_a_preflight_says_what_may_be_sent(asking, path, methods):  # §2.13
    answer = preflight(asking, path, min(methods))

    assert answer.status_code == 200
    headers = answer.headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert set(headers["Access-Control-Allow-Methods"].split(", ")) == methods
    assert headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert headers["Access-Control-Max-Age"] == "600"
    assert "Access-Control-Allow-Credentials" not in headers
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(("path", "methods"), OPEN.items())
def test_every_answer_may_be_read_by_every_origin_and_no_cookie_counts(asking, path, methods):
    for method in methods:
        answer = asking.app.test_client().open(path, method=method, headers=ORIGIN)

        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Access-Control-Allow-Methods" not in answer.headers


def test_good_answers_too(tpp):
    code = tpp.code(scope="openid offline_access")
    answers = [tpp.exchange(code)]
    tokens = answers[0].json
    answers += [
        tpp.get("/oauth2/userinfo", tokens["access_token"]),
        tpp.revoke(tokens["refresh_token"]),
    ]

    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", CLOSED)
def test_everything_else_is_closed(asking, path):  # §2.13
    for method in ("OPTIONS", "GET", "POST"):
        answer = asking.app.test_client().open(path, method=method, headers=ORIGIN)

        assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]
