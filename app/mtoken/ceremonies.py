"""The ceremonies of WebAuthn: whether an authenticator has answered, and what it said of itself.

Only those who take part import this: the library costs a process 9 MB and a seventh of a second.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from cryptography import x509
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    encode_cbor,
    parse_attestation_object,
    parse_cbor,
    parse_client_data_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import AttestationFormat

from app.crypto.cbor import end_of_item
from app.mtoken.passkey_values import (
    ALGORITHMS,
    Asserted,
    Attested,
    RelyingParty,
    Trust,
    Unproved,
)

LONGEST_ID: Final = 1023
"""Bytes of a credential's id (WebAuthn, 4)."""
LARGEST_COUNT: Final = 2**31 - 1
"""What our column holds; an authenticator that counted further is believed as far as this."""
ATTESTED: Final = 0x40
"""Flag of data with a new key in them (WebAuthn, 6.1)."""
FLAGS, FIXED, ID_LENGTH = 32, 37, 53
"""Places in the data: of the flags, after what is always there, of the length of a new id."""
MOST_ITEMS: Final = 2
"""A new key, and extensions."""
MODEL: Final = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
"""Extension of an attestation certificate that names the model it is for (WebAuthn, 8.2.1)."""


def attested(
    response: object, challenge: bytes, party: RelyingParty, trust: Trust, *, verified: bool
) -> Attested:
    """Return a new credential. Raises Unproved. `verified`: its owner must have been verified."""
    with _proving():
        credential = _credential(response)
        _check_data(_attested_data(credential))
        found = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=verified,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(each) for each in ALGORITHMS],
            pem_root_certs_bytes_by_fmt={
                each: list(trust.roots or ()) for each in AttestationFormat
            },
        )
        _check_frame(credential)
        _check_trust(trust, found.fmt, found.aaguid)
        if len(found.credential_id) > LONGEST_ID:
            raise Unproved("the id is too long")
        _check_chain(trust, found.attestation_object, found.aaguid)
        told = credential["response"].get("transports")
        return Attested(
            credential_id=bytes_to_base64url(found.credential_id),
            public_key=found.credential_public_key,
            counter=min(found.sign_count, LARGEST_COUNT),
            aaguid=found.aaguid,
            attestation_format=AttestationFormat(found.fmt).value,
            transports=_transports(told),
            is_backed_up=found.credential_backed_up,
            is_verified=found.user_verified,
        )


def asserted(  # noqa: PLR0913 - what an assertion is judged by
    response: object,
    challenge: bytes,
    party: RelyingParty,
    *,
    public_key: bytes,
    counter: int,
    verified: bool,
) -> Asserted:
    """Return what a credential has signed. Raises Unproved.

    A counter that does not grow is a copy of the key, unless the authenticator does not count.
    """
    with _proving():
        credential = _credential(response)
        _check_data(base64url_to_bytes(credential["response"]["authenticatorData"]))
        found = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=public_key,
            credential_current_sign_count=counter,
            require_user_verification=verified,
        )
        _check_frame(credential)
        handle = credential["response"].get("userHandle")
        return Asserted(
            counter=min(found.new_sign_count, LARGEST_COUNT),
            is_backed_up=found.credential_backed_up,
            is_verified=found.user_verified,
            user_handle=base64url_to_bytes(handle) if handle else None,
        )


def challenge_in(response: object) -> bytes:
    """Return the challenge that an answer names. Raises Unproved."""
    with _proving():
        return parse_client_data_json(_client_data(_credential(response))).challenge


@contextmanager
def _proving() -> Iterator[None]:
    try:
        yield
    except Unproved:
        raise
    except Exception as error:
        # Whatever a library stumbles over in a stranger's bytes: nothing is proved.
        raise Unproved(f"{type(error).__name__}: {error}") from error


def _credential(response: object) -> dict[str, Any]:
    """Return what is read of an answer; façades leave `rawId` out, which says the same as `id`."""
    if not isinstance(response, Mapping) or not isinstance(response.get("response"), Mapping):
        raise Unproved("not an answer of WebAuthn")
    named = response.get("id")
    return {
        "id": named,
        "rawId": response.get("rawId", named),
        "type": response.get("type"),
        "response": dict(response["response"]),
    }


def _client_data(credential: Mapping[str, Any]) -> bytes:
    return base64url_to_bytes(credential["response"]["clientDataJSON"])


def _attested_data(credential: Mapping[str, Any]) -> bytes:
    """Return the data inside of an attestation. Raises NotPlainError."""
    told = base64url_to_bytes(credential["response"]["attestationObject"])
    end_of_item(told)
    data = parse_cbor(told)["authData"]
    if not isinstance(data, bytes):
        raise Unproved("no data of an authenticator")
    return data


def _check_data(data: bytes) -> None:
    """Refuse what the library would expand, long before it looks at any signature.

    After a new key may come extensions; it finds them by writing the key anew, so that this must
    be as long as it was. Raises NotPlainError.
    """
    is_new = data[FLAGS] & ATTESTED
    place = ID_LENGTH + 2 + int.from_bytes(data[ID_LENGTH : ID_LENGTH + 2]) if is_new else FIXED
    for _ in range(MOST_ITEMS):
        if place >= len(data):
            return
        end = end_of_item(data, place)
        if len(encode_cbor(parse_cbor(data[place:end]))) != end - place:
            raise Unproved("not in the form that authenticators write")
        place = end
    if place < len(data):
        raise Unproved("more than an authenticator says")


def _check_frame(credential: Mapping[str, Any]) -> None:
    """Refuse what a page signed inside a frame of somebody else's."""
    if parse_client_data_json(_client_data(credential)).cross_origin:
        raise Unproved("in a frame of another origin")


def _check_trust(trust: Trust, name: str, aaguid: str) -> None:
    if trust.formats is not None and AttestationFormat(name).value not in trust.formats:
        raise Unproved(f"the format {name} is not allowed")
    if trust.aaguids is not None and aaguid.lower() not in {each.lower() for each in trust.aaguids}:
        raise Unproved(f"the model {aaguid} is not allowed")


def _check_chain(trust: Trust, attestation: bytes, aaguid: str) -> None:
    """Refuse an authenticator that vouches for itself where somebody else has to.

    The library has followed the certificates that are there; it does not ask whether there are
    any, nor for which model they are.
    """
    chain = parse_attestation_object(attestation).att_stmt.x5c
    if trust.roots is not None and not (chain and trust.roots):
        raise Unproved("no certificate tells what it is")
    if not chain:
        return
    try:
        named = x509.load_der_x509_certificate(chain[0]).extensions.get_extension_for_oid(MODEL)
    except x509.ExtensionNotFound:
        return
    value = named.value
    told = value.value[2:] if isinstance(value, x509.UnrecognizedExtension) else b""
    if told.hex() != aaguid.replace("-", ""):
        raise Unproved("the certificate is for another model")


def _transports(told: object) -> Sequence[str]:
    """Return the ways to reach an authenticator that we know; browsers are told them again."""
    known = ("ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb")
    return [each for each in known if isinstance(told, list) and each in told]
