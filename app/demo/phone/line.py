"""The way from a phone to the device API of a portal, over HTTP."""

import time
from http import HTTPStatus

import httpx2

from app.demo.phone.calls import Call, opened, part
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.sending import USER_AGENT, send
from app.demo.phone.troubles import Declined, NotUnderstood

TIME = "/pa/v3/status"
TIME_KEPT_SECONDS = 30
LARGEST_ANSWER = 1_000_000
LONGEST_WORDS = 300


class Line:
    """A portal's device API: an address such as `http://localhost:8080/enrollment-server`."""

    def __init__(self, address: str, language: str = "en") -> None:
        self.address = address.rstrip("/")
        self._language = language
        self._ahead: tuple[float, int] | None = None

    def post(self, call: Call) -> bytes:
        """Send a call and return the body of its answer. Raises Declined and Unreachable."""
        headers = {
            "Content-Type": "application/json",
            "Accept-Language": self._language,
            "User-Agent": USER_AGENT,
            **call.headers,
        }
        answer = send("POST", self.address + call.path, headers, call.body, called=self.address)
        if answer.status_code == HTTPStatus.OK and len(answer.content) <= LARGEST_ANSWER:
            return bytes(answer.content)
        raise self._declined(answer)

    def now(self, *, fresh: bool = False) -> int:
        """Return the portal's time in milliseconds, as every app asks for it."""
        known = self._ahead
        if fresh or known is None or time.monotonic() - known[0] > TIME_KEPT_SECONDS:
            known = self._ahead = (time.monotonic(), self._ask_time() - _clock())
        return _clock() + known[1]

    def _ask_time(self) -> int:
        answer = self.post(Call.of(TIME, {}))
        try:
            told = part(opened(answer), "responseObject").get("serverTime")
        except PhoneRefused:
            told = None
        if not isinstance(told, int) or told <= 0:
            raise NotUnderstood(f"{self.address} does not tell the time as a portal does.")
        return told

    def _declined(self, answer: httpx2.Response) -> Declined | NotUnderstood:
        try:
            said = part(opened(answer.content), "responseObject")
        except PhoneRefused:
            said = {}
        code = said.get("code")
        if not isinstance(code, str):
            return NotUnderstood(
                f"{self.address} answered {answer.status_code}, but not as a portal does."
            )
        words = f"The portal says {code}: {said.get('message') or 'no reason was given'}"
        return Declined(words[:LONGEST_WORDS], status=answer.status_code, code=code)


def _clock() -> int:
    return int(time.time() * 1000)
