"""Step definitions as tables, and the configuration that every process shares."""

from dataclasses import replace

import pytest

from app.errors import UnsoundTable
from app.flows import shipped
from app.flows.definitions import RequestType, StepDefinition, assemble
from app.flows.shipped import OperationConfig, Segment
from app.nextstep.engine import faults
from app.nextstep.tables import OPERATIONS, TABLES
from app.nextstep.vocabulary import OperationKind, Result, Step, To
from app.store.configuration import ConfigurationVersion, StepDefinitionRow
from tests.support.store import all_of, on_sqlite, only_one, parts_of, serving

every_table = pytest.mark.parametrize("name", TABLES)


def lines_of(name):
    return [line for line in shipped.definitions() if line.operation == name]


def line(  # noqa: PLR0913 - a line
    number, step, result, following, outcome="CONTINUE", *, priority=1, name="login_sca"
):
    kind = RequestType.CREATE if step is None else RequestType.UPDATE
    return StepDefinition(number, name, kind, step, result, priority, following, outcome)


# --- lines and tables ----------------------------------------------------------------------------


@every_table
def test_the_lines_that_we_ship_make_the_tables_that_we_ship(name):
    made = assemble(name, lines_of(name), OPERATIONS[name])
    assert made.faults == ()
    assert made.table.start == TABLES[name].start
    assert set(made.table.rows) == set(TABLES[name].rows)


def test_the_published_lines_have_the_published_numbers():
    numbers = [line.id for line in shipped.definitions()]
    assert len(set(numbers)) == len(numbers)
    assert {number for number in numbers if number < 1000} == {*range(1, 71)} - {10}


@every_table
def test_the_order_of_the_lines_does_not_matter(name):
    assert assemble(name, lines_of(name)[::-1], OPERATIONS[name]) == assemble(
        name, lines_of(name), OPERATIONS[name]
    )


@every_table
@pytest.mark.parametrize("position", range(8))
def test_no_line_can_be_missed(name, position):
    lines = [each for each in lines_of(name) if each.step is not Step.INIT]
    missed = lines.pop(position)
    made = assemble(name, lines, OPERATIONS[name])
    others = [each for each in lines if each.question == missed.question]
    leads = any(isinstance(row.after(r), To) for row in made.table.rows for r in Result)
    assert made.faults or (others and leads)  # only an alternative is not missed


def test_without_lines_there_is_no_operation():
    made = assemble("x", [], None)
    assert not made.is_started
    assert "start: nothing is defined for CREATE" in made.faults
    assert "x: has no operation configuration" in made.faults


def test_a_result_that_is_mixed_is_done_before_it_goes_on_before_it_fails():
    lines = [each for each in lines_of("login_sca") if each.id != 44]
    more = [
        line(1, Step.LOGIN_SCA, Result.CONFIRMED, None, "FAILED", priority=1),
        line(2, Step.LOGIN_SCA, Result.CONFIRMED, Step.CONSENT, priority=2),
    ]
    made = assemble("login_sca", lines + more, OperationKind.LOGIN)
    assert made.faults == ()
    assert made.table.row(Step.LOGIN_SCA).confirmed == To((Step.CONSENT,))


@pytest.mark.parametrize("result", [Result.CANCELED, Result.AUTH_FAILED, Result.AUTH_METHOD_FAILED])
def test_nothing_but_a_confirmation_leads_past_a_step(result):
    kept = [e for e in lines_of("login_sca") if (e.step, e.result) != (Step.LOGIN_SCA, result)]
    shortcut = line(1, Step.LOGIN_SCA, result, Step.CONSENT)
    made = assemble("login_sca", [*kept, shortcut], OperationKind.LOGIN)
    assert made.faults == (f"LOGIN_SCA: {result} leads on to CONSENT without a confirmation",)
    assert list(faults(made.table)) == []  # the engine alone does not see it


