"""Messages of passkeys: what a browser is handed, and what it brings back."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from app.api.kit import Schema, example
from app.api.nevis.schemas import Begun

MOST_BYTES_OF_A_NAME = 64
"""So many does every authenticator keep (WebAuthn, 6.4.1)."""


def _short(name: str) -> str:
    if len(name.encode()) > MOST_BYTES_OF_A_NAME:
        raise ValueError("at most 64 bytes")
    return name


DisplayName = Annotated[str, StringConstraints(min_length=1), AfterValidator(_short)]
Encoded = Annotated[str, StringConstraints(min_length=1, max_length=65_536)]
"""Bytes as base64url."""
CredentialId = Annotated[str, StringConstraints(min_length=1, max_length=1400)]
Line = Annotated[str, StringConstraints(max_length=256)]
Browser = Annotated[str, StringConstraints(max_length=4096)]
"""How it calls itself; those inside of apps say much, and the beginning is kept."""


class AuthenticatorSelection(Schema):
    """Which authenticators are wanted. Owners are verified always, whatever is said here."""

    user_verification: Literal["required", "preferred", "discouraged"] = "preferred"
    resident_key: Literal["required", "preferred", "discouraged"] | None = None
    authenticator_attachment: Literal["platform", "cross-platform"] | None = None


class Fido2Options(Schema):
    """What an integrator may say of a new passkey."""

    authenticator_selection: AuthenticatorSelection = AuthenticatorSelection()


class CreationBegun(Begun):
    """How to follow an enrolment; the options are for `navigator.credentials.create`."""

    credential_creation_options: dict[str, object]


class AttestationResponse(Schema):
    """What an authenticator made."""

    client_data_json: Encoded = Field(alias="clientDataJSON")
    attestation_object: Encoded
    transports: list[Line] = Field(default=[], max_length=16)


class AttestationResult(Schema):
    """A new passkey, as the browser tells of it."""

    model_config = example(
        {
            "type": "public-key",
            "id": "mXw0T7uK3nq2",
            "response": {"clientDataJSON": "eyJ0eXBlIjoi…", "attestationObject": "o2NmbXRk…"},
            "userFriendlyName": "My key",
        }
    )

    type: Literal["public-key"]
    id: CredentialId
    response: AttestationResponse
    user_friendly_name: Line | None = None
    user_agent: Browser | None = None


class AssertionResponse(Schema):
    """What an authenticator signed."""

    client_data_json: Encoded = Field(alias="clientDataJSON")
    authenticator_data: Encoded
    signature: Encoded
    user_handle: Line | None = None


class AssertionResult(Schema):
    """A signature of a passkey, as the browser tells of it."""

    model_config = example(
        {
            "type": "public-key",
            "id": "mXw0T7uK3nq2",
            "response": {
                "clientDataJSON": "eyJ0eXBlIjoi…",
                "authenticatorData": "SZYN5YgO…",
                "signature": "MEUCIQ…",
                "userHandle": "MDE5…",
            },
        }
    )

    type: Literal["public-key"]
    id: CredentialId
    response: AssertionResponse
    user_agent: Browser | None = None


class Fido2Result(Schema):
    """Whether it was taken; why not is in the log, and nowhere else."""

    status: Literal["ok", "failed"]
    error_message: str
