"""What operators configured: rows that override what we ship, or add to it.

Tables have the names that integrators know from Next Step.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base


class ConfigurationVersion(Base):
    """One row that grows with each change, so that every process sees that there was one."""

    __tablename__ = "configuration_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]


class StepDefinitionRow(Base):
    """One line of a step table; an operation with lines here is governed by them alone."""

    __tablename__ = "ns_step_definition"
    __table_args__ = (
        CheckConstraint("operation_type IN ('CREATE', 'UPDATE')", name="operation_type"),
        CheckConstraint("response_result IN ('CONTINUE', 'DONE', 'FAILED')", name="result"),
        UniqueConstraint(
            "operation_name",
            "operation_type",
            "request_auth_method",
            "request_auth_step_result",
            "response_priority",
            name="uq_ns_step_definition_priority",
        ),
    )

    step_definition_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    operation_name: Mapped[str] = mapped_column(String(256), index=True)
    operation_type: Mapped[str] = mapped_column(String(32))
    request_auth_method: Mapped[str | None] = mapped_column(String(32))
    request_auth_step_result: Mapped[str | None] = mapped_column(String(32))
    response_priority: Mapped[int]
    response_auth_method: Mapped[str | None] = mapped_column(String(32))
    response_result: Mapped[str] = mapped_column(String(32))


class OperationConfigRow(Base):
    """What an operation is, and how long it lives."""

    __tablename__ = "ns_operation_config"

    operation_name: Mapped[str] = mapped_column(String(256), primary_key=True)
    template_version: Mapped[str] = mapped_column(String(256))
    template_id: Mapped[int]
    mobile_token_enabled: Mapped[bool]
    mobile_token_mode: Mapped[str] = mapped_column(String(256))
    afs_enabled: Mapped[bool]
    afs_config_id: Mapped[str | None] = mapped_column(String(256))
    expiration_time: Mapped[int | None]
    """Seconds; empty: the setting `WEBFLOW_FLOW__TIMEOUT`."""


class OperationMethodConfigRow(Base):
    """How often one step of one operation may be tried."""

    __tablename__ = "ns_operation_method_config"

    operation_name: Mapped[str] = mapped_column(String(256), primary_key=True)
    auth_method: Mapped[str] = mapped_column(String(32), primary_key=True)
    max_auth_fails: Mapped[int]


class AuthMethodRow(Base):
    """What a step is; `removed` hides one that we ship."""

    __tablename__ = "ns_auth_method"

    auth_method: Mapped[str] = mapped_column(String(32), primary_key=True)
    order_number: Mapped[int]
    check_user_prefs: Mapped[bool]
    user_prefs_column: Mapped[int | None]
    user_prefs_default: Mapped[bool | None]
    check_auth_fails: Mapped[bool]
    max_auth_fails: Mapped[int | None]
    has_user_interface: Mapped[bool]
    has_mobile_token: Mapped[bool]
    display_name_key: Mapped[str | None] = mapped_column(String(256))
    removed: Mapped[bool]


class OrganizationRow(Base):
    """A segment of customers: another look for one of the bank's, or one more."""

    __tablename__ = "ns_organization"

    organization_id: Mapped[str] = mapped_column(String(256), primary_key=True)
    display_name_key: Mapped[str | None] = mapped_column(String(256))
    is_default: Mapped[bool]
    order_number: Mapped[int]
    default_credential_name: Mapped[str | None] = mapped_column(String(256))
    default_otp_name: Mapped[str | None] = mapped_column(String(256))


class ApplicationRow(Base):
    """An application of the bank that credentials and codes will belong to."""

    __tablename__ = "ns_application"
    __table_args__ = (CheckConstraint("status IN ('ACTIVE', 'REMOVED')", name="status"),)

    name: Mapped[str] = mapped_column(String(256), primary_key=True)
    description: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(32))
    timestamp_created: Mapped[datetime]
    timestamp_last_updated: Mapped[datetime | None]
