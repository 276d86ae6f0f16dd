"""What follows what: the shipped tables walked by every person in every way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.nextstep.engine import NO_AUTH_METHOD, Continue, Finish, begin, resolve
from app.nextstep.tables import TABLES, to
from app.nextstep.vocabulary import NEVER_SHOWN, Ending, Result, Row, Step, Table

EVERYTHING = frozenset(Step)
tables = st.sampled_from(list(TABLES.values()))
some_steps = st.frozensets(st.sampled_from(Step))
answers = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(Result)), max_size=20)


def walk(table, available, choices):
    """Yield each decision, with the step and the result that led to it."""
    decision, step, result = begin(table, available), None, None
    yield decision, step, result
    for index, result in choices:
        if isinstance(decision, Finish):
            return
        step = decision.steps[index % len(decision.steps)]
        decision = resolve(table, step, result, available)
        yield decision, step, result


@given(tables, some_steps, answers)
def test_a_flow_only_offers_steps_that_the_person_can_take(table, available, choices):
    for decision, _, _ in walk(table, available, choices):
        if isinstance(decision, Continue):
            assert set(decision.steps) <= available | NEVER_SHOWN
            assert decision.shown in available


@given(tables, some_steps, answers)
def test_a_flow_is_done_only_after_consent_was_confirmed(table, available, choices):
    for decision, step, result in walk(table, available, choices):
        if isinstance(decision, Finish):
            confirmed = (step, result) == (Step.CONSENT, Result.CONFIRMED)
            assert (decision.ending is Ending.DONE) == confirmed


@given(tables, some_steps, answers)
def test_no_sequence_of_results_raises_or_offers_a_step_that_has_no_row(table, available, choices):
    for decision, _, _ in walk(table, available, choices):
        if isinstance(decision, Continue):
            assert all(table.row(step).step is step for step in decision.steps)


@given(tables, some_steps, answers)
def test_what_is_offered_keeps_the_order_of_the_table(table, available, choices):
    targets = [table.start.steps, *(steps for row in table.rows for steps in ways(row))]
    for decision, _, _ in walk(table, available, choices):
        if isinstance(decision, Continue):
            taken = available | NEVER_SHOWN
            orders = [tuple(step for step in steps if step in taken) for steps in targets]
            assert decision.steps in orders


def ways(row):
    return [target.steps for target in row[1:] if not isinstance(target, Ending)]


@given(tables, st.data())
def test_whoever_confirms_every_step_is_done(table, data):
    decision = begin(table, EVERYTHING)
    for _ in table.rows:
        if isinstance(decision, Finish):
            break
        step = data.draw(st.sampled_from(decision.steps))
        decision = resolve(table, step, Result.CONFIRMED, EVERYTHING)
    assert decision == Finish(Ending.DONE, "CONSENT.CONFIRMED")


@given(tables)
def test_who_can_take_nothing_is_told_so_at_once(table):
    assert begin(table, frozenset()) == Finish(Ending.FAILED, NO_AUTH_METHOD)


def test_a_payment_with_sca_asks_for_login_approval_and_consent():
    table = TABLES["authorize_payment_sca"]
    first = begin(table, EVERYTHING)
    assert first == Continue((Step.LOGIN_SCA, Step.USER_ID_ASSIGN))
    second = resolve(table, first.shown, Result.CONFIRMED, EVERYTHING)
    assert second == Continue((Step.APPROVAL_SCA,))
    third = resolve(table, second.shown, Result.CONFIRMED, EVERYTHING)
    assert third == Continue((Step.CONSENT,))


def test_a_wrong_answer_shows_the_same_step_again():
    again = resolve(TABLES["login_sca"], Step.LOGIN_SCA, Result.AUTH_FAILED, EVERYTHING)
    assert again == Continue((Step.LOGIN_SCA,))


@pytest.mark.parametrize("result", [Result.AUTH_METHOD_FAILED, Result.CANCELED])
def test_spent_attempts_and_a_cancel_name_themselves_as_the_reason(result):
    ended = resolve(TABLES["login_sca"], Step.LOGIN_SCA, result, EVERYTHING)
    assert ended == Finish(Ending.FAILED, f"LOGIN_SCA.{result}")


def test_without_a_phone_the_payment_is_confirmed_by_sms():
    no_phone = EVERYTHING - {Step.POWERAUTH_TOKEN}
    table = TABLES["authorize_payment"]
    decision = resolve(table, Step.USERNAME_PASSWORD_AUTH, Result.CONFIRMED, no_phone)
    assert decision == Continue((Step.SMS_KEY,))


def test_with_a_phone_the_payment_shows_the_phone_first_and_still_offers_sms():
    table = TABLES["authorize_payment"]
    decision = resolve(table, Step.USERNAME_PASSWORD_AUTH, Result.CONFIRMED, EVERYTHING)
    assert decision == Continue((Step.POWERAUTH_TOKEN, Step.SMS_KEY))


def test_a_step_for_programs_is_offered_to_everybody_and_never_shown():
    decision = begin(TABLES["login"], {Step.USERNAME_PASSWORD_AUTH})
    assert decision == Continue((Step.USER_ID_ASSIGN, Step.USERNAME_PASSWORD_AUTH))
    assert decision.shown is Step.USERNAME_PASSWORD_AUTH


def test_a_person_who_is_left_with_a_step_for_programs_does_not_wait_for_ever():
    table = TABLES["login"]
    assert begin(table, {Step.CONSENT}) == Finish(Ending.FAILED, NO_AUTH_METHOD)
    failed = resolve(table, Step.USER_ID_ASSIGN, Result.AUTH_FAILED, EVERYTHING)
    assert failed == Finish(Ending.FAILED, NO_AUTH_METHOD)


def test_a_person_whose_next_step_is_missing_fails_instead_of_skipping_it():
    no_consent = EVERYTHING - {Step.CONSENT}
    decision = resolve(TABLES["login_sca"], Step.LOGIN_SCA, Result.CONFIRMED, no_consent)
    assert decision == Finish(Ending.FAILED, NO_AUTH_METHOD)


def test_a_step_that_the_table_does_not_know_is_a_lookup_error():
    with pytest.raises(LookupError):
        resolve(TABLES["login_sca"], Step.SMS_KEY, Result.CONFIRMED, EVERYTHING)


@pytest.mark.parametrize("steps", [(), (Step.USER_ID_ASSIGN,), (Step.INIT, Step.USER_ID_ASSIGN)])
def test_no_decision_goes_on_without_something_to_show(steps):
    with pytest.raises(ValueError, match="can be shown"):
        Continue(steps)


def test_each_result_follows_its_own_column():
    row = Row(Step.CONSENT, to(Step.INIT), to(Step.SMS_KEY), to(Step.OTP_CODE), Ending.FAILED)
    table = Table("columns", start=to(Step.CONSENT), rows=(row,))
    assert table.row(Step.CONSENT).after(Result.CONFIRMED) == to(Step.INIT)
    assert table.row(Step.CONSENT).after(Result.AUTH_FAILED) == to(Step.SMS_KEY)
    assert table.row(Step.CONSENT).after(Result.AUTH_METHOD_FAILED) == to(Step.OTP_CODE)
    assert table.row(Step.CONSENT).after(Result.CANCELED) is Ending.FAILED
