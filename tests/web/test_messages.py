"""Codes and their words."""

import pytest
from flask import Flask
from flask_babel import Babel

from app import errors
from app.web import messages

FLOW_CODES = {
    "username_empty", "username_invalid", "organization_invalid", "authentication_failed",
    "resend_too_early", "account_missing", "account_unusable", "accounts_missing",
    "consent_incomplete", "option_required", "out_of_date", "try_again",
    "done_login", "done_payment", "canceled", "timeout", "attempts_exceeded", "interrupted",
    "page_left", "failed",
}  # fmt: skip
PAGE_CODES = {
    "not_found", "bad_request", "csrf", "forbidden", "method_not_allowed", "too_large",
    "overloaded", "internal", "invalid_request", "invalid_client", "invalid_redirect_uri",
    "operation_not_available", "already_returned", "no_cookies",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _request() -> object:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.parametrize("code", sorted(FLOW_CODES | PAGE_CODES))
def test_every_code_of_the_portal_has_words_of_its_own(code: str) -> None:
    assert messages.text(code).title
    assert messages.text(code) != messages.text("unheard_of")


def test_an_unknown_code_gets_a_general_sentence() -> None:
    assert messages.text("unheard_of") == messages.UNKNOWN


def test_no_code_stands_in_two_parts_of_the_table() -> None:
    parts = (messages.PROBLEMS, messages.ENDINGS, messages.ERRORS)
    assert len(messages.ALL) == sum(len(part) for part in parts)


@pytest.mark.parametrize("code", sorted(messages.ERRORS))
def test_an_error_page_says_what_happened_to_the_money_and_what_to_do(code: str) -> None:
    detail = messages.text(code).detail
    assert any(word in detail for word in ("payment", "Nothing was changed", "result"))
    assert any(word in detail for word in ("again", "Tell", "nothing more to do"))


def test_words_say_nothing_about_the_inside() -> None:
    for words in messages.ALL.values():
        for secret in ("SQL", "database", "exception", "server", "redirect_uri", "client_id"):
            assert secret not in words.title + words.detail


def test_a_failed_sign_in_does_not_tell_which_part_was_wrong() -> None:
    assert messages.text("authentication_failed") == ("User authentication failed.", "")


def test_problems_that_a_page_may_show_have_words() -> None:
    shown = {errors.NotFound, errors.BadRequest, errors.OperationNotAvailable, errors.Overloaded}
    assert {each.code for each in shown} | {errors.OperationNotFound.code} <= set(messages.ERRORS)
