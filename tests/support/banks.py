"""Banks that are not like the demo bank: what stands behind the house is a fake here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event

from app.bank.base import Account, ConsentForm, OperationContext, Organization, User
from app.bank.demo import DemoBank
from tests.support.patience import LONG


class FakeBank(DemoBank):
    """The demo bank with other answers; None leaves one as it is."""

    def __init__(
        self,
        *,
        organizations: Sequence[Organization] | None = None,
        accounts: Callable[[Sequence[Account]], Sequence[Account]] | None = None,
        consent: ConsentForm | None = None,
        needs_consent: bool = True,
    ) -> None:
        super().__init__("Demo Bank")
        self._organizations = organizations
        self._change_accounts = accounts
        self._consent = consent
        self._needs_consent = needs_consent
        self.failure: Exception | None = None
        """Raised by every call that may be slow, until it is taken away."""
        self.saved: list[tuple[str, str, Sequence[str]]] = []
        """What was kept of consents: language, HTML, options."""
        self.passwords: list[str] = []
        """Every password that was asked about."""

    def organizations(self) -> Sequence[Organization]:
        """Return other organizations."""
        return super().organizations() if self._organizations is None else self._organizations

    def find_user(self, username: str, organization_id: str) -> User | None:
        """Fail, or find as the demo bank does."""
        self._fail()
        return super().find_user(username, organization_id)

    def check_password(
        self, *, user_id: str | None, organization_id: str | None, password: str
    ) -> bool:
        """Fail, or judge as the demo bank does."""
        self._fail()
        self.passwords.append(password)
        return super().check_password(
            user_id=user_id, organization_id=organization_id, password=password
        )

    def accounts(self, user_id: str, organization_id: str, *, language: str) -> Sequence[Account]:
        """Return other accounts."""
        self._fail()
        found = super().accounts(user_id, organization_id, language=language)
        return self._change_accounts(found) if self._change_accounts else found

    # The demo bank always asks for a consent; other banks need none now and then.
    def consent_form(  # type: ignore[override]
        self, context: OperationContext, language: str
    ) -> ConsentForm | None:
        """Return another consent, or none."""
        self._fail()
        if not self._needs_consent:
            return None
        return self._consent or super().consent_form(context, language)

    def save_consent(
        self,
        context: OperationContext,
        language: str,
        html: str,
        chosen: Sequence[str],
    ) -> None:
        """Keep the consent."""
        self._fail()
        self.saved.append((language, html, chosen))

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


class SlowBank(FakeBank):
    """A bank whose answer about a password waits until a test lets it go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = Event(), Event()

    def check_password(
        self, *, user_id: str | None, organization_id: str | None, password: str
    ) -> bool:
        """Say that it was asked, and wait."""
        self.asked.set()
        assert self.go.wait(LONG)
        return super().check_password(
            user_id=user_id, organization_id=organization_id, password=password
        )


def with_accounts(**changes: object) -> Callable[[Sequence[Account]], Sequence[Account]]:
    """Return what changes every account like this."""
    return lambda accounts: [replace(account, **changes) for account in accounts]  # type: ignore[arg-type]
