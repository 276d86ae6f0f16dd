"""The ID token: its signature and every claim that a careful client checks."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import TypeGuard

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import to_str, urlsafe_b64encode

from app.demo.portal import Json
from app.demo.session import Transaction

ALGORITHM = "ES256"
LEEWAY_SECONDS = 60


def verify(transaction: Transaction, keys: Json, *, client_id: str) -> bool:
    """Check the ID token of a transaction, keep each verdict, and tell whether all passed.

    All checks run, also after one has failed: a tester wants to see every fault at once.
    """
    token, access_token = (str(transaction.tokens[n]) for n in ("id_token", "access_token"))
    now = datetime.now(UTC).timestamp() + transaction.clock_moved
    by_clock = _by_clock(transaction.clock_moved)
    header, claims = _unverified(token)
    transaction.id_token_header, transaction.id_token_claims = header, claims
    signed = f"Signed by the portal's key {header.get('kid')} with {ALGORITHM}."
    verdicts = (
        ("signature", _signature_fault(token, header, keys), signed),
        ("iss", _same_fault(claims.get("iss"), transaction.issuer), "It is the issuer we asked."),
        ("aud", _audience_fault(claims, client_id), "It is meant for this client."),
        ("exp", _expiry_fault(claims.get("exp"), now), f"It has not run out{by_clock}."),
        ("iat", _issue_fault(claims.get("iat"), now), f"It was not made in the future{by_clock}."),
        ("nonce", _same_fault(claims.get("nonce"), transaction.nonce), "It is our request's."),
        ("at_hash", _hash_fault(claims.get("at_hash"), access_token), "It fits the access token."),
        ("sub", _subject_fault(claims.get("sub")), "It names a user."),
    )
    for name, fault, praise in verdicts:
        transaction.check(f"ID token {name}", fault or praise, passed=not fault)
    return not any(fault for _, fault, _ in verdicts)


def at_hash(access_token: str) -> str:
    """Return the left half of the token's SHA-256, as OpenID Connect Core 3.1.3.6 asks."""
    digest = hashlib.sha256(access_token.encode()).digest()
    return to_str(urlsafe_b64encode(digest[: len(digest) // 2]))


def _by_clock(moved: float) -> str:
    """Say whose clock judged, where it is not this machine's."""
    if not moved:
        return ""
    where = "ahead of" if moved > 0 else "behind"
    return f" by the portal's clock, which testers moved {abs(moved):.0f} seconds {where} ours"


def _unverified(token: str) -> tuple[Json, Json]:
    """Read header and claims for display; whether they hold is judged elsewhere."""
    header, _, rest = token.partition(".")
    return _decoded(header), _decoded(rest.partition(".")[0])


def _decoded(part: str) -> Json:
    try:
        value: object = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _signature_fault(token: str, header: Json, keys: Json) -> str:
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm != ALGORITHM:
        return f"It is signed with {algorithm}; only {ALGORITHM} is accepted."
    listed = keys.get("keys")
    known = [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []
    named = [key for key in known if isinstance(kid, str) and key.get("kid") == kid]
    if len(named) != 1:
        return f"The portal publishes {len(named) or 'no'} keys with the kid {kid}."
    try:
        key = ECKey.import_key(named[0])
        jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError):
        return f"The signature does not fit the portal's key {kid}."
    return ""


def _same_fault(given: object, expected: str) -> str:
    if given is None:
        return f"It is missing; {expected} was expected."
    return "" if given == expected else f"It is {given}; {expected} was expected."


def _audience_fault(claims: Json, client_id: str) -> str:
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    if client_id not in listed:
        return f"It is meant for {audience}, not for {client_id}."
    if len(listed) > 1 and claims.get("azp") != client_id:
        return f"It is meant for several, and azp does not name {client_id}."
    return ""


def _expiry_fault(expiry: object, now: float) -> str:
    if not _is_time(expiry):
        return "It is missing or no time."
    late = now - expiry
    return f"It ran out {late:.0f} seconds ago." if late >= LEEWAY_SECONDS else ""


def _issue_fault(issued: object, now: float) -> str:
    if not _is_time(issued):
        return "It is missing or no time."
    early = issued - now
    if early > LEEWAY_SECONDS:
        return f"It lies {early:.0f} seconds ahead; the clocks of portal and client differ."
    return ""


def _subject_fault(subject: object) -> str:
    return "" if isinstance(subject, str) and subject else "It names no user."


def _is_time(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _hash_fault(given: object, access_token: str) -> str:
    if given is None:
        return "It is missing: the access token is not bound to the ID token."
    return "" if given == at_hash(access_token) else "It does not fit the access token."
