"""Every call of Next Step."""

from app.api.nextstep import (
    applications,
    configuration,
    operations,
    organizations,
)
from app.api.nextstep.calls import PREFIX, bp

__all__ = [
    "PREFIX",
    "applications",
    "bp",
    "configuration",
    "operations",
    "organizations",
]