def test_what_stands_beside_a_step_may_take_its_place():
    name = "authorize_payment"
    kept = [
        e for e in lines_of(name) if (e.step, e.result) != (Step.POWERAUTH_TOKEN, Result.CANCELED)
    ]
    fallback = line(1, Step.POWERAUTH_TOKEN, Result.CANCELED, Step.SMS_KEY, name=name)
    assert assemble(name, [*kept, fallback], OperationKind.PAYMENT).faults == ()


def test_a_login_has_no_step_that_shows_a_payment():
    made = assemble("authorize_payment", lines_of("authorize_payment"), OperationKind.LOGIN)
    assert made.faults == ("SMS_KEY: needs a payment",)


def test_lines_to_which_nothing_leads_are_kept_for_whoever_stands_there():
    kept = [each for each in lines_of("login_sca") if each.id != 42]
    start = line(1, None, None, Step.CONSENT)
    made = assemble("login_sca", [*kept, start], OperationKind.LOGIN)
    assert made.faults == ()
    assert made.table.row(Step.LOGIN_SCA).confirmed == To((Step.CONSENT,))


# --- in effect -----------------------------------------------------------------------------------


@on_sqlite
def test_a_database_is_seeded_once(app):
    for _ in range(2):
        with serving(app) as services:
            services.configuring.seed()
            services.commit()
    assert only_one(app, ConfigurationVersion).version == 1


def test_all_transactions_share_one_catalogue_until_it_changes(app):
    def catalogue():
        with serving(app, writing=False) as services:
            return services.configuration.catalogue

    first = catalogue()
    assert catalogue() is first
    with serving(app) as services:
        services.configuring.add_operation(OperationConfig("transfer", 1))
        services.commit()
    second = catalogue()
    assert second is not first
    assert set(second.operations) - set(first.operations) == {"transfer"}
    assert catalogue() is second


def test_what_is_not_committed_is_seen_by_nobody_else(app):
    with serving(app) as services:
        services.configuring.add_operation(OperationConfig("transfer", 1))
        assert "transfer" in services.configuration.changed().operations
    with serving(app, writing=False) as services:
        assert "transfer" not in services.configuration.catalogue.operations
    kept = parts_of(app).shelf.kept
    assert kept is not None
    assert "transfer" not in kept[1].operations


def test_a_transaction_that_goes_on_after_its_commit_looks_again(app):
    with serving(app, writing=False) as reader:
        assert "transfer" not in reader.configuration.catalogue.operations
        with serving(app) as writer:
            writer.configuring.add_operation(OperationConfig("transfer", 1))
            writer.commit()
        assert "transfer" not in reader.configuration.catalogue.operations
        reader.commit()
        assert "transfer" in reader.configuration.catalogue.operations


@on_sqlite
def test_the_first_change_takes_over_what_we_ship(app):
    with serving(app) as services:
        services.configuring.add_definition(
            line(2001, Step.LOGIN_SCA, Result.CONFIRMED, None, "DONE", priority=2)
        )
        services.commit()
    kept = all_of(app, StepDefinitionRow)
    assert {row.step_definition_id for row in kept} == {*range(42, 52), 2001}
    assert {row.operation_name for row in kept} == {"login_sca"}


@on_sqlite
def test_a_refused_change_leaves_the_lock_to_the_next_one(app):
    with serving(app) as services:
        with pytest.raises(UnsoundTable) as refused:
            services.configuring.remove_definition(42)
        assert refused.value.faults == ("start: nothing is defined for CREATE",)
    with serving(app) as services:
        services.configuring.add_operation(OperationConfig("transfer", 1))
        services.commit()


@on_sqlite
def test_an_organization_of_ours_looks_as_we_say(app):
    with serving(app) as services:
        known = {each.id: each for each in services.configuration.segments()}
        services.configuring.change_organization(replace(known["SME"], order=0, default=True))
        services.configuring.add_organization(Segment("VIP", None, default=False, order=9))
        services.commit()
    with serving(app, writing=False) as services:
        shown = services.configuration.organizations()
    assert [(o.id, o.name_key, o.default) for o in shown] == [
        ("SME", "organization.sme", True), ("RETAIL", "organization.retail", False),
        ("VIP", "VIP", False),
    ]  # fmt: skip
