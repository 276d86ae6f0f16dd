"""SMS codes: how they are made, when they are sent, and what stops them from working."""

import hashlib
import hmac
import re
from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.instruments.sms_code import SmsCode
from app.nextstep.operation_data import parse, payment_of
from app.store.flows import Flow
from app.store.otps import SmsAuthorization
from app.store.outbox import OutboxRow
from tests.support.banks import SlowBank
from tests.support.databases import built
from tests.support.patience import LONG
from tests.support.store import all_of, on_sqlite, only_one, parts_of, put_in, serving, writing
from tests.support.threads import at_once
from tests.support.walker import Walker, vars_of

FAILED = "User authentication failed."
TOO_EARLY = "Please wait a moment before you ask for another code."


@pytest.fixture
def time():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def walker(app):
    """Somebody who stands before the code field of a login."""
    walker = Walker(app)
    walker.start_login()
    walker.name()
    return walker


@pytest.fixture
def payer(app):
    """Somebody who stands before the code field of a payment."""
    walker = Walker(app)
    walker.start_payment()
    walker.log_in()
    walker.choose()
    return walker


def code_of(message, *items):
    """Make the code once more, independently of the house (spec 3.1)."""
    digest = hmac.new(message.salt, "&".join(items).encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest, 'big', signed=True) % 10**8:08}"


def sms_of(app, services, *, readable=True):
    """Build the instrument as the house does."""
    parts = parts_of(app)
    return SmsCode(
        services.session,
        parts.settings.sms,
        vault=parts.vault,
        texts=parts.texts,
        outbox=services.outbox,
        journal=services.journal,
        readable=readable,
    )


# --- how they are made ------------------------------------------------------------------------


@on_sqlite
def test_a_code_is_made_from_a_random_key_and_what_it_approves(payer):  # 54, 55
    login, payment = payer.messages()
    assert len(login.salt) == len(payment.salt) == 16
    assert login.salt != payment.salt
    assert login.authorization_code == code_of(login, "login")
    assert payment.authorization_code == code_of(payment, "100", "CZK", "238400856/0300")
    assert re.fullmatch("[0-9]{8}", login.authorization_code)


@on_sqlite
def test_every_message_has_a_key_and_a_code_of_its_own(app, time):  # 58
    walker = Walker(app)
    walker.start_login()
    walker.name()
    for _ in range(3):
        time.shift(60)
        walker.press("resend")
    messages = walker.messages()
    assert len({m.authorization_code for m in messages}) == 4
    assert len({m.salt for m in messages}) == 4
    assert len({m.message_id for m in messages}) == 4


def test_a_row_of_the_guide_s_table_says_what_the_message_was_for(app, time):  # 56
    walker = Walker(app)
    walker.start_payment()
    walker.name(organization="SME")
    (row,) = walker.messages()
    assert row.operation_id == walker.flow().id
    assert (row.user_id, row.organization_id) == ("SME.10045678", "SME")
    assert row.operation_name == "authorize_payment_sca"
    assert (
        row.message_text
        == f"DEMO BANK: code {row.authorization_code} to LOG IN. Never tell anyone."
    )
    assert row.timestamp_created == clock.now()
    assert row.timestamp_expires == clock.now() + timedelta(seconds=300)
    assert (row.verified, row.verify_request_count) == (False, 0)
    assert row.timestamp_verified is None
    time.shift(7)
    walker.prove()
    row = walker.messages()[0]
    assert (row.verified, row.verify_request_count) == (True, 1)
    assert row.timestamp_verified == clock.now()


@on_sqlite
def test_the_message_of_a_payment_names_amount_currency_and_account(payer):  # 68
    text = payer.messages()[-1].message_text
    for part in ("100 CZK", "238400856/0300", payer.code(), "PAY", "DEMO BANK"):
        assert part in text
    assert len(text) <= 160


@on_sqlite
@pytest.mark.parametrize(
    ("language", "word"), [("cs", "kod"), ("de", "zum ANMELDEN"), ("fr", "pour vous CONNECTER")]
)
def test_a_message_is_written_in_the_language_of_the_page(app, time, language, word):  # 60
    walker = Walker(app)
    walker.start_login()
    walker.name()
    time.shift(60)
    walker.reload(f"?lang={language}")
    assert len(walker.messages()) == 1
    walker.press("resend")
    english, other = (message.message_text for message in walker.messages())
    assert "LOG IN" in english
    assert word in other


