"""Sample data for every page: what the rooms hand to the templates."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

from flask import render_template
from flask_babel import get_locale
from markupsafe import Markup

from app import clock
from app.instruments.mobile_token import Asked, Nearness
from app.instruments.offline_code import Scanned
from app.instruments.passkey import Challenged
from app.mtoken.views import Phone
from app.web import messages

NOW = datetime(2026, 11, 22, 13, 2, 2, tzinfo=UTC)

OFFLINE_TEXT = (
    "5ff1b1ed-a3cc-45a3-8ab0-ed60950312b6\nPayment\nPlease confirm this payment\n"
    "A1*A100CZK*ICZ2730300000001165254011*D20180425\nB\nAD8bOO0Df73kNaIGb3Vmpg==\n"
    "1MEYCIQDby1Uq+MaxiAAGzKmE4McHzNOrrvAP2qqGBvSgcdtLjgIhAMo1sgqNa1ykZTFFRdjChJk9/F6Y"
)
APPLICATION = {"name": "Demo application", "description": "Web Flow demo", "scopes": ["aisp"]}


def problem(code: str, field: str | None = None, **values: object) -> SimpleNamespace:
    return SimpleNamespace(code=code, field=field, values=values)


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


def attribute(
    kind: str, name: str, label: str = "", value: str = "", **more: object
) -> dict[str, object]:
    return (
        {"type": kind, "id": name, "label": label, "valueFormatType": "TEXT"}
        | more
        | ({"formattedValues": {"value": value}} if value else {})
    )


AMOUNT = attribute(
    "AMOUNT", "operation.amount", "Amount", amount=100, currency="CZK",
    formattedValues={"amount": "100.00", "currency": "CZK"},
)  # fmt: skip
IBAN = "MT84MALT011000012345MTLCAST001S"
"""The longest of the countries' lengths."""
PAYEE = attribute(
    "KEY_VALUE", "operation.account", "To account", "238400856/0300", valueFormatType="ACCOUNT"
)
DUE = attribute("KEY_VALUE", "operation.dueDate", "Due date", "29 Nov 2026", valueFormatType="DATE")
NOTE = attribute("NOTE", "operation.note", "Note", "Utility Bill Payment\nNovember")
FEE = attribute(
    "AMOUNT", "operation.fee", "Fee", amount=2.5, currency="EUR", formattedValues={"amount": "2.50"}
)
HEADING = attribute("HEADING", "heading.shop", value="The shop")
PARTY = attribute(
    "PARTY_INFO", "partyInfo", "Shop",
    partyInfo={
        "name": "Teashop", "description": "Tea and cups",
        "logoUrl": "https://shop.example/logo.png", "websiteUrl": "https://shop.example/",
    },
)  # fmt: skip
BANNER = attribute(
    "BANNER", "banner.first", bannerType="BANNER_WARNING", message="First payment to this account"
)
CHOICE = attribute("BANK_ACCOUNT_CHOICE", "operation.bankAccountChoice", "Account", bankAccounts=[])


def form(*parameters: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "title": {"id": "operation.title", "message": "Confirm Payment"},
        "greeting": {
            "id": "operation.greeting",
            "message": "Hello,\nplease confirm following payment:",
        },
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
            "id": id_,
            "number": number,
            "name": name,
            "balance": Decimal(balance),
            "currency": "CZK",
            "usable": usable,
            "reason": None if usable else "No payments to other banks.",
            "low": low,
            "selected": id_ == "1",
        }
        for id_, number, name, balance, usable, low in rows[:count]
    ]


