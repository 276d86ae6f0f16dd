"""The last look before a code is made: was proved what the operation asks for?"""

import pytest
from sqlalchemy import delete, select, update

from tests.oauth.conftest import STATE, USER, reading, sent_back, writing
from tests.oauth.test_id_token import read
from tests.support.backend import BackEnd

PHONE, PASSKEY = ["POWERAUTH_TOKEN"], ["HW_TOKEN"]
BOTH = ["CREDENTIAL", "OTP_KEY"]


def tamper(app, step, **values):
    """Change what the history says of one step."""
    from app.store.flows import FlowRecord  # noqa: PLC0415

    with writing(app) as session:
        session.execute(update(FlowRecord).where(FlowRecord.step == step).values(**values))


def codes(app):
    from app.store.oauth import AuthorizationCode  # noqa: PLC0415

    with reading(app) as session:
        return session.scalars(select(AuthorizationCode)).all()


def refused(tpp, back):
    told = sent_back(tpp.browser.get(back))
    assert (told["error"], told["state"]) == ("access_denied", STATE)
    assert codes(tpp.app) == []
    return True


@pytest.mark.parametrize("instruments", [[], ["CREDENTIAL"], ["OTP_KEY"], ["CLIENT_CERTIFICATE"]])
def test_a_strong_login_by_one_instrument_gives_no_code(tpp, instruments):  # §2.19
    back = tpp.walk(tpp.start())
    tamper(tpp.app, "LOGIN_SCA", instruments=instruments)

    assert refused(tpp, back)


def test_a_strong_login_that_was_never_confirmed_gives_no_code(tpp):
    from app.store.flows import FlowRecord  # noqa: PLC0415

    back = tpp.walk(tpp.start())
    with writing(tpp.app) as session:
        session.execute(delete(FlowRecord).where(FlowRecord.step == "LOGIN_SCA"))

    assert refused(tpp, back)


@pytest.mark.parametrize("step", ["LOGIN_SCA", "APPROVAL_SCA"])
def test_a_payment_needs_each_of_its_strong_steps(tpp, step):  # §2.19
    back = tpp.walk(tpp.start(scope="pisp", operation_id=tpp.prepare()))
    tamper(tpp.app, step, instruments=["CREDENTIAL"])

    assert refused(tpp, back)


def test_a_strong_login_never_stands_for_the_approval_of_a_payment(tpp):
    from app.store.flows import FlowRecord  # noqa: PLC0415

    back = tpp.walk(tpp.start(scope="pisp", operation_id=tpp.prepare()))
    with writing(tpp.app) as session:
        session.execute(delete(FlowRecord).where(FlowRecord.step == "APPROVAL_SCA"))

    assert refused(tpp, back)


def test_an_operation_that_was_taken_away_meanwhile_gives_no_code(tpp):
    from app.store.flows import Flow  # noqa: PLC0415

    back = tpp.walk(tpp.start())
    with writing(tpp.app) as session:
        session.execute(update(Flow).values(operation_name="of_yesterday"))

    assert refused(tpp, back)


@pytest.mark.parametrize("instruments", [PHONE, PASSKEY])
def test_the_phone_or_a_passkey_alone_is_two_elements(tpp, instruments):
    back = tpp.walk(tpp.start())
    tamper(tpp.app, "LOGIN_SCA", instruments=instruments)

    assert sent_back(tpp.browser.get(back))["code"]
    assert (codes(tpp.app)[0].sca, codes(tpp.app)[0].amr) == (True, ["hwk"])


@pytest.mark.parametrize(
    ("instruments", "sca", "acr", "amr"),
    [
        ([], False, "0", []),
        (["OTP_KEY"], False, "urn:webflow:1fa", ["otp", "sms"]),
        (BOTH, True, "urn:webflow:sca", ["pwd", "otp", "sms", "mfa"]),
    ],
)
def test_a_back_end_answers_for_a_login_and_no_more_is_claimed_than_it_stated(
    tpp, instruments, sca, acr, amr
):  # decision 18
    page, bank = tpp.start(), BackEnd(tpp.app)
    operation = newest(tpp.app)
    bank.update(operation, "LOGIN_SCA", "CONFIRMED", userId=USER, authInstruments=instruments)

    tokens = tpp.exchange(sent_back(tpp.browser.get(tpp.walk(page)))["code"]).json

    claims = read(tpp, tokens["id_token"]).claims
    assert (claims["acr"], claims.get("amr", [])) == (acr, amr)
    told = tpp.introspect(tokens["access_token"]).json
    assert (told["sca"], told["acr"], told["amr"]) == (sca, acr, amr)


def test_a_payment_that_a_back_end_approved_is_not_strong_because_the_login_was(tpp):
    page = tpp.start(scope="pisp", operation_id=tpp.prepare())
    bank, operation = BackEnd(tpp.app), newest(tpp.app)
    bank.update(operation, "LOGIN_SCA", "CONFIRMED", userId=USER, authInstruments=BOTH)
    bank.update(operation, "APPROVAL_SCA", "CONFIRMED", authInstruments=["OTP_KEY"])

    tokens = tpp.exchange(sent_back(tpp.browser.get(tpp.walk(page)))["code"]).json

    told = tpp.introspect(tokens["access_token"]).json
    assert (told["sca"], told["acr"]) == (False, "urn:webflow:2fa")


def test_two_factors_in_two_steps_are_not_strong_authentication(tpp):  # §2.27
    operation = tpp.prepare(operationName="authorize_payment")

    tokens = tpp.tokens(scope="openid pisp", operation_id=operation)

    claims = read(tpp, tokens["id_token"]).claims
    assert (claims["acr"], claims["amr"]) == ("urn:webflow:2fa", ["pwd", "otp", "sms", "mfa"])
    assert tpp.introspect(tokens["access_token"]).json["sca"] is False


def test_a_password_that_only_identifies_does_not_weaken_the_approval(tpp):
    operation = tpp.prepare(operationName="authorize_payment_single_sca")

    tokens = tpp.tokens(scope="openid pisp", operation_id=operation)

    assert read(tpp, tokens["id_token"]).claims["acr"] == "urn:webflow:sca"
    assert tpp.introspect(tokens["access_token"]).json["sca"] is True


def newest(app):
    from app.store.flows import Flow  # noqa: PLC0415

    with reading(app) as session:
        return session.scalar(select(Flow.id).order_by(Flow.created_at.desc()))
