"""Alerts, pictures, conversions and parties that a template shows on phones."""

import pytest

from app.store.operations import OperationRow
from tests.support.cloud import DEVICE_API, Cloud, admin, approve
from tests.support.device import USER, now
from tests.support.store import all_of, census, on_sqlite

pytest_plugins = ["tests.support.lasting"]

ALL = "/admin/templates/operations"
ATTRIBUTES = [
    {"id": "swap.alert", "type": "ALERT", "text": "Note well",
     "params": {"message": "warning", "alertType": "loud", "title": "head"}},
    {"id": "swap.rate", "type": "AMOUNT_CONVERSION", "text": "You get",
     "params": {"sourceAmount": "amount", "sourceCurrency": "currency", "targetAmount": "target",
                "targetCurrency": "other", "dynamic": "floats"}},
    {"id": "swap.logo", "type": "IMAGE", "text": "Shop",
     "params": {"thumbnailUrl": "small", "originalUrl": "large"}},
    {"id": "swap.party", "type": "PARTY_INFO", "text": "Seller",
     "params": {"name": "shop", "logoUrl": "small", "description": "what", "websiteUrl": "site"}},
]  # fmt: skip
SWAP = {
    "operationType": "authorize_swap",
    "dataTemplate": "A1*A${amount}${currency}*I${iban}",
    "signatureType": ["possession_knowledge"],
    "texts": [
        {"language": "en", "title": "Swap", "message": "Swap?", "attributes": ATTRIBUTES},
        {"language": "cs", "title": "Směna", "message": "Směnit?", "attributes": ATTRIBUTES},
    ],
}
PARAMETERS = {
    "amount": "1063.9", "currency": "EUR", "iban": "CZ5508000000001234567899",
    "target": "26000", "other": "CZK", "floats": "true", "warning": "The rate floats.",
    "loud": "warning", "head": "Beware", "small": "https://shop.example/s.png",
    "large": "https://shop.example/l.png", "shop": "Kino", "what": "Tickets",
    "site": "http://shop.example/",
}  # fmt: skip
OURS = ("swap.alert", "swap.rate", "swap.logo", "swap.party")


@pytest.fixture
def name(request):
    return f"swap-{abs(hash(request.node.name))}"


@pytest.fixture
def made(lasting_app, name):
    return admin(lasting_app)("POST", ALL, {"templateName": name, **SWAP})


class Swaps:
    """A template, and a phone that shows what is opened with it."""

    def __init__(self, app, name):
        self.app, self.name, self.device = app, name, Cloud(app).phone()
        self.device.create_token()

    def open(self, **changes):
        given = {
            each: value for each, value in {**PARAMETERS, **changes}.items() if value is not None
        }
        return Cloud(self.app).open(template=self.name, parameters=given)["operationId"]

    def listed(self, operation, language="en"):
        """The operation as the app gets it."""
        call = self.device.handset.with_token(f"{DEVICE_API}/list", {}, now())
        call = type(call)(call.path, call.body, {**call.headers, "Accept-Language": language})
        listed = self.device.post(call).json["responseObject"]
        (found,) = [each for each in listed if each["id"] == operation]
        return found

    def shown(self, operation, language="en"):
        """What the template adds to what is signed."""
        attributes = self.listed(operation, language)["formData"]["attributes"]
        return {each["id"]: each for each in attributes if each["id"] in OURS}


@pytest.fixture
def swaps(lasting_app, made):
    return Swaps(lasting_app, made["templateName"])


def test_a_phone_is_told_all_of_them_in_its_language(swaps, made):
    assert made["texts"][0]["attributes"] == ATTRIBUTES
    operation = swaps.open()
    ours = swaps.shown(operation)
    assert list(ours) == list(OURS)
    assert ours["swap.alert"] == {
        "type": "ALERT", "id": "swap.alert", "label": "Note well", "alertType": "WARNING",
        "title": "Beware", "message": "The rate floats.",
    }  # fmt: skip
    assert ours["swap.rate"] == {
        "type": "AMOUNT_CONVERSION", "id": "swap.rate", "label": "You get", "dynamic": True,
        "sourceAmount": 1063.9, "sourceCurrency": "EUR", "sourceAmountFormatted": "1,063.90",
        "sourceCurrencyFormatted": "€ (EUR)", "sourceValueFormatted": "€1,063.90 (EUR)",
        "targetAmount": 26000, "targetCurrency": "CZK", "targetAmountFormatted": "26,000.00",
        "targetCurrencyFormatted": "CZK", "targetValueFormatted": "26,000.00 CZK",
    }  # fmt: skip
    assert ours["swap.logo"] == {
        "type": "IMAGE", "id": "swap.logo", "label": "Shop",
        "thumbnailUrl": PARAMETERS["small"], "originalUrl": PARAMETERS["large"],
    }  # fmt: skip
    assert ours["swap.party"] == {
        "type": "PARTY_INFO", "id": "swap.party", "label": "Seller",
        "partyInfo": {"name": "Kino", "logoUrl": PARAMETERS["small"], "description": "Tickets",
                      "websiteUrl": PARAMETERS["site"]},
    }  # fmt: skip
    czech = swaps.shown(operation, "cs")["swap.rate"]
    assert czech["targetValueFormatted"].split() == ["26", "000,00", "Kč", "(CZK)"]
    assert approve(swaps.device, swaps.listed(operation)).status_code == 200


