"""What may go wrong, as the caller sees it.

A problem carries a stable code and never words for people: pages translate the code
(`web/messages.py`), each façade dresses it in its own dialect, and the log gets `detail`
and `context`.
"""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import ClassVar


class Problem(Exception):  # noqa: N818 - it is what we answer, not only what we raise
    """Base of every failure that we answer on purpose."""

    code: ClassVar[str] = "internal"
    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, detail: str = "", **context: object) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.context = context


class NotFound(Problem):
    """The thing asked for is absent, or not the caller's to see."""

    code = "not_found"
    status = HTTPStatus.NOT_FOUND


class BadRequest(Problem):
    """The request cannot be understood; nothing was changed."""

    code = "bad_request"
    status = HTTPStatus.BAD_REQUEST


class OperationNotFound(NotFound):
    """No operation has this id."""

    code = "operation_not_found"
    status = HTTPStatus.BAD_REQUEST


class OperationAlreadyExists(Problem):
    """The caller chose an operation id that is taken."""

    code = "operation_already_exists"
    status = HTTPStatus.BAD_REQUEST


class OperationNotAvailable(Problem):
    """The operation has ended, belongs to another client, or to another browser."""

    code = "operation_not_available"
    status = HTTPStatus.CONFLICT


class InvalidConfiguration(Problem):
    """No usable step table has this name."""

    code = "invalid_configuration"
    status = HTTPStatus.BAD_REQUEST


class OrganizationNotFound(Problem):
    """No organization has this id."""

    code = "organization_not_found"
    status = HTTPStatus.BAD_REQUEST


class InvalidOperationData(Problem):
    """The operation data cannot be read, or the form data says something else."""

    code = "invalid_operation_data"
    status = HTTPStatus.BAD_REQUEST


class StepNotExpected(Problem):
    """The browser answered a page that is out of date."""

    code = "step_not_expected"
    status = HTTPStatus.CONFLICT


class Overloaded(Problem):
    """Too much work is queued; the caller may try again."""

    code = "overloaded"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class Unavailable(Problem):
    """A system behind us did not answer; the customer may try again."""

    code = "try_again"
    status = HTTPStatus.SERVICE_UNAVAILABLE


