"""Text messages through Twilio.

The library builds and signs the request; what goes over the wire, and what an answer means,
is decided here: one attempt with a timeout, no redirects, nothing logged. Twilio knows no
idempotency key for messages: what it may have taken is not sent again.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from app.channels.base import DeliveryFailed, Sms
from app.settings import TwilioSettings

if TYPE_CHECKING:
    from requests import Response, Session

E164 = re.compile(r"\+[1-9][0-9]{6,14}")

# fmt: off
REFUSALS: Mapping[int, str] = {  # Twilio's codes of refusals that a repetition would meet again
    20003: "credentials_refused",
    20005: "account_inactive",
    20404: "account_unknown",
    21211: "number_invalid",
    21214: "number_unreachable",
    21217: "number_invalid",
    21265: "number_invalid",        # a short code
    21266: "number_invalid",        # the sender itself
    21612: "number_unreachable",    # not from this sender
    21614: "number_unreachable",    # not a mobile phone
    21635: "number_unreachable",    # a landline
    21408: "region_not_allowed",
    21608: "number_not_verified",   # a trial account
    21610: "recipient_opted_out",
    21212: "sender_invalid",
    21603: "sender_invalid",
    21606: "sender_invalid",
    21659: "sender_invalid",
    21660: "sender_invalid",
    21701: "sender_invalid",        # no such messaging service
    21703: "sender_invalid",        # a messaging service without senders
    21705: "sender_invalid",
    21617: "text_too_long",
}
BUSY: Mapping[int, str] = {  # Twilio's codes that pass by themselves, whatever the HTTP status
    14107: "too_many_requests",
    20429: "too_many_requests",
    21611: "too_many_requests",     # the queue of the sender is full
}
# fmt: on
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
NOT_TAKEN = {
    HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE
}  # fmt: skip
"""What is said of requests that were not looked at; after another failure nobody knows."""

STATUSES: Mapping[int, str] = {  # what a refusal without a known code means
    HTTPStatus.UNAUTHORIZED: "credentials_refused",
    HTTPStatus.FORBIDDEN: "credentials_refused",
    HTTPStatus.NOT_FOUND: "account_unknown",
}


class TwilioSms:
    """The account at Twilio that the settings name."""

    repeatable = False

    def __init__(self, settings: TwilioSettings) -> None:
        if faults := _faults(settings):
            raise ValueError("Twilio cannot send: " + "; ".join(faults))
        # Here and not above: only who sends through Twilio pays the library's 25 MB.
        from requests import Session  # noqa: PLC0415
        from twilio.rest import Client  # type: ignore[import-untyped] # noqa: PLC0415

        client = Client(
            username=settings.api_key or settings.account_sid,
            password=settings.auth_token.get_secret_value(),
            account_sid=settings.account_sid,
            http_client=_Http(Session(), timeout=settings.timeout.total_seconds()),
            environment={"TWILIO_REGION": ""},  # instead of the process's own variables
        )
        client.api.base_url = settings.base_url
        self._messages = client.messages
        self._sender = (
            {"messaging_service_sid": settings.messaging_service}
            if settings.messaging_service
            else {"from_": settings.sender}
        )

    def send(self, message: Sms) -> None:
        """Hand the message over, or raise DeliveryFailed."""
        failure = self._attempt(message)
        if failure:
            raise failure

    def _attempt(self, message: Sms) -> DeliveryFailed | None:
        """Send once, and return what went wrong.

        Raised from here, a failure would carry the library's frames, whose variables hold the
        text and the number, into whatever logs it.
        """
        if not E164.fullmatch(message.to):
            return DeliveryFailed("number_invalid", temporary=False)
        try:
            self._messages.create(to=message.to, body=message.text, **self._sender)
        except DeliveryFailed as failure:
            return DeliveryFailed(
                failure.code,
                temporary=failure.temporary,
                answer=failure.answer,
                uncertain=failure.uncertain,
            )
        return None


class _Http:
    """What the library sends with.

    Its own client logs requests, keeps the last one, and mixes up the answers of threads that
    send at the same time.
    """

    is_async = False

    def __init__(self, session: "Session", *, timeout: float) -> None:
        self._session = session
        self._timeout = timeout

    def request(
        self,
        method: str,
        url: str,
        *,
        data: Mapping[str, str],
        headers: Mapping[str, str],
        auth: tuple[str, str],
        **_: object,  # the library's own ideas of timeouts and redirects
    ) -> "Response":
        """Send one request and return its answer, or raise DeliveryFailed."""
        try:
            answer = self._session.request(
                method,
                url,
                data=data,
                headers=headers,
                auth=auth,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except (OSError, ValueError) as error:  # each error of requests is one of these
            name, reached = type(error).__name__, not _never_arrived(error)
            raise DeliveryFailed(
                "no_answer", temporary=True, answer=name, uncertain=reached
            ) from None
        if failure := _failure(answer):
            raise failure
        return answer


def _faults(settings: TwilioSettings) -> list[str]:
    """Return what is missing, as the name of the setting."""
    needed = {
        "ACCOUNT_SID": settings.account_sid,
        "AUTH_TOKEN": settings.auth_token.get_secret_value(),
        "SENDER or …__MESSAGING_SERVICE": settings.sender or settings.messaging_service,
    }
    return [f"set WEBFLOW_SMS__TWILIO__{name}" for name, value in needed.items() if not value]


def _never_arrived(error: OSError | ValueError) -> bool:
    """Tell whether no connection was made, so that nothing can have been taken."""
    # Here and not above, as the library itself: only who sends through it pays for it.
    from requests.exceptions import ConnectTimeout  # noqa: PLC0415
    from urllib3.exceptions import MaxRetryError, NewConnectionError  # noqa: PLC0415

    if isinstance(error, ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _failure(answer: "Response") -> DeliveryFailed | None:
    """Judge an answer; None: Twilio has taken the message."""
    status, body = answer.status_code, _body(answer)
    number = body.get("code")
    number = number if isinstance(number, int) else 0
    told = f"{status} {number}" if number else f"{status}"
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        # A page of some proxy also says 200; Twilio describes the message it has taken.
        return (
            None
            if body
            else DeliveryFailed("not_understood", temporary=True, answer=told, uncertain=True)
        )
    if number in BUSY or status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return DeliveryFailed(
            BUSY.get(number, "provider_busy"),
            temporary=True,
            answer=told,
            uncertain=number not in BUSY and status not in NOT_TAKEN,
        )
    code = REFUSALS.get(number) or STATUSES.get(status, "refused")
    return DeliveryFailed(code, temporary=False, answer=told)


def _body(answer: "Response") -> dict[str, object]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
