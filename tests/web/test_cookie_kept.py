"""A cookie that was changed reaches its browser, whatever fails after the change."""

import pytest

from app.bank.demo import DemoBank
from tests.support.store import on_sqlite, put_in
from tests.support.walker import Walker, prepared


class Stumbling(DemoBank):
    """A bank that fails at one of its calls, as long as it has a name."""

    failing = ""

    def user(self, user_id, organization_id):
        self._stumble("user")
        return super().user(user_id, organization_id)

    def consent_form(self, context, language):
        self._stumble("consent_form")
        return super().consent_form(context, language)

    def _stumble(self, call):
        if call == self.failing:
            raise RuntimeError("a bug")


@pytest.fixture
def bank(app):
    bank = Stumbling("Demo Bank")
    put_in(app, bank=bank)
    return bank


@on_sqlite
def test_who_has_signed_in_goes_on_though_the_next_page_could_not_be_made(app, bank):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    right = walker.filled("confirm", code=walker.code(), password="test")
    bank.failing = "consent_form"
    assert walker.post(right).status_code == 500
    bank.failing = ""
    assert walker.get().status_code == 200
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_an_operation_that_could_not_be_opened_is_opened_by_the_same_browser_again(app, bank):
    walker, operation = Walker(app), prepared(app, userId="10045678")
    bank.failing = "user"
    assert walker.authorize(scope="pisp", operation_id=operation).status_code == 500
    bank.failing = ""
    assert walker.authorize(scope="pisp", operation_id=operation).status_code == 303


@on_sqlite
def test_a_browser_that_nobody_has_kept_gets_no_cookie(app):
    walker = Walker(app)
    assert walker.authorize(scope="pisp", operation_id="unknown").status_code == 400
    assert walker.client.get_cookie("wf_browser") is None