class UnsoundTable(InvalidConfiguration):
    """A step table would lead customers astray; `faults` say how, to the operator."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


class NotConfigured(Problem):
    """What the caller names is not in the configuration; `thing` says what it would be."""

    code = "not_configured"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, thing: str, **context: object) -> None:
        super().__init__(thing, **context)
        self.thing = thing


class AlreadyConfigured(NotConfigured):
    """What the caller wants to add is in the configuration."""

    code = "already_configured"


class InUse(Problem):
    """What the caller wants to delete is needed by something else."""

    code = "in_use"
    status = HTTPStatus.BAD_REQUEST


class OperationOver(Problem):
    """The operation has ended: `how` is `finished`, `failed` or `canceled`."""

    code = "operation_over"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, how: str, **context: object) -> None:
        super().__init__(how, **context)
        self.how = how


class NotAuthenticated(Problem):
    """The caller did not prove who it is."""

    code = "not_authenticated"
    status = HTTPStatus.UNAUTHORIZED


class NotAllowed(Problem):
    """The caller is known, and may not do this."""

    code = "not_allowed"
    status = HTTPStatus.FORBIDDEN


class NotTrusted(BadRequest):
    """A program confirmed what only a customer can prove."""

    code = "not_trusted"


class OperationNotValid(Problem):
    """The history of the operation is not one that we wrote."""

    code = "operation_not_valid"
    status = HTTPStatus.BAD_REQUEST


class CustomerNotFound(NotFound):
    """No user of this application has this id, or this name."""

    code = "customer_not_found"


class CustomerAlreadyExists(Problem):
    """Another user of this application is called like this."""

    code = "customer_already_exists"
    status = HTTPStatus.CONFLICT


class AccessKeyNotFound(NotFound):
    """No access key has this id."""

    code = "access_key_not_found"


class TokenNotFound(NotFound):
    """A token of one use is unknown, was used, or its time is over: nobody learns which."""

    code = "token_not_found"


class TooManyAuthenticators(Problem):
    """The user has as many as there may be."""

    code = "too_many_authenticators"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class AuthenticatorNotFound(NotFound):
    """The user has no authenticator that could be asked, or none with this id."""

    code = "authenticator_not_found"


class TooManyRequests(Problem):
    """One user was asked too often lately."""

    code = "too_many_requests"
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, detail: str, wait: timedelta) -> None:
        super().__init__(detail)
        self.wait = wait
        """Until it may be asked again."""


class TooManyAttempts(Problem):
    """Too many codes were wrong; nothing is judged for now, or not any more."""

    code = "too_many_attempts"
    status = HTTPStatus.TOO_MANY_REQUESTS


class ApplicationNotFound(NotFound):
    """No application of phones has this id."""

    code = "application_not_found"
    status = HTTPStatus.BAD_REQUEST


class ApplicationAlreadyExists(Problem):
    """There is an application of phones with this id."""

    code = "application_already_exists"
    status = HTTPStatus.BAD_REQUEST


class PushCredentialsRefused(BadRequest):
    """What was given cannot be credentials of a provider of pushes; `detail` says what is wrong."""

    code = "push_credentials_refused"

    def __init__(self, detail: str, *, part: str = "secret") -> None:
        super().__init__(detail)
        self.part = part
        """Which field of the credentials it is about."""


class InvalidMessage(BadRequest):
    """A message to a person has nothing to show."""

    code = "invalid_message"


class InboxRefused(BadRequest):
    """Nobody could ever read this message."""

    code = "inbox_refused"


class InboxMessageNotFound(NotFound):
    """No message of the inbox has this id."""

    code = "inbox_message_not_found"
    status = HTTPStatus.BAD_REQUEST


class UnknownSetting(Problem):
    """The configuration of an application has no such key."""

    code = "unknown_setting"
    status = HTTPStatus.BAD_REQUEST

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class AuditRefused(Problem):
    """The audit trail cannot be asked so."""

    code = "audit_refused"
    status = HTTPStatus.BAD_REQUEST


class SystemUserNotFound(NotFound):
    """No back end has this name."""

    code = "system_user_not_found"
    status = HTTPStatus.BAD_REQUEST


class SystemUserAlreadyExists(Problem):
    """There is a back end with this name."""

    code = "system_user_already_exists"
    status = HTTPStatus.BAD_REQUEST


class LastAdministrator(Problem):
    """Nobody could administrate any more."""

    code = "last_administrator"
    status = HTTPStatus.BAD_REQUEST


class CallbackNotFound(NotFound):
    """No callback of this application has this id."""

    code = "callback_not_found"
    status = HTTPStatus.BAD_REQUEST


class InvalidCallbackUrl(Problem):
    """Nobody could, or should, be called at this address."""

    code = "invalid_callback_url"
    status = HTTPStatus.BAD_REQUEST


class InvalidTokenUri(InvalidCallbackUrl):
    """The same of the address where tokens are issued."""

    code = "invalid_token_uri"


class CallbackWithoutSecret(Problem):
    """The callback is to authenticate itself, and there is nothing to do it with."""

    code = "callback_without_secret"
    status = HTTPStatus.BAD_REQUEST


class RegistrationNotFound(NotFound):
    """No registration has this id."""

    code = "registration_not_found"
    status = HTTPStatus.BAD_REQUEST


class RegistrationChangeRefused(Problem):
    """The registration is not in a state from which this change leads."""

    code = "registration_change_refused"
    status = HTTPStatus.BAD_REQUEST


class RegistrationNotAllowed(Problem):
    """The user has another registration that is not finished."""

    code = "registration_not_allowed"
    status = HTTPStatus.BAD_REQUEST


class WrongRegistrationOtp(Problem):
    """The one-time password of a registration is wrong; that was counted."""

    code = "wrong_registration_otp"
    status = HTTPStatus.BAD_REQUEST


class SignatureMalformed(BadRequest):
    """What should be the header of a phone's signature is none; nothing was counted."""

    code = "signature_malformed"


class TokenMalformed(BadRequest):
    """What should be the header of a phone's token is none."""

    code = "token_malformed"


class OfflineCodeMalformed(BadRequest):
    """What should be the digits of a phone are none; nothing was counted."""

    code = "offline_code_malformed"


class OfflineNonceRefused(BadRequest):
    """The nonce was not issued for this operation and this phone; nothing was counted."""

    code = "offline_nonce_refused"


class OperationChangeRefused(Problem):
    """The operation of phones has ended."""

    code = "operation_change_refused"
    status = HTTPStatus.BAD_REQUEST


class ActivationRefused(BadRequest):
    """A phone could not be registered, or asked for its status in a wrong form."""

    code = "activation_refused"


class EncryptionRefused(BadRequest):
    """An encrypted request does not open: it was changed, is old, came before, or is nobody's."""

    code = "encryption_refused"


class TemporaryKeyRefused(BadRequest):
    """A temporary key was asked for in a wrong form, or by nobody we know."""

    code = "temporary_key_refused"


class VaultRefused(BadRequest):
    """The vault was asked for without a reason that the protocol knows."""

    code = "vault_refused"


class PushRegistrationFailed(BadRequest):
    """The address of a phone could not be noted."""

    code = "push_registration_failed"


class NotSupported(BadRequest):
    """A call of the protocol that we do not offer; `thing` says which."""

    code = "not_supported"

    def __init__(self, thing: str) -> None:
        super().__init__(thing)
        self.thing = thing
