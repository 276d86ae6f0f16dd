"""Templates through the API: what an administrator writes is what phones are asked and shown."""

import copy
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.demo.phone.signing import POSSESSION
from app.store.audit import AuditEntry
from app.store.operations import OperationRow
from tests.mtoken.test_push import delivered
from tests.support.cloud import DEVICE_API, Cloud, admin, approve
from tests.support.databases import built
from tests.support.device import KNOWLEDGE, USER, now
from tests.support.store import all_of, census, on_sqlite, serving

pytest_plugins = ["tests.support.lasting"]

ALL = "/admin/templates/operations"
UNKNOWN = {"code": "ERROR_ADMIN", "message": "Template was not found."}
ATTRIBUTES = [
    {"id": "standing.head", "type": "HEADING", "text": "Standing order", "params": {}},
    {"id": "operation.amount", "type": "AMOUNT", "text": "Monthly",
     "params": {"amount": "amount", "currency": "currency"}},
    {"id": "standing.fee", "type": "AMOUNT", "text": "Fee",
     "params": {"amount": "fee", "currency": "currency"}},
    {"id": "standing.payee", "type": "KEY_VALUE", "text": "Payee", "params": {"value": "payee"}},
    {"id": "standing.why", "type": "NOTE", "text": "Purpose", "params": {"note": "why"}},
    {"id": "standing.shop", "type": "PARTY_INFO", "text": "Shop",
     "params": {"name": "payee", "websiteUrl": "site"}},
]  # fmt: skip
ENGLISH = {
    "language": "en",
    "title": "Standing order",
    "message": "Pay ${amount} ${currency} to ${payee} each month?",
    "summary": "A standing order for ${payee} waits.",
    "attributes": ATTRIBUTES,
    "resultTexts": {"success": "Paid to ${payee} from now on.", "reject": "No order."},
}
SLOVAK_LABELS = ("Trvalý príkaz", "Mesačne", "Poplatok", "Príjemca", "Účel", "Obchod")
SLOVAK = {
    "language": "sk",  # our pages do not speak it
    "title": "Trvalý príkaz",
    "message": "Platiť ${amount} ${currency} pre ${payee} každý mesiac?",
    "attributes": [
        {**each, "text": text} for each, text in zip(ATTRIBUTES, SLOVAK_LABELS, strict=True)
    ],
    "ui": {"flipButtons": True, "preApprovalScreen": {
        "type": "WARNING", "heading": "Pozor", "message": "Naozaj ${payee}?", "items": []}},
}  # fmt: skip
STANDING = {
    "operationType": "authorize_standing_order",
    "dataTemplate": "A1*A${amount}${currency}*I${iban}",
    "signatureType": ["possession_knowledge"],
    "maxFailureCount": 2,
    "expiration": 60,
    "riskFlags": "XF",
    "proximityCheckEnabled": False,
    "texts": [ENGLISH, SLOVAK],
}
PARAMETERS = {
    "amount": "63.99", "currency": "EUR", "iban": "CZ5508000000001234567899", "payee": 'Kino "Oko"',
    "fee": "0.5", "why": "Tickets",
}  # fmt: skip


@pytest.fixture
def name(request):
    return f"standing-{abs(hash(request.node.name))}"


@pytest.fixture
def made(lasting_app, name):
    return admin(lasting_app)("POST", ALL, {"templateName": name, **STANDING})


@pytest.fixture
def shipped(lasting_app):
    """The templates that we ship, and afterwards again as we ship them."""
    yield {name: admin(lasting_app)("GET", f"{ALL}/{name}") for name in ("login", "payment")}
    for name in ("login", "payment"):
        admin(lasting_app)("DELETE", f"{ALL}/{name}")


def told(answer):
    assert answer.status_code == 400, answer.text
    return answer.json["responseObject"]


def violation(answer):
    said = told(answer)
    assert (said["code"], said["message"]) == ("ERROR_REQUEST", "Invalid method parameter value")
    (found,) = said["violations"]
    return found["fieldName"], found["hint"]


def opened(app, name, **parameters):
    wanted = {"template": name, "parameters": PARAMETERS | parameters}
    return Cloud(app).open(**wanted)