@on_sqlite
def test_a_page_in_another_language_quotes_the_message_that_was_sent(app, time):
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    assert "to LOG IN" in walker.reload("?lang=cs").text
    walker.prove(code="00000000")  # an answer in Czech sends nothing
    assert '<bdi lang="en">to LOG IN</bdi>' in walker.reload("?lang=de").html
    time.shift(60)
    walker.press("resend")
    assert "zum ANMELDEN" in walker.reload("?lang=en").text


# --- when they are sent -----------------------------------------------------------------------


@on_sqlite
def test_the_first_message_goes_out_by_itself_once_for_each_step(payer):  # 56, 61
    assert len(payer.messages()) == 2
    for query in ("", "?lang=cs", "?lang=en", "?notice=out_of_date"):
        payer.reload(query)  # 60, 61
    assert len(payer.messages()) == 2


@on_sqlite
@pytest.mark.parametrize("seconds", [0, 59])
def test_no_new_code_is_sent_within_a_minute(app, time, seconds):  # 59
    walker = Walker(app)
    walker.start_login()
    walker.name()
    time.shift(seconds)
    page = walker.press("resend")
    assert TOO_EARLY in page.text
    assert len(walker.messages()) == 1
    assert walker.flow().attempts == 0
    walker.prove()
    assert walker.flow().step == "CONSENT"


def test_after_a_minute_a_new_code_replaces_the_old_one(app, time):  # 58, 59
    walker = Walker(app)
    walker.start_login()
    walker.name()
    old = walker.code()
    time.shift(60)
    assert "We sent a new code. The old one no longer works." in walker.press("resend").text
    first, second = walker.messages()
    assert first.timestamp_replaced == clock.now()
    assert second.timestamp_replaced is None
    assert FAILED in walker.prove(old).text
    assert "We sent a new code" not in walker.page.text
    walker.prove()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_every_new_code_starts_the_minute_again(app, time):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    time.shift(60)
    walker.press("resend")
    time.shift(59)
    assert TOO_EARLY in walker.press("resend").text
    time.shift(1)
    walker.press("resend")
    assert len(walker.messages()) == 3


@on_sqlite
def test_the_approval_has_a_message_of_its_own_and_takes_no_code_of_the_login(app):  # 67
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    old = walker.code()
    walker.prove()
    walker.choose()
    assert len(walker.messages()) == 2
    assert FAILED in walker.prove(old).text
    walker.prove()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_a_code_of_another_flow_is_wrong(app):
    mine, other = Walker(app), Walker(app)
    for walker in (mine, other):
        walker.start_login()
        walker.name()
    assert FAILED in mine.prove(other.code()).text
    other.prove()
    assert other.flow().step == "CONSENT"


# --- what stops them from working ---------------------------------------------------------------


@on_sqlite
def test_a_code_lives_five_minutes(app, time):  # 65
    walker = Walker(app)
    walker.start_login()
    walker.name()
    time.shift(200)
    walker.prove(walker.wrong_code())  # an activity: the flow itself goes on
    time.shift(99)
    in_time = walker.double()
    assert FAILED in walker.prove(password="wrong").text
    time.shift(1)
    assert FAILED in walker.prove().text
    assert in_time.flow().step == "LOGIN_SCA"
    walker.press("resend")
    walker.prove()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_a_code_works_to_the_last_second(app, time):  # 65
    walker = Walker(app)
    walker.start_login()
    walker.name()
    time.shift(200)
    walker.prove(walker.wrong_code())
    time.shift(99)
    walker.prove()
    assert walker.flow().step == "CONSENT"


def test_a_code_that_was_used_does_not_work_again(walker):
    with writing(walker.app) as session:
        session.get(SmsAuthorization, walker.flow().sms_id).verified = True
    assert FAILED in walker.prove().text
    assert walker.flow().step == "LOGIN_SCA"


@on_sqlite
def test_a_code_that_was_replaced_does_not_work(walker):
    with writing(walker.app) as session:
        session.get(SmsAuthorization, walker.flow().sms_id).timestamp_replaced = clock.now()
    assert FAILED in walker.prove().text


@pytest.mark.parametrize(
    "change",
    [
        ("A100CZK", "A100.01CZK"),
        ("A100CZK", "A100EUR"),
        ("238400856/0300", "238400857/0300"),
        ("D20170629", "D20170630"),
        ("Utility Bill", "Another Bill"),
        {"id": "2", "number": "44444447/1234", "name": "Joint account"},
        None,
    ],
)
@on_sqlite
def test_a_change_of_what_is_paid_kills_the_code(payer, change):  # decision 10
    with writing(payer.app) as session:
        flow = session.get(Flow, payer.flow().id)
        if isinstance(change, tuple):
            flow.operation_data = flow.operation_data.replace(*change)
        else:
            flow.debit_account = change
    assert FAILED in payer.prove().text
    assert payer.flow().step == "APPROVAL_SCA"


