"""Every page of the portal, rendered with sample data in every language."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, render_template, url_for
from flask_babel import Babel, get_locale
from jinja2 import StrictUndefined
from markupsafe import Markup

from app import clock
from app.web import formats, messages

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "cs")
NOW = datetime(2026, 11, 22, 13, 2, 2, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script>"


def build(translations: Path, **answers: object) -> Flask:
    """Return an application that has what the templates ask for, and nothing else of ours."""
    app = Flask("pages", template_folder=ROOT / "templates", static_folder=ROOT / "static")
    app.jinja_env.undefined = StrictUndefined
    formats.register(app, timezone="Europe/Prague")
    language = {"now": "en"} | answers

    def select() -> str:
        return str(language["now"])

    Babel(app, locale_selector=select, default_translation_directories=str(translations))
    app.jinja_env.globals.update(
        bank_name="Demo Bank",
        legal_links=[{"label": "Help", "url": "/help"}],
        texts_of=messages.text,
        csrf_token=lambda: "csrf-1",
        static_url=lambda path: url_for("static", filename=path, v="0"),
    )

    @app.context_processor
    def present() -> dict[str, object]:
        locale = get_locale()
        labels = {"en": "English", "cs": "Čeština"}
        return {
            "language": locale.language,
            "direction": locale.text_direction,
            "languages": [
                {"code": code, "label": label, "url": f"?lang={code}", "current": code == locale.language}
                for code, label in labels.items()
            ],
        }

    app.extensions["language"] = language
    return app


# --- sample data: what the rooms hand to the pages -----------------------------------------

APPLICATION = {"name": "Demo application", "description": "Web Flow demo", "scopes": ["aisp"]}


@dataclass(frozen=True)
class Problem:
    code: str
    field: str | None = None
    values: dict[str, object] = field(default_factory=dict)


def payment(**changes: object) -> SimpleNamespace:
    values = {
        "amount": Decimal(100),
        "currency": "CZK",
        "account": "238400856/0300",
        "due_date": date(2026, 11, 29),
        "note": "Utility Bill Payment",
        "reference": None,
    }
    return SimpleNamespace(**values | changes)


def attribute(kind: str, name: str, label: str = "", value: str = "", **more: object) -> dict[str, object]:
    return {"type": kind, "id": name, "label": label, "valueFormatType": "TEXT"} | more | (
        {"formattedValues": {"value": value}} if value else {}
    )


AMOUNT = attribute(
    "AMOUNT", "operation.amount", "Amount", amount=100, currency="CZK",
    formattedValues={"amount": "100.00", "currency": "CZK"},
)  # fmt: skip
PAYEE = attribute("KEY_VALUE", "operation.account", "To account", "238400856/0300", valueFormatType="ACCOUNT")
DUE = attribute("KEY_VALUE", "operation.dueDate", "Due date", "29 Nov 2026", valueFormatType="DATE")
NOTE = attribute("NOTE", "operation.note", "Note", "Utility Bill Payment\nNovember")
FEE = attribute("AMOUNT", "operation.fee", "Fee", amount=2.5, currency="EUR", formattedValues={"amount": "2.50"})
HEADING = attribute("HEADING", "heading.shop", value="The shop")
PARTY = attribute(
    "PARTY_INFO", "partyInfo", "Shop",
    partyInfo={
        "name": "Teashop", "description": "Tea and cups",
        "logoUrl": "https://shop.example/logo.png", "websiteUrl": "https://shop.example/",
    },
)  # fmt: skip
BANNER = attribute("BANNER", "banner.first", bannerType="BANNER_WARNING", message="First payment to this account")
CHOICE = attribute("BANK_ACCOUNT_CHOICE", "operation.bankAccountChoice", "Account", bankAccounts=[])


def form(*parameters: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "title": {"id": "operation.title", "message": "Confirm Payment"},
        "greeting": {"id": "operation.greeting", "message": "Hello,\nplease confirm following payment:"},
        "summary": None,
        "banners": [],
        "parameters": list(parameters) or [AMOUNT, PAYEE, DUE, NOTE],
    } | more


def accounts(count: int = 3) -> list[dict[str, object]]:
    rows = [
        ("1", "19-2000145399/0800", "Current account", "24183.50", True, False),
        ("2", "2400000105/0800", "Joint account", "12.40", True, True),
        ("3", "1070000318/0800", "Savings account", "150000.00", False, False),
    ]
    return [
        {
            "id": id_, "number": number, "name": name, "balance": Decimal(balance), "currency": "CZK",
            "usable": usable, "reason": None if usable else "No payments to other banks.",
            "low": low, "selected": id_ == "1",
        }
        for id_, number, name, balance, usable, low in rows[:count]
    ]  # fmt: skip


def sms(**changes: object) -> dict[str, object]:
    return {
        "username": "10045678",
        "sent_at": NOW - timedelta(seconds=18),
        "valid_until": NOW + timedelta(minutes=5),
        "resend_at": clock.now() + timedelta(seconds=42),
        "code_digits": 8,
        "resent": False,
    } | changes


def organizations(*names: str) -> list[dict[str, object]]:
    return [
        {"id": name.upper(), "name": name, "default": i == 0, "selected": i == 0}
        for i, name in enumerate(names)
    ]


def option(name: str, **changes: object) -> dict[str, object]:
    return {
        "id": name,
        "html": Markup("I allow <strong>this payment</strong> to be initiated"),
        "required": True,
        "checked": False,
        "missing": False,
    } | changes


def page(kind: str, operation_kind: str, data: dict[str, object], **changes: object) -> SimpleNamespace:
    stages = ["login", "approval", "consent"] if operation_kind == "payment" else ["login", "consent"]
    now = stages.index({"payment": "approval"}.get(kind, kind))
    values: dict[str, object] = {
        "kind": kind,
        "operation_kind": operation_kind,
        "nonce": "nonce-1",
        "deadline": NOW + timedelta(minutes=5),
        "progress": [
            (stage, "done" if i < now else "now" if i == now else "todo")
            for i, stage in enumerate(stages)
        ],
        "application": APPLICATION,
        "payment": payment() if operation_kind == "payment" else None,
        "form": form(),
        "problem": None,
        "remaining": 5,
        "return_host": "localhost:8888",
        "data": data,
    }
    return SimpleNamespace(**values | changes)


def ended(outcome: str, code: str, operation_kind: str = "payment") -> SimpleNamespace:
    paying = operation_kind == "payment"
    return SimpleNamespace(
        outcome=outcome,
        code=code,
        operation_kind=operation_kind,
        application=APPLICATION,
        payment=payment() if paying else None,
        account={"name": "Current account", "number": "19-2000145399/0800"} if paying else None,
        ended_at=NOW,
        request_id="7c1e9f52-3a0d-4a8e-9b61-5d2f8f0c4b11",
        return_url="/oauth2/resume/abc",
    )


def message(state: str, code: str, seconds: int) -> SimpleNamespace:
    return SimpleNamespace(
        to="+420777123456",
        text=f"DEMO BANK: code {code} to LOG IN. Never tell anyone.",
        code=code,
        operation_id="op-1",
        timestamp=NOW - timedelta(seconds=seconds),
        state=state,
        valid_until=NOW + timedelta(minutes=5),
    )


def error(code: str, retry_url: str | None = None) -> dict[str, object]:
    return {
        "code": code, "reference": "4f1c-88a2-d07e", "time": NOW, "retry_url": retry_url, "status": 500,
    }  # fmt: skip


USERNAME, PASSWORD = "methods/login_sca.html", "methods/login_sca_sms.html"
REVIEW, APPROVAL = "methods/approval_sca.html", "methods/approval_sca_sms.html"
CONSENT, ENDED, ERROR = "methods/consent.html", "ended.html", "errors/error.html"
OUTBOX = "demo/sms.html"
TWO = organizations("Personal", "Corporate")
DEBIT = {"name": "Current account", "number": "19-2000145399/0800"}
TERMS = Markup(
    "<h3>Consent</h3><p>I consent to the initiation of the payment described above.</p>"
    "<ul><li>amount: 100.00 CZK</li></ul>" + "<p>I can withdraw it until it is carried out.</p>" * 6
)
FAILED = Problem("authentication_failed")
RICH = form(
    AMOUNT, PAYEE, CHOICE, DUE, NOTE, FEE, BANNER, HEADING, PARTY,
    banners=[{"bannerType": "BANNER_INFO", "id": "b", "message": "Payments after 17:00 leave tomorrow."}],
)  # fmt: skip


def consent(**changes: object) -> dict[str, object]:
    options = [option("payment", **changes), option("status", required=False)]
    return {"html": TERMS, "options": options, "account": DEBIT}


def samples() -> dict[str, tuple[str, dict[str, object]]]:
    """Return every page by a name: its template and its values."""
    after = {"redirect_after": 3}
    pages = {
        "username": (USERNAME, page("login", "payment", {"organizations": TWO})),
        "username-login": (USERNAME, page("login", "login", {"organizations": TWO[:1]})),
        "username-empty": (
            USERNAME,
            page("login", "payment", {"organizations": TWO}, problem=Problem("username_empty", "username")),
        ),
        "username-list": (
            USERNAME,
            page(
                "login", "login", {"organizations": organizations("One", "Two", "Three", "Four")},
                problem=Problem("organization_invalid", "organization", {"username": "tea"}),
            ),
        ),
        "password": (PASSWORD, page("login", "payment", sms())),
        "password-failed": (PASSWORD, page("login", "payment", sms(), problem=FAILED, remaining=3)),
        "password-resent": (PASSWORD, page("login", "login", sms(resent=True))),
        "password-early": (PASSWORD, page("login", "login", sms(), problem=Problem("resend_too_early"))),
        "review": (REVIEW, page("payment", "payment", {"accounts": accounts()})),
        "review-rich": (REVIEW, page("payment", "payment", {"accounts": accounts(2)}, form=RICH)),
        "review-one": (REVIEW, page("payment", "payment", {"accounts": accounts(1)})),
        "review-none": (
            REVIEW,
            page("payment", "payment", {"accounts": []}, problem=Problem("accounts_missing")),
        ),
        "review-unchosen": (
            REVIEW,
            page("payment", "payment", {"accounts": accounts()}, problem=Problem("account_missing", "account")),
        ),
        "review-stale": (
            REVIEW,
            page("payment", "payment", {"accounts": accounts()}, problem=Problem("out_of_date")),
        ),
        "approval": (APPROVAL, page("payment", "payment", sms(account=DEBIT))),
        "approval-failed": (
            APPROVAL,
            page("payment", "payment", sms(account=None), problem=FAILED, remaining=1),
        ),
        "consent": (CONSENT, page("consent", "payment", consent())),
        "consent-incomplete": (
            CONSENT,
            page("consent", "payment", consent(missing=True), problem=Problem("consent_incomplete", "option")),
        ),
        "consent-login": (
            CONSENT,
            page("consent", "login", {"html": TERMS, "options": [option("CONSENT_LOGIN")], "account": None}),
        ),
        "consent-identity": (
            CONSENT,
            page(
                "consent", "login", {"html": "", "options": [], "account": None},
                application={"name": "Tea", "description": None, "scopes": ["openid"]},
            ),
        ),
    }  # fmt: skip
    endings = {
        "ended-done": ended("done", "done_payment"),
        "ended-done-login": ended("done", "done_login", "login"),
        "ended-canceled": ended("canceled", "canceled"),
        "ended-canceled-login": ended("canceled", "canceled", "login"),
        "ended-timeout": ended("timeout", "timeout"),
        "ended-attempts": ended("failed", "attempts_exceeded"),
        "ended-interrupted": ended("interrupted", "interrupted"),
        "ended-failed": ended("failed", "failed", "login"),
    }
    old = [message("works", "73910264", 0), message("used", "50128837", 60)]
    old += [message("replaced", "19466302", 90), message("expired", "00387449", 400)]
    return {
        **{name: (template, {"page": value}) for name, (template, value) in pages.items()},
        **{name: (ENDED, {"ended": value} | after) for name, value in endings.items()},
        **{f"error-{code}": (ERROR, {"error": error(code)}) for code in messages.ERRORS},
        "error-retry": (ERROR, {"error": error("internal", "/flow/abc")}),
        "error-unheard-of": (ERROR, {"error": error("unheard_of")}),
        "demo": ("demo/index.html", {}),
        "outbox": (OUTBOX, {"messages": old}),
        "outbox-empty": (OUTBOX, {"messages": []}),
    }


NAMES = sorted(samples())


# --- how the tests look at a page -----------------------------------------------------------


class Page(HTMLParser):
    """A page as a list of elements; complains about what a strict policy would block."""

    VOID = frozenset({"meta", "link", "input", "path", "circle", "rect", "br", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.title, self.texts = "", []
        self.feed(html)
        assert not self.stack, f"left open: {self.stack}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"twice in one <{tag}>: {names}"
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack, f"</{tag}> closes nothing"
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] == "title":
            self.title += data
        elif data.strip():
            self.texts.append(" ".join(data.split()))

    def find(self, tag: str, **attributes: str | None) -> list[dict[str, str | None]]:
        wanted = {name.replace("_", "-").strip("-"): value for name, value in attributes.items()}
        return [
            found
            for name, found in self.elements
            if name == tag and all(found.get(key) == value for key, value in wanted.items())
        ]

    def one(self, tag: str, **attributes: str | None) -> dict[str, str | None]:
        (found,) = self.find(tag, **attributes)
        return found

    @property
    def text(self) -> str:
        return " ".join(self.texts)


@pytest.fixture(scope="session")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled translations, outside the tree."""
    folder = tmp_path_factory.mktemp("translations")
    for source in ROOT.glob("translations/*/LC_MESSAGES/messages.po"):
        target = folder / source.relative_to(ROOT / "translations").with_suffix(".mo")
        target.parent.mkdir(parents=True)
        with source.open("rb") as given, target.open("wb") as compiled:
            write_mo(compiled, read_po(given))
    return folder