def listed(device, operation, language="en"):
    """The operation as the app shows it."""
    if not device.handset.state.tokens:
        device.create_token()
    call = device.handset.with_token(f"{DEVICE_API}/list", {}, now())
    call = type(call)(call.path, call.body, {**call.headers, "Accept-Language": language})
    (found,) = [
        each
        for each in device.post(call).json["responseObject"]
        if each["id"] == operation["operationId"]
    ]
    return found


# --- written and read -------------------------------------------------------------------------


def test_what_we_ship_is_there_and_says_so(lasting_app, shipped):
    found = {each["templateName"]: each for each in admin(lasting_app)("GET", ALL)["templates"]}
    assert {name: found[name] for name in shipped} == shipped
    assert shipped["payment"] == {
        "templateName": "payment", "operationType": "authorize_payment",
        "dataTemplate": "A1*A${amount}${currency}*I${iban}",
        "signatureType": ["possession_knowledge", "possession_biometry"], "maxFailureCount": 5,
        "expiration": 300, "riskFlags": "", "proximityCheckEnabled": False, "texts": [],
    }  # fmt: skip


def test_a_template_is_told_as_it_was_written(lasting_app, name, made):
    slovak = {**SLOVAK, "summary": SLOVAK["message"], "resultTexts": {}}
    assert made == {"templateName": name, **STANDING, "texts": [ENGLISH, slovak]}
    assert admin(lasting_app)("GET", f"{ALL}/{name}") == made
    assert made in admin(lasting_app)("GET", ALL)["templates"]


def test_a_name_is_given_once(lasting_app, name, made):
    for taken in (name, "login", "payment"):
        refused = admin(lasting_app).ask("POST", ALL, {"templateName": taken, **STANDING})
        assert told(refused) == {"code": "ERROR_ADMIN", "message": "Template already exists."}
    assert admin(lasting_app)("GET", f"{ALL}/login")["operationType"] == "login"


def test_what_is_not_there_cannot_be_changed(lasting_app):
    before = census(lasting_app)
    for method, body in (("GET", None), ("PUT", STANDING), ("DELETE", None)):
        assert told(admin(lasting_app).ask(method, f"{ALL}/nothing", body)) == UNKNOWN
    assert census(lasting_app) == before


def test_an_integration_user_writes_no_template(lasting_app):
    before = census(lasting_app)
    for method, path in (("GET", ""), ("POST", ""), ("PUT", "/login"), ("DELETE", "/login")):
        body = None if method == "GET" else {"templateName": "x", **STANDING}
        assert Cloud(lasting_app).ask(method, ALL + path, body).status_code == 403
    assert census(lasting_app) == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"templateName": "a/b"}, "templateName"), ({"templateName": ""}, "templateName"),
        ({"operationType": ""}, "operationType"), ({"dataTemplate": "A2\x01"}, "dataTemplate"),
        ({"signatureType": []}, "signatureType"),
        ({"signatureType": ["knowledge"]}, "signatureType.0"),
        ({"signatureType": ["2FA"]}, "signatureType.0"),
        ({"maxFailureCount": 0}, "maxFailureCount"), ({"expiration": 0}, "expiration"),
        ({"expiration": 10**9}, "expiration"), ({"riskFlags": "Q"}, "riskFlags"),
        ({"riskFlags": "XX"}, "riskFlags"), ({"texts": []}, "texts"),
        ({"texts": [ENGLISH, ENGLISH]}, "texts"),
        ({"texts": [{**ENGLISH, "language": "x"}]}, "texts.0.language"),
        ({"texts": [{**ENGLISH, "title": ""}]}, "texts.0.title"),
        ({"texts": [ENGLISH, {**SLOVAK, "attributes": []}]}, "texts.1.attributes"),
        ({"texts": [{**ENGLISH, "attributes": [ATTRIBUTES[1]] * 2}]}, "texts.0.attributes"),
        ({"texts": [{**ENGLISH, "attributes": [{**ATTRIBUTES[3], "id": "template.title"}]}]},
         "texts.0.attributes"),
        ({"texts": [{**ENGLISH, "attributes": [{**ATTRIBUTES[3], "id": "operation.currency"}]}]},
         "texts.0.attributes"),
        ({"texts": [{**ENGLISH, "attributes": [{**ATTRIBUTES[3], "params": {}}]}]},
         "texts.0.attributes.0"),
        ({"texts": [{**ENGLISH, "attributes": [{**ATTRIBUTES[3], "params": {"x": "y"}}]}]},
         "texts.0.attributes.0"),
        ({"texts": [{**ENGLISH, "attributes": [{**ATTRIBUTES[3], "type": "VIDEO"}]}]},
         "texts.0.attributes.0.type"),
    ],
)  # fmt: skip
def test_what_could_not_be_asked_or_shown_is_refused(lasting_app, name, change, field):
    before = census(lasting_app)
    wanted = {"templateName": name, **copy.deepcopy(STANDING), **change}
    assert violation(admin(lasting_app).ask("POST", ALL, wanted))[0] == field
    assert census(lasting_app) == before


