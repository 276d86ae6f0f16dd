"""Access tokens of providers that speak OAuth 2.0 (RFC 6749), kept as long as they are good."""

from collections.abc import Callable, Mapping

from app.channels.accounts import KeptToken
from app.channels.base import DeliveryFailed
from app.channels.posting import Poster

EARLY_SECONDS = 60
"""A token is renewed this long before its end: it has to arrive."""

SHORTEST_SECONDS = 30
"""A token is kept this long at least, whatever its provider says of it."""


def access_token(poster: Poster, url: str, form: Callable[[], Mapping[str, str]]) -> KeptToken:
    """Return a token that is asked for with a form."""

    def renew() -> tuple[str, float]:
        answer = poster.post(url, data=form())
        if not answer.is_success:
            # The answer's own words may repeat what was sent: the status says enough.
            raise answer.refusal("credentials_refused", "token")
        token, seconds = answer.body.get("access_token"), answer.body.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int | float):
            raise DeliveryFailed("not_understood", temporary=True, answer=f"{answer.status} token")
        return token, max(seconds - EARLY_SECONDS, SHORTEST_SECONDS)

    return KeptToken(renew)
