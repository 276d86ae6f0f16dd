"""Which step comes next, and whether a table can be trusted to say so."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, TypeAlias

from app.nextstep.vocabulary import NEVER_SHOWN, Ending, Result, Step, Table, Target, To

NO_AUTH_METHOD: Final = "error.noAuthMethod"
"""Reason of a flow that failed because nothing was left that this person can take."""


@dataclass(frozen=True)
class Continue:
    """Go on with one of these steps, the preferred one first; at least one has a page."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if NEVER_SHOWN.issuperset(self.steps):
            raise ValueError("a flow goes on only with a step that can be shown")

    @property
    def shown(self) -> Step:
        """The step whose page comes next."""
        return next(step for step in self.steps if step not in NEVER_SHOWN)


@dataclass(frozen=True)
class Finish:
    """The flow is over. `reason` is a code for the log, e.g. `CONSENT.CONFIRMED`."""

    ending: Ending
    reason: str


Decision: TypeAlias = Continue | Finish


def begin(table: Table, available: AbstractSet[Step]) -> Decision:
    """Decide the first step of a flow. `available` holds the steps this person can take."""
    return _decide(table.start, "start", available)


def resolve(table: Table, step: Step, result: Result, available: AbstractSet[Step]) -> Decision:
    """Decide what follows `step`. Raises LookupError if the table does not know the step."""
    return _decide(table.row(step).after(result), f"{step}.{result}", available)


def _decide(target: Target, reason: str, available: AbstractSet[Step]) -> Decision:
    match target:
        case Ending():
            return Finish(target, reason)
        case To(steps):
            # What only programs take depends on no person, so it is always on offer; but a
            # person who is left with nothing else would wait for ever.
            offered = tuple(step for step in steps if step in available or step in NEVER_SHOWN)
            if NEVER_SHOWN.issuperset(offered):
                return Finish(Ending.FAILED, NO_AUTH_METHOD)
            return Continue(offered)


def faults(table: Table) -> Iterator[str]:
    """Tell what is wrong with a table, one sentence for each fault; silence means it is sound.

    In a sound table whoever confirms every step reaches DONE, nobody else does, and
    spent attempts stay spent.
    """
    edges = {(row.step, result): row.after(result) for row in table.rows for result in Result}
    yield from _misspelt(table)
    yield from _unconnected(table)
    yield from _hopeless(table)
    for (step, result), target in edges.items():
        if result is not Result.CONFIRMED and target is Ending.DONE:
            yield f"{step}: {result} leads to DONE"
        if result is Result.AUTH_METHOD_FAILED and step in _reached(table, _steps(target)):
            yield f"{step}: spent attempts can lead back to the same step, endlessly"


def _misspelt(table: Table) -> Iterator[str]:
    """Find targets and rows that make no sense by themselves."""
    listed = [row.step for row in table.rows]
    yield from (f"{step}: has more than one row" for step in Step if listed.count(step) > 1)
    if Step.INIT in listed or Step.INIT in _named(table):
        yield "INIT: is the beginning of every flow, not a step of a table"
    for place, target in _targets(table):
        steps = _steps(target)
        if isinstance(target, To) and not steps:
            yield f"{place}: leads nowhere"
        elif isinstance(target, To) and NEVER_SHOWN.issuperset(steps):
            yield f"{place}: leads only to steps that have no page"
        yield from (f"{place}: names {step} twice" for step in Step if steps.count(step) > 1)


def _unconnected(table: Table) -> Iterator[str]:
    """Find steps without a row and rows without a way to them."""
    known = {row.step for row in table.rows}
    yield from (f"{step}: is named but has no row" for step in sorted(_named(table) - known))
    dead = known - _reached(table, table.start.steps)
    yield from (f"{step}: has a row but is never reached" for step in sorted(dead))


def _hopeless(table: Table) -> Iterator[str]:
    """Find ways on which confirming every step does not end in DONE."""
    if not any(row.confirmed is Ending.DONE for row in table.rows):
        yield "no step leads to DONE"
    follows = {row.step: _steps(row.confirmed) for row in table.rows}
    hopeful = {row.step for row in table.rows if row.confirmed is Ending.DONE}
    for _ in table.rows:
        hopeful |= {step for step, steps in follows.items() if hopeful.intersection(steps)}
    if not hopeful.intersection(table.start.steps):
        yield "start: DONE cannot be reached"
    for row in table.rows:
        if row.step not in hopeful:
            yield f"{row.step}: DONE cannot be reached from here"
        if row.confirmed is Ending.FAILED:
            yield f"{row.step}: CONFIRMED leads to FAILED"
        if row.step in _closure(follows, follows[row.step]):
            yield f"{row.step}: confirming can lead back to the same step"


def _targets(table: Table) -> Iterator[tuple[str, Target]]:
    """Yield every target whose reader is a person, with the place where it stands."""
    yield "start", table.start
    for row in table.rows:
        for result in Result:
            # The program that failed to name the user may try again, with no page at all.
            again = row.step in NEVER_SHOWN and result is Result.AUTH_FAILED
            if not (again and row.auth_failed == To((row.step,))):
                yield f"{row.step}: {result}", row.after(result)


def _steps(target: Target) -> tuple[Step, ...]:
    return target.steps if isinstance(target, To) else ()


def _named(table: Table) -> set[Step]:
    targets = [table.start, *(row.after(result) for row in table.rows for result in Result)]
    return {step for target in targets for step in _steps(target)}


def _reached(table: Table, origin: tuple[Step, ...]) -> set[Step]:
    """Return all steps to which any results lead from `origin`, itself included."""
    follows: dict[Step, tuple[Step, ...]] = {}
    for row in table.rows:
        ways = (step for result in Result for step in _steps(row.after(result)))
        follows[row.step] = (*follows.get(row.step, ()), *ways)
    return _closure(follows, origin)


def _closure(follows: dict[Step, tuple[Step, ...]], origin: tuple[Step, ...]) -> set[Step]:
    found: set[Step] = set()
    waiting = list(origin)
    while waiting:
        step = waiting.pop()
        if step not in found:
            found.add(step)
            waiting.extend(follows.get(step, ()))
    return found