@pytest.mark.parametrize(
    ("missing", "gone"),
    [
        ("warning", "swap.alert"), ("target", "swap.rate"), ("other", "swap.rate"),
        ("shop", "swap.party"),
    ],
)  # fmt: skip
def test_what_lacks_its_parameter_is_left_out(swaps, missing, gone):
    ours = swaps.shown(swaps.open(**{missing: None}))
    assert set(ours) == set(OURS) - {gone}


def test_what_may_be_missing_has_a_usual_value(swaps):
    changes = dict.fromkeys(("loud", "head", "floats", "large", "what", "site"))
    ours = swaps.shown(swaps.open(**changes))
    assert (ours["swap.alert"]["alertType"], ours["swap.alert"]["title"]) == ("INFO", "")
    assert ours["swap.rate"]["dynamic"] is False
    assert "originalUrl" not in ours["swap.logo"]
    assert ours["swap.party"]["partyInfo"] == {"name": "Kino", "logoUrl": PARAMETERS["small"]}


@pytest.mark.parametrize(
    ("given", "told"),
    [("SUCCESS", "SUCCESS"), ("error", "ERROR"), ("info", "INFO"), ("LOUD", "INFO"), ("", "INFO")],
)
def test_an_alert_is_as_loud_as_is_said_else_it_informs(swaps, given, told):
    ours = swaps.shown(swaps.open(loud=given))
    assert ours["swap.alert"]["alertType"] == told


@pytest.mark.parametrize("wrong", [{"target": "a lot"}, {"other": "crowns"}])
def test_a_conversion_that_cannot_be_read_is_shown_as_it_is(swaps, wrong):
    ours = swaps.shown(swaps.open(**wrong))
    rate = ours["swap.rate"]
    target = {**PARAMETERS, **wrong}
    said = f"1063.9 EUR → {target['target']} {target['other']}"
    assert (rate["type"], rate["label"], rate["value"]) == ("KEY_VALUE", "You get", said)


@pytest.mark.parametrize(
    "address",
    [
        "http://shop.example/s.png", "javascript:alert(1)", "data:image/png;base64,AA", "//x/s.png",
        "https://", "https://a@b.example/s.png", "HTTP://shop.example/s.png", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("which", ["small", "large"])
def test_a_picture_that_is_not_https_is_refused_when_the_operation_is_opened(swaps, which, address):
    before = census(swaps.app)
    given = PARAMETERS | {which: address}
    body = {"template": swaps.name, "userId": USER, "parameters": given}
    assert Cloud(swaps.app).refused("POST", "/v2/operations", body) == "ERROR_REQUEST"
    assert census(swaps.app) == before


def test_the_logo_of_a_party_is_a_picture_too(lasting_app, name):
    Cloud(lasting_app).phone()
    party = [{**ATTRIBUTES[3], "params": {"name": "shop", "logoUrl": "large"}}]
    texts = [{**SWAP["texts"][0], "attributes": party}]
    admin(lasting_app)("POST", ALL, {"templateName": name, **SWAP, "texts": texts})
    for address, refused in (("https://a.example/x", False), ("http://a.example/x", True)):
        body = {"template": name, "userId": USER, "parameters": PARAMETERS | {"large": address}}
        answer = Cloud(lasting_app).ask("POST", "/v2/operations", body)
        assert (answer.status_code == 400) == refused


@on_sqlite
@pytest.mark.parametrize(
    ("which", "params", "hint"),
    [
        (0, {"title": "head"}, "params: ALERT needs message"),
        (0, {"message": "warning", "url": "x"}, "params: ALERT takes no url"),
        (1, {"sourceAmount": "amount", "sourceCurrency": "currency", "targetAmount": "target"},
         "params: AMOUNT_CONVERSION needs targetCurrency"),
        (2, {"originalUrl": "large"}, "params: IMAGE needs thumbnailUrl"),
    ],
)  # fmt: skip
def test_what_a_kind_cannot_be_without_is_named(app, which, params, hint):
    attributes = [{**ATTRIBUTES[which], "params": params}]
    texts = [{**SWAP["texts"][0], "attributes": attributes}]
    answer = admin(app).ask("POST", ALL, {"templateName": "swap", **SWAP, "texts": texts})
    (violation,) = answer.json["responseObject"]["violations"]
    assert violation == {"fieldName": "texts.0.attributes.0", "hint": hint}


@on_sqlite
def test_what_only_templates_have_no_creator_of_a_flow_sends(app):
    """The portal's pages do not show it; see also `nextstep/test_form_reading.py`."""
    form = {"title": {"id": "login.title"}, "parameters": [
        {"type": "IMAGE", "id": "x", "thumbnailUrl": "https://shop.example/s.png"}]}  # fmt: skip
    wanted = {"operationName": "login", "operationData": "A2", "formData": form}
    answer = app.test_client().post("/powerauth-nextstep/operation", json={"requestObject": wanted})
    assert answer.status_code == 400, answer.text
    assert all_of(app, OperationRow) == []
