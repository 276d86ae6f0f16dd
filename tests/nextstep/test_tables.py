"""The shipped tables against the step definitions that they stand for."""

import pytest

from app.nextstep.engine import faults
from app.nextstep.tables import OPERATIONS, TABLES
from app.nextstep.vocabulary import Ending, OperationKind, Result, Step, Table, To

# Start, then for each step what follows CONFIRMED and AUTH_FAILED; everything else fails.
DEFINITIONS = {
    "login": (
        "USER_ID_ASSIGN USERNAME_PASSWORD_AUTH",
        {
            "USER_ID_ASSIGN": ("CONSENT", "USER_ID_ASSIGN"),
            "USERNAME_PASSWORD_AUTH": ("CONSENT", "USERNAME_PASSWORD_AUTH"),
            "CONSENT": ("DONE", "CONSENT"),
        },
    ),
    "login_sca": (
        "LOGIN_SCA",
        {"LOGIN_SCA": ("CONSENT", "LOGIN_SCA"), "CONSENT": ("DONE", "CONSENT")},
    ),
    "authorize_payment": (
        "USER_ID_ASSIGN USERNAME_PASSWORD_AUTH",
        {
            "USER_ID_ASSIGN": ("POWERAUTH_TOKEN SMS_KEY", "USER_ID_ASSIGN"),
            "USERNAME_PASSWORD_AUTH": ("POWERAUTH_TOKEN SMS_KEY", "USERNAME_PASSWORD_AUTH"),
            "POWERAUTH_TOKEN": ("CONSENT", "POWERAUTH_TOKEN"),
            "SMS_KEY": ("CONSENT", "SMS_KEY"),
            "CONSENT": ("DONE", "CONSENT"),
        },
    ),
    "authorize_payment_sca": (
        "LOGIN_SCA USER_ID_ASSIGN",
        {
            "LOGIN_SCA": ("APPROVAL_SCA", "LOGIN_SCA"),
            "USER_ID_ASSIGN": ("APPROVAL_SCA", "FAILED"),
            "APPROVAL_SCA": ("CONSENT", "APPROVAL_SCA"),
            "CONSENT": ("DONE", "CONSENT"),
        },
    ),
    "authorize_payment_single_sca": (
        "USERNAME_PASSWORD_AUTH USER_ID_ASSIGN",
        {
            "USERNAME_PASSWORD_AUTH": ("APPROVAL_SCA", "USERNAME_PASSWORD_AUTH"),
            "USER_ID_ASSIGN": ("APPROVAL_SCA", "FAILED"),
            "APPROVAL_SCA": ("CONSENT", "APPROVAL_SCA"),
            "CONSENT": ("DONE", "CONSENT"),
        },
    ),
}

every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)


def spelt(target):
    return target.value if isinstance(target, Ending) else " ".join(target.steps)


@every_table
def test_every_shipped_table_is_without_faults(table):
    assert list(faults(table)) == []


@every_table
def test_every_shipped_table_says_what_its_step_definitions_say(table):
    start, rows = DEFINITIONS[table.name]
    assert spelt(table.start) == start
    assert {row.step: (spelt(row.confirmed), spelt(row.auth_failed)) for row in table.rows} == rows


@every_table
def test_spent_attempts_and_a_cancel_end_every_shipped_flow(table):
    for row in table.rows:
        assert row.after(Result.AUTH_METHOD_FAILED) is Ending.FAILED
        assert row.after(Result.CANCELED) is Ending.FAILED


@every_table
def test_consent_is_the_only_way_to_done(table):
    ways = [row.step for row in table.rows for result in Result if row.after(result) == "DONE"]
    assert ways == [Step.CONSENT]


def test_tables_are_found_by_their_own_names_and_cannot_be_changed_by_accident():
    assert {name: table.name for name, table in TABLES.items()} == {name: name for name in TABLES}
    with pytest.raises(TypeError):
        TABLES["other"] = TABLES["login"]
    with pytest.raises(TypeError):
        OPERATIONS["other"] = OperationKind.LOGIN


def test_every_table_is_about_a_login_or_a_payment():
    assert OPERATIONS.keys() == TABLES.keys()
    templates = {name: kind.template for name, kind in OPERATIONS.items()}
    assert templates == {name: 1 if "payment" in name else 2 for name in TABLES}


def test_only_payments_are_approved():
    approvals = {Step.APPROVAL_SCA, Step.SMS_KEY, Step.POWERAUTH_TOKEN}
    for name, table in TABLES.items():
        has_approval = not approvals.isdisjoint(row.step for row in table.rows)
        assert has_approval == (OPERATIONS[name] is OperationKind.PAYMENT)


def test_the_row_of_a_step_that_a_table_does_not_have_is_a_lookup_error():
    with pytest.raises(LookupError, match="login has no step SMS_KEY"):
        TABLES["login"].row(Step.SMS_KEY)


def test_steps_results_and_instruments_read_as_next_step_writes_them():
    assert f"{Step.LOGIN_SCA} {Result.AUTH_METHOD_FAILED} {Ending.DONE}" == (
        "LOGIN_SCA AUTH_METHOD_FAILED DONE"
    )
    assert all(member.value == member.name for kind in (Step, Result, Ending) for member in kind)


def test_tables_compare_by_what_they_say():
    login = TABLES["login"]
    assert Table("login", To(login.start.steps), tuple(login.rows)) == login
