"""What operators configure: step definitions, operations, attempts, steps, organizations."""

from datetime import datetime, timedelta

import pytest

from tests.support.backend import BackEnd, history, steps
from tests.support.databases import built, settings_for
from tests.support.store import census, on_sqlite
from tests.support.threads import at_once
from tests.support.walker import Walker, prepared

FOUR = ("CONFIRMED", "CANCELED", "AUTH_FAILED", "AUTH_METHOD_FAILED")


@pytest.fixture
def bank(app) -> BackEnd:
    return BackEnd(app)


def line(number, operation, step, result, then, *, priority=1):  # noqa: PLR0913 - a line
    """Return a definition; `then` is a step, DONE or FAILED; without a step it is CREATE."""
    ends = then in ("DONE", "FAILED")
    return {
        "stepDefinitionId": number,
        "operationName": operation,
        "operationRequestType": "UPDATE" if step else "CREATE",
        "requestAuthMethod": step,
        "requestAuthStepResult": result,
        "responsePriority": priority,
        "responseAuthMethod": None if ends else then,
        "responseResult": then if ends else "CONTINUE",
    }


def add(bank, *given, **more):
    return bank("POST", "/step/definition", **line(*given, **more))


def add_step(bank, number, operation, step, then):
    """Add the four lines of a step that may be tried again."""
    for offset, (result, following) in enumerate(
        zip(FOUR, (then, "FAILED", step, "FAILED"), strict=True)
    ):
        add(bank, number + offset, operation, step, result, following)


def refused(bank, *given, **more):
    """Return why a line is refused; nothing is changed."""
    answer = bank.ask("POST", "/step/definition", **line(*given, **more))
    assert answer.status_code == 400, answer.text
    return answer.json["responseObject"]


def configured(bank, name="transfer", template=2, **more):
    bank("POST", "/operation/config", operationName=name, templateId=template, **more)


def new_login(bank, name="transfer"):
    """Configure an operation of login and consent."""
    configured(bank, name)
    add(bank, 2001, name, None, None, "LOGIN_SCA")
    add_step(bank, 2010, name, "LOGIN_SCA", "CONSENT")
    add_step(bank, 2020, name, "CONSENT", "DONE")


# --- step definitions ------------------------------------------------------------------------


@on_sqlite
def test_the_shipped_definitions_have_their_published_numbers(bank):
    lines = {
        each["stepDefinitionId"]: each
        for each in bank("GET", "/step/definition")["stepDefinitions"]
    }
    assert {number for number in lines if number < 1000} == {*range(1, 71)} - {10}
    assert lines[52] == line(52, "authorize_payment_sca", None, None, "LOGIN_SCA")
    assert lines[66] == line(66, "authorize_payment_sca", None, None, "USER_ID_ASSIGN", priority=2)
    assert lines[13] == line(13, "login", "CONSENT", "CONFIRMED", "DONE")
    assert lines[21] == line(
        21, "authorize_payment", "USER_ID_ASSIGN", "CONFIRMED", "SMS_KEY", priority=2
    )
    some = bank("POST", "/step/definition/list", operationName="login_sca")["stepDefinitions"]
    assert [each["stepDefinitionId"] for each in some] == [*range(42, 52)]


@on_sqlite
def test_a_new_operation_begins_once_its_table_is_sound(bank):  # 34
    configured(bank)
    wanted = {"operationName": "transfer", "operationData": "A2"}
    add(bank, 2001, "transfer", None, None, "LOGIN_SCA")
    add_step(bank, 2010, "transfer", "LOGIN_SCA", "CONSENT")
    assert bank.refused("POST", "/operation", **wanted) == "INVALID_CONFIGURATION"
    add_step(bank, 2020, "transfer", "CONSENT", "DONE")
    operation = bank.login("transfer")
    assert steps(bank.update(operation, "LOGIN_SCA", "CONFIRMED")) == ["CONSENT"]
    assert bank.update(operation, "CONSENT", "CONFIRMED")["result"] == "DONE"


