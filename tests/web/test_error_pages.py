"""Error pages outside of a flow: what happened, what to do, a reference, nothing of the inside."""

import re

import pytest

from app.errors import Overloaded, Problem
from tests.support.banks import FakeBank
from tests.support.store import census, on_sqlite, put_in
from tests.support.walker import Walker

TELLTALES = ("Traceback", "RuntimeError", "sqlalchemy", "sqlite", "psycopg", "werkzeug", "jinja2",
             "inside.example", "factory.py", "site-packages")  # fmt: skip


def page(answer, status):
    """Check that an answer is a whole error page; return its words."""
    assert answer.status_code == status
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "form-action 'self';" in answer.headers["Content-Security-Policy"]
    assert len(re.findall(r"<code>[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}</code>", answer.text)) == 1
    head = str(answer.headers) + answer.text
    assert not [word for word in TELLTALES if word in head]
    return answer.text


@on_sqlite
@pytest.mark.parametrize(
    "path", ["/nothing", "/flow/", "/flow/unknown", "/flow/a/b", "/%ff", "/x" * 900]
)
def test_an_unknown_address_has_a_page(app, path):
    assert "We cannot find this page" in page(app.test_client().get(path), 404)


@on_sqlite
def test_an_address_of_the_facade_has_none(app):
    assert app.test_client().get("/powerauth-nextstep/unknown").content_type == "application/json"
    assert "We cannot find" in page(app.test_client().get("/powerauth-nextstepx"), 404)


@on_sqlite
def test_another_browser_is_told_what_to_do(app):
    walker, stranger = Walker(app), Walker(app)
    walker.start_login()
    stranger.start_login()
    stranger.address = walker.address
    words = page(stranger.get(), 409)
    assert "This request is not available" in words
    assert "start again" in words


@on_sqlite
def test_a_failure_of_ours_tells_nothing_of_the_inside(app):  # 114
    bank = FakeBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_payment()
    walker.log_in()
    fields = walker.filled("continue", account="1")
    before = walker.flow().phase
    bank.failure = RuntimeError("http://inside.example/ said no to sqlalchemy")
    words = page(walker.get(), 500)
    assert "Something went wrong on our side" in words
    assert f'href="{walker.address}"' in words  # looking again is safe
    words = page(walker.post(fields), 500)
    assert "it sent no payment" in words
    assert f'href="{walker.address}"' in words  # from an answer, too
    assert walker.flow().phase == before
    bank.failure = None
    walker.reload()
    walker.approve()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_too_many_people_are_asked_to_come_again(app):
    @app.get("/testing/overloaded")
    def overloaded():
        raise Overloaded

    answer = app.test_client().get("/testing/overloaded")
    assert "Too many people are here at the moment" in page(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert 'href="/testing/overloaded"' in answer.text


@on_sqlite
def test_trying_again_asks_for_all_that_was_asked(app):
    @app.get("/testing/overloaded")
    def overloaded():
        raise Overloaded

    words = page(app.test_client().get("/testing/overloaded?state=a%26b&scope=openid"), 503)
    assert 'href="/testing/overloaded?state=a%26b&amp;scope=openid"' in words


@on_sqlite
def test_an_error_stays_the_same_in_another_language(app):
    client, asked = app.test_client(), {"client_id": "democlient", "redirect_uri": "https://x.test"}
    words = page(client.get("/oauth2/authorize", query_string=asked), 400)
    assert "The application gave an address that the bank does not know" in words
    link = re.search(r'href="(\?[^"]*lang=en)"', words)[1].replace("&amp;", "&")
    assert "gave an address" in page(client.get(f"/oauth2/authorize{link}"), 400)


@on_sqlite
def test_what_was_asked_is_kept_as_it_is_in_links_to_languages(app):
    words = page(app.test_client().get("/nothing?a=1&a=%3Cb%3E&lang=de&c="), 404)
    assert 'href="?a=1&amp;a=%3Cb%3E&amp;lang=cs&amp;c="' in words


@on_sqlite
def test_a_problem_without_words_of_its_own_still_has_a_page(app):
    class Odd(Problem):
        code = "no.such.words"

    @app.get("/testing/odd")
    def odd():
        raise Odd("inside.example", secret="inside.example")

    assert "Something went wrong" in page(app.test_client().get("/testing/odd"), 500)


@on_sqlite
def test_every_error_has_a_reference_of_its_own(app):
    client = app.test_client()
    found = {re.search("<code>(.*)</code>", client.get("/nothing").text)[1] for _ in range(5)}
    assert len(found) == 5


@on_sqlite
def test_an_error_speaks_the_reader_s_language(app):
    client = app.test_client()
    czech = client.get("/nothing", headers={"Accept-Language": "cs"}).text
    assert re.search(r'<html lang="cs"\s+dir="ltr">', czech)
    assert "We cannot find this page" not in czech


@on_sqlite
def test_an_error_makes_nothing(app):
    before = census(app)
    for path in ("/nothing", "/flow/unknown", "/oauth2/resume/unknown"):
        app.test_client().get(path)
        app.test_client().post(path)
    assert census(app) == before


@on_sqlite
def test_an_address_that_was_sent_is_never_shown_as_html(app):
    answer = app.test_client().get("/<script>alert(1)</script>?lang=<script>")
    assert "<script>alert" not in page(answer, 404)
