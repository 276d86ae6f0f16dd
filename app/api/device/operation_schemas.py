"""Messages about operations: what phones say, and for the document what they are told."""

from typing import Annotated, Literal

from pydantic import Field

from app.api.kit import Schema, example
from app.api.openapi import PlainAnswer, body_of

Status = Literal["PENDING", "APPROVED", "REJECTED", "FAILED", "CANCELED", "EXPIRED"]
Factors = Literal[
    "possession",
    "possession_knowledge",
    "possession_biometry",
    "possession_knowledge_biometry",
]
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$")]
OPERATION = "7c1e9f52-3a0d-4a8e-9b61-5d2f8f0c4b11"
DATA = "A1*A100CZK*Q238400856/0300**D20190629*NUtility Bill Payment - 05/2019"
NOW = "2018-07-02T14:43:20+0000"

# --- what phones say ----------------------------------------------------------------------------


class Named(Schema):
    """Which operation."""

    model_config = example({"id": OPERATION})

    id: str = Field(min_length=1, max_length=64)


class Proximity(Schema):
    """What the phone has read beside the page; when and how it did is its own affair."""

    otp: str = Field(max_length=64)


class Authorization(Named):
    """What a person approves."""

    model_config = example({"id": OPERATION, "data": DATA})

    data: str = Field(description="As it was told, byte for byte")
    proximity_check: Proximity | None = None
    mobile_token_data: dict[str, object] | None = Field(
        default=None, description="Whatever the app wants to keep with the operation"
    )


class Cancellation(Named):
    """What a person rejects, and why."""

    model_config = example({"id": OPERATION, "reason": "UNEXPECTED_OPERATION"})

    reason: str = Field(
        default="UNKNOWN",
        min_length=1,
        max_length=256,
        description="UNKNOWN, INCORRECT_DATA, UNEXPECTED_OPERATION, or words of the app",
    )


NamedBody, AuthorizationBody = body_of(Named), body_of(Authorization)
CancellationBody = body_of(Cancellation)

# --- what phones are told -----------------------------------------------------------------------


class Attribute(Schema):
    """What every attribute has."""

    id: str
    label: str


class AmountAttribute(Attribute):
    """An amount, as a number and in words of the language."""

    type: Literal["AMOUNT"]
    amount: float | str
    currency: str
    amount_formatted: str
    currency_formatted: str
    value_formatted: str


class KeyValueAttribute(Attribute):
    """A line."""

    type: Literal["KEY_VALUE"]
    value: str


class NoteAttribute(Attribute):
    """Lines."""

    type: Literal["NOTE"]
    note: str


class HeadingAttribute(Attribute):
    """A heading: its label is all that it says."""

    type: Literal["HEADING"]


class AlertAttribute(Attribute):
    """Something to mind."""

    type: Literal["ALERT"]
    alert_type: Literal["SUCCESS", "INFO", "WARNING", "ERROR"]
    title: str
    message: str


class ImageAttribute(Attribute):
    """A picture that the app fetches."""

    type: Literal["IMAGE"]
    thumbnail_url: str
    original_url: str | None = None


class ConversionAttribute(Attribute):
    """An amount, and what it is in another currency; each side as `AMOUNT` has its own."""

    type: Literal["AMOUNT_CONVERSION"]
    dynamic: bool = Field(description="Whether the rate may still change")
    source_amount: float | str
    source_currency: str
    source_amount_formatted: str
    source_currency_formatted: str
    source_value_formatted: str
    target_amount: float | str
    target_currency: str
    target_amount_formatted: str
    target_currency_formatted: str
    target_value_formatted: str


class Party(Schema):
    """A shop or a third party."""

    logo_url: str | None = None
    name: str | None = None
    description: str | None = None
    website_url: str | None = None


class PartyAttribute(Attribute):
    """Whom it is for."""

    type: Literal["PARTY_INFO"]
    party_info: Party


AnyAttribute = Annotated[
    AmountAttribute
    | KeyValueAttribute
    | NoteAttribute
    | HeadingAttribute
    | AlertAttribute
    | ImageAttribute
    | ConversionAttribute
    | PartyAttribute,
    Field(discriminator="type"),
]


class ResultTexts(Schema):
    """What the app says at the end."""

    success: str
    failure: str
    reject: str


class FormData(Schema):
    """What the app shows, in the language of the phone."""

    title: str
    message: str
    result_texts: ResultTexts
    attributes: list[AnyAttribute]


class AllowedSignature(Schema):
    """By which factors it may be approved."""

    type: Literal["1FA", "2FA"]
    variants: list[Factors]


class Operation(Schema):
    """An operation as apps read it."""

    id: str
    name: str = Field(description="The type of the operation, e.g. `authorize_payment`")
    data: str = Field(description="What is signed")
    status: Status
    status_reason: str | None
    operation_created: Moment
    operation_expires: Moment
    ui: dict[str, object] = Field(
        description="Screens: of the template, else by its risk flags: `flipButtons`, "
        "`blockApprovalOnCall`, `preApprovalScreen`"
    )
    allowed_signature_type: AllowedSignature
    form_data: FormData


SHOWN: dict[str, object] = {
    "id": OPERATION,
    "name": "authorize_payment",
    "data": DATA,
    "status": "PENDING",
    "statusReason": None,
    "operationCreated": "2018-07-02T14:43:13+0000",
    "operationExpires": "2018-07-02T14:48:13+0000",
    "ui": {"flipButtons": False, "blockApprovalOnCall": False},
    "allowedSignatureType": {
        "type": "2FA",
        "variants": ["possession_knowledge", "possession_biometry"],
    },
    "formData": {
        "title": "Confirm Payment",
        "message": "Hello,\nplease confirm following payment:",
        "resultTexts": {
            "success": "Approved.",
            "failure": "It could not be approved.",
            "reject": "Rejected.",
        },
        "attributes": [
            {
                "type": "AMOUNT",
                "id": "operation.amount",
                "label": "Amount",
                "amount": 100,
                "currency": "CZK",
                "amountFormatted": "100.00",
                "currencyFormatted": "CZK",
                "valueFormatted": "100.00 CZK",
            },
            {
                "type": "KEY_VALUE",
                "id": "operation.account",
                "label": "To account",
                "value": "238400856/0300",
            },
        ],
    },
}


class Told(PlainAnswer):
    """When it was so: a phone's own clock may be wrong."""

    current_timestamp: Moment


class OperationAnswer(Told):
    """One operation."""

    model_config = example({"status": "OK", "responseObject": SHOWN, "currentTimestamp": NOW})

    response_object: Operation


class OperationListAnswer(Told):
    """Operations, the newest first."""

    model_config = example({"status": "OK", "responseObject": [SHOWN], "currentTimestamp": NOW})

    response_object: list[Operation]
