"""The names by which the installation guide of the original tells where the database is."""

import os
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

NAMES = {
    "database_url": "POWERAUTH_CLOUD_DATASOURCE_URL",
    "database_username": "POWERAUTH_CLOUD_DATASOURCE_USERNAME",
    "database_password": "POWERAUTH_CLOUD_DATASOURCE_PASSWORD",
}
"""The guide's `env.list` names one database for each of its four programs; we are this one."""


class GuideSource(PydanticBaseSettingsSource):
    """Reads them where nothing of ours says which database it is: never some of each."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the value of one setting."""
        value = os.environ.get(NAMES.get(field_name, ""))
        return value, field_name, self.field_is_complex(field)

    def __call__(self) -> dict[str, Any]:
        """Return what is given."""
        if any(self.current_state.get(name) for name in NAMES):
            return {}
        given = {name: os.environ.get(variable) for name, variable in NAMES.items()}
        return {name: value for name, value in given.items() if value}
