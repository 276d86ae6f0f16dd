"""What a step is: one module here, one template for each of its pages, one line of the tables."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar

from app.nextstep.vocabulary import Instrument, Result, Step
from app.store.flows import Flow


class Form(Protocol):
    """What the browser sent: one value or all values of a field."""

    def get(self, key: str, default: str = "") -> str:
        """Return the first value of a field."""

    def getlist(self, key: str) -> Sequence[str]:
        """Return every value of a field."""


@dataclass(frozen=True)
class Confirmed:
    """The person did what was asked, and proved it with these."""

    instruments: tuple[Instrument, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """A wrong answer, which counts as an attempt. `code` names the reason; pages translate it."""

    code: str


@dataclass(frozen=True)
class Left:
    """The step ended somewhere else, on the phone: by a refusal, or by too many failures."""

    result: Result
    reason: str = ""
    """Why, as the last page and back ends are told; empty: as it is for this result."""


@dataclass(frozen=True)
class Chosen:
    """The person takes another of the steps on offer, and begins it with this."""

    step: Step
    start: Callable[[Flow], "Answer"]


@dataclass(frozen=True)
class Again:
    """Show the step again: another page of it, or the same with a problem. Nothing counts."""

    problem: str | None = None
    field: str | None = None
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)


T = TypeVar("T")

CODE, PASSWORD = "code", "password"
"""Counters of failures in a row: of answers with a code, and of passwords alone."""


@dataclass(frozen=True)
class Work(Generic[T]):
    """Something slow or secret that must not run in a transaction.

    `run` is called with no transaction open and must use plain values only; `then` gets its
    result in a new transaction.
    """

    run: Callable[[], T]
    then: Callable[[Flow, T], "Answer"]
    refusal: Rejected | None = None
    """Given: a secret is judged. An attempt is reserved and committed before, and this is the
    answer, whatever the result, while the user is blocked."""
    counter: str = CODE
    """Which failures in a row it counts among: a right password alone forgives no wrong code."""


Answer: TypeAlias = Confirmed | Rejected | Left | Chosen | Again | Work[Any]


@dataclass(frozen=True)
class View:
    """What a page of the step needs: the template's name and its values."""

    template: str
    kind: str
    """`login`, `payment` or `consent`: what the page looks like."""
    data: Mapping[str, object]


class Method(Protocol):
    """One step of a flow. Attempts are counted by the flow, not here."""

    step: ClassVar[Step]

    def begin(self, flow: Flow) -> Work[Any] | None:
        """Prepare the step; work that has to come first is done before its page is shown."""

    def view(self, flow: Flow, language: str) -> View:
        """Return the present page; must not change anything."""

    def answer(self, flow: Flow, action: str, form: Form) -> Answer:
        """Take what the browser sent. A wrong answer is a value, never an exception."""

    def leave(self, flow: Flow) -> None:
        """Clean up, however the step ended."""
