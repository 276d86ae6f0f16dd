"""All providers of pushes at once, and what the house has to know to reach them."""

from pathlib import Path
from typing import Self

from app.channels.credentials import ApnsCredentials, FcmCredentials, HmsCredentials
from app.settings import PushSettings
from tests.support.apns_server import ApnsServer, Team
from tests.support.push_authority import Authority
from tests.support.push_providers import FcmServer, HmsServer


class PushWorld:
    """Apple's two environments, Google and Huawei, trusted by one certificate."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.team = Team()
        self.apns = ApnsServer(self.authority, self.team)
        self.sandbox = ApnsServer(self.authority, self.team)
        self.fcm = FcmServer(self.authority)
        self.hms = HmsServer(self.authority)
        self.settings = PushSettings(
            channel="providers",
            ca_file=str(self.authority.file),
            apns_production_url=self.apns.url,
            apns_development_url=self.sandbox.url,
            fcm_url=self.fcm.url,
            fcm_token_url=self.fcm.token_url,
            hms_url=self.hms.url,
            hms_token_url=self.hms.token_url,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for server in (self.apns, self.sandbox, self.fcm, self.hms):
            server.close()

    def apns_credentials(self, **other: str) -> ApnsCredentials:
        """Return what Apple has given out."""
        usual = {
            "topic": self.team.topic,
            "key_id": self.team.key_id,
            "team_id": self.team.team_id,
            "environment": "production",
            "secret": self.team.file.decode(),
        }
        return ApnsCredentials(**{**usual, **other})

    def fcm_credentials(self) -> FcmCredentials:
        """Return what Google has given out."""
        return FcmCredentials.read(self.fcm.file)

    def hms_credentials(self, **other: str) -> HmsCredentials:
        """Return what Huawei has given out."""
        usual = {
            "project_id": "4711",
            "app_id": self.hms.app_id,
            "client_id": self.hms.client_id,
            "secret": self.hms.secret,
        }
        return HmsCredentials(**{**usual, **other})