@on_sqlite
def test_an_operation_that_is_not_sound_says_why(bank):
    configured(bank)
    add(bank, 2001, "transfer", None, None, "LOGIN_SCA")
    answer = bank.ask("POST", "/operation", operationName="transfer", operationData="A2")
    assert "LOGIN_SCA: nothing is defined for CONFIRMED" in answer.json["responseObject"]["message"]


@on_sqlite
def test_definitions_without_a_configuration_are_no_operation(bank):
    add(bank, 2001, "transfer", None, None, "LOGIN_SCA")
    answer = bank.ask("POST", "/operation", operationName="transfer", operationData="A2")
    assert "no operation configuration" in answer.json["responseObject"]["message"]


@on_sqlite
def test_a_changed_table_counts_from_the_next_request_on(bank):  # 34
    running = bank.login()
    add(bank, 2001, "login_sca", "LOGIN_SCA", "CONFIRMED", "DONE", priority=2)
    assert bank.update(running, "LOGIN_SCA", "CONFIRMED")["result"] == "DONE"  # 26
    bank("POST", "/step/definition/delete", stepDefinitionId=2001)
    answer = bank.update(bank.login(), "LOGIN_SCA", "CONFIRMED")
    assert steps(answer) == ["CONSENT"]


@on_sqlite
def test_of_several_results_done_counts_before_continue_before_failed(bank):  # 26
    add(bank, 2001, "login_sca", "LOGIN_SCA", "CONFIRMED", "FAILED", priority=2)
    assert steps(bank.update(bank.login(), "LOGIN_SCA", "CONFIRMED")) == ["CONSENT"]
    add(bank, 2002, "login_sca", "LOGIN_SCA", "CONFIRMED", "DONE", priority=3)
    assert bank.update(bank.login(), "LOGIN_SCA", "CONFIRMED")["result"] == "DONE"


@on_sqlite
def test_the_order_of_the_offer_follows_the_priorities_and_not_the_numbers(bank):
    bank("POST", "/step/definition/delete", stepDefinitionId=1)
    add(bank, 1, "login", None, None, "USER_ID_ASSIGN", priority=9)
    created = bank("POST", "/operation", operationName="login", operationData="A2")
    assert steps(created) == ["USERNAME_PASSWORD_AUTH", "USER_ID_ASSIGN"]


@on_sqlite
@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ((2001, "login", None, None, "CONSENT"), "priority 1 is given twice"),  # 25
        ((2001, "login", "CONSENT", "CONFIRMED", "FAILED"), "priority 1 is given twice"),  # 25
        ((2001, "login", "CONSENT", "CANCELED", "DONE"), "priority 1 is given twice"),
    ],
)
def test_a_priority_is_given_once(bank, given, fault):
    body = refused(bank, *given)
    assert body["code"] == "INVALID_CONFIGURATION"
    assert fault in body["message"]


@on_sqlite
@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (("login_sca", "CONSENT", "CONFIRMED", "OTP_CODE"), None),
        (("login_sca", "LOGIN_SCA", "CONFIRMED", "OTP_CODE"), "OTP_CODE: nothing is defined"),
        (("login_sca", "CONSENT", "CANCELED", "DONE"), "CONSENT: CANCELED leads to DONE"),
        (("login_sca", "CONSENT", "AUTH_FAILED", "DONE"), "CONSENT: AUTH_FAILED leads to DONE"),
        (("login_sca", "LOGIN_SCA", "CANCELED", "CONSENT"), "without a confirmation"),
        (("login_sca", "LOGIN_SCA", "AUTH_FAILED", "CONSENT"), "without a confirmation"),
        (("login_sca", "LOGIN_SCA", "AUTH_METHOD_FAILED", "LOGIN_SCA"), "endlessly"),
        (("login_sca", None, None, "DONE"), "an operation begins with CONTINUE"),
        (("login_sca", "LOGIN_SCA", "CONFIRMED", "LOGIN_SCA"), "lead back to the same step"),
        (("login_sca", "LOGIN_SCA", "CONFIRMED", "CONSENT"), "names CONSENT twice"),
        (("login_sca", "INIT", "CONFIRMED", "FAILED"), "INIT: may only be CANCELED"),
        (("login_sca", "LOGIN_SCA", "CONFIRMED", "INIT"), "INIT"),
    ],
)
def test_a_table_in_effect_stays_sound(app, bank, given, fault):  # 25
    before = census(app), bank("GET", "/step/definition")
    answer = bank.ask("POST", "/step/definition", **line(2001, *given, priority=2))
    if fault is None:
        assert answer.status_code == 200  # DONE counts, so nothing leads there
        return
    assert answer.status_code == 400, answer.text
    assert answer.json["responseObject"]["code"] == "INVALID_CONFIGURATION"
    assert fault in answer.json["responseObject"]["message"]
    assert (census(app), bank("GET", "/step/definition")) == before
    assert steps(bank.detail(bank.login())) == ["LOGIN_SCA"]


