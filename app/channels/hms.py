"""Pushes to Huawei's devices: Push Kit, with an access token by client credentials.

Whether a message was taken, Huawei says in the body; the HTTP status is 200 for refusals, too.
"""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import quote

from app.channels.accounts import Accounts
from app.channels.base import DeliveryFailed, DeviceGone, Push
from app.channels.credentials import HmsCredentials
from app.channels.oauth_token import access_token
from app.channels.posting import Answer, Poster
from app.settings import PushSettings

TAKEN = "80000000"
DEVICE_GONE = "80300007"
TOKEN_REFUSED = {"80200001", "80200003"}
BUSY = {"80600003", "81000001"}
START_THE_APP = {"type": 3}
USUAL_SOUND = "default"
"""What Apple and Google call the device's usual one, and so do integrators."""

MOST_TTL = 1_296_000
"""15 days, Huawei's own limit."""

# fmt: off
REFUSALS: Mapping[str, str] = {
    "80100001": "message_refused",
    "80100003": "message_refused",
    "80100004": "message_refused",      # its end is in the past
    "80100013": "message_refused",
    "80100016": "message_refused",      # words that Huawei does not like
    "80200001": "credentials_refused",
    "80200003": "credentials_refused",
    "80300002": "application_refused",
    "80300008": "payload_too_large",
    "80300010": "message_refused",
    "80300011": "application_refused",  # high priority is not granted
}
# fmt: on


class HmsPush:
    """Sends by the app in AppGallery Connect of the device's application."""

    def __init__(
        self, settings: PushSettings, credentials: Callable[[str], HmsCredentials | None]
    ) -> None:
        self._accounts = Accounts(credentials, lambda found: _Account(settings, found))

    def send(self, message: Push) -> None:
        """Hand the message over, or raise DeliveryFailed."""
        self._accounts.of(message.application_id).send(message)


class _Account:
    """One app and its OAuth client."""

    def __init__(self, settings: PushSettings, credentials: HmsCredentials) -> None:
        self._credentials = credentials
        self._poster = Poster(settings)
        self._token = access_token(self._poster, settings.hms_token_url, self._form)
        app = quote(credentials.app_id, safe="")
        self._url = f"{settings.hms_url.rstrip('/')}/v1/{app}/messages:send"

    def send(self, message: Push) -> None:
        token = self._token.get()
        answer = self._post(message, token)
        if answer.status == HTTPStatus.UNAUTHORIZED or _code(answer) in TOKEN_REFUSED:
            answer = self._post(message, self._token.get(refused=token))
        if failure := _failure(answer):
            raise failure

    def close(self) -> None:
        self._poster.close()

    def _post(self, message: Push, token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}"}
        body = {"validate_only": False, "message": _message(message)}
        return self._poster.post(self._url, headers=headers, json=body)

    def _form(self) -> Mapping[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.secret,
        }


def _message(message: Push) -> Mapping[str, object]:
    ttl = min(max(int(message.lifetime.total_seconds()), 1), MOST_TTL)
    android: dict[str, object] = {"ttl": f"{ttl}s"}
    if message.is_silent:
        android["urgency"] = "NORMAL"  # high is for apps that Huawei has granted it
    else:
        android["notification"] = {
            "title": message.title,
            "body": message.text,
            "click_action": START_THE_APP,
            "tag": message.operation_id or message.reference,  # shown once, however often sent
        } | _sound(message)
    return {
        "data": json.dumps(dict(message.extras), ensure_ascii=False),
        "android": android,
        "token": [message.token],
    }


def _sound(message: Push) -> dict[str, object]:
    """Return what is heard: Huawei takes a file of the app, and has a word of its own for none."""
    if message.sound in ("", USUAL_SOUND):
        return {"default_sound": True}
    return {"sound": message.sound}


def _failure(answer: Answer) -> DeliveryFailed | None:
    """Judge an answer; None: Huawei has taken the message."""
    code = _code(answer)
    if code == TAKEN and answer.is_success:
        return None
    told = f"{answer.status} {code}".strip()
    if code == DEVICE_GONE:
        return DeviceGone(told)
    if code in BUSY:
        return answer.busy(told)
    if answer.is_success and not code:
        return DeliveryFailed("not_understood", temporary=True, answer=told, uncertain=True)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return answer.refusal("credentials_refused", code)
    return answer.refusal(REFUSALS.get(code, "refused"), code)


def _code(answer: Answer) -> str:
    code = str(answer.body.get("code", ""))
    return code if code.isdigit() and len(code) <= len(TAKEN) else ""
