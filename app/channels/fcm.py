"""Pushes to Android devices: Firebase Cloud Messaging, HTTP v1.

The access token comes by the JWT bearer grant (RFC 7523), which is a dozen lines with joserfc.
google-auth would do the same, but posts the assertion to whatever address the uploaded file
names, repeats and sleeps by itself, and needs an HTTP client of its own; see decision 10.
"""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from urllib.parse import quote

from joserfc import jwt
from joserfc.jwk import RSAKey

from app import clock
from app.channels.accounts import Accounts
from app.channels.base import DeliveryFailed, DeviceGone, Push
from app.channels.credentials import FcmCredentials
from app.channels.oauth_token import access_token
from app.channels.posting import Answer, Poster
from app.settings import PushSettings

AUDIENCE = "https://oauth2.googleapis.com/token"
"""Whom the assertion is for, also where a proxy stands in between."""

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_SECONDS = 600
MOST_TTL = 2_419_200
"""28 days, Google's own limit."""

# fmt: off
REFUSALS: Mapping[str, str] = {
    "SENDER_ID_MISMATCH":     "project_refused",
    "THIRD_PARTY_AUTH_ERROR": "credentials_refused",
    "INVALID_ARGUMENT":       "message_refused",
    "PERMISSION_DENIED":      "credentials_refused",
    "UNAUTHENTICATED":        "credentials_refused",
    "NOT_FOUND":              "project_refused",
}
# fmt: on
BUSY = {"UNAVAILABLE", "INTERNAL", "QUOTA_EXCEEDED"}


class FcmPush:
    """Sends by the Firebase project of the device's application."""

    def __init__(
        self, settings: PushSettings, credentials: Callable[[str], FcmCredentials | None]
    ) -> None:
        self._accounts = Accounts(credentials, lambda found: _Account(settings, found))

    def send(self, message: Push) -> None:
        """Hand the message over, or raise DeliveryFailed."""
        self._accounts.of(message.application_id).send(message)


class _Account:
    """One project and its service account."""

    def __init__(self, settings: PushSettings, credentials: FcmCredentials) -> None:
        self._credentials = credentials
        self._poster = Poster(settings)
        self._key = RSAKey.import_key(credentials.secret)
        self._token = access_token(self._poster, settings.fcm_token_url, self._form)
        project = quote(credentials.project_id, safe=":")
        self._url = f"{settings.fcm_url.rstrip('/')}/v1/projects/{project}/messages:send"

    def send(self, message: Push) -> None:
        token = self._token.get()
        answer = self._post(message, token)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            answer = self._post(message, self._token.get(refused=token))
        if failure := _failure(answer):
            raise failure

    def close(self) -> None:
        self._poster.close()

    def _post(self, message: Push, token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}"}
        return self._poster.post(self._url, headers=headers, json={"message": _message(message)})

    def _form(self) -> Mapping[str, str]:
        now = int(clock.real().timestamp())
        claims = {
            "iss": self._credentials.client_email,
            "scope": SCOPE,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        header = {"alg": "RS256", "kid": self._credentials.key_id}
        signed = jwt.encode(header, claims, self._key, algorithms=["RS256"])
        return {"grant_type": GRANT, "assertion": signed}


def _message(message: Push) -> Mapping[str, object]:
    ttl = min(max(int(message.lifetime.total_seconds()), 0), MOST_TTL)
    android: dict[str, object] = {
        "priority": "NORMAL" if message.is_silent else "HIGH",
        "ttl": f"{ttl}s",
    }
    if not message.is_silent:
        android["notification"] = {
            "title": message.title,
            "body": message.text,
            "sound": message.sound or "default",
            "tag": message.operation_id or message.reference,  # shown once, however often sent
        }
    return {"token": message.token, "data": dict(message.extras), "android": android}


def _failure(answer: Answer) -> DeliveryFailed | None:
    """Judge an answer; None: Google has taken the message, and names it."""
    error = answer.body.get("error")
    error = error if isinstance(error, dict) else {}
    if answer.is_success:
        if isinstance(answer.body.get("name"), str):
            return None
        return DeliveryFailed(
            "not_understood", temporary=True, answer=f"{answer.status}", uncertain=True
        )
    details = error.get("details")
    details = [each for each in details if isinstance(each, dict)] if details else []
    code = next(_codes(details), "") or str(error.get("status", ""))
    code = code if code.replace("_", "").isalpha() else ""
    told = f"{answer.status} {code}".strip()
    if code == "UNREGISTERED":
        return DeviceGone(told)
    if code == "INVALID_ARGUMENT" and _is_about_token(error, details):
        return DeviceGone(told)
    if code in BUSY:
        return answer.busy(told)
    return answer.refusal(REFUSALS.get(code, "refused"), code)


def _codes(details: list[dict[str, object]]) -> Iterator[str]:
    for each in details:
        if isinstance(code := each.get("errorCode"), str):
            yield code


def _is_about_token(error: Mapping[str, object], details: list[dict[str, object]]) -> bool:
    """Tell whether the argument that is invalid is the device's token.

    Google says it by a violation of `message.token`, or in the words of its message alone.
    """
    fields = [
        violation.get("field")
        for each in details
        if isinstance(violations := each.get("fieldViolations"), list)
        for violation in violations
        if isinstance(violation, dict)
    ]
    if fields:
        return "message.token" in fields
    return "registration token" in str(error.get("message", "")).lower()
