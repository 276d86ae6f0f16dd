"""CONSENT: the bank's words, options to tick, and what is kept of it."""

import re
from html import unescape

import pytest

from app.bank.base import ConsentForm, ConsentOption
from app.errors import Unavailable
from app.methods.consent import sanitised
from app.store.consents import GivenConsent
from tests.support.banks import FakeBank
from tests.support.databases import built
from tests.support.store import all_of, on_sqlite, only_one, put_in
from tests.support.walker import Walker

INCOMPLETE = "Please fill in the whole consent form."
REQUIRED = "Confirm this option to complete the operation."
OPTIONAL = ConsentForm(
    "<p>Words of the bank</p>",
    (ConsentOption("MUST", "must"), ConsentOption("MAY", "may", required=False)),
)


def at_consent(app, *, bank=None, payment=False):
    if bank is not None:
        put_in(app, bank=bank)
    walker = Walker(app)
    if payment:
        walker.start_payment()
        walker.log_in()
        walker.approve()
    else:
        walker.start_login()
        walker.log_in()
    return walker


def options(page):
    return [c for form in page.forms for c in form.fields("option")]


@on_sqlite
def test_a_login_asks_for_one_consent_and_a_payment_for_two(app):  # 91
    walker = at_consent(app)
    assert [o.value for o in options(walker.page)] == ["CONSENT_LOGIN"]
    walker = at_consent(app, payment=True)
    assert [o.value for o in options(walker.page)] == ["CONSENT_INIT", "CONSENT_PAYMENT"]


@on_sqlite
def test_nothing_is_ticked_before_the_customer_does_it(app):
    walker = at_consent(app, payment=True)
    assert not any(option.checked for option in options(walker.page))


@on_sqlite
def test_missing_options_are_named_one_by_one_and_cost_no_attempt(app):  # 91, 93
    walker = at_consent(app, payment=True)
    for _ in range(6):
        page = walker.press("confirm", option=["CONSENT_PAYMENT"])
        assert INCOMPLETE in page.text
        assert page.text.count(REQUIRED) == 1
        assert [o.checked for o in options(page)] == [False, True]
    flow = walker.flow()
    assert (flow.step, flow.attempts, flow.result) == ("CONSENT", 0, "CONTINUE")
    page = walker.press("confirm", option=[])
    assert page.text.count(REQUIRED) == 2
    assert all_of(app, GivenConsent) == []
    walker.agree()
    assert walker.flow().result == "DONE"


@on_sqlite
def test_a_missing_option_is_named_in_words_alone_and_no_amount_breaks(app):
    html = "I pay <b>98\u202f765,50</b>&nbsp;K\u010d &amp; agree"
    walker = at_consent(app, bank=FakeBank(consent=ConsentForm("", (ConsentOption("PAY", html),))))
    page = walker.press("confirm", option=[])
    (link,) = re.findall(r'<a href="#option-1">([^<]*)</a>', page.html)
    assert unescape(link) == "I pay 98\u202f765,50\xa0K\u010d & agree"


def chosen(kept):
    return [option["id"] for option in kept.options if option["chosen"]]


@on_sqlite
def test_an_option_that_need_not_be_ticked_may_stay_empty(app):
    bank = FakeBank(consent=OPTIONAL)
    walker = at_consent(app, bank=bank)
    walker.press("confirm", option=["MUST"])
    assert walker.flow().result == "DONE"
    assert chosen(only_one(app, GivenConsent)) == ["MUST"]
    assert bank.saved == [("en", OPTIONAL.html, ["MUST"])]


@on_sqlite
def test_options_that_were_not_offered_are_ignored(app):
    walker = at_consent(app, bank=FakeBank(consent=OPTIONAL))
    walker.press("confirm", option=["MUST", "MAY", "MORE", "CONSENT_PAYMENT", "", "\x00"] * 3)
    assert chosen(only_one(app, GivenConsent)) == ["MUST", "MAY"]


@on_sqlite
def test_forged_options_do_not_stand_in_for_those_that_are_required(app):
    walker = at_consent(app, payment=True)
    page = walker.press("confirm", option=["CONSENT_INIT", "consent_payment", "CONSENT_LOGIN"])
    assert INCOMPLETE in page.text
    assert walker.flow().result == "CONTINUE"


def test_a_consent_is_kept_with_the_words_that_were_shown(app):
    walker = at_consent(app, payment=True)
    shown = walker.reload("?lang=cs").html
    walker.agree()
    kept = only_one(app, GivenConsent)
    assert kept.flow_id == walker.flow().id
    assert (kept.user_id, kept.client_id, kept.language) == ("10045678", "democlient", "cs")
    assert "Souhlas s iniciováním platby" in kept.html
    assert "238400856/0300" in kept.html
    assert "12345671/1234" in kept.html
    assert chosen(kept) == ["CONSENT_INIT", "CONSENT_PAYMENT"]
    assert all(option["html"] in shown for option in kept.options)
    assert kept.created_at <= walker.flow().finished_at


