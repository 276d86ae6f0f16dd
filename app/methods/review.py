"""The review that every approval begins with: look at the payment, choose the account."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.bank.base import Account, Bank, User
from app.methods.base import Again, Answer, Form, Work
from app.nextstep.operation_data import Payment, parse, payment_of
from app.store.flows import Flow

Start = Callable[[Flow, User | None], Answer]
"""What follows the review; gets the customer, if they may go on."""


@dataclass(frozen=True)
class Review:
    """Shows the accounts, and fixes the chosen one once the customer goes on."""

    bank: Bank

    def data(self, flow: Flow, language: str) -> dict[str, object]:
        """Return what the page shows."""
        accounts = self.bank.accounts(
            flow.user_id or "", flow.organization_id or "", language=language
        )
        return {"accounts": _choices(payment(flow), accounts)}

    def choose(self, flow: Flow, form: Form, start: Start) -> Answer:
        """Take the account, then start the approval."""
        wanted, language = form.get("account"), flow.language
        user_id, organization_id = flow.user_id or "", flow.organization_id or ""

        def look() -> tuple[Sequence[Account], User | None]:
            user = self.bank.user(user_id, organization_id)
            accounts = self.bank.accounts(user_id, organization_id, language=language)
            return accounts, user if user and user.active else None

        def then(flow: Flow, found: tuple[Sequence[Account], User | None]) -> Answer:
            accounts, user = found
            return _fix(flow, wanted, accounts) or start(flow, user)

        return Work(look, then)


def payment(flow: Flow) -> Payment:
    """Return what is approved. Raises LookupError for an operation that is no payment."""
    found = payment_of(parse(flow.operation_data))
    if found is None:
        raise LookupError("an approval of something that is no payment")
    return found


def _fix(flow: Flow, wanted: str, accounts: Sequence[Account]) -> Again | None:
    account = next((a for a in accounts if a.id == wanted), None)
    if not accounts:
        return Again("accounts_missing")
    if account is None:
        return Again("account_missing", "account")
    if not account.usable:
        return Again("account_unusable", "account")
    flow.debit_account = {"id": account.id, "number": account.number, "name": account.name}
    return None


def _choices(paid: Payment, accounts: Sequence[Account]) -> list[dict[str, object]]:
    usable = [a for a in accounts if a.usable]
    preset = next((a for a in usable if a.default), usable[0] if usable else None)
    return [
        {
            "id": a.id,
            "number": a.number,
            "name": a.name,
            "balance": a.balance,
            "currency": a.currency,
            "usable": a.usable,
            "reason": a.reason,
            "low": _is_low(a, paid.amount, paid.currency),
            "selected": a is preset,
        }
        for a in accounts
    ]


def _is_low(account: Account, amount: Decimal, currency: str) -> bool:
    """Whether the balance does not cover the payment; unknown across currencies, unless spent."""
    if account.currency != currency:
        return account.balance <= 0
    return account.balance < amount