class Purpose:
    """What a message in the reader's language says that its code is for."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    @property
    def language(self) -> str:
        return str(get_locale().language)

    @property
    def words(self) -> str:
        paid = {"amount": "100", "currency": "CZK", "account": "238400856/0300"}
        return render_template(f"sms/{self.kind}_purpose.txt", **paid)


def sms(kind: str = "login", **changes: object) -> dict[str, object]:
    return {
        "username": "10045678",
        "sent_at": NOW - timedelta(seconds=18),
        "valid_until": NOW + timedelta(minutes=5),
        "code_ended": False,
        "resend_at": clock.now() + timedelta(seconds=42),
        "code_digits": 8,
        "resent": False,
        "purpose": Purpose(kind),
        "has_phone": False,
        "has_offline": False,
        "has_passkey": False,
    } | changes


def token(
    status: str = "PENDING",
    *,
    phones: tuple[str, ...] = ("Pixel 8",),
    near: bool = False,
    **changes: object,
) -> dict[str, object]:
    sent = NOW - timedelta(seconds=18)
    nearness = Nearness("47120833", "mtoken://confirm?oid=7c1e9f52&potp=47120833", 12)
    return {
        "username": "10045678",
        "asked": Asked(
            status, sent, NOW + timedelta(minutes=5), phones, nearness if near else None
        ),
        "signal": f"3 {status}",
        "account": None,
        "has_offline": True,
        "has_passkey": False,
        "has_sms": True,
    } | changes


def passkey(*, remaining: int = 5, **changes: object) -> dict[str, object]:
    credential = {"type": "public-key", "id": "Zm9v" * 10, "transports": ["hybrid", "internal"]}
    options = {
        "rpId": "localhost",
        "challenge": "q83v" * 10 + "q80",
        "timeout": 300_000,
        "allowCredentials": [credential],
        "userVerification": "required",
    }
    return {
        "username": "10045678",
        "challenged": Challenged(options, remaining),
        "account": None,
        "has_phone": True,
        "has_sms": True,
    } | changes


def scanned(*phones: str, remaining: int = 5) -> Scanned:
    """Return a code for the first of these phones."""
    known = {f"o-{name}": Phone(f"id-{name}", name, NOW if name else None) for name in phones}
    return Scanned(OFFLINE_TEXT, known, known[f"o-{phones[0]}"], remaining)


def organizations(*names: str) -> list[dict[str, object]]:
    return [
        {"id": name.upper(), "name": name, "default": i == 0, "selected": i == 0}
        for i, name in enumerate(names)
    ]


def option(name: str, **changes: object) -> dict[str, object]:
    return {
        "id": name,
        "html": Markup("I allow <strong>this payment</strong> to be initiated"),
        "text": "I allow this payment to be initiated",
        "required": True,
        "checked": False,
        "missing": False,
    } | changes


def page(
    kind: str, operation_kind: str, data: Mapping[str, object], **changes: object
) -> SimpleNamespace:
    stages = (
        ["login", "approval", "consent"] if operation_kind == "payment" else ["login", "consent"]
    )
    now = stages.index({"payment": "approval"}.get(kind, kind))
    values: dict[str, object] = {
        "kind": kind,
        "operation_kind": operation_kind,
        "request_id": "7c1e9f52-3a0d-4a8e-9b61-5d2f8f0c4b11",
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
        "code": code,
        "reference": "4f1c-88a2-d07e",
        "time": NOW,
        "retry_url": retry_url,
        "status": 500,
    }


PLAIN_LOGIN, PLAIN_REVIEW = "methods/username_password_auth.html", "methods/operation_review.html"
PLAIN_APPROVAL = "methods/sms_key.html"
USERNAME, PASSWORD = "methods/login_sca.html", "methods/login_sca_sms.html"
REVIEW, APPROVAL = "methods/approval_sca.html", "methods/approval_sca_sms.html"
TOKEN, OFFLINE = "methods/mobile_token.html", "methods/mobile_token_offline.html"
PASSKEY = "methods/passkey.html"
CONSENT, ENDED, ERROR = "methods/consent.html", "ended.html", "errors/error.html"
LINK = "open_link.html"
DEMO, OUTBOX, PUSHES = "demo/index.html", "demo/sms.html", "demo/push.html"
WARNED = "android_warning.html"
TWO = organizations("Personal", "Corporate")
DEBIT = {"name": "Current account", "number": "19-2000145399/0800"}
TERMS = Markup(  # noqa: S704 - as the bank's text arrives, sanitised
    "<h3>Consent</h3><p>I consent to the initiation of the payment described above.</p>"
    "<ul><li>amount: 100.00 CZK</li></ul>" + "<p>I can withdraw it until it is carried out.</p>" * 6
)
FAILED = problem("authentication_failed")
RICH = form(
    AMOUNT, PAYEE, CHOICE, DUE, NOTE, FEE, BANNER, HEADING, PARTY,
    banners=[
        {"bannerType": "BANNER_INFO", "id": "b", "message": "Payments after 17:00 leave tomorrow."}
    ],
)  # fmt: skip


def consent(**changes: object) -> dict[str, object]:
    options = [option("payment", **changes), option("status", required=False)]
    return {"shown": "d1", "html": TERMS, "options": options, "account": DEBIT}


Sample = tuple[str, dict[str, object]]


def signing_in(
    template: str, data: Mapping[str, object], operation_kind: str = "payment", **changes: object
) -> Sample:
    return template, {"page": page("login", operation_kind, data, **changes)}


def paying(template: str, data: Mapping[str, object], **changes: object) -> Sample:
    return template, {"page": page("payment", "payment", data, **changes)}


def agreeing(
    data: Mapping[str, object], operation_kind: str = "payment", **changes: object
) -> Sample:
    return CONSENT, {"page": page("consent", operation_kind, data, **changes)}


def samples() -> dict[str, Sample]:
    """Return every page by a name: its template and its values."""
    return {
        **_sign_ins(),
        **_approvals(),
        **_consents(),
        **_endings(),
        **_errors(),
        **_links(),
        **_demo(),
    }


def _sign_ins() -> dict[str, Sample]:
    two = {"organizations": TWO, "username": ""}
    four = two | {"organizations": organizations("One", "Two", "Three", "Four")}
    unknown = problem("organization_invalid", "organization", username="tea")
    empty, early = problem("username_empty", "username"), problem("resend_too_early")
    no_password = problem("password_empty", "password", username="10045678")
    asked = {"organizations": TWO, "username": "10045678", "is_known": False}
    return {
        "android": signing_in(WARNED, {}, "login"),
        "username": signing_in(USERNAME, two),
        "username-login": signing_in(USERNAME, two | {"organizations": TWO[:1]}, "login"),
        "username-empty": signing_in(USERNAME, two, problem=empty),
        "username-list": signing_in(USERNAME, four, "login", problem=unknown),
        "plain-login": signing_in(PLAIN_LOGIN, asked, "login"),
        "plain-login-empty": signing_in(PLAIN_LOGIN, asked, problem=no_password),
        "plain-login-failed": signing_in(PLAIN_LOGIN, asked, problem=FAILED, remaining=2),
        "plain-login-known": signing_in(PLAIN_LOGIN, asked | {"is_known": True}),
        "token": signing_in(TOKEN, token()),
        "token-passkey": signing_in(TOKEN, token(has_passkey=True), "login"),
        "passkey": signing_in(PASSKEY, passkey(), "login"),
        "passkey-missing": signing_in(PASSKEY, passkey(), problem=problem("passkey_missing")),
        "passkey-only": signing_in(PASSKEY, passkey(has_phone=False)),
        "token-waiting": signing_in(TOKEN, token(), "login", problem=problem("token_waiting")),
        "password": signing_in(PASSWORD, sms()),
        "password-failed": signing_in(PASSWORD, sms(), problem=FAILED, remaining=3),
        "password-resent": signing_in(PASSWORD, sms(resent=True), "login"),
        "password-early": signing_in(PASSWORD, sms(), "login", problem=early),
    }


def _approvals() -> dict[str, Sample]:
    three = {"accounts": accounts()}
    both, how = ["SMS_KEY", "POWERAUTH_TOKEN"], problem("method_missing", "method")
    missing, none = problem("account_missing", "account"), problem("accounts_missing")
    return {
        "review": paying(REVIEW, three),
        "review-rich": paying(
            REVIEW, {"accounts": accounts(2)}, form=RICH, payment=payment(account=IBAN)
        ),
        "review-one": paying(REVIEW, {"accounts": accounts(1)}),
        "review-none": paying(REVIEW, {"accounts": []}, problem=none),
        "review-unchosen": paying(REVIEW, three, problem=missing),
        "review-stale": paying(REVIEW, three, problem=problem("out_of_date")),
        "plain-review": paying(PLAIN_REVIEW, three | {"methods": ["SMS_KEY"]}),
        "plain-review-unchosen": paying(PLAIN_REVIEW, three | {"methods": both}, problem=how),
        "plain-approval": paying(PLAIN_APPROVAL, sms("payment", account=DEBIT)),
        "plain-approval-failed": paying(
            PLAIN_APPROVAL, sms("payment", account=DEBIT), problem=FAILED
        ),
        "token-near": paying(TOKEN, token(account=DEBIT, near=True)),
        "token-payment": paying(TOKEN, token(account=DEBIT)),
        "token-approved": paying(TOKEN, token("APPROVED", account=DEBIT, phones=())),
        "token-rejected": paying(TOKEN, token("REJECTED", account=DEBIT)),
        "token-alone": paying(TOKEN, token(account=DEBIT, has_sms=False, has_offline=False)),
        "passkey-payment": paying(PASSKEY, passkey(account=DEBIT)),
        "passkey-wrong": paying(
            PASSKEY, passkey(account=DEBIT, remaining=2), problem=problem("passkey_wrong")
        ),
        "passkey-over": paying(
            PASSKEY, passkey(challenged=None, account=DEBIT), problem=problem("passkey_over")
        ),
        "offline-login": signing_in(OFFLINE, token(scanned=scanned("Pixel 8"))),
        "offline-payment": paying(
            OFFLINE, token(account=DEBIT, scanned=scanned("Pixel 8", "iPhone 15", ""))
        ),
        "offline-wrong": paying(
            OFFLINE,
            token(scanned=scanned("")),
            problem=problem("offline_code_wrong"),
        ),
        "offline-incomplete": signing_in(
            OFFLINE,
            token(scanned=scanned("W" * 60)),
            problem=problem("offline_code_invalid", "code"),
        ),
        "offline-over": paying(OFFLINE, token("EXPIRED", scanned=scanned("Pixel 8"))),
        "offline-approved": paying(OFFLINE, token("APPROVED", scanned=scanned("Pixel 8"))),
        "offline-blocked": signing_in(OFFLINE, token(scanned=None)),
        "token-over": paying(TOKEN, token("EXPIRED"), problem=problem("token_over")),
        "approval": paying(
            APPROVAL, sms("payment", account=DEBIT, has_phone=True, has_offline=True)
        ),
        "approval-failed": paying(
            APPROVAL, sms("payment", account=None), problem=FAILED, remaining=1
        ),
    }


def _consents() -> dict[str, Sample]:
    incomplete = problem("consent_incomplete", "option")
    login: dict[str, object] = {
        "shown": "d1",
        "html": TERMS,
        "options": [option("LOGIN")],
        "account": None,
    }
    identity = {"name": "Tea", "description": None, "scopes": ["openid"]}
    return {
        "consent": agreeing(consent()),
        "consent-incomplete": agreeing(consent(missing=True), problem=incomplete),
        "consent-login": agreeing(login, "login"),
        "consent-identity": agreeing(
            login | {"html": "", "options": []}, "login", application=identity
        ),
    }


def _endings() -> dict[str, Sample]:
    endings = {
        "ended-done": ended("done", "done_payment"),
        "ended-done-login": ended("done", "done_login", "login"),
        "ended-canceled": ended("canceled", "canceled"),
        "ended-canceled-login": ended("canceled", "canceled", "login"),
        "ended-rejected": ended("canceled", "rejected"),
        "ended-phone": ended("failed", "phone_unusable"),
        "ended-timeout": ended("timeout", "timeout"),
        "ended-attempts": ended("failed", "attempts_exceeded"),
        "ended-interrupted": ended("interrupted", "interrupted"),
        "ended-left": ended("interrupted", "page_left"),
        "ended-failed": ended("failed", "failed", "login"),
        "ended-returned": ended("done", "done_payment"),
    }
    endings["ended-returned"].return_url = ""
    return {name: (ENDED, {"ended": each, "redirect_after": 3}) for name, each in endings.items()}


def _errors() -> dict[str, Sample]:
    shown = {f"error-{code}": error(code) for code in messages.ERRORS}
    shown["error-retry"] = error("internal", "/flow/abc")
    shown["error-unheard-of"] = error("unheard_of")
    return {name: (ERROR, {"error": each}) for name, each in shown.items()}


def push(title: str, ago: int) -> SimpleNamespace:
    """Return a push that the demo channel kept; without a title it is silent."""
    return SimpleNamespace(
        platform="apns",
        registration_id="3f0c2b7e-5d6a-4b8e-9d60-1f2e3d4c5b6a",
        title=title,
        text="Hello, please confirm payment." if title else "",
        extras={"messageType": "mtoken.operationInit", "operationId": "7f3c"},
        timestamp=NOW - timedelta(seconds=ago),
    )


def _links() -> dict[str, Sample]:
    link = f"http://localhost:8080/nevis/demo/open?dispatchTokenResponse={'eyJubm1h' * 36}"
    known = {"link": link, "is_over": False, "is_enrollment": True, "demo_phone": None}
    return {
        "link": (LINK, known),
        "link-demo": (LINK, known | {"is_enrollment": False, "demo_phone": "http://localhost/x"}),
        "link-over": (LINK, known | {"is_over": True}),
        "link-broken": (LINK, known | {"link": None, "is_enrollment": False}),
    }


def _demo() -> dict[str, Sample]:
    block = SimpleNamespace(organization_id="RETAIL", username="10045678", until=NOW)
    kept = [
        message("works", "73910264", 0),
        message("used", "50128837", 60),
        message("replaced", "19466302", 90),
        message("expired", "00387449", 400),
    ]
    return {
        "demo": (DEMO, {"now": NOW, "offset": timedelta(0), "blocks": []}),
        "demo-moved": (DEMO, {"now": NOW, "offset": timedelta(minutes=5), "blocks": [block]}),
        "outbox": (OUTBOX, {"messages": kept}),
        "outbox-empty": (OUTBOX, {"messages": []}),
        "pushes": (PUSHES, {"messages": [push("Confirm Payment", 0), push("", 60)]}),
        "pushes-empty": (PUSHES, {"messages": []}),
    }
