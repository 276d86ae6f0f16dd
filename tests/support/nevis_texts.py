"""Text messages of the second façade, as they reach somebody's phone."""

import re
from datetime import timedelta
from typing import Any, Final

from flask import Flask

from tests.support.nevis import Nevis
from tests.support.store import serving

NUMBER: Final = "+420777123456"


def sent(app: Flask) -> list[dict[str, str]]:
    """Deliver what waits as the worker does; return the text messages, the oldest first."""
    found = []
    with serving(app) as services:
        while claimed := services.outbox.claim(hold=timedelta(minutes=1), kinds=("sms",)):
            row, payload = claimed
            services.outbox.delivered(row.id)
            found.append(payload)
        services.commit()
    return found


def code_in(message: dict[str, str]) -> str:
    """Return the one code of a message."""
    (code,) = re.findall(r"\b\d{8}\b", message["text"])
    return str(code)


def begin(nevis: Nevis, number: str = NUMBER, **more: Any) -> Any:
    """Begin to enrol a number."""
    return nevis.enroll(channel="sms", phone=number, **more)


def verification(user_id: str) -> str:
    """Return where codes of a user are sent back to."""
    return f"/api/v1/users/{user_id}/verification"


def with_number(nevis: Nevis, number: str = NUMBER) -> str:
    """Return the id of a user whose number is confirmed."""
    user = begin(nevis, number)
    code = code_in(sent(nevis.app)[-1])
    verify(nevis, user["userId"], code, user["enrollment"]["statusToken"])
    return str(user["userId"])


def verify(nevis: Nevis, user_id: str, code: str, status_token: str, **more: Any) -> None:
    """Send a right code back."""
    body = {"code": code, "statusToken": status_token}
    answer = nevis.ask("POST", verification(user_id), body, **more)
    assert (answer.status_code, answer.data) == (200, b""), answer.text