@pytest.mark.parametrize("which", ["login", "payment"])
def test_the_portals_templates_keep_two_factors(lasting_app, shipped, which):
    for factors in (["possession"], ["possession_knowledge", "possession"]):
        wanted = {**STANDING, "signatureType": factors}
        refused = violation(admin(lasting_app).ask("PUT", f"{ALL}/{which}", wanted))
        assert refused == ("signatureType", "must be two factors: the portal relies on it")
    assert admin(lasting_app)("GET", f"{ALL}/{which}") == shipped[which]


@pytest.mark.parametrize(
    ("which", "change", "field"),
    [
        ("approval", {"dataTemplate": "A2"}, "dataTemplate"),
        ("enrollment", {"dataTemplate": "A2*Tnothing"}, "dataTemplate"),
        ("approval", {"signatureType": ["possession"]}, "signatureType"),
        ("text_message", {"signatureType": ["possession_knowledge"]}, "signatureType"),
    ],
)
def test_what_the_second_facade_signs_stays_as_it_is(lasting_app, which, change, field):
    ours = admin(lasting_app)("GET", f"{ALL}/{which}")
    same = {key: ours[key] for key in ("dataTemplate", "signatureType")}
    wanted = {**STANDING, **same}
    assert admin(lasting_app).ask("PUT", f"{ALL}/{which}", wanted).status_code == 200
    refused = violation(admin(lasting_app).ask("PUT", f"{ALL}/{which}", {**wanted, **change}))
    assert refused[0] == field
    admin(lasting_app)("DELETE", f"{ALL}/{which}")


# --- asked and shown ------------------------------------------------------------------------------


def test_a_phone_shows_what_the_template_says(lasting_app, name, made):
    device = Cloud(lasting_app).phone()
    operation = opened(lasting_app, name)
    assert operation["operationType"] == "authorize_standing_order"
    assert operation["maxFailureCount"] == 2
    assert operation["timestampExpires"] - operation["timestampCreated"] == 60_000
    shown = listed(device, operation)
    assert shown["allowedSignatureType"] == {"type": "2FA", "variants": ["possession_knowledge"]}
    assert (shown["ui"]["flipButtons"], shown["ui"]["blockApprovalOnCall"]) == (True, False)
    form = shown["formData"]
    assert form["title"] == "Standing order"
    assert form["message"] == 'Pay 63.99 EUR to Kino "Oko" each month?'
    assert form["resultTexts"] == {
        "success": 'Paid to Kino "Oko" from now on.',
        "failure": "It could not be approved.",
        "reject": "No order.",
    }
    assert [(each["type"], each["id"], each["label"]) for each in form["attributes"]] == [
        ("KEY_VALUE", "operation.account", "To account"),  # signed, and so it is shown
        ("HEADING", "standing.head", "Standing order"),
        ("AMOUNT", "operation.amount", "Monthly"), ("AMOUNT", "standing.fee", "Fee"),
        ("KEY_VALUE", "standing.payee", "Payee"), ("NOTE", "standing.why", "Purpose"),
        ("PARTY_INFO", "standing.shop", "Shop"),
    ]  # fmt: skip
    amount, fee = form["attributes"][2:4]
    assert (amount["amount"], amount["currency"], fee["amount"]) == (63.99, "EUR", 0.5)
    assert approve(device, shown).status_code == 200


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("sk", "Trvalý príkaz"), ("sk-SK,en;q=0.5", "Trvalý príkaz"), ("SK", "Trvalý príkaz"),
        ("cs,sk;q=0.5", "Trvalý príkaz"), ("en", "Standing order"), ("pl", "Standing order"),
        ("", "Standing order"),
    ],
)  # fmt: skip
def test_a_phone_reads_the_language_that_it_asks_for(lasting_app, name, made, asked, title):
    device = Cloud(lasting_app).phone()
    shown = listed(device, opened(lasting_app, name), asked)
    assert shown["formData"]["title"] == title
    warning = shown["ui"]["preApprovalScreen"]
    slovak = title == SLOVAK["title"]
    assert warning["heading"] == ("Pozor" if slovak else "Beware of fraud")
    assert not slovak or warning["message"] == 'Naozaj Kino "Oko"?'
    labels = [each["label"] for each in shown["formData"]["attributes"]]
    assert ("Príjemca" in labels) == slovak