@on_sqlite
def test_a_step_that_shows_a_payment_needs_one(bank):
    new_login(bank)
    add_step(bank, 2030, "transfer", "APPROVAL_SCA", "CONSENT")
    body = refused(bank, 2040, "transfer", "LOGIN_SCA", "CONFIRMED", "APPROVAL_SCA", priority=2)
    assert body["message"] == "APPROVAL_SCA: needs a payment"


@on_sqlite
@pytest.mark.parametrize("number", [42, 44, 45, 48, 49])
def test_no_line_of_a_table_in_effect_can_be_missed(app, bank, number):
    before = census(app)
    refused = bank.refused("POST", "/step/definition/delete", stepDefinitionId=number)
    assert refused == "INVALID_CONFIGURATION"
    assert census(app) == before
    assert steps(bank.detail(bank.login())) == ["LOGIN_SCA"]


@on_sqlite
def test_lines_to_which_nothing_leads_wait_for_their_time(bank):
    add_step(bank, 2030, "login_sca", "OTP_CODE", "CONSENT")
    assert steps(bank.update(bank.login(), "LOGIN_SCA", "CONFIRMED")) == ["CONSENT"]
    bank("POST", "/step/definition/delete", stepDefinitionId=2031)


@on_sqlite
def test_an_operation_of_the_operators_can_be_taken_out_of_service(bank):
    new_login(bank)
    running = bank.login("transfer")
    bank("POST", "/step/definition/delete", stepDefinitionId=2001)
    wanted = {"operationName": "transfer", "operationData": "A2"}
    assert bank.refused("POST", "/operation", **wanted) == "INVALID_CONFIGURATION"
    assert steps(bank.update(running, "LOGIN_SCA", "CONFIRMED")) == ["CONSENT"]
    for number in (*range(2010, 2014), *range(2020, 2024)):
        bank("POST", "/step/definition/delete", stepDefinitionId=number)
    answer = bank.update(running, "CONSENT", "CONFIRMED")
    assert (answer["result"], answer["resultDescription"]) == ("FAILED", "error.noAuthMethod")  # 27
    bank("POST", "/operation/config/delete", operationName="transfer")
    assert history(bank.detail(running))[-1] == ("CONSENT", "CONFIRMED", "FAILED")


@on_sqlite
def test_a_browser_at_a_step_that_vanished_is_led_out(app, bank):
    new_login(bank)
    walker = Walker(app)
    walker.start_login(scope="openid", operation_id=bank.login("transfer"))
    for number in (2001, *range(2010, 2014), *range(2020, 2024)):
        bank("POST", "/step/definition/delete", stepDefinitionId=number)
    walker.reload()
    walker.name()
    walker.prove()
    assert walker.flow().result_reason == "error.noAuthMethod"
    assert walker.leave()["error"] == "access_denied"


@on_sqlite
def test_a_step_that_nobody_can_take_here_fails_the_operation(bank):  # 27
    configured(bank)
    add(bank, 2001, "transfer", None, None, "LOGIN_SCA")
    add_step(bank, 2010, "transfer", "LOGIN_SCA", "OTP_CODE")
    add_step(bank, 2020, "transfer", "OTP_CODE", "DONE")
    answer = bank.update(bank.login("transfer"), "LOGIN_SCA", "CONFIRMED")
    assert (answer["result"], answer["resultDescription"]) == ("FAILED", "error.noAuthMethod")


