"""Flows (Next Step calls them operations) and their history."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base

TYPED = text("username IS NOT NULL")
RUNNING = text("result = 'CONTINUE'")


class Flow(Base):
    """One browser's way through one step table; prepared by a back end or by the provider."""

    __tablename__ = "flows"
    __table_args__ = (
        CheckConstraint("result IN ('CONTINUE', 'DONE', 'FAILED')", name="result"),
        CheckConstraint("(result = 'CONTINUE') = (step IS NOT NULL)", name="step"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_flows_open", "result", "expires_at"),
        # What one browser is walking; small, whatever the number of past flows.
        Index("ix_flows_running", "browser_id", sqlite_where=RUNNING, postgresql_where=RUNNING),
        # What is still to be forgotten; small, whatever the number of past flows.
        Index("ix_flows_typed", "finished_at", sqlite_where=TYPED, postgresql_where=TYPED),
    )

    id: Mapped[str] = mapped_column(String(256), primary_key=True)
    """The operation id: what back ends call it. Never in a URL of the portal."""
    handle: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Random name in the URL, given when a browser opens the flow."""
    version: Mapped[int] = mapped_column(default=1)
    """Grows with each change; what was judged outside a transaction applies to one version."""

    operation_name: Mapped[str] = mapped_column(String(256))
    operation_data: Mapped[str] = mapped_column(Text)
    form_data: Mapped[dict[str, Any]]
    params: Mapped[list[Any]]
    application: Mapped[dict[str, Any] | None]
    scopes: Mapped[list[Any]]
    """What the third party asked for when it opened the flow: what its token will allow."""
    client_id: Mapped[str | None] = mapped_column(String(256), index=True)
    external_operation_name: Mapped[str | None] = mapped_column(String(256))
    external_transaction_id: Mapped[str | None] = mapped_column(String(256), index=True)

    user_id: Mapped[str | None] = mapped_column(String(256), index=True)
    """The bank's user id; empty for a user who does not exist or is blocked."""
    organization_id: Mapped[str | None] = mapped_column(String(256))
    account_status: Mapped[str | None] = mapped_column(String(16))
    """What a back end said of the user's account; nobody gets through with NOT_ACTIVE."""
    username: Mapped[str | None] = mapped_column(String(256))
    """As typed; shown read-only on the next page, whoever it is. Before: as the client hinted."""

    result: Mapped[str] = mapped_column(String(16), default="CONTINUE")
    result_reason: Mapped[str] = mapped_column(String(256), default="")
    canceled: Mapped[bool] = mapped_column(default=False)
    step: Mapped[str | None] = mapped_column(String(32))
    offered: Mapped[list[Any]]
    phase: Mapped[str] = mapped_column(String(32), default="")
    """Which page of the step is shown; empty: the first one."""
    attempts: Mapped[int] = mapped_column(default=0)
    """Judged answers to the present step that were not confirmed."""
    nonce: Mapped[str] = mapped_column(String(64))
    """One page, one answer: the present page's one-time number."""
    problem: Mapped[dict[str, Any] | None]
    """Why the last answer was not taken: `{code, field, values}`; never a secret."""

    mtoken_operation_id: Mapped[str | None] = mapped_column(String(64))
    """What the phone, or a passkey, is asked now; its state is in its own table."""
    offline: Mapped[dict[str, Any] | None]
    """Which phone signs without a network, and what makes its code one of a kind:
    `{registration_id, nonce}`; never from a form."""
    sms_id: Mapped[str | None] = mapped_column(String(64))
    """The only message whose code counts now; empty when none was really sent."""
    sms_sent_at: Mapped[datetime | None]
    sms_resent: Mapped[bool] = mapped_column(default=False)
    debit_account: Mapped[dict[str, Any] | None]
    """The chosen account `{id, number, name}`; fixed once the approval has started."""

    device_accepted_at: Mapped[datetime | None]
    """When the customer went on with one device in spite of the warning."""
    language: Mapped[str] = mapped_column(String(16), default="en")
    browser_id: Mapped[str | None] = mapped_column(String(64))
    return_to: Mapped[str | None] = mapped_column(String(256))
    """Address of ours where the provider takes over again; opaque to everyone else."""
    return_origin: Mapped[str | None] = mapped_column(String(2048))
    """Origin of the third party, e.g. `https://tpp.example`."""

    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    """The end, unless the customer does something."""
    ends_at: Mapped[datetime]
    """The end, whatever the customer does."""
    authenticated_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class FlowRecord(Base):
    """One entry of a flow's history, in order; the first says INIT CONFIRMED."""

    __tablename__ = "flow_history"

    flow_id: Mapped[str] = mapped_column(
        ForeignKey("flows.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    step: Mapped[str] = mapped_column(String(32))
    step_result: Mapped[str] = mapped_column(String(32))
    instruments: Mapped[list[Any]]
    result: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(256), default="")
    chosen: Mapped[str | None] = mapped_column(String(32))
    """The step that was chosen among those on offer after this entry."""
    caller: Mapped[str | None] = mapped_column(String(256))
    """Which back end said so; empty: the customer's browser did."""
    context: Mapped[dict[str, Any] | None]
    """What a back end told of the phone's signature."""
    created_at: Mapped[datetime]