def test_a_parameter_speaks_in_nobodys_name(lasting_app, name, made):
    device = Cloud(lasting_app).phone()
    shown = listed(device, opened(lasting_app, name, payee="{operation.account} ${amount} ${x}"))
    assert shown["formData"]["message"] == (
        "Pay 63.99 EUR to {operation.account} ${amount} ${x} each month?"
    )


def test_what_was_not_given_is_not_shown_and_what_cannot_be_read_is_shown_as_it_is(
    lasting_app, name, made
):
    device = Cloud(lasting_app).phone()
    given = {"amount": "63.99", "currency": "EUR", "iban": PARAMETERS["iban"], "fee": "a lot"}
    operation = Cloud(lasting_app).open(template=name, parameters=given)
    shown = {each["id"]: each for each in listed(device, operation)["formData"]["attributes"]}
    assert set(shown) == {
        "operation.account", "operation.amount", "standing.head", "standing.fee"
    }  # fmt: skip
    assert (shown["standing.fee"]["type"], shown["standing.fee"]["value"]) == (
        "KEY_VALUE", "a lot EUR"
    )  # fmt: skip


def test_an_amount_that_nobody_signs_is_not_shown_as_the_signed_one(lasting_app, name):
    wanted = {**STANDING, "templateName": name, "dataTemplate": "A2*R${payee}"}
    admin(lasting_app)("POST", ALL, wanted)
    device = Cloud(lasting_app).phone()
    shown = listed(device, opened(lasting_app, name))["formData"]["attributes"]
    assert "operation.amount" not in [each["id"] for each in shown]


def test_data_of_no_grammar_are_shown_as_they_are_signed(lasting_app, name):
    wanted = {**STANDING, "templateName": name, "dataTemplate": "order for ${payee}"}
    admin(lasting_app)("POST", ALL, wanted)
    device = Cloud(lasting_app).phone()
    shown = listed(device, opened(lasting_app, name))
    assert shown["data"] == 'order for Kino "Oko"'
    notes = [each["note"] for each in shown["formData"]["attributes"] if each["type"] == "NOTE"]
    assert shown["data"] in notes
    assert shown["formData"]["title"] == "Standing order"


def test_an_address_that_is_none_is_refused_when_the_operation_is_opened(lasting_app, name, made):
    Cloud(lasting_app).phone()
    before = len(all_of(lasting_app, OperationRow))
    for site in ("javascript:alert(1)", "ftp://example.com"):
        body = {"template": name, "userId": USER, "parameters": PARAMETERS | {"site": site}}
        assert Cloud(lasting_app).refused("POST", "/v2/operations", body) == "ERROR_REQUEST"
    assert len(all_of(lasting_app, OperationRow)) == before


def test_one_factor_is_enough_where_the_template_says_so(lasting_app, name):
    wanted = {**STANDING, "templateName": name, "signatureType": ["possession"]}
    admin(lasting_app)("POST", ALL, wanted)
    device = Cloud(lasting_app).phone()
    shown = listed(device, opened(lasting_app, name))
    assert shown["allowedSignatureType"]["type"] == "1FA"
    assert approve(device, shown, POSSESSION).status_code == 200


def test_a_push_says_what_the_template_says(app):
    admin(app)("POST", ALL, {"templateName": "standing", **STANDING})
    device = Cloud(app).phone()
    device.create_token()
    address = {"requestObject": {"platform": "apns", "token": "an address"}}
    call = device.handset.with_token("/api/push/device/register/token", address, now())
    assert device.post(call).status_code == 200
    for language, text in (
        ("en", 'A standing order for Kino "Oko" waits.'),
        ("sk", 'Platiť 63.99 EUR pre Kino "Oko" každý mesiac?'),
        ("sk_SK", 'Platiť 63.99 EUR pre Kino "Oko" každý mesiac?'),  # as Java writes it
        ("de", 'A standing order for Kino "Oko" waits.'),
    ):
        Cloud(app).open(template="standing", parameters=PARAMETERS, language=language)
        (push,) = [each for each in delivered(app) if not each.is_silent]
        assert push.text == text


