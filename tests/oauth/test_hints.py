"""What a client says of the login that it wants: prompt, max_age, login_hint and other wishes."""

import re

import pytest
import time_machine
from sqlalchemy import select

from app import clock
from tests.oauth.conftest import STATE, USER, reading, sent_back
from tests.oauth.test_id_token import read
from tests.support.forms import read_page
from tests.support.walker import Walker, prepared

HINT = "johnny.doe-77"
CHANGING = re.compile(r'(name="(?:csrf_token|step)" value="[^"]*")|(data-deadline="[^"]*")')


def shown_name(tpp, page):
    """Return what the field for the user name has in it."""
    (name,) = [
        control.value
        for form in read_page(tpp.browser.get(page).text).forms
        for control in form.controls
        if control.name == "username"
    ]
    return name


def flow(app):
    from app.store.flows import Flow  # noqa: PLC0415

    with reading(app) as session:
        return session.scalar(select(Flow).order_by(Flow.created_at.desc()))


# --- prompt and max_age ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "prompt", ["login", "consent", "select_account", "login consent", "consent login consent"]
)
def test_what_prompt_asks_for_is_what_every_request_gets(tpp, prompt):
    tpp.finish()

    page = tpp.start(prompt=prompt)

    assert 'autocomplete="username"' in tpp.browser.get(page).text


@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("none", "login_required"),
        ("none login", "invalid_request"),
        ("create", "invalid_request"),
        ("login unknown", "invalid_request"),
        ("LOGIN", "invalid_request"),
        ("x" * 257, "invalid_request"),
    ],
)
def test_a_silent_login_is_never_possible_and_an_unknown_prompt_is_refused(
    asking, prompt, error
):  # §2.27
    told = sent_back(asking.authorize(prompt=prompt))

    assert (told["error"], told["state"]) == (error, STATE)


@pytest.mark.parametrize("max_age", ["-1", "x", "1.5", "1e3", "٣", "+1", " 1", "9" * 17])
def test_a_max_age_that_is_no_number_of_seconds_is_refused(asking, max_age):
    assert sent_back(asking.authorize(max_age=max_age))["error"] == "invalid_request"


@pytest.mark.parametrize("max_age", ["0", "1", "9" * 16])
def test_every_max_age_is_kept_to_because_every_request_is_a_new_login(tpp, max_age):  # §2.27
    tpp.finish()
    before = int(clock.now().timestamp())

    claims = read(tpp, tpp.tokens(max_age=max_age)["id_token"]).claims

    assert before <= claims["auth_time"] <= int(clock.now().timestamp())


@pytest.mark.parametrize("newer", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "59"}])
def test_a_login_before_the_request_is_none_for_a_client_that_asks_for_a_newer_one(
    app, newer
):  # §2.27
    walker, operation_id = Walker(app), prepared(app)
    again = {"scope": "openid pisp", "operation_id": operation_id}
    with time_machine.travel(clock.now(), tick=False) as time:
        walker.start(operation_id)
        assert walker.authorize(**again, **newer).location == walker.address
        walker.reload()
        walker.log_in()
        time.shift(60)
        told = sent_back(walker.authorize(**again, **newer))
        assert (told["error"], told["state"]) == ("login_required", walker.state)
        assert walker.authorize(**again, max_age="60").location == walker.address
    walker.reload()
    walker.approve()
    assert walker.flow().step == "CONSENT"


# --- login_hint ------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["login_sca", "login"])
def test_a_login_hint_fills_in_the_user_name(tpp, register, operation):
    register("democlient", secret="changeme", login_operation=operation)

    assert shown_name(tpp, tpp.start(scope="aisp", login_hint=HINT)) == HINT
    assert shown_name(tpp, tpp.start(scope="aisp")) == ""


def test_the_customer_may_be_somebody_else_than_hinted(tpp):
    claims = read(tpp, tpp.tokens(login_hint=HINT)["id_token"]).claims

    assert claims["sub"] == USER


def test_a_hint_proves_nothing_and_names_nobody(tpp):
    tpp.start(login_hint=HINT)

    assert (flow(tpp.app).user_id, flow(tpp.app).phase) == (None, "")


def test_a_known_and_an_unknown_name_look_the_same(tpp):
    pages = [
        CHANGING.sub("", tpp.browser.get(tpp.start(login_hint=name)).text).replace(name, "NAME")
        for name in ("known-user", "unknown-user", "blocked-user")
    ]

    same = [re.sub(r"\b[0-9a-f-]{36}\b|/flow/[\w-]+", "", page) for page in pages]
    same = [re.sub(r'(datetime|data-\w+)="[^"]*"|\d+:\d\d(:\d\d)?', "", page) for page in same]
    assert same[0] == same[1] == same[2]


@pytest.mark.parametrize("hint", ["abc", "with space", "Žluťásek", "a,b;c d", "user\u202ename"])
def test_a_hint_that_cannot_be_a_user_name_is_ignored(tpp, hint):
    assert shown_name(tpp, tpp.start(login_hint=hint)) == ""


@pytest.mark.parametrize("hint", ["x" * 257, "john\x00doe", "john\r\ndoe"])
def test_a_hint_that_is_malformed_is_refused(asking, hint):
    assert sent_back(asking.authorize(login_hint=hint))["error"] == "invalid_request"


def test_a_hint_with_markup_is_text(tpp):
    hint = "\"><script>alert('1')</script>"

    page = tpp.start(login_hint=hint)

    assert shown_name(tpp, page) == hint
    assert "<script>alert" not in tpp.browser.get(page).text


def test_a_name_that_was_typed_is_never_replaced_by_the_hint(tpp):
    page = tpp.start(login_hint=HINT)
    shown = tpp.browser.get(page).text
    (form,) = [f for f in read_page(shown).forms if any(c.name == "username" for c in f.controls)]
    for control in form.controls:
        if control.name == "username":
            control.value = ""
    tpp.browser.post(page, data=dict(form.sent_by(form.submits[0])))

    assert shown_name(tpp, page) == ""


def test_the_user_of_a_prepared_operation_is_not_replaced_by_a_hint(tpp):
    operation_id = tpp.prepare(userId=USER)

    page = tpp.start(scope="pisp", operation_id=operation_id, login_hint=HINT)

    assert HINT not in tpp.browser.get(page).text
    assert (flow(tpp.app).user_id, flow(tpp.app).username) == (USER, None)


# --- what is asked for and not promised ------------------------------------------------------


def test_acr_values_are_a_wish_and_the_id_token_says_what_was_reached(tpp, register):  # §2.27
    register("democlient", secret="changeme", login_operation="login")

    tokens = tpp.tokens(scope="openid aisp", acr_values="urn:webflow:sca")

    claims = read(tpp, tokens["id_token"]).claims
    assert (claims["acr"], claims["amr"]) == ("urn:webflow:1fa", ["pwd"])
    assert tpp.introspect(tokens["access_token"]).json["sca"] is False


def test_claims_display_and_id_token_hint_are_ignored(tpp):
    essential = '{"id_token": {"acr": {"essential": true, "value": "x"}}}'

    tpp.start(claims=essential, display="touch", id_token_hint="x.y.z")
