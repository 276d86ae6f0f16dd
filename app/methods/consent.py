"""CONSENT: may the third party do this? The bank's words, and options to tick."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import ClassVar

import nh3
from markupsafe import Markup
from sqlalchemy.orm import Session

from app import clock
from app.bank.base import Bank, ConsentForm, OperationContext
from app.events import Journal, Name
from app.methods.base import Again, Answer, Confirmed, Form, View, Work
from app.nextstep.operation_data import Payment, parse, payment_of
from app.nextstep.vocabulary import Step
from app.store.consents import GivenConsent
from app.store.flows import Flow

TAGS = {
    "h3", "h4", "h5", "h6", "blockquote", "p", "a", "ul", "ol", "li", "b", "i", "strong", "em",
    "s", "code", "hr", "br", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "pre",
}  # fmt: skip


def sanitised(html: str) -> Markup:
    """Return the bank's HTML with nothing that runs, loads, styles or leaves the window open."""
    return Markup(  # noqa: S704 - what is marked as safe was cleaned here
        nh3.clean(
            html,
            tags=TAGS,
            attributes={"a": {"href"}},
            url_schemes={"https", "http", "mailto", "tel"},
            link_rel="noopener noreferrer",
        )
    )


class Consent:
    """The last step of every flow. Nothing is ticked before the customer does it."""

    step: ClassVar[Step] = Step.CONSENT

    def __init__(self, session: Session, bank: Bank, journal: Journal) -> None:
        self._session = session
        self._bank = bank
        self._journal = journal

    def begin(self, flow: Flow) -> Work[bool]:
        """Ask the bank whether a consent is needed; if not, the step is confirmed by itself."""
        flow.phase = ""
        context, language = context_of(flow), flow.language

        def ask() -> bool:
            return self._bank.consent_form(context, language) is not None

        return Work(ask, lambda _flow, needed: Again() if needed else Confirmed())

    def view(self, flow: Flow, language: str) -> View:
        """Show the bank's text and options; ticks survive a form that was not complete."""
        form = self._bank.consent_form(context_of(flow), language) or ConsentForm("", ())
        values = (flow.problem or {}).get("values", {})
        checked, missing = values.get("checked", []), values.get("missing", [])
        options = [
            {
                "id": o.id,
                "html": sanitised(o.html),
                "text": Markup(nh3.clean(o.html, tags=set())),  # noqa: S704 - no tags are left
                "required": o.required,
                "checked": o.id in checked,
                "missing": o.id in missing,
            }
            for o in form.options
        ]
        data = {
            "shown": _digest(form),
            "html": sanitised(form.html),
            "options": options,
            "account": flow.debit_account,
        }
        return View("methods/consent.html", "consent", data)

    def answer(self, flow: Flow, action: str, form: Form) -> Answer:
        """Take the options; one that is required and missing shows the form again."""
        if action != "continue":
            return Again("out_of_date")
        context, language = context_of(flow), flow.language
        shown, ticked = form.get("shown"), list(form.getlist("option"))

        def ask() -> ConsentForm:
            return self._bank.consent_form(context, language) or ConsentForm("", ())

        def then(_flow: Flow, offered: ConsentForm) -> Answer:
            if not hmac.compare_digest(shown.encode(), _digest(offered).encode()):
                return Again("out_of_date")  # another language, or the bank's words have changed
            chosen = [o.id for o in offered.options if o.id in ticked]
            missing = [o.id for o in offered.options if o.required and o.id not in chosen]
            if missing:
                values = {"checked": chosen, "missing": missing}
                return Again("consent_incomplete", "option", values)
            return self._save(context, language, offered, chosen)

        return Work(ask, then)

    def leave(self, flow: Flow) -> None:
        """There is nothing to clean up."""

    def _save(
        self, context: OperationContext, language: str, offered: ConsentForm, chosen: Sequence[str]
    ) -> Work[None]:
        """Tell the bank; by now no other page of the flow can be answered any more."""

        def save() -> None:
            self._bank.save_consent(context, language, offered.html, chosen)

        return Work(save, lambda flow, _saved: self._give(flow, offered, chosen))

    def _give(self, flow: Flow, offered: ConsentForm, chosen: Sequence[str]) -> Confirmed:
        self._session.add(
            GivenConsent(
                flow_id=flow.id,
                user_id=flow.user_id or "",
                client_id=flow.client_id,
                language=flow.language,
                html=str(sanitised(offered.html)),
                options=[
                    {"id": o.id, "html": str(sanitised(o.html)), "chosen": o.id in chosen}
                    for o in offered.options
                ],
                created_at=clock.now(),
            )
        )
        self._journal.record(Name.CONSENT_GIVEN, flow.id, options=len(chosen))
        return Confirmed()


def _digest(form: ConsentForm) -> str:
    """Name what a page shows, so that it is known to be what the customer agrees to."""
    shown = [form.html, *(f"{o.id} {o.required} {o.html}" for o in form.options)]
    return hashlib.sha256("\n".join(shown).encode()).hexdigest()


def context_of(flow: Flow) -> OperationContext:
    """Return what the bank may know about the operation."""
    payment: Payment | None = payment_of(parse(flow.operation_data))
    application = flow.application or {}
    return OperationContext(
        operation_id=flow.id,
        operation_name=flow.operation_name,
        user_id=flow.user_id or "",
        organization_id=flow.organization_id or "",
        application_name=str(application.get("name") or flow.client_id or ""),
        application_id=str(application.get("id") or flow.client_id or ""),
        amount=payment.amount if payment else None,
        currency=payment.currency if payment else None,
        account=payment.account if payment else None,
        debit_account_id=flow.debit_account["id"] if flow.debit_account else None,
    )