@on_sqlite
def test_the_offline_code_says_what_the_template_says(app):
    admin(app)("POST", ALL, {"templateName": "standing", **STANDING})
    device = Cloud(app).phone()
    operation = opened(app, "standing")
    with serving(app, writing=False) as services:
        text = services.offline.qr_text(
            operation["operationId"], device.id, nonce="AAAAAAAAAAAAAAAAAAAAAA==", language="sk"
        )
    lines = text.split("\n")
    assert lines[1:3] == ["Trvalý príkaz", 'Platiť 63.99 EUR pre Kino "Oko" každý mesiac?']
    assert sorted(lines[4]) == ["F", "X"]  # the Slovak screens, and no biometry


# --- changed --------------------------------------------------------------------------------------


def test_a_change_counts_for_what_is_opened_from_then_on(lasting_app, name, made):
    device = Cloud(lasting_app).phone()
    before = opened(lasting_app, name)
    changed = {**STANDING, "maxFailureCount": 9, "texts": [{**ENGLISH, "title": "Changed"}]}
    told_ = admin(lasting_app)("PUT", f"{ALL}/{name}", {**changed, "templateName": "ignored"})
    assert (told_["templateName"], told_["maxFailureCount"]) == (name, 9)
    after = opened(lasting_app, name)
    assert listed(device, before)["formData"]["title"] == "Standing order"
    assert listed(device, after)["formData"]["title"] == "Changed"
    assert after["maxFailureCount"] == 9
    assert admin(lasting_app)("DELETE", f"{ALL}/{name}") == {"status": "OK"}
    body = {"template": name, "userId": USER}
    assert Cloud(lasting_app).refused("POST", "/v2/operations", body) == "ERROR_REQUEST"
    assert approve(device, listed(device, before), KNOWLEDGE).status_code == 200


def test_another_process_needs_no_restart(app, settings):
    with built(settings) as other:
        Cloud(other).phone()
        admin(app)("POST", ALL, {"templateName": "standing", **STANDING})
        assert opened(other, "standing")["maxFailureCount"] == 2
        admin(app)("PUT", f"{ALL}/standing", {**STANDING, "maxFailureCount": 7})
        assert opened(other, "standing")["maxFailureCount"] == 7


def test_what_we_ship_can_be_changed_and_comes_back(lasting_app, shipped):
    device = Cloud(lasting_app).phone()
    path = f"{ALL}/payment"
    for _ in range(2):
        changed = {**shipped["payment"], "expiration": 90, "riskFlags": "C"}
        assert admin(lasting_app)("PUT", path, changed) == changed
    operation = Cloud(lasting_app).open()
    assert operation["timestampExpires"] - operation["timestampCreated"] == 90_000
    shown = listed(device, operation)
    assert shown["formData"]["title"] == "Confirm Payment"  # our own words, while it has none
    assert shown["ui"]["blockApprovalOnCall"] is True
    for _ in range(2):
        assert admin(lasting_app)("DELETE", path) == {"status": "OK"}
    assert admin(lasting_app)("GET", path) == shipped["payment"]


def test_what_we_ship_is_changed_by_many_at_once(app):
    def change(number):
        wanted = {**STANDING, "maxFailureCount": number}
        return admin(app).ask("PUT", f"{ALL}/payment", wanted).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(change, range(1, 5))) == {200}
    assert admin(app)("GET", f"{ALL}/payment")["maxFailureCount"] in range(1, 5)


@on_sqlite
def test_the_trail_names_who_writes_templates(app):
    boss = admin(app)
    boss("POST", ALL, {"templateName": "standing", **STANDING})
    boss("PUT", f"{ALL}/standing", STANDING)
    boss("DELETE", f"{ALL}/standing")
    written = [each for each in all_of(app, AuditEntry) if each.subject == "standing"]
    assert [each.name for each in written] == [
        "template.created", "template.changed", "template.removed"
    ]  # fmt: skip
    assert {each.actor for each in written} == {"system:system-admin"}
