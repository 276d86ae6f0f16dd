"""A push leaves the real worker for a real provider within a second; nothing of it stays."""

import pytest

from app.mtoken.operation_views import Handset
from app.store.outbox import OutboxRow
from app.store.registrations import PushDevice
from tests.support.databases import built
from tests.support.device import USER, paired
from tests.support.patience import BEFORE_THE_SWEEP, comes
from tests.support.portal import running_portal
from tests.support.pushing import reachable
from tests.support.store import all_of, serving

APPLE, GOOGLE = "ab" * 32, "google:token"


@pytest.fixture
def world(push_world):
    push_world.apns.devices.add(APPLE)
    return push_world


@pytest.fixture
def portal(world, tmp_path):
    settings = {
        f"WEBFLOW_PUSH__{name.upper()}": str(value)
        for name, value in world.settings.model_dump(exclude={"timeout"}).items()
    }
    folder = tmp_path / "var"
    folder.mkdir()
    with running_portal(folder, settings) as portal:
        yield portal


def put_in(portal, world, tmp_path):
    key, account = tmp_path / "key.p8", tmp_path / "account.json"
    key.write_bytes(world.team.file)
    account.write_bytes(world.fcm.file)
    names = ("--topic", world.team.topic, "--key-id", world.team.key_id)
    team = ("--team-id", world.team.team_id, "--key", str(key))
    portal.flask("mtoken", "push", "set", "demo", "apns", *names, *team)
    portal.flask("mtoken", "push", "set", "demo", "fcm", "--service-account", str(account))


def test_pushes_leave_and_a_dead_address_is_forgotten(portal, world, tmp_path):
    put_in(portal, world, tmp_path)
    with built(portal.settings) as app:
        phones = [paired(app, user_id=USER) for _ in range(2)]
        for phone, token, platform in zip(phones, (APPLE, GOOGLE), ("apns", "fcm"), strict=True):
            reachable(app, Handset(phone.id, USER, "demo"), token, platform)

        def send(title):
            with serving(app) as services:
                assert services.mtoken.messages.send(USER, title=title) == len(
                    all_of(app, PushDevice)
                )
                services.commit()

        send("Hello")
        assert comes(lambda: len(world.apns.taken) == 1, within=BEFORE_THE_SWEEP)
        assert comes(lambda: len(all_of(app, PushDevice)) == 1)
        send("Again")
        assert comes(lambda: len(world.apns.taken) == 2, within=BEFORE_THE_SWEEP)
        assert comes(lambda: all(row.state != "pending" for row in all_of(app, OutboxRow)))
        assert world.apns.taken[1].payload["aps"]["alert"]["title"] == "Again"
        assert world.apns.connections == 1
        assert {row.payload for row in all_of(app, OutboxRow)} == {None}
    for secret in (APPLE, GOOGLE, "Again", world.apns.taken[0].provider_token):
        assert secret not in portal.output
