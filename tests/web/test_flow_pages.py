"""What every page of a flow carries, whichever step it shows."""

import re
import shutil

import pytest

from tests.support.databases import built, settings_for
from tests.support.store import on_sqlite
from tests.support.walker import Walker


def walk(walker):
    """Show every kind of page of a payment, one after the other."""
    yield walker.start_payment()
    yield walker.name()
    yield walker.prove()
    yield walker.choose()
    yield walker.prove()
    yield walker.agree()


@pytest.fixture(scope="module")
def walked(sqlite_template, tmp_path_factory):
    """Somebody who has walked to the end, and all pages and answers that were shown."""
    folder = tmp_path_factory.mktemp("walked")
    shutil.copyfile(sqlite_template, folder / "webflow.db")
    with built(settings_for(f"sqlite:///{folder / 'webflow.db'}", folder)) as app:
        walker = Walker(app)
        shown = [(page, walker.response) for page in walk(walker)]
        yield walker, [page for page, _ in shown], [answer for _, answer in shown]


@pytest.fixture(scope="module")
def answers(walked):
    """The answers that showed the pages of a whole walk."""
    return walked[2]


def policy(answer):
    pairs = (
        part.split(maxsplit=1) for part in answer.headers["Content-Security-Policy"].split(";")
    )
    return {name.strip(): value for name, value in pairs}


def test_every_page_has_a_strict_policy_that_lets_forms_end_at_the_client(answers):  # 125
    for answer in answers:
        rules = policy(answer)
        assert rules["default-src"] == "'none'"
        assert rules["form-action"] == "'self' http://localhost:8888"
        assert rules["frame-ancestors"] == rules["base-uri"] == rules["object-src"] == "'none'"
        for name in set(rules) - {"form-action"}:
            assert rules[name] in ("'none'", "'self'"), name


def test_no_page_holds_what_its_policy_forbids(answers):  # 125
    for answer in answers:
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", answer.text)
        assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
        for address in re.findall(r'(?:src|href|action)="([^"]*)"', answer.text):
            assert address.startswith(("/", "?", "#")), address
            assert not address.startswith("//")


def test_no_page_is_kept_by_anybody(answers):  # 125
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"


def test_every_page_carries_the_headers_that_protect_it(answers):
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert answer.content_type == "text/html; charset=utf-8"
        assert "Strict-Transport-Security" not in answer.headers  # plain HTTP on a tester's machine


@on_sqlite
def test_every_answer_to_a_post_is_a_redirect_to_the_page_itself(app):
    walker = Walker(app)
    walker.start_login()
    answer = walker.post(walker.filled("continue", username="10045678"))
    assert (answer.status_code, answer.location) == (303, walker.address)
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_form_carries_its_token_and_the_number_of_its_page(walked):
    seen = set()
    for page in walked[1]:
        posts = [form for form in page.forms if form.method == "post"]
        numbers = {field.value for form in posts for field in form.fields("step")}
        assert len(numbers) == (1 if posts else 0)
        for form in posts:
            assert form.action == ""
            assert len(form.fields("step")) == len(form.fields("csrf_token")) == 1
        assert not numbers & seen
        seen |= numbers


def test_the_button_that_goes_forward_comes_first(walked):
    forward = []
    for page in walked[1]:
        buttons = [b for form in page.forms if form.method == "post" for b in form.submits]
        forward.append(buttons[0].value if buttons else None)
    assert forward == ["continue", "confirm", "continue", "confirm", "confirm", None]


@on_sqlite
def test_every_page_may_be_looked_at_by_head_too(app):
    walker = Walker(app)
    for _ in walk(walker):
        before = walker.state_of_things()
        answer = walker.client.head(walker.address)
        assert (answer.status_code, answer.data) == (200, b"")
        assert walker.state_of_things() == before


@on_sqlite
def test_another_method_is_refused_with_a_page_and_changes_nothing(app):
    walker = Walker(app)
    walker.start_login()
    before = walker.state_of_things()
    fields = walker.filled("continue", username="10045678")
    for method in (walker.client.put, walker.client.delete, walker.client.patch):
        answer = method(walker.address, data=fields)
        assert answer.status_code == 405
        assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
        assert "This address cannot be used like this" in answer.text
    assert walker.state_of_things() == before


def test_the_last_page_goes_back_by_link_by_script_and_without_script(walked):  # 110
    walker, (*_, page), _ = walked
    assert "You will be redirected back in a moment." in page.text
    assert page.content.refresh == (3, walker.way_back)
    assert page.html.index("<noscript>") < page.html.index("http-equiv") < page.html.index("</nosc")
    assert 'data-redirect-after="3"' in page.html
    assert "js/ended.js" in page.html


def test_the_last_page_says_what_was_done(walked):
    walker, (*_, page), _ = walked
    text = " ".join(page.text.split())
    for shown in ("Payment approved", "100.00 CZK", "238400856/0300", "12345671/1234",
                  "29 Jun 2017", "Utility Bill Payment - 05/2017", walker.flow().id):  # fmt: skip
        assert shown in text, shown


def test_the_result_is_committed_before_the_last_page_is_left(walked):  # decision 21
    walker = walked[0]
    assert walker.flow().result == "DONE"
    assert walker.flow().finished_at is not None


def test_the_steps_of_a_payment_are_shown_with_the_present_one(walked):
    present = [re.findall(r'aria-label="(Step \d of \d: [^"]+)"', page.html) for page in walked[1]]
    assert present == [
        ["Step 1 of 3: Sign in"], ["Step 1 of 3: Sign in"], ["Step 2 of 3: Approve payment"],
        ["Step 2 of 3: Approve payment"], ["Step 3 of 3: Consent"], [],
    ]  # fmt: skip


@on_sqlite
def test_the_page_of_the_login_inside_a_payment_does_not_show_the_payment(app):
    walker = Walker(app)
    page = walker.start_payment()
    assert "No payment in this step" in page.text
    assert "238400856/0300" not in page.html
    assert "238400856/0300" not in walker.name().html


@on_sqlite
def test_the_cookies_are_for_servers_only_and_for_this_site(app):  # 123
    client = app.test_client()
    walker = Walker(app)
    walker.client = client
    answer = walker.authorize()
    walker.address = answer.location
    cookies = answer.headers.getlist("Set-Cookie") + walker.get().headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {"wf_browser", "wf_session"}
    for cookie in cookies:
        attributes = {part.strip() for part in cookie.split(";")}
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= attributes
        assert not [part for part in attributes if part.startswith("Domain")]


@on_sqlite
def test_on_https_the_cookies_never_leave_it(settings):  # 123
    with built(settings.model_copy(update={"public_url": "https://portal.bank.example"})) as app:
        app.config.update(
            SERVER_NAME="portal.bank.example", PREFERRED_URL_SCHEME="https"
        )  # what the test client takes for the address of the portal
        walker = Walker(app)
        walker.start_login()
        assert walker.response.headers["Strict-Transport-Security"].startswith("max-age=63072000")
        for name in ("__Host-wf_browser", "__Host-wf_session"):
            cookie = walker.client.get_cookie(name, domain="portal.bank.example")
            assert (cookie.secure, cookie.http_only, cookie.path) == (True, True, "/")
            assert cookie.same_site == "Lax"
        walker.log_in()
        assert walker.flow().step == "CONSENT"
