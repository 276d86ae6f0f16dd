"""The history of a flow: one entry for each thing that was said of a step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app import clock
from app.nextstep.vocabulary import Instrument, Result, Step
from app.store.flows import Flow, FlowRecord


@dataclass(frozen=True)
class Stamp:
    """What an entry notes besides: who said so if it was not the browser, and why."""

    caller: str | None = None
    reason: str = ""
    chosen: str | None = None
    context: Mapping[str, object] | None = None


BROWSER = Stamp()


class History:
    """Writes entries in order, and reads them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(
        self,
        flow: Flow,
        step: Step,
        result: str,
        instruments: Sequence[Instrument] = (),
        *,
        stamp: Stamp = BROWSER,
    ) -> None:
        """Add an entry; the flow already stands where it leads."""
        counted = select(func.max(FlowRecord.number)).where(FlowRecord.flow_id == flow.id)
        entry = insert(FlowRecord).values(
            flow_id=flow.id,
            number=func.coalesce(counted.scalar_subquery(), 0) + 1,
            step=step.value,
            step_result=result,
            instruments=[instrument.value for instrument in instruments],
            result=flow.result,
            reason=flow.result_reason or stamp.reason,
            chosen=stamp.chosen,
            caller=stamp.caller,
            context=dict(stamp.context) if stamp.context else None,
            created_at=clock.now(),
        )
        self._session.execute(entry)

    def choose(self, flow: Flow, step: Step) -> None:
        """Note at the last entry which of the steps on offer the person takes."""
        last = select(func.max(FlowRecord.number)).where(FlowRecord.flow_id == flow.id)
        self._session.execute(
            update(FlowRecord)
            .where(FlowRecord.flow_id == flow.id, FlowRecord.number == last.scalar_subquery())
            .values(chosen=step.value)
            .execution_options(synchronize_session=False)
        )

    def failures(self, flow: Flow, step: Step) -> int:
        """Count the wrong answers to a step, whenever they were given."""
        counted = select(func.count()).where(
            FlowRecord.flow_id == flow.id,
            FlowRecord.step == step.value,
            FlowRecord.step_result == Result.AUTH_FAILED.value,
        )
        return self._session.scalar(counted) or 0

    def of(self, *flows: Flow) -> Mapping[str, Sequence[FlowRecord]]:
        """Return the entries of some flows, by the flow's id."""
        found: dict[str, list[FlowRecord]] = {flow.id: [] for flow in flows}
        entries = select(FlowRecord).where(FlowRecord.flow_id.in_(found))
        for entry in self._session.scalars(entries.order_by(FlowRecord.number)):
            found[entry.flow_id].append(entry)
        return found