@pytest.fixture
def app(catalogues: Path) -> Flask:
    return build(catalogues)


def render(app: Flask, name: str, language: str = "en", **values: object) -> Page:
    template, given = samples()[name]
    app.extensions["language"]["now"] = language
    with app.test_request_context():
        return Page(render_template(template, **given | values))


def show(app: Flask, template: str, shown: SimpleNamespace) -> Page:
    with app.test_request_context():
        return Page(render_template(template, page=shown))


# --- every page -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_page_renders_in_every_language_without_anything_inline(
    app: Flask, name: str, language: str
) -> None:
    seen = render(app, name, language)
    assert seen.one("html")["lang"] == language
    assert seen.title.endswith("Demo Bank") or name in ("demo", "outbox", "outbox-empty")
    assert len(seen.find("h1")) == 1
    for tag, attributes in seen.elements:
        assert tag != "style"
        assert not [a for a in attributes if a == "style" or a.startswith("on")]
        for address in (attributes.get("src"), attributes.get("action")):
            assert address is None or address.startswith("/static/")
    for script in seen.find("script"):
        assert script["type"] == "module"
        assert str(script["src"]).startswith("/static/js/")
    ids = [a["id"] for _, a in seen.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in seen.elements:
        for key in ("aria-describedby", "aria-labelledby", "aria-controls", "for", "form"):
            assert set(str(attributes.get(key) or "").split()) <= set(ids)


@pytest.mark.parametrize("name", NAMES)
def test_every_address_of_a_script_or_style_is_a_file(app: Flask, name: str) -> None:
    seen = render(app, name)
    addresses = [e["src"] for e in seen.find("script")] + [e["href"] for e in seen.find("link")]
    for address in addresses:
        assert (ROOT / str(address).lstrip("/").partition("?")[0]).is_file()


@pytest.mark.parametrize("name", NAMES)
def test_czech_pages_say_nothing_in_english(app: Flask, name: str) -> None:
    data = {"Demo Bank", "Demo application", "English", "Help", *_sample_words()}
    english = set(render(app, name).texts) - data
    left = {text for text in english & set(render(app, name, "cs").texts) if re.search("[a-z]{3}", text)}
    assert not left


def _sample_words() -> set[str]:
    return {
        "Personal", "Corporate", "One", "Two", "Three", "Four", "Current account", "Joint account",
        "Savings account", "Web Flow demo", "Confirm Payment", "Due date", "Note", "Fee", "Shop",
        "Hello, please confirm following payment:", "Utility Bill Payment November", "Teashop",
        "The shop", "Tea and cups", "https://shop.example/", "First payment to this account",
        "Payments after 17:00 leave tomorrow.", "I allow", "this payment", "to be initiated",
        "Consent", "I consent to the initiation of the payment described above.", "localhost:8888",
        "amount: 100.00 CZK", "I can withdraw it until it is carried out.", "Tea",
        "7c1e9f52-3a0d-4a8e-9b61-5d2f8f0c4b11", "da_sms_authorization", "authorization_code",
        "Utility Bill Payment", "I allow this payment to be initiated",
        *(message("used", code, 0).text for code in ("73910264", "50128837", "19466302", "00387449")),
    }  # fmt: skip


@pytest.mark.parametrize("name", [n for n in NAMES if samples()[n][0].startswith("methods/")])
def test_forms_carry_the_token_the_nonce_and_the_main_action_first(app: Flask, name: str) -> None:
    seen = render(app, name)
    forms = seen.find("form")
    assert [f["method"] for f in forms] == ["post"] * len(forms)
    assert [e["value"] for e in seen.find("input", name="csrf_token")] == ["csrf-1"] * len(forms)
    assert [e["value"] for e in seen.find("input", name="step")] == ["nonce-1"] * len(forms)
    actions = [b["value"] for b in seen.find("button", name="action")]
    assert actions[-1] in ("cancel", "reject")
    assert len(actions) == 2 or name == "review-none"


@pytest.mark.parametrize("name", [n for n in NAMES if samples()[n][0].startswith("methods/")])
def test_a_problem_is_in_the_title_and_gets_the_focus(app: Flask, name: str) -> None:
    _, values = samples()[name]
    seen = render(app, name)
    problem = values["page"].problem
    assert seen.title.strip().startswith("Error:") == (problem is not None)
    notices = [a for _, a in seen.elements if a.get("role") == "alert" and "id" in a]
    if problem and problem.field in (None, "option"):
        assert notices == [
            {"class": notices[0]["class"], "id": "problem", "role": "alert", "tabindex": "-1", "autofocus": None}
        ]
        assert messages.PROBLEMS[problem.code].title in seen.text
    else:
        assert not notices
    assert len([a for _, a in seen.elements if "autofocus" in a]) <= 1


# --- one page at a time ---------------------------------------------------------------------


def test_the_user_name_is_asked_for_as_password_managers_expect(app: Flask) -> None:
    seen = render(app, "username")
    field = seen.one("input", id="username")
    assert field["autocomplete"] == "username"
    assert field["maxlength"] == "256"
    assert "autofocus" in field
    assert [e["value"] for e in seen.find("input", type="radio")] == ["PERSONAL", "CORPORATE"]
    assert "checked" in seen.one("input", value="PERSONAL")
    assert seen.title == "Sign in – Payment – Demo Bank"


def test_one_organization_is_no_choice_and_four_are_a_list(app: Flask) -> None:
    one = render(app, "username-login")
    assert one.one("input", name="organization")["type"] == "hidden"
    four = render(app, "username-list")
    assert four.one("select", name="organization")["aria-invalid"] == "true"
    assert len(four.find("option")) == 4
    assert four.one("input", id="username")["value"] == "tea"


def test_an_error_of_a_field_stands_above_it_and_describes_it(app: Flask) -> None:
    seen = render(app, "username-empty")
    field = seen.one("input", id="username")
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "username-error"
    assert seen.html.index("Fill in the login number.") < seen.html.index('id="username"')


def test_a_failed_sign_in_clears_both_fields_and_marks_neither(app: Flask) -> None:
    seen = render(app, "password-failed")
    for name, token, length in (("password", "current-password", "256"), ("code", "one-time-code", "8")):
        given = seen.one("input", name=name)
        assert given["autocomplete"] == token
        assert given["maxlength"] == length
        assert "value" not in given
        assert "aria-invalid" not in given
    assert "User authentication failed." in seen.text
    assert "Remaining attempts: 3" in seen.text


@pytest.mark.parametrize(("left", "words"), [(1, "1 pokus"), (3, "3 pokusy"), (5, "5 pokusů")])
def test_remaining_attempts_have_their_plurals(app: Flask, left: int, words: str) -> None:
    shown = page("login", "payment", sms(), problem=FAILED, remaining=left)
    assert words in render(app, "password-failed", "cs", page=shown).text


def test_attempts_are_told_only_after_a_failed_sign_in(app: Flask) -> None:
    assert "Remaining" not in render(app, "password-early").text


def test_the_code_field_is_numeric_and_enter_confirms(app: Flask) -> None:
    seen = render(app, "password")
    code = seen.one("input", id="code")
    assert (code["inputmode"], code["type"]) == ("numeric", "text")
    resend = seen.one("button", form="resend")
    assert resend["data-resend"] in ("41", "42")
    assert "disabled" not in resend  # without a script the server answers
    assert seen.one("input", name="action")["value"] == "resend"


def test_what_needs_a_script_is_hidden_without_one(app: Flask) -> None:
    assert "hidden" in render(app, "password").one("button", data_reveal=None, type="button")
    assert "hidden" in render(app, "ended-done").one("button", type="button")


def test_a_code_of_nine_digits_fits(app: Flask) -> None:
    shown = page("login", "payment", sms(code_digits=9))
    assert show(app, PASSWORD, shown).one("input", id="code")["maxlength"] == "9"


def test_the_login_page_asks_for_a_message_to_log_in(app: Flask) -> None:
    text = render(app, "password").text
    assert "The SMS must say to LOG IN . If it speaks of a payment, choose Cancel." in text
    assert "14:01" in text
    assert "14:07" in text


def test_a_new_code_is_good_news(app: Flask) -> None:
    seen = render(app, "password-resent")
    assert "The old one no longer works." in seen.text
    assert not seen.title.startswith("Error")


def test_the_payment_stands_in_the_band_and_only_there(app: Flask) -> None:
    seen = render(app, "review")
    assert seen.one("body")["data-kind"] == "payment"
    assert seen.text.count("238400856/0300") == 1
    assert seen.text.count("100.00") == 1
    assert "You pay 100.00 CZK To 238400856/0300" in seen.text
    czech = render(app, "review", "cs")
    assert "Zaplatíte 100,00\xa0Kč (CZK) Komu 238400856/0300".replace("\xa0", " ") in czech.text


def test_accounts_are_radios_with_their_reasons(app: Flask) -> None:
    seen = render(app, "review")
    first, low, unusable = seen.find("input", type="radio")
    assert "checked" in first
    assert "checked" not in low
    assert "disabled" in unusable
    assert "Cannot be used. No payments to other banks." in seen.text
    assert "The balance is lower than the payment." in seen.text
    assert "24,183.50 CZK" in seen.text


def test_the_only_account_is_told_and_sent_along(app: Flask) -> None:
    seen = render(app, "review-one")
    assert not seen.find("input", type="radio")
    assert seen.one("input", name="account") == {"type": "hidden", "name": "account", "value": "1"}


def test_without_a_usable_account_the_payment_can_only_be_rejected(app: Flask) -> None:
    for shown in (accounts()[2:], []):
        seen = show(app, REVIEW, page("payment", "payment", {"accounts": shown}))
        assert "There is no account to pay from." in seen.text
        assert not seen.find("input", name="account")
        assert [b["value"] for b in seen.find("button", name="action")] == ["cancel"]


def test_a_choice_that_is_missing_marks_the_group(app: Flask) -> None:
    seen = render(app, "review-unchosen")
    group = seen.one("fieldset")
    assert (group["role"], group["aria-invalid"], group["aria-describedby"]) == (
        "radiogroup", "true", "account-error",
    )  # fmt: skip
    assert "Choose the account to pay from." in seen.text


def test_every_kind_of_attribute_is_shown(app: Flask) -> None:
    seen = render(app, "review-rich")
    assert "Due date 29 Nov 2026 Note Utility Bill Payment November Fee €2.50 (EUR)" in seen.text
    assert "First payment to this account" in seen.text
    assert "Payments after 17:00 leave tomorrow." in seen.text
    assert "The shop Shop Teashop Tea and cups https://shop.example/" in seen.text
    assert seen.one("a", href="https://shop.example/")["rel"] == "noreferrer noopener"
    assert not seen.find("img")
    assert len(seen.find("dl", class_="summary")) + len(seen.find("dl", **{"class": "summary"})) == 2


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//shop.example"])
def test_a_website_that_is_no_address_of_the_web_is_no_link(app: Flask, address: str) -> None:
    party = PARTY | {"partyInfo": {"name": "Teashop", "websiteUrl": address}}
    shown = page("payment", "payment", {"accounts": accounts()}, form=form(party))
    assert not show(app, REVIEW, shown).find("a", href=address)


def test_whatever_others_wrote_is_escaped(app: Flask) -> None:
    parameters = [
        attribute("NOTE", "operation.note", HOSTILE, HOSTILE),
        attribute("HEADING", "h", value=HOSTILE),
        attribute("BANNER", "b", bannerType=HOSTILE, message=HOSTILE),
        PARTY | {"partyInfo": {"name": HOSTILE, "description": HOSTILE, "websiteUrl": f'https://"{HOSTILE}'}},
    ]
    application = {"name": HOSTILE, "description": HOSTILE, "scopes": ["aisp"]}
    changes = {
        "form": form(*parameters),
        "application": application,
        "payment": payment(account=HOSTILE, note=HOSTILE),
        "return_host": HOSTILE,
    }
    rows = [account | {"name": HOSTILE, "number": HOSTILE, "reason": HOSTILE} for account in accounts()]
    shown = [
        (USERNAME, page("login", "payment", {"organizations": organizations(HOSTILE, HOSTILE)}, **changes)),
        (PASSWORD, page("login", "payment", sms(username=HOSTILE), **changes)),
        (REVIEW, page("payment", "payment", {"accounts": rows}, **changes)),
        (APPROVAL, page("payment", "payment", sms(account=rows[0]), **changes)),
        (CONSENT, page("consent", "payment", consent() | {"html": HOSTILE, "account": rows[0]}, **changes)),
    ]
    for template, each in shown:
        seen = show(app, template, each)
        assert "<script>alert" not in seen.html
        assert "&lt;script&gt;" in seen.html


def test_the_approval_says_what_the_message_must_say(app: Flask) -> None:
    seen = render(app, "approval")
    assert "to PAY 100 CZK to 238400856/0300 . If it says anything else, reject the payment." in seen.text
    assert "Approve payment of 100.00 CZK" in seen.text
    assert "From Current account 19-2000145399/0800" in seen.text
    assert "hidden" in seen.one("input", name="username")


def test_nothing_is_ticked_on_a_consent_and_both_answers_weigh_the_same(app: Flask) -> None:
    seen = render(app, "consent")
    assert not [e for e in seen.find("input", type="checkbox") if "checked" in e]
    assert [b["class"] for b in seen.find("button", name="action")] == ["button button-outline"] * 2
    assert "(required)" in seen.text
    assert "(optional)" in seen.text
    assert "Start one payment of 100.00 CZK" in seen.text


def test_a_box_left_open_is_linked_from_the_notice(app: Flask) -> None:
    seen = render(app, "consent-incomplete")
    assert "I allow this payment to be initiated" in seen.text
    seen.one("a", href="#option-1")
    box = seen.one("input", id="option-1")
    assert (box["aria-invalid"], box["aria-describedby"]) == ("true", "option-1-error")
    assert "Confirm this option to complete the operation." in seen.text


@pytest.mark.parametrize(
    ("name", "wish", "question"),
    [
        ("consent", "make one payment", "Allow Demo application to make this payment?"),
        ("consent-login", "", "Allow Demo application to see your accounts?"),
        ("consent-identity", "", "Allow Tea to know who you are?"),
    ],
)
def test_the_consent_asks_for_what_the_application_wants(
    app: Flask, name: str, wish: str, question: str
) -> None:
    assert question in render(app, name).text


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("ended-")])
def test_the_end_leads_back_with_and_without_a_script(app: Flask, name: str) -> None:
    seen = render(app, name)
    link = seen.one("a", href="/oauth2/resume/abc")
    assert link["data-redirect-after"] == "3"
    assert '<noscript><meta http-equiv="refresh" content="3;url=/oauth2/resume/abc"></noscript>' in seen.html
    assert "Back to Demo application" in seen.text
    assert "You will be redirected back in a moment." in seen.text


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith("ended-")])
def test_the_end_says_whether_money_moved(app: Flask, name: str) -> None:
    shown = samples()[name][1]["ended"]
    text = render(app, name).text
    assert ("The payment was not sent." in text) == (
        shown.operation_kind == "payment" and shown.outcome != "done"
    )
    assert ("o payment was made" in text) == (shown.operation_kind == "login")


