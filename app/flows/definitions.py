"""Step definitions: a step table as lines, the way Next Step writes it, and back again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

from app.nextstep import engine
from app.nextstep.vocabulary import Ending, OperationKind, Result, Row, Step, Table, Target, To

CONTINUE: Final = "CONTINUE"
NEED_PAYMENT: Final = frozenset({Step.APPROVAL_SCA, Step.SMS_KEY, Step.SHOW_OPERATION_DETAIL})
"""Steps that show a payment, so that an operation about anything else cannot have them."""


class RequestType(StrEnum):
    """When a definition applies."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"


@dataclass(frozen=True)
class StepDefinition:
    """One line: after this step and result (or at the start) comes that, by priority."""

    id: int
    operation: str
    type: RequestType
    step: Step | None
    result: Result | None
    priority: int
    next: Step | None
    outcome: str
    """`CONTINUE`, `DONE` or `FAILED`."""

    @property
    def question(self) -> tuple[str, RequestType, Step | None, Result | None]:
        """What this line is one answer to."""
        return self.operation, self.type, self.step, self.result


@dataclass(frozen=True)
class Assembly:
    """A table made of definitions, and what is wrong with it."""

    table: Table
    """Every line that is complete, so that running flows find theirs."""
    faults: tuple[str, ...]
    is_started: bool
    """Whether it says how an operation begins; if not, it is out of service."""


def assemble(
    name: str, definitions: Sequence[StepDefinition], kind: OperationKind | None
) -> Assembly:
    """Make a table of definitions. Lines to which nothing leads yet are left to the future."""
    found: list[str] = []
    answers = _answers(definitions)
    start = answers.get((RequestType.CREATE, None, None), ())
    table = Table(name, _start(start, found), tuple(_rows(answers)))
    reached = _reachable(table, answers)
    if kind is None:
        found.append(f"{name}: has no operation configuration")
    found += _missing(answers, reached)
    found += _duplicates(definitions)
    found += _forbidden_init(definitions)
    judged = Table(name, table.start, tuple(row for row in table.rows if row.step in reached))
    found += [] if found else engine.faults(judged)
    found += _shortcuts(judged)
    if kind is not OperationKind.PAYMENT:
        found += [f"{step}: needs a payment" for step in sorted(reached & NEED_PAYMENT)]
    return Assembly(table, tuple(found), is_started=bool(start))


# --- from lines to a table -------------------------------------------------------------------

Answers = Mapping[tuple[RequestType, Step | None, Result | None], Sequence[StepDefinition]]


def _answers(definitions: Iterable[StepDefinition]) -> Answers:
    in_order = sorted(definitions, key=lambda line: (*map(str, line.question), line.priority))
    return {
        (lines[0].type, lines[0].step, lines[0].result): lines
        for _, group in groupby(in_order, key=lambda line: line.question)
        if (lines := list(group))
    }


def _start(lines: Sequence[StepDefinition], found: list[str]) -> To:
    if not lines:
        found.append("start: nothing is defined for CREATE")
    elif any(line.outcome != CONTINUE for line in lines):
        found.append("start: an operation begins with CONTINUE")
    return To(tuple(line.next for line in lines if line.next is not None))


def _rows(answers: Answers) -> Iterator[Row]:
    steps = {step for kind, step, _ in answers if kind is RequestType.UPDATE and step is not None}
    for step in (step for step in Step if step in steps and step is not Step.INIT):
        targets = [_target(answers.get((RequestType.UPDATE, step, r), ())) for r in Result]
        if None not in targets:
            yield Row(step, **{r.value.lower(): t for r, t in zip(Result, targets, strict=True)})  # type: ignore[arg-type]  # None was excluded


def _target(lines: Sequence[StepDefinition]) -> Target | None:
    """Of several results DONE counts before CONTINUE, and CONTINUE before FAILED."""
    outcomes = {line.outcome for line in lines}
    if Ending.DONE.value in outcomes:
        return Ending.DONE
    if CONTINUE in outcomes:
        going_on = (line.next for line in lines if line.outcome == CONTINUE)
        return To(tuple(step for step in going_on if step is not None))
    return Ending.FAILED if outcomes else None


def _reachable(table: Table, answers: Answers) -> AbstractSet[Step]:
    """Return all steps that an operation can come to, those with missing lines included."""
    found: set[Step] = set()
    waiting = list(table.start.steps)
    while waiting:
        step = waiting.pop()
        if step not in found:
            found.add(step)
            targets = (_target(answers.get((RequestType.UPDATE, step, r), ())) for r in Result)
            waiting += [s for t in targets if isinstance(t, To) for s in t.steps]
    return found


# --- what only definitions can get wrong -----------------------------------------------------


def _missing(answers: Answers, reached: AbstractSet[Step]) -> Iterator[str]:
    for step in (step for step in Step if step in reached):
        for result in Result:
            if not answers.get((RequestType.UPDATE, step, result)):
                yield f"{step}: nothing is defined for {result}"


def _duplicates(definitions: Iterable[StepDefinition]) -> Iterator[str]:
    seen: set[tuple[object, ...]] = set()
    for line in definitions:
        place = (*line.question, line.priority)
        if place in seen:
            yield f"{_place(line)}: priority {line.priority} is given twice"
        seen.add(place)


def _forbidden_init(definitions: Iterable[StepDefinition]) -> Iterator[str]:
    """INIT is the beginning of every flow; all that can follow it is its cancellation."""
    for line in definitions:
        cancels = line.result is Result.CANCELED and line.outcome == Ending.FAILED.value
        if line.step is Step.INIT and not cancels:
            yield "INIT: may only be CANCELED, which is FAILED"


def _shortcuts(table: Table) -> Iterator[str]:
    """Find results that lead on although the step was not confirmed.

    What is not confirmed may be tried again or replaced by what stood beside it, no more:
    anything else would be a way around the step.
    """
    together: dict[Step, set[Step]] = {row.step: {row.step} for row in table.rows}
    for target in (table.start, *(row.confirmed for row in table.rows)):
        if isinstance(target, To):
            for step in target.steps:
                together.setdefault(step, {step}).update(target.steps)
    for row in table.rows:
        for result in Result:
            target = row.after(result)
            if result is not Result.CONFIRMED and isinstance(target, To):
                for step in sorted(set(target.steps) - together[row.step]):
                    yield f"{row.step}: {result} leads on to {step} without a confirmation"


def _place(line: StepDefinition) -> str:
    return "start" if line.type is RequestType.CREATE else f"{line.step}: {line.result}"
