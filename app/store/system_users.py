"""System users: back ends that call our APIs. The names are those of the installation guide."""

from sqlalchemy import ForeignKey, Sequence, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.store.db import Base

IDS = Sequence("pa_cloud_user_seq")
"""Numbers users and authorities on PostgreSQL, as the guide's SQL does; SQLite counts itself."""


class SystemUser(Base):
    """A back end, and how its password is recognised."""

    __tablename__ = "pa_cloud_user"

    id: Mapped[int] = mapped_column(IDS, primary_key=True)
    username: Mapped[str] = mapped_column(String(256), unique=True)
    password: Mapped[str] = mapped_column(String(256))
    """`{hmac}` and a keyed hash for a generated one; bcrypt, as the guide inserts it."""
    enabled: Mapped[bool]


class SystemUserAuthority(Base):
    """What a system user may do, e.g. `ROLE_ADMIN`."""

    __tablename__ = "pa_cloud_user_authority"
    __table_args__ = (UniqueConstraint("user_id", "authority"),)

    id: Mapped[int] = mapped_column(IDS, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("pa_cloud_user.id", ondelete="CASCADE"))
    authority: Mapped[str] = mapped_column(String(256))


class SystemUserApplication(Base):
    """An application whose registrations and operations a system user may see and change."""

    __tablename__ = "pa_cloud_user_application"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("pa_cloud_user.id", ondelete="CASCADE"), primary_key=True
    )
    application_id: Mapped[str] = mapped_column(
        ForeignKey("mobile_applications.id", ondelete="CASCADE"), primary_key=True
    )
