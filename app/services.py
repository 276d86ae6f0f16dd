"""What doors may ask for: parts are built at boot, services for each request and transaction."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.bank.base import Bank
from app.crypto.vault import Vault
from app.errors import NotAuthenticated, Overloaded, Unavailable
from app.events import Journal, Listener
from app.flows.applications import Applications
from app.flows.bearers import Bearers
from app.flows.browsers import Browsers
from app.flows.configuration import Configuration, Shelf
from app.flows.configuring import Configuring
from app.flows.lockout import Lockout
from app.flows.service import Flows
from app.flows.steering import Steering
from app.flows.testers import Testers
from app.flows.transitions import Ticket
from app.flows.views import Binding
from app.hashing import HashingGate
from app.instruments.mobile_token import MobileToken
from app.instruments.offline_code import OfflineCode
from app.instruments.passkey import Passkey
from app.instruments.password import Password
from app.instruments.sms_code import SmsCode
from app.methods.approval_sca import ApprovalSca
from app.methods.base import Form, Method
from app.methods.consent import Consent
from app.methods.login_sca import LoginSca
from app.methods.method_choice import MethodChoice
from app.methods.passkey_page import PasskeyPage
from app.methods.powerauth_token import PowerauthToken
from app.methods.review import Review
from app.methods.sms_key import SmsKey
from app.methods.sms_page import SmsPage
from app.methods.token_page import TokenPage
from app.methods.user_name import UserName
from app.methods.username_password_auth import UsernamePasswordAuth
from app.mtoken.access import ANYBODY, Caller, Remembered, SystemUsers
from app.mtoken.access_keys import AccessKeys, Intents
from app.mtoken.administering import Administration
from app.mtoken.app_answers import AppAnswers
from app.mtoken.approving import Approving
from app.mtoken.callback_events import CallbackEvents
from app.mtoken.callbacks import Callbacks
from app.mtoken.devices import Devices
from app.mtoken.facade_tokens import FacadeTokens
from app.mtoken.kept_pushes import KeptPushes
from app.mtoken.offline import Offline
from app.mtoken.offline_calls import OfflineCalls
from app.mtoken.operations import Operations
from app.mtoken.passkey_values import RelyingParty
from app.mtoken.passkeys import Passkeys
from app.mtoken.phone_numbers import PhoneNumbers
from app.mtoken.profiles import Profiles
from app.mtoken.push import Pushes
from app.mtoken.receivers import Receivers
from app.mtoken.recovery import RecoveryCodes
from app.mtoken.room import MobileToken as Phones
from app.mtoken.shelf import Templates
from app.mtoken.text_codes import TextCodes
from app.mtoken.transactions import Transactions
from app.mtoken.transitions import Transitions
from app.mtoken.users import Users
from app.nextstep.vocabulary import Step, Table
from app.settings import Settings
from app.store.flows import Flow
from app.store.outbox import Outbox
from app.texts import Texts
from app.upkeep.audit import Audit
from app.upkeep.audit_log import AuditLog
from app.upkeep.cleaning import Cleaning
from app.upkeep.instance_log import InstanceLog
from app.upkeep.keys import Keys


@dataclass(frozen=True)
class Parts:
    """Chosen by settings, built once at boot, shared by all requests."""

    settings: Settings
    engine: Engine
    vault: Vault
    bank: Bank
    texts: Texts
    gate: HashingGate
    listeners: Sequence[Listener]
    wake_worker: Callable[[], None]
    shelf: Shelf = field(default_factory=Shelf)
    """The newest configuration that this process has read."""
    remembered: Remembered = field(default_factory=Remembered)
    bearers: Bearers | None = None
    """Where back ends bring tokens."""


class Services:
    """One request's view of the house; one transaction at a time."""

    came: Mapping[str, str] = MappingProxyType({})
    """By which façade, and from which address; empty for pages, commands and the worker."""

    def __init__(
        self,
        parts: Parts,
        *,
        writing: bool,
        browser_token: str | None = None,
        actor: str = "",
    ) -> None:
        self.actor = actor
        """Who does this, as the audit trail names it; empty: the browser, if it is known."""
        self.settings = parts.settings
        self.vault = parts.vault
        self.bank = parts.bank
        self.texts = parts.texts
        self.new_browser_token: str | None = None
        self.kept_browser_token: str | None = None
        """The new cookie, once it is committed: it counts, whatever fails afterwards."""
        self.is_writing = writing
        self._parts = parts
        self._browser_token = browser_token
        self._browser: str | None = None
        self.session = Session(_bind(parts.engine, writing=writing), expire_on_commit=False)
        self.journal = Journal(parts.listeners, lambda flow: self.session.get(Flow, flow))
        self.outbox = Outbox(self.session, parts.vault)
        self.audit = Audit(self.session)
        self.audit_log = AuditLog(self.session)
        self.keys = Keys(self.session, parts.vault, self.journal)
        self.cleaning = Cleaning(self.session, parts.settings.retention)
        self.browsers = Browsers(self.session, parts.vault)
        self.testers = Testers(self.session)
        self.kept_pushes = KeptPushes(self.session)
        self.configuration = Configuration(
            self.session, parts.settings.flow, bank=parts.bank, shelf=parts.shelf
        )
        self.configuring = Configuring(self.session, self.configuration, self.journal)
        self.applications = Applications(self.session, self.configuration, self.journal)
        pushing = parts.settings.push.chosen(parts.settings.profile) != "off"
        devices = Devices(self.session, parts.vault) if pushing else None
        pushes = self.pushes = Pushes(self.outbox, parts.texts, devices)
        self.receivers = Receivers(
            self.session, parts.vault, parts.settings.callbacks, self.journal
        )
        self.callbacks = Callbacks(
            self.session,
            vault=parts.vault,
            journal=self.journal,
            outbox=self.outbox,
            allow_private=parts.settings.callbacks.allows_private(parts.settings.profile),
        )
        told = CallbackEvents(self.session, self.outbox)
        transitions = Transitions(self.session, self.journal, pushes, told)
        self.operations = Operations(self.session, transitions, vault=parts.vault)
        self.templates = Templates(self.session, self.journal)
        self.approving = Approving(self.session, transitions, vault=parts.vault)
        self.mtoken = Phones(
            self.session,
            parts.vault,
            parts.settings.mtoken,
            journal=self.journal,
            pushes=pushes,
            told=told,
        )
        self._build_facade(parts)
        self.system_users = SystemUsers(self.session, parts.vault, parts.remembered)
        self.administration = Administration(self.session, self.system_users, self.journal)
        self.mobile_token = MobileToken(
            self.operations,
            self.mtoken.registrations,
            parts.settings.mtoken,
            allowed=lambda name, step: self.configuration.rules(name).token_factors(step),
        )
        self.passkeys = Passkeys(
            self.session,
            self.vault,
            approving=self.approving,
            configuration=self.mtoken.configuration,
            journal=self.journal,
            lifecycle=self.mtoken.lifecycle,
            party=_party(parts.settings),
        )
        self.offline = Offline(
            self.session,
            operations=self.operations,
            approving=self.approving,
            signing=self.mtoken.signing,
            lifecycle=self.mtoken.lifecycle,
            vault=parts.vault,
            texts=parts.texts,
        )
        self.offline_calls = OfflineCalls(
            self.session,
            operations=self.operations,
            approving=self.approving,
            offline=self.offline,
            vault=parts.vault,
        )
        self.lockout = Lockout(self.session, parts.settings.lockout, self.journal)
        self._steps = self._methods(parts)
        self.flows = Flows(
            self.session,
            parts.settings.flow,
            configuration=self.configuration,
            trusting=parts.settings.nextstep.trusts(parts.settings.profile),
            texts=parts.texts,
            lockout=self.lockout,
            journal=self.journal,
            methods=self._steps,
            token=self.mobile_token,
            available=self._available,
        )

    def _build_facade(self, parts: Parts) -> None:
        """Build what the second façade needs."""
        tokens = self.facade_tokens = FacadeTokens(parts.vault, parts.settings.issuer)
        self.access_keys = AccessKeys(self.session, parts.vault, self.journal, tokens)
        self.intents = Intents(
            self.session, parts.vault, self.journal, tokens, parts.settings.nevis.intent_lifetime
        )
        self.transactions = Transactions(
            self.session,
            parts.vault,
            operations=self.operations,
            lifecycle=self.mtoken.lifecycle,
            settings=parts.settings.nevis,
            mtoken=parts.settings.mtoken,
        )
        self.app_answers = AppAnswers(
            self.session,
            approving=self.approving,
            lifecycle=self.mtoken.lifecycle,
            phones=self.mtoken.phones,
            tokens=tokens,
        )
        self.customers = Users(self.session, self.journal)
        numbers = PhoneNumbers(self.session, parts.vault, self.journal)
        self.recovery = RecoveryCodes(
            self.session, parts.vault, self.journal, parts.settings.lockout
        )
        self.profiles = Profiles(
            self.session,
            users=self.customers,
            transactions=self.transactions,
            registrations=self.mtoken.registrations,
            operations=self.operations,
            numbers=numbers,
            recovery=self.recovery,
        )
        self.instance_log = InstanceLog(self.session)
        self.text_codes = TextCodes(
            self.session,
            parts.vault,
            transactions=self.transactions,
            operations=self.operations,
            approving=self.approving,
            numbers=numbers,
            outbox=self.outbox,
            journal=self.journal,
            texts=parts.texts,
            settings=parts.settings.nevis,
            digits=parts.settings.sms.code_digits,
        )

    @property
    def browser(self) -> str | None:
        """Id of the browser that sent its cookie, or None."""
        if self._browser is None:
            self._browser = self.browsers.recognise(self._browser_token)
        return self._browser

    def admit_browser(self) -> str:
        """Return the browser's id; a new one gets a cookie with this answer."""
        if self.browser is None:
            self._browser, self.new_browser_token = self.browsers.admit()
        return str(self.browser)

    def _renew_browser(self) -> None:
        """Give the browser another cookie; one that somebody planted must be worth nothing.

        Always after the flows were changed: who locks flows and browsers does it in this order.
        """
        if self._browser is not None and self.new_browser_token is None:
            self.new_browser_token = self.browsers.rotate(self._browser)

    @property
    def anybody(self) -> Caller:
        """Whoever calls, where nobody has to prove who they are."""
        return ANYBODY

    def system_user(self, username: str, password: str) -> Caller:
        """Return which back end calls. Raises NotAuthenticated."""
        with Session(_bind(self._parts.engine, writing=False), expire_on_commit=False) as session:
            users = SystemUsers(session, self.vault, self._parts.remembered)
            known = users.find(username)
        return self._called_by(users.admit(known, password))

    def bearer(self, token: str) -> Caller:
        """Return who bears a token. Raises NotAuthenticated."""
        if self._parts.bearers is None:
            raise NotAuthenticated("no issuer is configured")
        return self._called_by(self._parts.bearers.authenticate(token))

    def _called_by(self, caller: Caller) -> Caller:
        """Let the audit trail name who calls."""
        self.actor = f"system:{caller.name}"
        return caller

    def begin_writing(self) -> None:
        """Turn a reading request into a writing one; nothing may have been changed yet."""
        self.session.rollback()
        self.session.bind = _bind(self._parts.engine, writing=True)
        self.is_writing = True

    def commit(self) -> None:
        """Make it so, then tell: the database first, then listeners, then the worker."""
        self._note()
        self.session.commit()
        self.kept_browser_token = self.new_browser_token
        self.journal.publish()
        if self.outbox.filled:
            self.outbox.filled = False
            self._parts.wake_worker()

    @contextmanager
    def separately(self) -> Iterator[None]:
        """Undo what is done inside if it fails; what was done before can still be committed."""
        mark = self.journal.mark()
        try:
            with self.session.begin_nested():
                yield
        except Exception:
            self.journal.rewind(mark)
            raise

    def _note(self) -> None:
        """Write what happened into the audit trail, with who did it."""
        if not self.journal.events:
            return
        flows = {id_: flow for id_, flow in self.journal.flows.items() if isinstance(flow, Flow)}
        self.journal.complete(
            lambda event: (
                {"operation": flows[event.subject].operation_name} if event.subject in flows else {}
            )
        )
        browser = f"browser:{self._browser}" if self._browser else "anonymous"
        request = structlog.contextvars.get_contextvars().get("request")
        self.audit.write(
            self.journal.events,
            flows,
            actor=self.actor or browser,
            request=request,
            came=self.came,
        )

    def close(self) -> None:
        """Forget whatever was not committed."""
        self.session.close()
        self.journal.forget()

    def answer(self, handle: str, *, nonce: str, action: str, form: Form, language: str) -> None:
        """Answer the present page of a flow: reserve, judge, apply (product decision 7).

        Work of a step runs between two transactions: the first is committed, so that an
        attempt is counted whatever happens, and the second applies to the same version only.
        """
        with self.session.no_autoflush:  # one UPDATE of the flow, not one before each query
            ticket = self.flows.answer(
                handle, self.browser, nonce=nonce, action=action, form=form, language=language
            )
        self._work(ticket)

    def open(self, operation_id: str, binding: Binding) -> str:
        """Open a flow in a browser, and do what its first step needs; return its handle."""
        handle, ticket = self.flows.open(operation_id, binding)
        self._renew_browser()
        self._work(ticket)
        return handle

    def steer(self, act: Callable[[Steering], Ticket | None]) -> None:
        """Let a back end do something to an operation, and do the work that follows from it."""
        self._work(act(self.flows.steering))

    def _work(self, ticket: Ticket | None) -> None:
        """Do the work of tickets between transactions, until a page can be shown."""
        while ticket is not None:
            self._renew_after_proof()
            structlog.contextvars.bind_contextvars(flow=ticket.flow_id)
            self.commit()
            try:
                outcome = ticket.work.run()
            except Overloaded:
                self.flows.abandon(ticket, problem=None)
                self.commit()
                raise
            except Unavailable:
                self.flows.abandon(ticket, problem="try_again")
                return
            with self.session.no_autoflush:
                ticket = self.flows.resume(ticket, outcome)
        self._renew_after_proof()

    def _renew_after_proof(self) -> None:
        """Give the browser another cookie in the transaction in which its customer proved it."""
        if self.flows.has_proved:
            self._renew_browser()

    def _available(self, flow: Flow, table: Table) -> AbstractSet[Step]:
        """Return the steps that this person can take; who has no phone approves on none."""
        steps = self._steps.keys()
        by_phone = Step.POWERAUTH_TOKEN
        asks = any(row.step is by_phone for row in table.rows)
        return (
            steps - {by_phone} if asks and not self.mobile_token.can_ask(flow, by_phone) else steps
        )

    def _methods(self, parts: Parts) -> dict[Step, Method]:
        sms = SmsCode(
            self.session,
            parts.settings.sms,
            vault=parts.vault,
            texts=parts.texts,
            outbox=self.outbox,
            journal=self.journal,
            readable=parts.settings.profile == "demo",
        )
        bank = parts.bank
        password, user_name = Password(bank, parts.gate), UserName(self.configuration, parts.texts)
        both, code = SmsPage(bank, sms, password), SmsPage(bank, sms)
        digits = OfflineCode(
            self.offline,
            self.mtoken.registrations,
            parts.settings.mtoken,
            languages=parts.settings.web.languages,
        )
        passkey = Passkey(
            self.operations,
            self.passkeys,
            application_id=parts.settings.mtoken.application,
            is_offered=parts.settings.fido2.portal,
            per_hour=parts.settings.mtoken.requests_per_hour,
        )
        token = TokenPage(bank, self.mobile_token, digits, both, PasskeyPage(bank, passkey))
        alone = TokenPage(bank, self.mobile_token, digits)
        choice = MethodChoice(
            Review(bank), {Step.POWERAUTH_TOKEN: alone.approve, Step.SMS_KEY: code.approve}
        )
        methods: list[Method] = [
            LoginSca(bank, user_name, both, token),
            ApprovalSca(Review(bank), both, token),
            UsernamePasswordAuth(bank, user_name, password),
            PowerauthToken(choice, alone),
            SmsKey(choice, code),
            Consent(self.session, bank, self.journal),
        ]
        return {method.step: method for method in methods}


current: ContextVar[Services] = ContextVar("services")
"""Set by the factory for the length of one request."""


def services() -> Services:
    """Return this request's services."""
    return current.get()


def hashing_slots(settings: Settings) -> int:
    """Return how many passwords are hashed at once."""
    return settings.server.password_hashes or os.cpu_count() or 1


def _party(settings: Settings) -> RelyingParty:
    """Return whom passkeys belong to."""
    return RelyingParty(
        settings.rp_id,
        settings.fido2.rp_name or settings.bank.name,
        settings.passkey_origins,
        settings.fido2.timeout,
    )


def _bind(engine: Engine, *, writing: bool) -> Engine:
    """SQLite must know at the start of a transaction that it will write (see factory)."""
    return engine.execution_options(writing=writing)
