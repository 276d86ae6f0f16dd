"""Change the configuration. A table in effect stays sound, or nothing changes."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from app import clock
from app.errors import (
    AlreadyConfigured,
    InUse,
    InvalidConfiguration,
    NotConfigured,
    UnsoundTable,
)
from app.events import Journal, Name
from app.flows.catalogue import Catalogue
from app.flows.configuration import ONLY, Configuration
from app.flows.configuration_rows import (
    definition_row,
    method_row,
    operation_row,
    organization_row,
)
from app.flows.definitions import StepDefinition
from app.flows.shipped import OPERATION_CONFIGS, AuthMethod, OperationConfig, Segment
from app.nextstep.vocabulary import Step
from app.store.configuration import (
    ApplicationRow,
    ConfigurationVersion,
    OperationConfigRow,
    OperationMethodConfigRow,
    OrganizationRow,
    StepDefinitionRow,
)
from app.store.flows import Flow

FACTORS = frozenset(
    {
        Step.USERNAME_PASSWORD_AUTH,
        Step.POWERAUTH_TOKEN,
        Step.SMS_KEY,
        Step.OTP_CODE,
        Step.LOGIN_SCA,
        Step.APPROVAL_SCA,
    }
)
"""Steps in which a person proves something: their failures always count."""

DEFAULT_APPLICATION = "APP"


class Configuring:
    """Every change locks the configuration first, so that it is judged as it is committed."""

    def __init__(self, session: Session, configuration: Configuration, journal: Journal) -> None:
        self._session = session
        self._configuration = configuration
        self._journal = journal

    def seed(self) -> None:
        """Put in what every database needs; repeatable."""
        if self._session.get(ConfigurationVersion, ONLY) is None:
            self._session.add(ConfigurationVersion(id=ONLY, version=1))
        if self._session.get(ApplicationRow, DEFAULT_APPLICATION) is None:
            self._session.add(
                ApplicationRow(
                    name=DEFAULT_APPLICATION, status="ACTIVE", timestamp_created=clock.now()
                )
            )

    # --- step definitions --------------------------------------------------------------------

    def add_definition(self, line: StepDefinition) -> None:
        """Add a line to a table. Raises UnsoundTable if one in effect would have faults."""
        before = self._begin("step_definition", line.operation, "added")
        if any(each.id == line.id for each in before.definitions):
            raise AlreadyConfigured("step_definition", id=line.id)
        for step in (line.step, line.next):
            if step is not None and step not in before.methods:
                raise NotConfigured("auth_method", step=step)
        lines = (*before.lines(line.operation), line)
        self._judge(before, line.operation, lines)
        self._take_over(before, line.operation)
        self._session.add(definition_row(line))
        self._configuration.changed()

    def remove_definition(self, definition_id: int) -> None:
        """Take a line out of its table. Raises UnsoundTable if one in effect would have faults."""
        before = self._begin("step_definition", str(definition_id), "removed")
        line = next((each for each in before.definitions if each.id == definition_id), None)
        if line is None:
            raise NotConfigured("step_definition", id=definition_id)
        lines = [each for each in before.lines(line.operation) if each.id != definition_id]
        self._judge(before, line.operation, lines)
        self._take_over(before, line.operation)
        self._session.execute(
            delete(StepDefinitionRow).where(StepDefinitionRow.step_definition_id == definition_id)
        )
        self._configuration.changed()

    def _judge(self, before: Catalogue, name: str, lines: Sequence[StepDefinition]) -> None:
        places = [(*line.question, line.priority) for line in lines]
        after = before.judged(name, lines)
        if len(set(places)) < len(places):
            raise UnsoundTable([fault for fault in after.faults if "twice" in fault])
        was_in_effect = not before.rules(name).faults
        is_withdrawn = not after.is_started and name not in OPERATION_CONFIGS
        if was_in_effect and after.faults and not is_withdrawn:
            raise UnsoundTable(after.faults)

    def _take_over(self, before: Catalogue, name: str) -> None:
        """From its first change on, an operation that we ship is governed by its own lines."""
        if name not in before.overridden:
            self._session.add_all(definition_row(line) for line in before.lines(name))
            self._session.flush()

    # --- operations --------------------------------------------------------------------------

    def add_operation(self, config: OperationConfig) -> None:
        """Say what a new operation is."""
        before = self._begin("operation_config", config.name, "added")
        if config.name in before.operations:
            raise AlreadyConfigured("operation_config", operation=config.name)
        self._session.add(operation_row(config))

    def change_operation(self, config: OperationConfig) -> None:
        """Say otherwise how an operation lives; what it is about stays."""
        before = self._begin("operation_config", config.name, "changed")
        known = before.operations.get(config.name)
        if known is None:
            raise NotConfigured("operation_config", operation=config.name)
        if known.template_id != config.template_id:
            raise InvalidConfiguration("what an operation is about cannot change")
        self._session.merge(operation_row(config))

    def remove_operation(self, name: str) -> None:
        """Forget an operation that has neither definitions nor running flows."""
        before = self._begin("operation_config", name, "removed")
        if name not in before.operations:
            raise NotConfigured("operation_config", operation=name)
        limited = any(operation == name for operation, _ in before.limits)
        if before.lines(name) or limited or self._is_used(Flow.operation_name == name):
            raise InUse("operation_config", operation=name)
        self._session.execute(
            delete(OperationConfigRow).where(OperationConfigRow.operation_name == name)
        )

    def add_limit(self, name: str, step: Step, attempts: int) -> None:
        """Limit the attempts at one step of one operation."""
        before = self._begin("operation_method_config", name, "added")
        if name not in before.operations:
            raise NotConfigured("operation_config", operation=name)
        if step not in before.methods:
            raise NotConfigured("auth_method", step=step)
        if (name, step) in before.limits:
            raise AlreadyConfigured("operation_method_config", operation=name, step=step)
        self._session.add(
            OperationMethodConfigRow(
                operation_name=name, auth_method=step.value, max_auth_fails=attempts
            )
        )

    def remove_limit(self, name: str, step: Step) -> None:
        """Let the step have its usual attempts."""
        before = self._begin("operation_method_config", name, "removed")
        if (name, step) not in before.limits:
            raise NotConfigured("operation_method_config", operation=name, step=step)
        row = self._session.get(OperationMethodConfigRow, (name, step.value))
        self._session.delete(row)

    # --- steps -------------------------------------------------------------------------------

    def add_method(self, method: AuthMethod) -> None:
        """Bring back a step that was removed."""
        before = self._begin("auth_method", method.step.value, "added")
        if method.step in before.methods:
            raise AlreadyConfigured("auth_method", step=method.step)
        _check_method(method)
        self._session.merge(method_row(method))

    def change_method(self, method: AuthMethod) -> None:
        """Say otherwise what a step is."""
        before = self._begin("auth_method", method.step.value, "changed")
        if method.step not in before.methods:
            raise NotConfigured("auth_method", step=method.step)
        _check_method(method)
        self._session.merge(method_row(method))

    def remove_method(self, step: Step) -> None:
        """Forget a step that no table names."""
        before = self._begin("auth_method", step.value, "removed")
        if step not in before.methods:
            raise NotConfigured("auth_method", step=step)
        named = any(step in (line.step, line.next) for line in before.definitions)
        if named or any(limited is step for _, limited in before.limits):
            raise InUse("auth_method", step=step)
        self._session.merge(method_row(before.methods[step], removed=True))

    # --- organizations -----------------------------------------------------------------------

    def add_organization(self, segment: Segment) -> None:
        """Add a segment of customers."""
        self._begin("organization", segment.id, "added")
        if self._segment(segment.id) is not None:
            raise AlreadyConfigured("organization", organization=segment.id)
        self._put_organization(segment)

    def change_organization(self, segment: Segment) -> None:
        """Give a segment, the bank's or ours, another look or place."""
        self._begin("organization", segment.id, "changed")
        if self._segment(segment.id) is None:
            raise NotConfigured("organization", organization=segment.id)
        self._put_organization(segment)

    def remove_organization(self, organization_id: str) -> None:
        """Forget a segment that neither the bank nor an operation knows."""
        self._begin("organization", organization_id, "removed")
        if self._segment(organization_id) is None:
            raise NotConfigured("organization", organization=organization_id)
        of_bank = any(o.id == organization_id for o in self._configuration.bank_segments())
        used = select(Flow.id).where(Flow.organization_id == organization_id).limit(1)
        if of_bank or self._session.scalar(used) is not None:
            raise InUse("organization", organization=organization_id)
        self._session.execute(
            delete(OrganizationRow).where(OrganizationRow.organization_id == organization_id)
        )

    def _put_organization(self, segment: Segment) -> None:
        if segment.default:  # exactly one is the default
            for other in self._session.scalars(select(OrganizationRow)):
                other.is_default = False
        self._session.merge(organization_row(segment))

    def _segment(self, organization_id: str) -> Segment | None:
        known = self._configuration.segments()
        return next((each for each in known if each.id == organization_id), None)

    # --- what all changes have in common -----------------------------------------------------

    def _begin(self, thing: str, subject: str, change: str) -> Catalogue:
        self._journal.record(Name.CONFIGURATION_CHANGED, subject, thing=thing, change=change)
        return self._configuration.begin_changing()

    def _is_used(self, by: ColumnElement[bool]) -> bool:
        running = select(func.count()).select_from(Flow).where(by, Flow.result == "CONTINUE")
        return bool(self._session.scalar(running))


def _check_method(method: AuthMethod) -> None:
    if method.step in FACTORS and (not method.checks_fails or method.max_fails is None):
        raise InvalidConfiguration(f"{method.step}: failures of a step with factors must count")
