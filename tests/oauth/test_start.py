"""How a flow starts: scopes, prepared operations, languages (product decision 17)."""

import pytest
from sqlalchemy import select

from tests.oauth.conftest import STATE, application, reading, sent_back

LOGIN = {"operationName": "login_sca", "operationData": "A2", "params": []}


def newest_flow(app):
    from app.store.flows import Flow  # noqa: PLC0415

    with reading(app) as session:
        return session.scalar(select(Flow).order_by(Flow.created_at.desc()))


def login_of(tpp, **more):
    context = application(tpp.client_id) | {"originalScopes": ["aisp"]}
    return tpp.prepare(**(LOGIN | {"applicationContext": context} | more))


@pytest.mark.parametrize(
    "scope", ["aisp", "openid aisp", "openid", "profile", "openid openid aisp"]
)
def test_account_information_and_plain_sign_in_start_a_login_with_sca(tpp, scope):
    tpp.start(scope=scope)

    flow = newest_flow(tpp.app)
    assert (flow.operation_name, flow.operation_data) == ("login_sca", "A2")
    assert flow.application == {
        "id": "democlient",
        "name": "Demo application",
        "description": "Web Flow demo application",
        "originalScopes": list(dict.fromkeys(scope.split())),
        "extras": {},
    }


def test_a_client_may_be_set_to_login_without_sca(tpp, register):  # checklist 130
    register("democlient", secret="changeme", login_operation="login")

    for_accounts = tpp.tokens(scope="openid aisp")["access_token"]
    assert newest_flow(tpp.app).operation_name == "login"
    assert tpp.introspect(for_accounts).json["sca"] is False
    tpp.start(scope="openid")
    assert newest_flow(tpp.app).operation_name == "login_sca"


@pytest.mark.parametrize("operation_id", [None, "given"])
def test_account_information_and_payment_exclude_each_other(tpp, operation_id):  # checklist 134
    told = sent_back(tpp.authorize(scope="aisp pisp", operation_id=operation_id))

    assert (told["error"], told["state"]) == ("invalid_scope", STATE)


def test_a_payment_needs_a_prepared_operation(tpp):
    told = sent_back(tpp.authorize(scope="openid pisp"))

    assert (told["error"], told["state"]) == ("invalid_request", STATE)
    assert newest_flow(tpp.app) is None


def test_a_prepared_payment_is_walked(tpp):
    operation_id = tpp.prepare()

    tpp.start(scope="openid pisp", operation_id=operation_id)

    assert newest_flow(tpp.app).id == operation_id


def test_a_prepared_login_is_walked_whatever_the_client_setting_says(tpp):
    operation_id = login_of(tpp)

    tpp.start(scope="aisp", operation_id=operation_id)

    assert newest_flow(tpp.app).id == operation_id


def test_a_prepared_login_may_be_authorized_without_either_scope(tpp):
    tpp.start(scope="openid", operation_id=login_of(tpp))


def test_a_prepared_payment_is_authorized_with_pisp_only(tpp):
    refused = sent_back(tpp.authorize(scope="openid", operation_id=tpp.prepare()))
    assert refused["error"] == "invalid_scope"
    tpp.start(scope="pisp", operation_id=tpp.prepare())


def test_an_operation_of_another_kind_than_the_scope_is_refused(tpp):
    payment = sent_back(tpp.authorize(scope="aisp", operation_id=tpp.prepare()))
    login = sent_back(tpp.authorize(scope="pisp", operation_id=login_of(tpp)))

    assert payment["error"] == login["error"] == "invalid_scope"


def test_a_third_party_gets_no_access_to_accounts_that_the_back_end_did_not_name(tpp):
    context = application(tpp.client_id) | {"originalScopes": ["openid"]}
    operation_id = login_of(tpp, applicationContext=context)

    refused = sent_back(tpp.authorize(scope="openid aisp", operation_id=operation_id))

    assert refused["error"] == "invalid_scope"
    tpp.start(scope="openid", operation_id=operation_id)