@on_sqlite
def test_a_number_is_given_once_and_found_again(bank):
    for taken in (1, 70, 1001):
        body = refused(bank, taken, "transfer", None, None, "LOGIN_SCA")
        assert body["code"] == "STEP_DEFINITION_ALREADY_EXISTS"
    for unknown in (10, 999):
        wanted = {"stepDefinitionId": unknown}
        code = bank.refused("POST", "/step/definition/delete", **wanted)
        assert code == "STEP_DEFINITION_NOT_FOUND"


@on_sqlite
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"requestAuthMethod": None}, "requestAuthMethod"),
        ({"requestAuthStepResult": None}, "requestAuthStepResult"),
        ({"operationRequestType": "CREATE"}, "requestAuthMethod"),
        ({"responseAuthMethod": None}, "responseAuthMethod"),
        ({"requestAuthStepResult": "AUTH_METHOD_CHOSEN"}, "requestAuthStepResult"),
        ({"requestAuthMethod": "PIGEON"}, "requestAuthMethod"),
        ({"responsePriority": 0}, "responsePriority"),
        ({"stepDefinitionId": 2**31}, "stepDefinitionId"),
        ({"operationName": "x"}, "operationName"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused(bank, changes, field):
    wanted = line(2001, "transfer", "LOGIN_SCA", "CONFIRMED", "CONSENT") | changes
    answer = bank.ask("POST", "/step/definition", **wanted)
    violations = answer.json["responseObject"]["violations"]
    assert field in [violation["fieldName"] for violation in violations]


@on_sqlite
def test_a_deleted_step_stands_in_no_line(bank):
    bank("POST", "/auth-method/delete", authMethod="OTP_CODE")
    body = refused(bank, 2001, "transfer", None, None, "OTP_CODE")
    assert body["code"] == "AUTH_METHOD_NOT_FOUND"


def test_of_two_lines_that_exclude_each_other_one_is_taken(app):
    banks = [BackEnd(app) for _ in range(4)]
    wanted = [
        line(2001 + n, "login_sca", "LOGIN_SCA", "CONFIRMED", "DONE", priority=2) for n in range(4)
    ]
    answers = at_once(
        *(lambda b=b, w=w: b.ask("POST", "/step/definition", **w)
          for b, w in zip(banks, wanted, strict=True))
    )  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    assert (
        len(banks[0]("GET", "/step/definition", operationName="login_sca")["stepDefinitions"]) == 11
    )


def test_another_process_goes_by_the_change_at_once(app, database, tmp_path):  # 34
    with built(settings_for(database, tmp_path)) as other:
        assert steps(BackEnd(other).detail(BackEnd(other).login())) == ["LOGIN_SCA"]
        new_login(BackEnd(app))
        operation = BackEnd(other).login("transfer")
        add(BackEnd(app), 2001 + 1, "transfer", "LOGIN_SCA", "CONFIRMED", "DONE", priority=2)
        answer = BackEnd(other).update(operation, "LOGIN_SCA", "CONFIRMED")
        assert answer["result"] == "DONE"


@on_sqlite
def test_a_change_that_failed_is_in_effect_nowhere(bank):
    refused(bank, 2001, "login_sca", "LOGIN_SCA", "CONFIRMED", "OTP_CODE", priority=2)
    assert steps(bank.update(bank.login(), "LOGIN_SCA", "CONFIRMED")) == ["CONSENT"]


# --- operations and attempts ---------------------------------------------------------------------


@on_sqlite
def test_the_shipped_operations_are_listed(bank):
    found = bank("GET", "/operation/config")["operationConfigs"]
    assert found == bank("POST", "/operation/config/list")["operationConfigs"]
    assert {each["operationName"]: each["templateId"] for each in found} == {
        "login": 2, "login_sca": 2, "authorize_payment": 1, "authorize_payment_sca": 1,
        "authorize_payment_single_sca": 1,
    }  # fmt: skip
    assert bank("GET", "/operation/config/detail", operationName="login") == {
        "operationName": "login", "templateVersion": "A", "templateId": 2,
        "mobileTokenEnabled": True,
        "mobileTokenMode":
            '{"type":"2FA","variants":["possession_knowledge","possession_biometry"]}',
        "afsEnabled": False, "afsConfigId": None, "expirationTime": None,
    }  # fmt: skip


@on_sqlite
def test_an_operation_may_live_longer(bank):  # 8
    def lifetime(operation):
        detail = bank.detail(operation)
        ends, begins = (
            datetime.strptime(detail[name], "%Y-%m-%dT%H:%M:%S%z")
            for name in ("timestampExpires", "timestampCreated")
        )
        return ends - begins

    assert lifetime(bank.login()) == timedelta(seconds=300)
    config = bank("GET", "/operation/config/detail", operationName="login_sca")
    bank("PUT", "/operation/config", **config | {"expirationTime": 7200})
    assert lifetime(bank.login()) == timedelta(hours=2)
    assert lifetime(bank.login("login")) == timedelta(seconds=300)
    bank("POST", "/operation/config/update", **config)
    assert lifetime(bank.login()) == timedelta(seconds=300)


@on_sqlite
def test_what_an_operation_is_about_does_not_change(bank):
    config = bank("GET", "/operation/config/detail", operationName="login_sca")
    wanted = config | {"templateId": 1}
    assert bank.refused("PUT", "/operation/config", **wanted) == "INVALID_CONFIGURATION"


@on_sqlite
def test_an_operation_is_configured_once(bank):
    wanted = {"operationName": "login", "templateId": 2}
    code = bank.refused("POST", "/operation/config", **wanted)
    assert code == "OPERATION_CONFIG_ALREADY_EXISTS"
    for method, path in (
        ("GET", "/operation/config/detail"),
        ("PUT", "/operation/config"),
        ("POST", "/operation/config/delete"),
    ):
        wanted = {"operationName": "nobody", "templateId": 2}
        assert bank.refused(method, path, **wanted) == "OPERATION_CONFIG_NOT_FOUND"


@on_sqlite
def test_an_operation_in_use_is_not_deleted(bank):  # 35
    wanted = {"operationName": "login"}
    assert bank.refused("POST", "/operation/config/delete", **wanted) == "DELETE_NOT_ALLOWED"
    configured(bank)
    limit = {"operationName": "transfer", "authMethod": "CONSENT"}
    bank("POST", "/operation/auth-method/config", **limit, maxAuthFails=1)
    wanted = {"operationName": "transfer"}
    assert bank.refused("POST", "/operation/config/delete", **wanted) == "DELETE_NOT_ALLOWED"
    bank("POST", "/operation/auth-method/config/delete", **limit)
    assert bank("POST", "/operation/config/delete", **wanted) == wanted


@on_sqlite
def test_the_attempts_of_one_step_of_one_operation(bank):  # 15
    wanted = {"operationName": "login_sca", "authMethod": "LOGIN_SCA"}
    path = "/operation/auth-method/config"
    missing = "OPERATION_METHOD_CONFIG_NOT_FOUND"
    assert bank.refused("GET", f"{path}/detail", **wanted) == missing
    assert bank.refused("POST", f"{path}/delete", **wanted) == missing
    made = bank("POST", path, **wanted, maxAuthFails=3)
    assert made == bank("GET", f"{path}/detail", **wanted) == wanted | {"maxAuthFails": 3}
    code = bank.refused("POST", path, **wanted, maxAuthFails=4)
    assert code == "OPERATION_METHOD_CONFIG_ALREADY_EXISTS"
    wanted["operationName"] = "nobody"
    assert bank.refused("POST", path, **wanted, maxAuthFails=3) == "OPERATION_CONFIG_NOT_FOUND"


@on_sqlite
@pytest.mark.parametrize("attempts", [0, -1, 21, "5", 1.5, True, None])
def test_attempts_are_a_small_number(bank, attempts):
    wanted = {"operationName": "login_sca", "authMethod": "LOGIN_SCA", "maxAuthFails": attempts}
    code = bank.refused("POST", "/operation/auth-method/config", **wanted)
    assert code == "REQUEST_VALIDATION_FAILED"


@on_sqlite
def test_the_page_counts_the_attempts_of_its_operation(app, bank):  # 15
    wanted = {"operationName": "authorize_payment_sca", "authMethod": "LOGIN_SCA"}
    bank("POST", "/operation/auth-method/config", **wanted, maxAuthFails=2)
    walker = Walker(app)
    walker.start(prepared(app))
    walker.name()
    assert "Remaining attempts: 1" in walker.prove(walker.wrong_code()).text
    assert "All attempts have been used" in walker.prove(walker.wrong_code()).text


# --- steps -----------------------------------------------------------------------------------


@on_sqlite
def test_the_shipped_steps_are_listed_in_their_order(bank):
    found = bank("GET", "/auth-method")["authMethods"]
    assert [each["authMethod"] for each in found] == [
        "INIT", "USER_ID_ASSIGN", "USERNAME_PASSWORD_AUTH", "SHOW_OPERATION_DETAIL",
        "POWERAUTH_TOKEN", "SMS_KEY", "CONSENT", "LOGIN_SCA", "APPROVAL_SCA", "OTP_CODE",
    ]  # fmt: skip
    assert found[4] == {
        "authMethod": "POWERAUTH_TOKEN", "orderNumber": 5, "checkUserPrefs": True,
        "userPrefsColumn": 1, "userPrefsDefault": False, "checkAuthFails": True,
        "maxAuthFails": 5, "hasUserInterface": True, "hasMobileToken": True,
        "displayNameKey": "method.powerauthToken",
    }  # fmt: skip
    assert found[0]["maxAuthFails"] is found[0]["displayNameKey"] is None


@on_sqlite
def test_a_step_in_use_is_not_deleted_and_another_comes_back(bank):  # 35
    wanted = {"authMethod": "CONSENT"}
    assert bank.refused("POST", "/auth-method/delete", **wanted) == "DELETE_NOT_ALLOWED"
    otp = next(
        m for m in bank("GET", "/auth-method")["authMethods"] if m["authMethod"] == "OTP_CODE"
    )
    assert bank.refused("POST", "/auth-method", **otp) == "AUTH_METHOD_ALREADY_EXISTS"
    assert bank("POST", "/auth-method/delete", authMethod="OTP_CODE") == {"authMethod": "OTP_CODE"}
    assert (
        bank.refused("POST", "/auth-method/delete", authMethod="OTP_CODE")
        == "AUTH_METHOD_NOT_FOUND"
    )
    assert bank.refused("PUT", "/auth-method", **otp) == "AUTH_METHOD_NOT_FOUND"
    assert bank("POST", "/auth-method", **otp | {"maxAuthFails": 2})["maxAuthFails"] == 2


@on_sqlite
def test_failures_of_a_step_with_factors_always_count(bank):
    methods = {m["authMethod"]: m for m in bank("GET", "/auth-method")["authMethods"]}
    for change in ({"checkAuthFails": False}, {"maxAuthFails": None}):
        wanted = methods["LOGIN_SCA"] | change
        assert bank.refused("PUT", "/auth-method", **wanted) == "INVALID_CONFIGURATION"


# --- organizations ---------------------------------------------------------------------------


@on_sqlite
def test_the_organizations_of_the_bank_are_listed(bank):
    assert bank("GET", "/organization")["organizations"] == [
        {
            "organizationId": name, "displayNameKey": key, "isDefault": default,
            "orderNumber": order, "defaultCredentialName": f"{name}_CREDENTIAL",
            "defaultOtpName": f"{name}_OTP",
        }
        for name, key, default, order in (
            ("RETAIL", "organization.retail", True, 1), ("SME", "organization.sme", False, 2)
        )
    ]  # fmt: skip


@on_sqlite
def test_the_page_shows_organizations_as_they_are_configured(app, bank):
    bank(
        "POST",
        "/organization",
        organizationId="VIP",
        displayNameKey="Very important",
        orderNumber=1,
    )
    retail = bank("GET", "/organization/detail", organizationId="RETAIL")
    bank("PUT", "/organization", **retail | {"orderNumber": 9, "isDefault": False})
    sme = bank("GET", "/organization/detail", organizationId="SME")
    bank("POST", "/organization/update", **sme | {"isDefault": True})
    walker = Walker(app)
    walker.start_login()
    shown = [c for form in walker.page.forms for c in form.fields("organization")]
    assert [(c.value, c.checked) for c in shown] == [
        ("VIP", False),
        ("SME", True),
        ("RETAIL", False),
    ]
    assert "VIP" in walker.page.text


@on_sqlite
@pytest.mark.parametrize("default", ["RETAIL", "SME", "VIP"])
def test_there_is_exactly_one_default(bank, default):
    bank("POST", "/organization", organizationId="VIP", orderNumber=3, isDefault=True)
    for name in ("RETAIL", "SME", "VIP"):
        given = bank("GET", "/organization/detail", organizationId=name)
        bank("PUT", "/organization", **given | {"isDefault": name == default})
    found = bank("GET", "/organization")["organizations"]
    assert [each["organizationId"] for each in found if each["isDefault"]] == [default]


@on_sqlite
def test_without_a_chosen_default_the_banks_one_counts(bank):
    for name in ("RETAIL", "SME"):
        given = bank("GET", "/organization/detail", organizationId=name)
        bank("PUT", "/organization", **given | {"isDefault": False})
    found = bank("GET", "/organization")["organizations"]
    assert [each["organizationId"] for each in found if each["isDefault"]] == ["RETAIL"]


@on_sqlite
def test_an_organization_in_use_is_not_deleted(bank):  # 35
    for name in ("RETAIL", "SME"):
        code = bank.refused("POST", "/organization/delete", organizationId=name)
        assert code == "DELETE_NOT_ALLOWED"
    for name in ("VIP", "OLD"):
        bank("POST", "/organization", organizationId=name, orderNumber=3)
    bank.login(organizationId="VIP")
    code = bank.refused("POST", "/organization/delete", organizationId="VIP")
    assert code == "DELETE_NOT_ALLOWED"
    assert bank("POST", "/organization/delete", organizationId="OLD") == {"organizationId": "OLD"}
    wanted = {"operationName": "login_sca", "operationData": "A2", "organizationId": "OLD"}
    assert bank.refused("POST", "/operation", **wanted) == "ORGANIZATION_NOT_FOUND"  # 7


@on_sqlite
def test_an_organization_exists_once(bank):
    wanted = {"organizationId": "RETAIL", "orderNumber": 3}
    assert bank.refused("POST", "/organization", **wanted) == "ORGANIZATION_ALREADY_EXISTS"
    wanted["organizationId"] = "NOBODY"
    for method, path in (
        ("PUT", "/organization"), ("GET", "/organization/detail"), ("POST", "/organization/delete")
    ):  # fmt: skip
        assert bank.refused(method, path, **wanted) == "ORGANIZATION_NOT_FOUND"


# --- applications ----------------------------------------------------------------------------


def names(bank, **wanted):
    return [a["applicationName"] for a in bank("GET", "/application", **wanted)["applications"]]


@on_sqlite
def test_an_application_is_hidden_and_comes_back(bank):
    assert names(bank) == ["APP"]
    made = bank("POST", "/application", applicationName="WEB", description="Internet banking")
    assert made["applicationStatus"] == "ACTIVE"
    code = bank.refused("POST", "/application", applicationName="WEB")
    assert code == "APPLICATION_ALREADY_EXISTS"
    removed = bank("POST", "/application/delete", applicationName="WEB")
    assert removed == {"applicationName": "WEB", "applicationStatus": "REMOVED"}
    assert names(bank) == ["APP"]
    assert names(bank, includeRemoved="true") == ["APP", "WEB"]
    for method, path in (("POST", "/application/delete"), ("PUT", "/application")):
        assert bank.refused(method, path, applicationName="WEB") == "APPLICATION_NOT_FOUND"
    wanted = {"applicationName": "WEB", "applicationStatus": "ACTIVE"}
    assert bank("PUT", "/application", **wanted)["applicationStatus"] == "ACTIVE"
    assert names(bank) == ["APP", "WEB"]


@on_sqlite
def test_an_application_says_when_it_was_changed(bank):
    bank("PUT", "/application", applicationName="APP", description="The default")
    (found,) = bank("POST", "/application/list")["applications"]
    assert found["description"] == "The default"
    assert datetime.strptime(found["timestampLastUpdated"], "%Y-%m-%dT%H:%M:%S%z")
