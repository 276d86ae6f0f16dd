"""What `faults` says of tables that were spoilt in one place, and of generated ones."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.nextstep.engine import Finish, begin, faults, resolve
from app.nextstep.tables import TABLES, to
from app.nextstep.vocabulary import NEVER_SHOWN, Ending, Result, Row, Step, Table, To

DONE, FAIL = Ending.DONE, Ending.FAILED
LOGIN, PHONE, SMS = Step.LOGIN_SCA, Step.POWERAUTH_TOKEN, Step.SMS_KEY
ASSIGN, CONSENT = Step.USER_ID_ASSIGN, Step.CONSENT

every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


def with_row(table, step, **changes):
    """Return the table with one row changed."""
    rows = (row._replace(**changes) if row.step is step else row for row in table.rows)
    return replace(table, rows=tuple(rows))


def told(table):
    return " / ".join(faults(table))


# fmt: off
SOUND = Table("sound", start=to(LOGIN, ASSIGN), rows=(
    Row(LOGIN,   to(PHONE, SMS), to(LOGIN),   FAIL,    FAIL),
    Row(ASSIGN,  to(PHONE, SMS), to(ASSIGN),  FAIL,    FAIL),
    Row(PHONE,   to(CONSENT),    to(PHONE),   to(SMS), FAIL),
    Row(SMS,     to(CONSENT),    to(SMS),     FAIL,    FAIL),
    Row(CONSENT, DONE,           to(CONSENT), FAIL,    FAIL),
))

SPOILT = {
    "an open end": (with_row(SOUND, SMS, confirmed=to(Step.OTP_CODE)),
                    "OTP_CODE: is named but has no row"),
    "an open end at the start": (replace(SOUND, start=to(Step.OTP_CODE)),
                                 "OTP_CODE: is named but has no row"),
    "a dead row": (replace(SOUND, start=to(LOGIN)), "USER_ID_ASSIGN: has a row but is never reached"),  # noqa: E501
    "a row that only names itself": (
        replace(SOUND, rows=(*SOUND.rows, Row(Step.OTP_CODE, DONE, to(Step.OTP_CODE), FAIL, FAIL))),
        "OTP_CODE: has a row but is never reached"),
    "no way to DONE at all": (with_row(SOUND, CONSENT, confirmed=FAIL), "no step leads to DONE"),
    "DONE out of reach from the start": (
        replace(SOUND, start=to(Step.OTP_CODE),
                rows=(*SOUND.rows, Row(Step.OTP_CODE, FAIL, FAIL, FAIL, FAIL))),
        "start: DONE cannot be reached"),
    "DONE out of reach from a step": (with_row(SOUND, SMS, confirmed=FAIL),
                                      "SMS_KEY: DONE cannot be reached from here"),
    "a confirmation that fails": (with_row(SOUND, PHONE, confirmed=FAIL),
                                  "POWERAUTH_TOKEN: CONFIRMED leads to FAILED"),
    "endless retries": (with_row(SOUND, SMS, auth_method_failed=to(SMS)),
                        "SMS_KEY: spent attempts can lead back to the same step, endlessly"),
    "endless retries in a round": (with_row(SOUND, SMS, auth_method_failed=to(PHONE)),
                                   "SMS_KEY: spent attempts can lead back to the same step"),
    "endless retries over a confirmed step": (
        with_row(SOUND, SMS, auth_method_failed=to(LOGIN)),
        "SMS_KEY: spent attempts can lead back to the same step"),
    "confirming in a round": (with_row(SOUND, SMS, confirmed=to(CONSENT, LOGIN)),
                              "SMS_KEY: confirming can lead back to the same step"),
    "confirming for ever": (with_row(SOUND, CONSENT, confirmed=to(CONSENT)),
                            "CONSENT: confirming can lead back to the same step"),
    "a step twice in one place": (with_row(SOUND, LOGIN, confirmed=to(SMS, PHONE, SMS)),
                                  "LOGIN_SCA: CONFIRMED: names SMS_KEY twice"),
    "a step twice at the start": (replace(SOUND, start=to(LOGIN, ASSIGN, LOGIN)),
                                  "start: names LOGIN_SCA twice"),
    "two rows of one step": (replace(SOUND, rows=(*SOUND.rows, SOUND.rows[0])),
                             "LOGIN_SCA: has more than one row"),
    "an empty start": (replace(SOUND, start=to()), "start: leads nowhere"),
    "an empty target": (with_row(SOUND, SMS, auth_failed=to()), "SMS_KEY: AUTH_FAILED: leads nowhere"),  # noqa: E501
    "nothing to show at the start": (replace(SOUND, start=to(ASSIGN)),
                                     "start: leads only to steps that have no page"),
    "nothing to show later": (with_row(SOUND, LOGIN, auth_failed=to(ASSIGN)),
                              "LOGIN_SCA: AUTH_FAILED: leads only to steps that have no page"),
    "a cancel that succeeds": (with_row(SOUND, SMS, canceled=DONE), "SMS_KEY: CANCELED leads to DONE"),  # noqa: E501
    "a wrong answer that succeeds": (with_row(SOUND, SMS, auth_failed=DONE),
                                     "SMS_KEY: AUTH_FAILED leads to DONE"),
    "spent attempts that succeed": (with_row(SOUND, SMS, auth_method_failed=DONE),
                                    "SMS_KEY: AUTH_METHOD_FAILED leads to DONE"),
    "INIT as a step": (with_row(SOUND, LOGIN, canceled=to(Step.INIT)),
                       "INIT: is the beginning of every flow, not a step of a table"),
}
# fmt: on


def test_a_sound_table_with_alternatives_and_a_fallback_has_no_faults():
    assert list(faults(SOUND)) == []


@pytest.mark.parametrize(("table", "sentence"), SPOILT.values(), ids=SPOILT)
def test_each_kind_of_fault_is_told_in_a_sentence(table, sentence):
    assert sentence in told(table)


def test_a_table_without_any_row_is_refused():
    assert told(Table("empty", start=To(()), rows=()))


def single_corruptions(table):
    """Yield every way to spoil one place of a good table so that it is no longer sound."""
    yield "no start", replace(table, start=to())
    yield "start without a page", replace(table, start=to(Step.USER_ID_ASSIGN))
    yield "unknown start", replace(table, start=to(Step.OTP_CODE))
    yield "start twice", replace(table, start=To(table.start.steps * 2))
    stranger = Row(Step.OTP_CODE, DONE, FAIL, FAIL, FAIL)
    yield "dead row", replace(table, rows=(*table.rows, stranger))
    for row in table.rows:
        others = tuple(each for each in table.rows if each is not row)
        yield f"{row.step} without a row", replace(table, rows=others)
        yield f"{row.step} with two rows", replace(table, rows=(*table.rows, row))
        for result in Result:
            column = result.value.lower()
            if result is not Result.CONFIRMED:
                yield f"{row.step} {column} done", with_row(table, row.step, **{column: DONE})
            for target in (to(), to(Step.OTP_CODE), to(CONSENT, CONSENT), to(Step.INIT)):
                bad = with_row(table, row.step, **{column: target})
                yield f"{row.step} {column} {target}", bad
        yield f"{row.step} cannot be confirmed", with_row(table, row.step, confirmed=FAIL)
        yield f"{row.step} in a loop", with_row(table, row.step, confirmed=to(row.step))
        again = with_row(table, row.step, auth_method_failed=to(row.step))
        yield f"{row.step} for ever", again


@every_table
def test_each_single_corruption_of_a_shipped_table_is_reported(table):
    missed = [what for what, spoilt in single_corruptions(table) if not list(faults(spoilt))]
    assert missed == []


@every_table
def test_a_confirmation_that_leads_back_is_reported_wherever_it_stands(table):
    for row in table.rows:
        for earlier in [row.step, *(each.step for each in table.rows)]:
            if earlier is row.step or row.step in following(table, earlier):
                back = with_row(table, row.step, confirmed=to(CONSENT, earlier))
                assert "confirming can lead back to the same step" in told(back)


def following(table, step):
    """Return the steps that come after one when everything is confirmed."""
    target = table.row(step).confirmed
    steps = target.steps if isinstance(target, To) else ()
    return {*steps, *(later for each in steps for later in following(table, each))}


ALL = [step for step in Step if step is not Step.INIT]


@st.composite
def sound_tables(draw):
    """Build a table in which confirming only leads onward, and everything is reached."""
    steps = draw(st.lists(st.sampled_from(ALL), min_size=1, max_size=6, unique=True))
    steps.sort(key=lambda step: step not in NEVER_SHOWN)
    rows, unreached = [], set(steps)
    for index, step in enumerate(steps):
        later = steps[index + 1 :]
        target = DONE
        if later and (draw(st.booleans()) or step in NEVER_SHOWN):
            chosen = draw(st.lists(st.sampled_from(later), min_size=1, unique=True))
            target = To(tuple(chosen))
        unreached -= set(target.steps if isinstance(target, To) else ())
        fallback = FAIL
        if later and draw(st.booleans()):
            fallback = to(draw(st.sampled_from(later)))
            unreached -= set(fallback.steps)
        rows.append(Row(step, target, draw(st.sampled_from([to(step), FAIL])), fallback, FAIL))
    start = sorted(unreached, key=lambda step: step in NEVER_SHOWN)
    return Table("generated", To(tuple(start)), tuple(rows))


targets = st.one_of(
    st.sampled_from(list(Ending)),
    st.builds(To, st.lists(st.sampled_from(ALL), max_size=3).map(tuple)),
)


@st.composite
def any_tables(draw):
    """Take a table that may be sound and put anything in up to two places of it."""
    table = draw(sound_tables())
    for _ in range(draw(st.integers(0, 2))):
        step = draw(st.sampled_from(table.rows)).step
        column = draw(st.sampled_from(Result)).value.lower()
        known = [to(row.step) for row in table.rows]
        target = draw(st.one_of(targets, st.sampled_from([*known, DONE, FAIL])))
        table = with_row(table, step, **{column: target})
    return table


def confirm_everything(table, data):
    """Return where a flow ends in which everything is confirmed, None if it never does."""
    decision = begin(table, frozenset(Step))
    for _ in range(len(table.rows) + 1):
        if isinstance(decision, Finish):
            return decision.ending
        step = data.draw(st.sampled_from(decision.steps))
        decision = resolve(table, step, Result.CONFIRMED, frozenset(Step))
    return None


def without_faults(table):
    return not list(faults(table))


@given(sound_tables(), st.data())
@settings(max_examples=50, suppress_health_check=[HealthCheck.filter_too_much])
def test_a_table_without_faults_ends_done_if_everything_is_confirmed(table, data):
    if without_faults(table):
        assert confirm_everything(table, data) is DONE


@given(any_tables(), st.data())
@settings(max_examples=50)
def test_no_table_that_can_fail_those_who_confirm_everything_passes(table, data):
    if without_faults(table):
        assert confirm_everything(table, data) is DONE


@given(any_tables(), st.lists(st.tuples(st.integers(0, 3), st.sampled_from(Result)), max_size=15))
@settings(max_examples=60)
def test_in_a_table_without_faults_no_sequence_of_results_raises(table, choices):
    if not without_faults(table):
        return
    decision, last, spent = begin(table, frozenset(Step)), None, set()
    for index, result in choices:
        if isinstance(decision, Finish):
            break
        step, last = decision.steps[index % len(decision.steps)], result
        assert step not in spent
        if result is Result.AUTH_METHOD_FAILED:
            spent.add(step)
        decision = resolve(table, step, result, frozenset(Step))
    if isinstance(decision, Finish) and decision.ending is DONE:
        assert last is Result.CONFIRMED


@given(sound_tables())
@settings(max_examples=50)
def test_most_tables_that_only_lead_onward_are_found_sound(table):
    complaints = [fault for fault in faults(table) if "no page" not in fault]
    assert complaints == []


@given(any_tables())
@settings(max_examples=50)
def test_faults_are_told_of_any_table_without_raising(table):
    assert all(": " in fault or fault == "no step leads to DONE" for fault in faults(table))
