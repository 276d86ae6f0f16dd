"""The room of phones: everything in it, on one transaction."""

from sqlalchemy.orm import Session

from app.crypto.vault import Vault
from app.events import Journal
from app.mtoken.applications import Applications
from app.mtoken.callback_events import CallbackEvents
from app.mtoken.checking import Checking
from app.mtoken.configuration import ApplicationConfiguration
from app.mtoken.envelopes import Envelopes
from app.mtoken.inbox import Inbox
from app.mtoken.keyring import Keyring
from app.mtoken.keystore import Keystore
from app.mtoken.lifecycle import Lifecycle
from app.mtoken.memory import Memory
from app.mtoken.messages import Messages
from app.mtoken.pairing import Pairing
from app.mtoken.phones import Phones
from app.mtoken.push import Pushes
from app.mtoken.push_credentials import PushCredentials
from app.mtoken.registrations import Registrations
from app.mtoken.signing import Signing
from app.mtoken.tokens import Tokens
from app.settings import MtokenSettings


class MobileToken:
    """What doors and other rooms may ask of phones."""

    def __init__(  # noqa: PLR0913 - what one transaction consists of
        self,
        session: Session,
        vault: Vault,
        settings: MtokenSettings,
        *,
        journal: Journal,
        pushes: Pushes,
        told: CallbackEvents,
    ) -> None:
        keyring, memory = Keyring(vault), Memory(session, vault)
        lifecycle = self.lifecycle = Lifecycle(session, journal, pushes.registration_changed, told)
        envelopes = Envelopes(session, keyring, memory, settings)
        self.applications = Applications(session, keyring, journal)
        self.messages = Messages(session, pushes)
        self.inbox = Inbox(session, pushes, journal)
        self.push_credentials = PushCredentials(
            session, applications=self.applications, keyring=keyring, journal=journal
        )
        self.configuration = ApplicationConfiguration(session, vault, self.applications, journal)
        self.registrations = Registrations(
            session,
            applications=self.applications,
            journal=journal,
            keyring=keyring,
            lifecycle=lifecycle,
            settings=settings,
        )
        self.pairing = Pairing(
            session,
            applications=self.applications,
            envelopes=envelopes,
            keyring=keyring,
            lifecycle=lifecycle,
        )
        self.signing = Signing(
            applications=self.applications,
            envelopes=envelopes,
            journal=journal,
            keyring=keyring,
            lifecycle=lifecycle,
            settings=settings,
        )
        self.tokens = Tokens(
            session, journal=journal, keyring=keyring, memory=memory, settings=settings
        )
        self.checking = Checking(session, signing=self.signing, tokens=self.tokens)
        self.keystore = Keystore(
            session, applications=self.applications, keyring=keyring, settings=settings
        )
        self.phones = Phones(
            session, journal=journal, keyring=keyring, lifecycle=lifecycle, settings=settings
        )
