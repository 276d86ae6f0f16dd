"""APPROVAL_SCA: look at the payment, choose the account, approve with two factors."""

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

from app.bank.base import Account, Bank
from app.methods.base import Again, Answer, Form, View, Work
from app.methods.sms_and_password import SmsAndPassword
from app.nextstep.operation_data import Payment, parse, payment_of
from app.nextstep.vocabulary import Step
from app.store.flows import Flow

PHASE_SMS = "sms"


class ApprovalSca:
    """The strong approval. The account is fixed, and the code made, once the customer goes on."""

    step: ClassVar[Step] = Step.APPROVAL_SCA

    def __init__(self, bank: Bank, factors: SmsAndPassword) -> None:
        self._bank = bank
        self._factors = factors

    def begin(self, flow: Flow) -> None:
        """Start with the review."""
        flow.phase, flow.debit_account = "", None

    def view(self, flow: Flow, language: str) -> View:
        """Show the payment and the accounts, or ask for both factors."""
        if flow.phase == PHASE_SMS:
            data = {**self._factors.data(flow), "account": flow.debit_account}
            return View("methods/approval_sca_sms.html", "payment", data)
        accounts = self._accounts(flow, language)
        return View(
            "methods/approval_sca.html", "payment", {"accounts": self._choices(flow, accounts)}
        )

    def answer(self, flow: Flow, action: str, form: Form) -> Answer:
        """Take the account and start the approval, ask for another code, or judge both factors."""
        match flow.phase, action:
            case "", "continue":
                return self._choose(flow, form)
            case "sms", "resend":
                return self._factors.resend(flow, payment=_payment(flow))
            case "sms", "confirm":
                return self._factors.judge(flow, form)
            case _:
                return Again("out_of_date")

    def leave(self, flow: Flow) -> None:
        """No code of this step counts in the next one."""
        self._factors.sms.forget(flow)

    def _choose(self, flow: Flow, form: Form) -> Answer:
        wanted, language = form.get("account"), flow.language
        user_id, organization_id = flow.user_id or "", flow.organization_id or ""

        def look() -> tuple[Sequence[Account], str | None]:
            accounts = self._bank.accounts(user_id, organization_id, language=language)
            return accounts, self._factors.phone_of(user_id, organization_id)

        def then(flow: Flow, found: tuple[Sequence[Account], str | None]) -> Answer:
            return self._start(flow, wanted, *found)

        return Work(look, then)

    def _start(
        self, flow: Flow, wanted: str, accounts: Sequence[Account], phone: str | None
    ) -> Answer:
        account = next((a for a in accounts if a.id == wanted), None)
        if not accounts:
            return Again("accounts_missing")
        if account is None:
            return Again("account_missing", "account")
        if not account.usable:
            return Again("account_unusable", "account")
        flow.debit_account = {"id": account.id, "number": account.number, "name": account.name}
        flow.phase = PHASE_SMS
        self._factors.sms.send(flow, phone=phone, payment=_payment(flow))
        return Again()

    def _accounts(self, flow: Flow, language: str) -> Sequence[Account]:
        return self._bank.accounts(
            flow.user_id or "", flow.organization_id or "", language=language
        )

    def _choices(self, flow: Flow, accounts: Sequence[Account]) -> list[dict[str, object]]:
        payment = _payment(flow)
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
                "low": _is_low(a, payment.amount, payment.currency),
                "selected": a is preset,
            }
            for a in accounts
        ]


def _payment(flow: Flow) -> Payment:
    payment = payment_of(parse(flow.operation_data))
    if payment is None:
        raise LookupError("an approval of something that is no payment")
    return payment


def _is_low(account: Account, amount: Decimal, currency: str) -> bool:
    """Whether the balance does not cover the payment; unknown across currencies, unless spent."""
    if account.currency != currency:
        return account.balance <= 0
    return account.balance < amount
