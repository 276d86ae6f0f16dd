"""What no request may do."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from tests.support.store import census, on_sqlite
from tests.support.walker import Walker

STATIC = Path(__file__).resolve().parents[2] / "static"


@pytest.fixture
def walker(app):
    walker = Walker(app)
    walker.start_login()
    return walker


@on_sqlite
@pytest.mark.parametrize("token", [None, "", "x", "\x00", "IjEi.aaaa.bbbb", "x" * 5000])
def test_a_post_without_the_right_token_changes_nothing(walker, token):  # 124
    before = walker.state_of_things()
    fields = walker.filled("continue", username="10045678")
    fields.poplist("csrf_token")
    if token is not None:
        fields["csrf_token"] = token
    answer = walker.post(fields)
    assert answer.status_code == 403
    assert "This page can no longer be used" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert walker.state_of_things() == before


@on_sqlite
def test_the_token_of_another_browser_is_not_the_right_one(app, walker):  # 124
    other = Walker(app)
    other.start_login()
    fields = walker.filled("continue", username="10045678")
    fields["csrf_token"] = other.filled()["csrf_token"]
    before = walker.state_of_things()
    assert walker.post(fields).status_code == 403
    assert walker.state_of_things() == before


@on_sqlite
def test_a_token_without_its_session_is_not_the_right_one(walker):  # 124
    fields = walker.filled("continue", username="10045678")
    walker.client.delete_cookie("wf_session")
    before = walker.state_of_things()
    assert walker.post(fields).status_code == 403
    assert walker.state_of_things() == before


@on_sqlite
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data"])
def test_a_post_that_is_no_form_changes_nothing(walker, content_type):
    before = walker.state_of_things()
    answer = walker.client.post(walker.address, data=b'{"a":1}', content_type=content_type)
    assert answer.status_code == 403
    assert walker.state_of_things() == before


@on_sqlite
def test_a_post_from_another_site_is_refused_even_with_the_right_token(walker):
    before = walker.state_of_things()
    fields = walker.filled("continue", username="10045678")
    answer = walker.post(fields, **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert walker.state_of_things() == before
    for site in ("same-origin", "none"):
        answer = walker.post(walker.filled("continue", username=""), **{"Sec-Fetch-Site": site})
        assert answer.status_code == 303
        walker.reload()


@on_sqlite
def test_a_page_may_be_reached_by_a_link_of_another_site(walker):
    answer = walker.client.get(walker.address, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200


@on_sqlite
@pytest.mark.parametrize("size", [300_000, 5_000_000])
def test_a_body_that_is_too_large_is_refused_with_a_page(walker, size):
    before = walker.state_of_things()
    fields = walker.filled("continue", username="x" * size)
    answer = walker.post(fields)
    assert answer.status_code == 413
    assert "The request was too large" in answer.text
    assert walker.state_of_things() == before


@on_sqlite
def test_very_many_fields_are_no_failure_of_ours(walker):
    before = walker.state_of_things()
    answer = walker.client.post(walker.address, data="a=&" * 60_000)
    assert answer.status_code in (403, 413)
    assert walker.state_of_things() == before


@on_sqlite
def test_a_static_file_with_its_hash_may_be_kept_for_ever(walker):
    addresses = re.findall(r'"(/static/[^"]+)"', walker.page.html)
    assert len(addresses) >= 4
    for address in addresses:
        assert re.search(r"\?v=[0-9a-f]{8}$", address)
        with walker.client.get(address) as answer:
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Set-Cookie" not in answer.headers


@on_sqlite
def test_the_hash_of_a_static_file_is_that_of_its_content(walker):
    name, shown = re.search(r'"/static/(css/base\.css)\?v=([0-9a-f]+)"', walker.page.html).groups()
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest().startswith(shown)


@on_sqlite
@pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789abcdef"])
def test_a_static_file_without_its_hash_is_not_kept(app, query):
    with app.test_client().get(f"/static/css/base.css{query}") as answer:
        assert answer.status_code == 200
        assert "immutable" not in answer.headers["Cache-Control"]


@on_sqlite
@pytest.mark.parametrize("path", ["css/base.css", "js/deadline.js", "logo.svg"])
def test_a_static_file_is_packed_for_whoever_takes_it_so(app, path):
    client, plain = app.test_client(), (STATIC / path).read_bytes()
    for _ in range(2):
        with client.get(f"/static/{path}", headers={"Accept-Encoding": "gzip, br"}) as packed:
            assert packed.headers["Content-Encoding"] == "gzip"
            assert packed.headers["Vary"] == "Accept-Encoding"
            assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain)
            assert gzip.decompress(packed.data) == plain
        with client.get(f"/static/{path}", headers={"Accept-Encoding": "gzip;q=0"}) as whole:
            assert "Content-Encoding" not in whole.headers
            assert whole.headers["Vary"] == "Accept-Encoding"
            assert whole.data == plain
        assert packed.headers["ETag"] == whole.headers["ETag"]


@on_sqlite
def test_a_packed_file_is_not_sent_again_to_whoever_has_it(app):
    client, path = app.test_client(), "/static/css/base.css"
    with client.get(path, headers={"Accept-Encoding": "gzip"}) as first:
        known = {"If-None-Match": first.headers["ETag"], "Accept-Encoding": "gzip"}
    with client.get(path, headers=known) as again:
        assert again.status_code == 304
        assert again.data == b""
    with client.get(path, headers={"Range": "bytes=0-9", "Accept-Encoding": "gzip"}) as part:
        assert part.status_code == 206
        assert part.data == (STATIC / "css/base.css").read_bytes()[:10]


@on_sqlite
def test_a_page_is_never_packed(walker):
    """Its length would tell what its secrets have in common with what was put in (BREACH)."""
    for path in (walker.address, "/demo/sms", "/nothing", "/static/nothing.css"):
        answer = walker.client.get(path, headers={"Accept-Encoding": "gzip, br"})
        assert "Content-Encoding" not in answer.headers


@on_sqlite
@pytest.mark.parametrize(
    "path",
    ["/static/nothing.css?v=1", "/static/../app/factory.py", "/static/%2e%2e/wsgi.py", "/static/",
     "/static/%00"],
)  # fmt: skip
def test_what_is_no_static_file_is_not_found(app, path):
    answer = app.test_client().get(path)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers["Cache-Control"]


@on_sqlite
def test_health_is_told_without_anything_else(app):
    before = census(app)
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "UP"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert census(app) == before


@pytest.mark.parametrize(
    "path",
    [
        "/static/css/base.css",
        "/oauth2/jwks",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/nevis/demo/fido2-client/fido2-client.js",
    ],
)
def test_what_proxies_may_keep_sets_no_cookie(shared_app, path):
    client = shared_app.test_client()
    client.get("/demo/")  # a page with a form: the session has its token
    assert client.get_cookie("wf_session") is not None
    with client.get(path, query_string={"lang": "cs"}) as answer:
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
