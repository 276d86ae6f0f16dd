"""Pushes to Apple's devices: HTTP/2, with a provider token that the team's key signs.

Each application has a connection of its own: Apple wants one team for a connection. Of Apple's
refusals two say that the device is gone. `DeviceTokenNotForTopic` and `TopicDisallowed` do not:
they come for every device when the topic is mistyped, and would cost all of them.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import quote

from joserfc import jwt
from joserfc.jwk import ECKey

from app import clock
from app.channels.accounts import Accounts, KeptToken
from app.channels.base import DeliveryFailed, DeviceGone, Push
from app.channels.credentials import ApnsCredentials
from app.channels.posting import Answer, Poster
from app.settings import PushSettings

TOKEN_SECONDS = 40 * 60
"""Apple takes a provider token for an hour, and no new one within 20 minutes."""

EXPIRED_TOKEN = "ExpiredProviderToken"  # noqa: S105 - what Apple says
GONE = {"Unregistered", "ExpiredToken"}
AT_ONCE, WHEN_IT_SUITS = "10", "5"
LONGEST_REASON = 64

# fmt: off
REFUSALS: Mapping[str, str] = {
    "BadCertificateEnvironment": "credentials_refused",
    "BadTopic":                  "topic_refused",
    "DeviceTokenNotForTopic":    "topic_refused",
    EXPIRED_TOKEN:               "credentials_refused",
    "InvalidProviderToken":      "credentials_refused",
    "MissingProviderToken":      "credentials_refused",
    "PayloadTooLarge":           "payload_too_large",
    "TopicDisallowed":           "topic_refused",
    "UnrelatedKeyIdInToken":     "credentials_refused",
}
# fmt: on


class ApnsPush:
    """Sends to the environment that the device names, else to that of its application."""

    def __init__(
        self, settings: PushSettings, credentials: Callable[[str], ApnsCredentials | None]
    ) -> None:
        self._accounts = Accounts(credentials, lambda found: _Account(settings, found))

    def send(self, message: Push) -> None:
        """Hand the message over, or raise DeliveryFailed."""
        self._accounts.of(message.application_id).send(message)


class _Account:
    """One application's topic, key and connection."""

    def __init__(self, settings: PushSettings, credentials: ApnsCredentials) -> None:
        self._credentials = credentials
        self._addresses = {
            "development": settings.apns_development_url,
            "production": settings.apns_production_url,
        }
        self._poster = Poster(settings, http2=True)
        self._key = ECKey.import_key(credentials.secret)
        self._token = KeptToken(self._signed)

    def send(self, message: Push) -> None:
        token = self._token.get()
        answer = self._post(message, token)
        if answer.status == HTTPStatus.FORBIDDEN and _reason(answer) == EXPIRED_TOKEN:
            answer = self._post(message, self._token.get(refused=token))
        if not answer.is_success:
            raise _failure(answer, is_certain=bool(message.environment))

    def close(self) -> None:
        self._poster.close()

    def _post(self, message: Push, token: str) -> Answer:
        environment = message.environment or self._credentials.environment
        address = self._addresses[environment].rstrip("/")
        if message.token.strip(".") == "":
            raise DeviceGone("no token")  # such a path would lead elsewhere
        return self._poster.post(
            f"{address}/3/device/{quote(message.token, safe='')}",
            headers={"authorization": f"bearer {token}", **self._headers(message)},
            json=_payload(message),
        )

    def _headers(self, message: Push) -> Mapping[str, str]:
        headers = {
            "apns-id": message.reference,
            "apns-topic": self._credentials.topic,
            "apns-push-type": "background" if message.is_silent else "alert",
            "apns-priority": WHEN_IT_SUITS if message.is_silent else AT_ONCE,
            "apns-expiration": str(int((clock.real() + message.lifetime).timestamp())),
        }
        if not message.is_silent:  # a repeated delivery is shown once
            headers["apns-collapse-id"] = message.operation_id or message.reference
        return headers

    def _signed(self) -> tuple[str, float]:
        header = {"alg": "ES256", "kid": self._credentials.key_id}
        claims = {"iss": self._credentials.team_id, "iat": int(clock.real().timestamp())}
        return jwt.encode(header, claims, self._key, algorithms=["ES256"]), TOKEN_SECONDS


def _payload(message: Push) -> Mapping[str, object]:
    shown: Mapping[str, object] = {
        "alert": {"title": message.title, "body": message.text},
        "sound": message.sound or "default",
    }
    return {**message.extras, "aps": {"content-available": 1} if message.is_silent else shown}


def _failure(answer: Answer, *, is_certain: bool) -> DeliveryFailed:
    """Return what a refusal means; `is_certain`: the phone said itself where it belongs.

    A token of the other environment is a bad one, too: then a setting is wrong, not the phone.
    """
    reason = _reason(answer)
    told = f"{answer.status} {reason}".strip()
    if answer.status == HTTPStatus.GONE and reason in GONE:
        return DeviceGone(told, since=_moment(answer.body.get("timestamp")))
    if answer.status == HTTPStatus.BAD_REQUEST and reason == "BadDeviceToken" and is_certain:
        return DeviceGone(told)
    return answer.refusal(REFUSALS.get(reason, "refused"), reason)


def _reason(answer: Answer) -> str:
    reason = answer.body.get("reason")
    plain = isinstance(reason, str) and reason.isalpha() and len(reason) <= LONGEST_REASON
    return str(reason) if plain else ""


def _moment(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
