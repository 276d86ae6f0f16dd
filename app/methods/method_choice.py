"""The review of an approval by one method: the payment, the account, and the choice of method."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from app.bank.base import User
from app.methods.base import Again, Answer, Chosen, Form, View
from app.methods.review import Review, Start
from app.nextstep.vocabulary import Step
from app.store.flows import Flow


@dataclass(frozen=True)
class MethodChoice:
    """Shows the methods on offer; whichever is taken begins with the chosen account."""

    review: Review
    starts: Mapping[Step, Start]
    """What each method begins with; only these can be chosen."""

    def view(self, flow: Flow, language: str) -> View:
        """Show the payment, the accounts and the methods."""
        data = {**self.review.data(flow, language), "methods": self._methods(flow)}
        return View("methods/operation_review.html", "payment", data)

    def answer(self, flow: Flow, form: Form) -> Answer:
        """Take account and method, and begin."""
        methods = self._methods(flow)
        wanted = form.get("method", methods[0])
        if wanted not in methods:
            return Again("method_missing", "method")
        return self.review.choose(flow, form, partial(self._begin, Step(wanted)))

    def _begin(self, step: Step, flow: Flow, user: User | None) -> Answer:
        start = self.starts[step]
        if flow.step == step.value:
            return start(flow, user)
        return Chosen(step, lambda flow: start(flow, user))

    def _methods(self, flow: Flow) -> list[str]:
        """Return the steps on offer that can be taken here, the present one first."""
        offered = [step for step in flow.offered if step in self.starts and step != flow.step]
        return [str(flow.step), *offered]
