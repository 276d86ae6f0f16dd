"""The configuration in effect: what we ship, and what operators changed, as plain values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from app.crypto.signatures import SignatureType
from app.errors import InvalidConfiguration, UnsoundTable
from app.flows import shipped
from app.flows.configuration_rows import definition, method, operation, segment
from app.flows.definitions import StepDefinition, assemble
from app.flows.shipped import AuthMethod, OperationConfig
from app.flows.token_mode import TWO_FACTORS, factors_of
from app.nextstep.vocabulary import STRONG, OperationKind, Step, Table, To
from app.settings import FlowSettings
from app.store.configuration import (
    AuthMethodRow,
    OperationConfigRow,
    OperationMethodConfigRow,
    OrganizationRow,
    StepDefinitionRow,
)

TEMPLATES: Mapping[int, OperationKind] = MappingProxyType({k.template: k for k in OperationKind})
"""What an operation is about, by the template of its data."""


@dataclass(frozen=True)
class Rules:
    """Everything that one operation goes by."""

    name: str
    kind: OperationKind | None
    table: Table
    faults: tuple[str, ...]
    """Why it cannot be created; empty for an operation in service."""
    is_started: bool
    """Whether definitions say how it begins; if not, it is out of service."""
    timeout: timedelta
    limits: Mapping[Step, int | None]
    factors: Mapping[Step, tuple[SignatureType, ...]]
    """How a phone signs at each step that may ask it."""

    def token_factors(self, step: Step) -> tuple[SignatureType, ...]:
        """Return the signatures of a phone that confirm a step; none: no phone is asked."""
        return self.factors.get(step, ())

    def attempts(self, step: Step) -> int | None:
        """Return how many wrong answers end the step; None: it is not limited."""
        return self.limits.get(step)

    @property
    def usable_kind(self) -> OperationKind:
        """What the operation is about. Raises InvalidConfiguration for one that is not sound."""
        if not self.is_started and not self.table.rows:
            raise InvalidConfiguration("no operation has this name", operation=self.name)
        if self.faults or self.kind is None:
            raise UnsoundTable(self.faults)
        return self.kind


@dataclass(frozen=True)
class Rows:
    """What operators changed, as it is kept."""

    definitions: Sequence[StepDefinitionRow] = ()
    operations: Sequence[OperationConfigRow] = ()
    limits: Sequence[OperationMethodConfigRow] = ()
    methods: Sequence[AuthMethodRow] = ()
    organizations: Sequence[OrganizationRow] = ()


class Catalogue:
    """One version of the whole configuration; never changes."""

    def __init__(self, rows: Rows, settings: FlowSettings) -> None:
        self._settings = settings
        self.overridden = frozenset(row.operation_name for row in rows.definitions)
        """Operations whose shipped definitions count no more."""
        self.definitions = tuple(_definitions(rows.definitions, self.overridden))
        self.operations = _operations(rows.operations)
        self.limits = {
            (row.operation_name, Step(row.auth_method)): row.max_auth_fails for row in rows.limits
        }
        self.methods = _methods(rows.methods, settings.attempts)
        self.segments = {row.organization_id: segment(row) for row in rows.organizations}
        names = {*self.operations, *(line.operation for line in self.definitions)}
        self._rules = {name: self.judged(name, self.lines(name)) for name in names}

    def rules(self, name: str) -> Rules:
        """Return what an operation goes by; one that nobody knows has faults only."""
        found = self._rules.get(name)
        return found or self._made(name, Table(name, To(()), ()), ("no such operation",))

    def lines(self, name: str) -> tuple[StepDefinition, ...]:
        """Return the definitions of one operation."""
        return tuple(line for line in self.definitions if line.operation == name)

    def judged(self, name: str, lines: Sequence[StepDefinition]) -> Rules:
        """Return what the operation would go by if its definitions were these."""
        config = self.operations.get(name)
        kind = TEMPLATES.get(config.template_id) if config else None
        made = assemble(name, lines, kind)
        return self._made(name, made.table, made.faults, is_started=made.is_started)

    def _made(
        self, name: str, table: Table, faults: tuple[str, ...], *, is_started: bool = False
    ) -> Rules:
        config = self.operations.get(name)
        seconds = config.expiration_seconds if config else None
        limits = {
            step: self.limits.get((name, step), each.max_fails) if each.checks_fails else None
            for step, each in self.methods.items()
        }
        asks = config is not None and config.mobile_token_enabled
        factors = factors_of(config.mobile_token_mode) if config and asks else ()
        return Rules(
            name=name,
            kind=TEMPLATES.get(config.template_id) if config else None,
            table=table,
            faults=faults,
            is_started=is_started,
            timeout=self._settings.timeout if seconds is None else timedelta(seconds=seconds),
            limits=limits,
            factors={
                step: tuple(f for f in factors if step not in STRONG or f in TWO_FACTORS)
                for step, each in self.methods.items()
                if each.has_mobile_token
            },
        )


def _definitions(
    rows: Iterable[StepDefinitionRow], overridden: frozenset[str]
) -> Iterable[StepDefinition]:
    ours = [line for line in shipped.definitions() if line.operation not in overridden]
    return sorted([*ours, *map(definition, rows)], key=lambda line: line.id)


def _operations(rows: Iterable[OperationConfigRow]) -> Mapping[str, OperationConfig]:
    changed = {row.operation_name: operation(row) for row in rows}
    return {**shipped.OPERATION_CONFIGS, **changed}


def _methods(rows: Iterable[AuthMethodRow], attempts: int) -> Mapping[Step, AuthMethod]:
    methods = dict(shipped.auth_methods(attempts))
    for row in rows:
        step = Step(row.auth_method)
        methods.pop(step, None)
        if not row.removed:
            methods[step] = method(row)
    return dict(sorted(methods.items(), key=lambda item: item[1].order))
