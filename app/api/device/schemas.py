"""Messages of the protocol's own calls, for the document: `app/crypto` reads and writes them."""

from typing import Annotated, Literal

from pydantic import Field

from app.api.kit import Schema, example
from app.api.openapi import answer_of, body_of

Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$")]
Bytes16 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{21}[AQgw]==$")]
Bytes32 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$")]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
Jwt = Annotated[str, Field(max_length=2_000)]
Milliseconds = Annotated[int, Field(ge=0, lt=2**63)]
"""Since 1970."""

REGISTRATION = "2a8b3f7e-6c1d-4e0a-9f35-7d0c4b1e6a92"
BLOB = "q6bC4d8XxO1S0wFzv2tQWg=="
MAC = "1nJv0uI8p3qk5mYbS7eWfG2hRzT4cXaL6dPoNiKsUx0="
NONCE = "Zm9ydHktdHdvIGJ5dGVzIQ=="
POINT = "Ajk4bJv5c2yQe7oR1kUo3Tn6w8ZdXhLqVbGfPsCmYtEA"


class SealedRequest(Schema):
    """An encrypted request. What is inside, the description of the call says."""

    model_config = example(
        {
            "temporaryKeyId": "0f6a1d52-8f1b-4e57-b1c2-3f1d3c5e7a90",
            "ephemeralPublicKey": POINT,
            "encryptedData": BLOB,
            "mac": MAC,
            "nonce": NONCE,
            "timestamp": 1530542593000,
        }
    )

    ephemeral_public_key: Base64 = Field(description="A point of P-256, for this request alone")
    encrypted_data: Base64 = Field(description="AES-128-CBC")
    mac: Bytes32 = Field(description="HMAC-SHA256 over the data and, since 3.2, all around them")
    nonce: Bytes16 | None = Field(default=None, description="Since version 3.1, where it must be")
    timestamp: Milliseconds | None = Field(
        default=None, description="Since version 3.2, where it must be of the last minute"
    )
    temporary_key_id: Uuid | None = Field(
        default=None,
        description="Since version 3.3, where it must be one of /pa/v3/keystore/create",
    )


class SealedAnswer(Schema):
    """An encrypted answer: only who sent the request can read it. There is no envelope."""

    model_config = example(
        {"encryptedData": BLOB, "mac": MAC, "nonce": NONCE, "timestamp": 1530542593420}
    )

    encrypted_data: Base64
    mac: Bytes32
    nonce: Bytes16 | None = Field(default=None, description="Since version 3.2")
    timestamp: Milliseconds | None = Field(default=None, description="Since version 3.2")


class KeyRequest(Schema):
    """What a phone asks a temporary key with."""

    model_config = example({"jwt": "eyJhbGciOiJIUzI1NiJ9.eyJhcHBsaWNhdGlvbktleSI6IuKApiJ9.4oCm"})

    jwt: Jwt = Field(
        description=(
            "HS256 over `applicationKey`, `challenge` and, of a registered phone, `activationId`; "
            "the key is derived from the application's secret, of a registered phone also from "
            "its transport key"
        )
    )


class Key(Schema):
    """A temporary key; it lives five minutes."""

    model_config = example({"jwt": "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiLigKYifQ.4oCm"})

    jwt: str = Field(
        description=(
            "ES256 by the application's master key, or by the server's key of the registration: "
            "`sub` (its id), `applicationKey`, `activationId`, `challenge`, `publicKey`, "
            "`iat_ms`, `exp_ms`"
        )
    )


class StatusQuestion(Schema):
    """Whose status; with a challenge since version 3.1."""

    model_config = example({"activationId": REGISTRATION, "challenge": NONCE})

    activation_id: str
    challenge: Bytes16 | None = None


class RegistrationStatus(Schema):
    """A status that only the phone can read."""

    model_config = example(
        {"activationId": REGISTRATION, "encryptedStatusBlob": BLOB, "nonce": NONCE}
    )

    activation_id: str
    encrypted_status_blob: Base64
    nonce: Bytes16 | None = Field(default=None, description="Where there was a challenge")


class RegistrationId(Schema):
    """Which registration."""

    model_config = example({"activationId": REGISTRATION})

    activation_id: Uuid


class TokenId(Schema):
    """Which token."""

    model_config = example({"tokenId": "d6561669-34d6-4fee-8913-89477687a5cb"})

    token_id: str


class Software(Schema):
    """What answers."""

    name: str
    version: str = Field(description="The newest version of the protocol")


class ServerStatus(Schema):
    """What time it is."""

    model_config = example(
        {
            "serverTime": 1530542593000,
            "application": {"name": "webflow", "version": "3.3"},
        }
    )

    server_time: Milliseconds
    application: Software


class PushRegistration(Schema):
    """The address of a phone."""

    model_config = example({"platform": "apns", "token": "a1b2c3", "environment": "development"})

    platform: Literal["ios", "android", "huawei", "apns", "fcm", "hms"]
    token: str = Field(min_length=1, max_length=4096)
    environment: Literal["development", "production"] | None = None


KeyRequestBody, KeyAnswer = body_of(KeyRequest), answer_of(Key)
StatusBody, StatusAnswer = body_of(StatusQuestion), answer_of(RegistrationStatus)
RegistrationAnswer = answer_of(RegistrationId)
TokenBody, TokenAnswer = body_of(TokenId), answer_of(TokenId)
ServerStatusAnswer = answer_of(ServerStatus)
PushBody = body_of(PushRegistration)