@on_sqlite
@pytest.mark.parametrize(
    "change",
    [
        {"verified": True},
        {"timestamp_replaced": clock.now()},
        {"timestamp_expires": clock.now() - timedelta(days=1)},
        {"data_digest": "0" * 64},
    ],
)
def test_a_code_that_does_not_count_is_wrong_before_it_is_spent(walker, change):
    with serving(walker.app) as services:
        flow = services.session.get(Flow, walker.flow().id)
        sms = sms_of(walker.app, services)
        assert sms.is_right(walker.code(), sms.challenge(flow))
        for name, value in change.items():
            setattr(services.session.get(SmsAuthorization, flow.sms_id), name, value)
        challenge = sms.challenge(flow)
        assert not sms.is_right(walker.code(), challenge)
        assert not sms.use(flow, challenge)


@on_sqlite
def test_a_code_is_bound_to_its_step(payer):
    """The code of the approval, put into the login of another flow of the same user."""
    approval = payer.messages()[-1]
    with writing(payer.app) as session:
        session.get(Flow, payer.flow().id).step = "LOGIN_SCA"
    assert FAILED in payer.prove(approval.authorization_code).text


@on_sqlite
def test_a_change_while_the_answer_is_judged_is_noticed(app):
    walker = Walker(app)
    walker.start_payment()
    walker.log_in()
    walker.choose()
    bank = SlowBank()
    put_in(app, bank=bank)
    right = walker.filled("confirm", code=walker.code(), password="test")

    def change():
        assert bank.asked.wait(LONG)
        with writing(app) as session:
            flow = session.get(Flow, walker.flow().id)
            flow.operation_data = flow.operation_data.replace("A100CZK", "A900CZK")
        bank.go.set()

    at_once(lambda: walker.post(right), change)
    assert walker.flow().step == "APPROVAL_SCA"
    assert not walker.messages()[-1].verified


# --- what is kept -----------------------------------------------------------------------------


@on_sqlite
def test_the_table_does_not_need_the_readable_code_to_recognise_it(walker):
    code = walker.code()
    with writing(walker.app) as session:
        row = session.get(SmsAuthorization, walker.flow().sms_id)
        row.authorization_code, row.salt, row.message_text = "", b"", ""
    walker.prove(code)
    assert walker.flow().step == "CONSENT"


@on_sqlite
@pytest.mark.parametrize("paying", [False, True])
def test_outside_the_demo_nothing_readable_is_kept(walker, paying):
    with serving(walker.app) as services:
        flow = services.session.get(Flow, walker.flow().id)
        sms = sms_of(walker.app, services, readable=False)
        payment = payment_of(parse("A1*A100CZK*Q238400856/0300")) if paying else None
        sms.send(flow, phone="+420777000111", payment=payment)
        services.session.flush()
        row = services.session.get(SmsAuthorization, flow.sms_id)
        assert (row.authorization_code, row.salt, row.message_text) == ("", b"", "")
        _, payload = services.outbox.claim(hold=timedelta(seconds=1))
        services.outbox.void(flow.sms_id)
        code = re.search("[0-9]{8}", payload["text"])[0]
        for value in vars_of(row).values():
            assert code not in str(value)
            assert "+420777000111" not in str(value)
        challenge = sms.challenge(flow)
        assert sms.is_right(code, challenge)
        assert not sms.is_right(walker.wrong_code(), challenge)
        assert sms.use(flow, challenge)
        assert not sms.use(flow, challenge)


@on_sqlite
def test_the_queue_keeps_no_readable_message(walker):
    row = only_one(walker.app, OutboxRow)
    for part in (walker.code(), "LOG IN", "+420", "777"):
        assert part.encode() not in row.payload
    assert row.reference == walker.messages()[0].message_id


@on_sqlite
def test_a_code_of_any_length_that_the_settings_allow_works(app, settings):
    for digits in (4, 9):
        sms = settings.sms.model_copy(update={"code_digits": digits})
        with built(settings.model_copy(update={"sms": sms})) as other:
            walker = Walker(other)
            walker.start_login()
            page = walker.name()
            assert len(walker.code()) == digits
            assert f'maxlength="{max(digits, 8)}"' in page.html
            walker.prove()
            assert walker.flow().step == "CONSENT"
    assert len(all_of(app, SmsAuthorization)) == 2
