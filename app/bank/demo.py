"""A bank for trying: it knows every valid user name, and one password opens all of them.

User names that begin with "unknown" do not exist, those that begin with "blocked" are blocked.
Nothing is kept: all that it says follows from the user id, so every process says the same.
"""

import hashlib
from collections.abc import Sequence
from decimal import Decimal, localcontext
from functools import cache
from html import escape

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from babel.numbers import format_decimal, get_currency_precision

from app.bank.base import (
    NO_CHANGE,
    USERNAME,
    Account,
    Assessment,
    ConsentForm,
    ConsentOption,
    OperationContext,
    OperationEnding,
    Organization,
    User,
    UserId,
)
from app.bank.demo_texts import TEXTS, Texts, texts

log = structlog.get_logger("webflow.bank")

RETAIL = Organization("RETAIL", "organization.retail", order=1, default=True)
SME = Organization("SME", "organization.sme", order=2)
ORGANIZATIONS = (RETAIL, SME)

PASSWORD = "test"  # noqa: S105 - the demo's one password, printed in its manual
LONGEST_PASSWORD = 256
LONGEST_USER_ID = 256
HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


class DemoBank:
    """The demo bank; `name` is what its consent texts call it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._password = _hashed_password()

    def organizations(self) -> Sequence[Organization]:
        """Return the two segments, personal and corporate."""
        return ORGANIZATIONS

    def find_user(self, username: str, organization_id: str) -> User | None:
        """Return John Doe under any valid user name that does not begin with "unknown"."""
        if organization_id not in {each.id for each in ORGANIZATIONS}:
            return None
        if not USERNAME.fullmatch(username) or username.startswith("unknown"):
            return None
        user_id = _user_id(username, organization_id)
        if len(user_id) > LONGEST_USER_ID:
            return None
        return User(
            id=user_id,
            organization_id=organization_id,
            given_name="John",
            family_name="Doe",
            active=not username.startswith("blocked"),
            phone=_phone(user_id),
        )

    def user(self, user_id: str, organization_id: str) -> User | None:
        """Return the customer whom `find_user` gives this id."""
        username = user_id.removeprefix(f"{organization_id}.")
        user = self.find_user(username, organization_id)
        return user if user and user.id == user_id else None

    def check_password(
        self, *, user_id: str | None, organization_id: str | None, password: str
    ) -> bool:
        """Tell whether an active customer typed "test"; always hashes once."""
        user = self.user(user_id or "", organization_id or "")
        # What is too long is cut where it cannot match any more, so that it costs the same.
        given = password[: LONGEST_PASSWORD + 1].encode("utf-8", "surrogatepass")
        right = self._is_password(given)
        return right and user is not None and user.active

    def _is_password(self, given: bytes) -> bool:
        try:
            return HASHER.verify(self._password, given)
        except VerifyMismatchError:
            return False

    def accounts(self, user_id: str, organization_id: str, *, language: str) -> Sequence[Account]:
        """Return the same three accounts for everybody whom the bank knows."""
        return _accounts(texts(language)) if self.user(user_id, organization_id) else ()

    def consent_form(self, context: OperationContext, language: str) -> ConsentForm:
        """Return the consent to a payment when there is an amount, else the one to sign in."""
        words = texts(language)
        values = {"bank": escape(self._name), "application": escape(context.application_name)}
        if context.amount is None:
            return ConsentForm(
                words.login.format(**values),
                (ConsentOption("CONSENT_LOGIN", words.login_option.format(**values)),),
            )
        values |= {
            "amount": escape(_money(context.amount, context.currency or "", language)),
            "account": escape(context.account or ""),
            "debit": "".join(
                words.payment_debit.format(number=escape(account.number))
                for account in _accounts(words)
                if account.id == context.debit_account_id
            ),
        }
        return ConsentForm(
            words.payment.format(**values),
            (
                ConsentOption("CONSENT_INIT", words.payment_init_option.format(**values)),
                ConsentOption("CONSENT_PAYMENT", words.payment_option.format(**values)),
            ),
        )

    def save_consent(
        self,
        context: OperationContext,
        language: str,
        html: str,  # noqa: ARG002 - the demo bank has no archive
        chosen: Sequence[str],
    ) -> None:
        """Say in the log that a consent was given."""
        log.info(
            "bank.consent_saved",
            operation_id=context.operation_id,
            language=language,
            chosen=list(chosen),
        )

    def assess(self, context: OperationContext) -> Assessment:  # noqa: ARG002 - all are alike
        """Ask for both factors, always."""
        return NO_CHANGE

    def operation_finished(self, context: OperationContext, ending: OperationEnding) -> None:
        """Say in the log how the operation ended."""
        log.info("bank.operation_finished", operation_id=context.operation_id, ending=ending.value)


def _user_id(username: str, organization_id: str) -> UserId:
    """Return the user name itself for RETAIL, with a prefix where ids would meet otherwise."""
    looks_prefixed = username.startswith(tuple(f"{each.id}." for each in ORGANIZATIONS))
    if organization_id == RETAIL.id and not looks_prefixed:
        return UserId(username)
    return UserId(f"{organization_id}.{username}")


def _phone(user_id: UserId) -> str:
    """Return a number of the right shape that is nobody's on purpose, always the same one."""
    digest = hashlib.sha256(user_id.encode()).digest()
    return f"+420777{int.from_bytes(digest[:8]) % 1_000_000:06}"


def _accounts(words: Texts) -> tuple[Account, ...]:
    """Return three accounts: one to choose, one with little on it, one that cannot be used."""
    return (
        Account(
            id="1",
            number="12345671/1234",
            iban="CZ8612340000000012345671",
            name=words.current_account,
            balance=Decimal("24394.52"),
            currency="CZK",
            default=True,
        ),
        Account(
            id="2",
            number="44444447/1234",
            iban="CZ0412340000000044444447",
            name=words.joint_account,
            balance=Decimal("12.40"),
            currency="CZK",
        ),
        Account(
            id="3",
            number="87654321/1234",
            iban="CZ3312340000000087654321",
            name=words.savings_account,
            balance=Decimal("158121.10"),
            currency="CZK",
            usable=False,
            reason=words.no_payments,
        ),
    )


def _money(amount: Decimal, currency: str, language: str) -> str:
    """Write an amount in full, e.g. "1,234.50 CZK": padded to whole cents, never rounded."""
    cents = "0" * get_currency_precision(currency)
    # Babel quantizes within the context, whose 28 digits an amount may exceed.
    with localcontext(prec=1000):
        number = format_decimal(
            amount,
            format=f"#,##0.{cents}" if cents else "#,##0",
            locale=language[:2] if language[:2] in TEXTS else "en",
            decimal_quantization=False,
        )
    return f"{number}\N{NO-BREAK SPACE}{currency}"


@cache
def _hashed_password() -> str:
    return HASHER.hash(PASSWORD)