@on_sqlite
def test_a_rejected_consent_is_not_kept(app):  # 92
    walker = at_consent(app)
    page = walker.press("reject", option=["CONSENT_LOGIN"])
    assert "You cancelled the request" in page.text
    assert all_of(app, GivenConsent) == []
    assert walker.leave()["error"] == "access_denied"


@on_sqlite
def test_a_bank_that_needs_no_consent_ends_the_flow_without_the_page(app):  # 94
    walker = at_consent(app, bank=FakeBank(needs_consent=False))
    assert "Sign-in confirmed" in walker.page.text
    assert walker.history()[-1] == ("CONSENT", "CONFIRMED", "DONE")
    assert all_of(app, GivenConsent) == []
    assert "code" in walker.leave()


@on_sqlite
def test_a_bank_that_does_not_answer_can_be_asked_again(app):  # 93
    bank = FakeBank()
    walker = at_consent(app, bank=bank)
    answer = walker.filled("confirm", option=["CONSENT_LOGIN"])
    bank.failure = Unavailable("no answer")
    assert walker.post(answer).status_code == 303
    assert walker.flow().result == "CONTINUE"
    assert all_of(app, GivenConsent) == []
    bank.failure = None
    assert "Something went wrong. Please try again." in walker.reload().text
    walker.agree()
    assert walker.flow().result == "DONE"
    assert len(bank.saved) == 1


@on_sqlite
def test_a_language_without_a_consent_falls_back_to_english(settings):  # 96
    web = settings.web.model_copy(update={"languages": ("en", "cs", "sk")})
    with built(settings.model_copy(update={"web": web})) as app:
        walker = at_consent(app)
        with_slovak = walker.reload("?lang=sk")
        assert '<html lang="sk"' in with_slovak.html
        assert "Consent to the access of a third party" in with_slovak.text
        with_czech = walker.reload("?lang=cs")
        assert "Souhlas s přístupem třetí strany" in with_czech.text


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
        "<p onclick=alert(1)>x</p>",
        "<p style='position:fixed'>x</p>",
        "<style>* { display: none }</style>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href=' java\nscript:alert(1)'>x</a>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
        "<a href='vbscript:x'>x</a>",
        "<img src=x onerror=alert(1)>",
        "<iframe src=//evil.example></iframe>",
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
        "<form action=//evil.example><input name=password><button>Go</button></form>",
        "<base href=//evil.example>",
        "<meta http-equiv=refresh content='0;url=//evil.example'>",
        "<link rel=stylesheet href=//evil.example>",
        "<object data=//evil.example></object><embed src=//evil.example>",
        "<!--><img src=x onerror=alert(1)>-->",
        "<a href='https://bank.example' target=_top onmouseover=alert(1)>x</a>",
        "<p id=main class=button data-x=1>x</p>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<p><script",
    ],
)
def test_nothing_that_runs_loads_or_styles_stays_in_a_consent(html):  # 95
    cleaned = sanitised(html).lower()
    for bad in ("<script", "onclick", "onerror", "onload", "onmouseover", "style", "javascript",
                "vbscript", "data:", "<img", "<iframe", "<svg", "<math", "<form", "<input",
                "<button", "<base", "<meta", "<link", "<object", "<embed", "target", "id=",
                "class=", "data-x"):  # fmt: skip
        assert bad not in cleaned, cleaned


def test_what_a_bank_needs_for_its_words_stays_in_a_consent():
    html = (
        "<h3>Title</h3><p>One <strong>two</strong> <em>three</em><br>four</p>"
        "<ul><li>five</li></ul><table><tbody><tr><th>six</th><td>7</td></tr></tbody></table>"
        "<hr><blockquote>eight &amp; &lt;nine&gt;</blockquote>"
    )
    assert sanitised(html) == html


@pytest.mark.parametrize(
    "address", ["https://bank.example/terms?a=1&amp;b=2", "mailto:dpo@bank.example", "tel:+420777"]
)
def test_a_link_of_the_bank_stays_and_leaves_no_window_open(address):
    cleaned = sanitised(f'<a href="{address}">terms</a>')
    assert cleaned == f'<a href="{address}" rel="noopener noreferrer">terms</a>'


@on_sqlite
def test_the_page_of_a_consent_shows_it_sanitised(app):
    evil = "<script>alert(1)</script><p onclick=alert(1)>Word</p>"
    bank = FakeBank(consent=ConsentForm(evil, (ConsentOption('X"><script>', evil),)))
    walker = at_consent(app, bank=bank)
    assert "alert(1)" not in walker.page.html
    assert "<p>Word</p>" in walker.page.html
    assert [o.value for o in options(walker.page)] == ['X"><script>']
    walker.press("confirm", option=[])
    assert "alert(1)" not in walker.page.html
    walker.agree()
    kept = only_one(app, GivenConsent)
    assert "alert(1)" not in kept.html
    assert chosen(kept) == ['X"><script>']