def test_error_pages_need_nothing_but_the_error(app: Flask) -> None:
    app.jinja_env.globals.pop("csrf_token")
    seen = render(app, "error-retry")
    assert "4f1c-88a2-d07e" in seen.text
    assert seen.title == "Error: Something went wrong on our side – Demo Bank"
    seen.one("a", href="/flow/abc")
    assert not render(app, "error-csrf").find("a", **{"class": "button"})


def test_the_outbox_shows_the_state_of_each_code(app: Flask) -> None:
    seen = render(app, "outbox")
    assert seen.one("body")["data-kind"] == "demo"
    assert "Works until 14:07:02" in seen.text
    for state in ("Used", "Replaced by a newer one", "Expired"):
        assert state in seen.text
    assert "No messages yet" in render(app, "outbox-empty").text


# --- text messages --------------------------------------------------------------------------

SMS = [
    ("en", "sms/login.txt", "DEMO BANK: code 00387449 to LOG IN. Never tell anyone."),
    ("cs", "sms/login.txt", "DEMO BANK: kod 00387449 pro PRIHLASENI. Nikomu jej nesdelujte."),
    (
        "en",
        "sms/payment.txt",
        "DEMO BANK: code 00387449 to PAY 100 CZK to 238400856/0300. Never tell anyone.",
    ),
    (
        "cs",
        "sms/payment.txt",
        "DEMO BANK: kod 00387449 pro PLATBU 100 CZK na 238400856/0300. Nikomu jej nesdelujte.",
    ),
]


@pytest.mark.parametrize(("language", "template", "expected"), SMS)
def test_a_text_message_is_one_plain_line(
    app: Flask, language: str, template: str, expected: str
) -> None:
    values = {"amount": "100", "currency": "CZK", "account": "238400856/0300"}
    app.extensions["language"]["now"] = language
    with app.test_request_context():
        text = render_template(template, bank="DEMO BANK", code="00387449", **values)
    assert text == expected
    assert text.isascii()  # and so GSM-7: one message
    assert len(text) <= 160


def test_page_and_message_name_the_payment_in_the_same_words(app: Flask) -> None:
    for language, template, text in SMS:
        if template == "sms/payment.txt":
            told = re.search(r"(to|pro) (PAY|PLATBU) .*/0300", text)
            assert told
            assert told[0] in render(app, "approval", language).text.replace(" .", ".")
