"""`flask mtoken`: what operators do to applications and registrations."""

import getpass
import re

import pytest

from app.demo.phone.configuration import Configuration
from app.demo.phone.handset import Handset
from app.demo.phone.pairing import Owner
from tests.support.device import PIN, Device, configuration_of, offer, row_of
from tests.support.store import on_sqlite, serving

pytestmark = on_sqlite


@pytest.fixture
def flask(app):
    """Run a command of `flask mtoken`; it must succeed, unless another exit code is expected."""

    def run(*arguments, code=0):
        done = app.test_cli_runner().invoke(args=("mtoken", *arguments))
        assert done.exit_code == code, done.output
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.output

    return run


def made(said):
    """What `registration create` tells."""
    return dict(re.findall(r"^(registration|code|QR text) +(\S+)$", said, re.MULTILINE))


def test_the_demo_has_an_application_whose_configuration_is_shown(app, flask):
    assert re.search(r"^demo +Demo Bank$", flask("application", "list"), re.MULTILINE)
    said = flask("application", "show", "demo")
    configuration = re.search(r"^mobileSdkConfig +(\S+)$", said, re.MULTILINE)[1]
    assert configuration.startswith("AR")
    assert Configuration.read(configuration) == configuration_of(app)
    assert "There is no application x" in flask("application", "show", "x", code=1)


def test_an_application_is_made_once_with_keys_of_its_own(app, flask):
    flask("application", "create", "other", "--name", "Another app")
    assert "There is an application other" in flask("application", "create", "other", code=1)
    assert configuration_of(app, "other").application_key != configuration_of(app).application_key
    assert configuration_of(app, "other").master_public != configuration_of(app).master_public


def test_a_phone_is_registered_committed_blocked_unblocked_and_removed(app, flask):
    told = made(flask("registration", "create", "10045678", "--otp", "4711"))
    assert told["QR text"].startswith(told["code"] + "#")
    answer, pairing = offer(app, told["code"])
    phone = Device(app, Handset(pairing.finish(answer.data, PIN)))
    assert phone.id == told["registration"]
    acts = ("registration", "commit", phone.id)
    assert "password" in flask(*acts, code=1)
    assert "password is wrong" in flask(*acts, "--otp", "1", code=1)
    assert row_of(app, phone.id).failed_attempts == 1
    assert f"{phone.id} is ACTIVE." in flask(*acts, "--otp", "4711")
    assert phone.sign().status_code == 200
    assert "is BLOCKED." in flask("registration", "block", phone.id, "--reason", "LOST")
    listed = flask("registration", "list", "--user", "10045678")
    assert re.search(rf"^{phone.id} +10045678 +demo +BLOCKED +0 +My phone", listed, re.MULTILINE)
    assert "is ACTIVE." in flask("registration", "unblock", phone.id)
    assert "is REMOVED." in flask("registration", "remove", phone.id)
    assert "REMOVED does not lead to BLOCKED" in flask("registration", "block", phone.id, code=1)
    assert phone.id not in flask("registration", "list")
    assert phone.id in flask("registration", "list", "--removed")
    with serving(app, writing=False) as services:
        history = services.mtoken.registrations.history(phone.id)
    by = f"operator:{getpass.getuser()}"
    assert {row.external_user_id for row in history if row.state != "PENDING_COMMIT"} == {by}


def test_a_registration_can_do_without_a_commit(app, flask):
    told = made(flask("registration", "create", "10045678", "--at-once"))
    answer, _ = offer(app, told["code"], owner=Owner("Mine"))
    assert answer.status_code == 200
    assert row_of(app, told["registration"]).state == "ACTIVE"


def test_what_is_not_there_is_told(flask):
    assert "no such registration" in flask("registration", "remove", "nothing", code=1)
    said = flask("registration", "create", "10045678", "--application", "none", code=1)
    assert "no such application" in said