def test_an_unknown_operation_leads_to_our_error_page(tpp):  # checklist 128
    answer = tpp.authorize(scope="pisp", operation_id="7c1e9f52-0000-0000-0000-5d2f8f0c4b11")

    assert answer.status_code == 400
    assert answer.location is None
    assert "does not know this request" in answer.text


@pytest.mark.parametrize("scope", ["pisp", "aisp"])
def test_the_operation_of_another_client_is_refused_and_its_kind_is_not_told(
    tpp, another_tpp, scope
):  # checklist 136
    operation_id = another_tpp.prepare()

    answer = tpp.authorize(scope=scope, operation_id=operation_id)

    assert answer.status_code == 409
    assert answer.location is None
    assert "This request is not available" in answer.text


def test_an_operation_that_names_no_application_belongs_to_the_first_client(tpp, another_tpp):
    operation_id = tpp.prepare(applicationContext=None)

    tpp.start(scope="pisp", operation_id=operation_id)
    second = another_tpp.authorize(scope="pisp", operation_id=operation_id)

    assert second.status_code == 409


def test_an_operation_that_has_ended_cannot_be_opened_again(tpp):
    operation_id = tpp.prepare()
    tpp.finish(scope="pisp", operation_id=operation_id)

    answer = tpp.authorize(scope="pisp", operation_id=operation_id)

    assert answer.status_code == 409


def test_an_operation_that_another_browser_walks_is_refused(tpp):
    operation_id = tpp.prepare()
    tpp.start(scope="pisp", operation_id=operation_id)
    tpp.browser = tpp.app.test_client()

    answer = tpp.authorize(scope="pisp", operation_id=operation_id)

    assert answer.status_code == 409


def test_a_scope_that_the_client_did_not_register_is_refused(tpp, register):
    register("democlient", scopes=["openid", "aisp"])

    told = sent_back(tpp.authorize(scope="openid pisp", operation_id=tpp.prepare()))

    assert told["error"] == "invalid_scope"


@pytest.mark.parametrize(
    ("wanted", "browser", "language"),
    [
        ("cs", "en", "cs"),
        ("cs-CZ en", "en", "cs"),
        ("sk pl cs", "en", "cs"),
        ("de-AT", "en", "de"),
        ("fr-CA uk", "en", "fr"),
        ("pt-BR UK-ua fr", "en", "uk"),
        ("sk", "pl;q=0.9,ro-MD;q=0.8,es;q=0.7", "ro"),
        ("sk", "de;q=0,es;q=0.1", "es"),
        ("sk", "cs", "cs"),
        (None, "cs", "cs"),
        (None, "sk", "en"),
        ("en", "cs", "en"),
    ],
)
def test_the_client_may_ask_for_a_language(tpp, wanted, browser, language):
    headers = {"Accept-Language": browser}

    answer = tpp.browser.get(
        "/oauth2/authorize", query_string=tpp.request(ui_locales=wanted), headers=headers
    )

    page = tpp.browser.get(answer.location, headers=headers)
    assert f'<html lang="{language}"' in page.text
    assert newest_flow(tpp.app).language == language


def test_a_second_request_for_one_operation_replaces_the_first(tpp):
    operation_id = tpp.prepare()
    first = tpp.start(scope="pisp", operation_id=operation_id, state="first")
    old = resume_address(tpp.app)
    second = tpp.start(scope="pisp", operation_id=operation_id, state="second")

    assert first == second
    back = tpp.walk(second)
    assert back != old
    assert tpp.browser.get(old).status_code == 409
    assert sent_back(tpp.browser.get(back))["state"] == "second"


def resume_address(app):
    from app.store.oauth import AuthorizationRequest  # noqa: PLC0415

    with reading(app) as session:
        newest = AuthorizationRequest.created_at.desc()
        return f"/oauth2/resume/{session.scalar(select(AuthorizationRequest.id).order_by(newest))}"
