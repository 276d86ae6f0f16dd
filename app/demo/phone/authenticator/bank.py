"""The way from the phone to a bank's instance: two calls, and what its refusals mean."""

from http import HTTPStatus
from typing import Final

from app.demo.phone.authenticator.links import AppLink
from app.demo.phone.calls import compact, opened
from app.demo.phone.given import list_of, object_of, text_of
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.sending import USER_AGENT, send
from app.demo.phone.troubles import Declined, Ended, NotUnderstood

RESPONSE: Final = "/nevisfido/uaf/response"
LARGEST_ANSWER: Final = 100_000
LONGEST_WORDS: Final = 300
GOOD: Final = 1200

Json = dict[str, object]


class WrongSignature(Declined):
    """The bank could not take the signature."""


def redeem(link: AppLink) -> Json:
    """Use a link up. Raises Trouble."""
    words = "This link was used already, is over, or was never one of this bank."
    return _post(link.redeem_url, {"token": link.token}, unknown=words)


def respond(base: str, answer: Json) -> Json:
    """Answer a request. Raises Trouble."""
    words = "The bank does not wait for this answer: it was answered already, or is over."
    told = _post(base + RESPONSE, answer, unknown=words)
    if told.get("statusCode") != GOOD:
        raise NotUnderstood("The bank did not say that it has taken the answer.")
    return told


def _post(url: str, value: Json, *, unknown: str) -> Json:
    called = url.partition("/nevisfido")[0]
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/fido+uaf, application/json",
        "User-Agent": USER_AGENT,
    }
    answer = send("POST", url, headers, compact(value), called=called)
    try:
        body = opened(answer.content[:LARGEST_ANSWER])
    except PhoneRefused:
        body = None
    if body is None or HTTPStatus.MULTIPLE_CHOICES <= answer.status_code < HTTPStatus.BAD_REQUEST:
        said = f"{called} answered {answer.status_code}, but not as a bank's instance does."
        raise NotUnderstood(said)
    if answer.status_code == HTTPStatus.OK:
        return body
    raise _refusal(body, answer.status_code, unknown)


def _refusal(body: Json, status: int, unknown: str) -> Declined:
    first = object_of(next(iter(list_of(body.get("errors"))), None))
    code, message = text_of(first, "code"), text_of(first, "message")
    match code:
        case "token.unknown":
            return Ended(unknown, "Ask for a new one.", status=status, code=code)
        case "transaction.over":
            words = "This request is over: its time, or its attempts."
            return Ended(words, "Ask for a new one.", status=status, code=code)
        case "signature.wrong":
            words = "The bank does not accept the signature of this account."
            return WrongSignature(words, status=status, code=code)
        case _:
            pass
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        words = "The bank is too busy just now."
        return Declined(words, "Try again in a moment.", status=status, code=code)
    said = f"The bank says {code or status}: {message or 'no reason was given'}"
    return Declined(said[:LONGEST_WORDS], status=status, code=code)
