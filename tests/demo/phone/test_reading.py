"""What a phone reads beside the protocol: environments, numbers, operations."""

import base64
import json

import pytest

from app.demo.phone.configuration import App
from app.demo.phone.operations import Operation
from app.demo.phone.proximity import number
from app.demo.phone.refusals import PhoneRefused
from tests.demo.phone.portal import Portal


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://bank.example/enrollment-server/", "https://bank.example/enrollment-server"),
        ("http://localhost:8080", "http://localhost:8080/enrollment-server"),
        ("http://localhost:8080/", "http://localhost:8080/enrollment-server"),
        ("https://bank.example/es", "https://bank.example/es"),
    ],
)
def test_an_environment_is_read_with_and_without_a_path(given, address):
    configuration = Portal().configuration
    told = {"name": "demo", "serviceBaseUrl": given, "mobileSdkConfig": configuration}
    app = App.read(f" {json.dumps(told)}\n")
    assert (app.name, app.address) == ("demo", address)
    assert App.read(configuration, given) == App("", app.address, app.configuration)
    answer = {"id": "demo", "serviceBaseUrl": given, "mobileSdkConfig": configuration, "roles": []}
    assert App.read(json.dumps(answer)) == app


def jwt(**payload):
    body = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return f"e30.{body}.signature"


@pytest.mark.parametrize(
    "text",
    [
        "12345678",
        "1234 5678\n",
        "bank://x?oid=op&totp=12345678",
        "https://x.example/?oid=op&potp=12345678",
        jwt(oid="op", totp="12345678"),
        f"bank://x?code={jwt(oid='op', potp='12345678')}",
    ],
)
def test_the_number_is_typed_or_scanned(text):
    assert number(text, "op") == "12345678"


@pytest.mark.parametrize(
    "text",
    ["", "12345", "123456789", "12a45678", "bank://x?totp=12345678", jwt(oid="op", totp=12345678),
     "bank://x?oid=another&totp=12345678", jwt(oid="another", totp="12345678"), "a.b.c"],
)  # fmt: skip
def test_what_is_no_number_of_this_operation_is_refused(text):
    with pytest.raises(PhoneRefused):
        number(text, "op")


def test_an_operation_is_read_as_the_paper_shows_it():
    operation = Operation.read(
        {
            "id": "7c1e",
            "name": "authorize_payment",
            "data": "A1*A100CZK*Q238400856/0300",
            "status": "PENDING",
            "operationExpires": "2018-07-02T14:43:13+0000",
            "ui": {"flipButtons": True, "preApprovalScreen": {"type": "WARNING", "heading": "!"}},
            "allowedSignatureType": {"type": "2FA", "variants": ["possession_knowledge"]},
            "formData": {
                "title": "Confirm a payment",
                "message": "Hello",
                "attributes": [
                    {"type": "AMOUNT", "id": "operation.amount", "amount": 100, "currency": "CZK"},
                    {"type": "KEY_VALUE", "id": "operation.account", "value": "238400856/0300"},
                    {"type": "HEADING", "id": "h", "label": "Details"},
                    {"type": "NOTE", "id": "n", "label": "Note", "note": "Rent\u0007"},
                    {"type": "ALERT", "id": "a", "alertType": "WARNING", "message": "Careful"},
                    {"type": "PARTY_INFO", "id": "p", "partyInfo": {"name": "Shop"}},
                    {
                        "type": "AMOUNT_CONVERSION",
                        "id": "c",
                        "sourceValueFormatted": "100 CZK",
                        "targetAmount": 4,
                    },
                    {"type": "IMAGE", "id": "i", "thumbnailUrl": "https://shop.example/s.png"},
                    {"type": "IMAGE", "id": "j", "thumbnailUrl": "javascript:alert(1)"},
                ],
            },
        }
    )
    assert (operation.amount.value, operation.amount.currency) == ("100", "CZK")
    assert operation.payee.value == "238400856/0300"
    assert [each.value for each in operation.others] == [
        "",
        "Rent ",
        "Careful",
        "Shop",
        "100 CZK → 4",
        "https://shop.example/s.png",
        "",
    ]
    assert operation.others[2].tone == "WARNING"
    assert operation.expires.isoformat() == "2018-07-02T14:43:13+00:00"
    assert operation.flip_buttons
    assert not operation.allows_biometry
    assert not operation.asks_nothing
    assert not operation.needs_number


@pytest.mark.parametrize("told", [None, [], {}, {"id": "x"}, {"id": "", "data": ""}, {"data": ""}])
def test_an_operation_without_what_is_signed_is_refused(told):
    with pytest.raises(PhoneRefused):
        Operation.read(told)
