"""`flask mtoken push`: operators put credentials in, and never get a secret out."""

import re
from pathlib import Path

import pytest

from app.channels.credentials import FcmCredentials
from app.store.audit import AuditEntry
from tests.support.databases import built
from tests.support.operations import BANK_APP, JOHNNY, Room
from tests.support.pushing import reachable
from tests.support.store import all_of, on_sqlite, serving

pytestmark = on_sqlite


@pytest.fixture
def world(push_world):
    return push_world


@pytest.fixture
def flask(app):
    """Run a command of `flask mtoken push`; it must end with this exit code."""

    def run(*arguments, code=0, typed=None):
        done = app.test_cli_runner().invoke(args=("mtoken", "push", *arguments), input=typed)
        assert done.exit_code == code, done.output
        return done.output

    return run


@pytest.fixture
def files(world, tmp_path):
    def kept(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return str(path)

    return {
        "p8": kept("AuthKey.p8", world.team.file),
        "json": kept("account.json", world.fcm.file),
        "secret": kept("secret.txt", world.hms.secret.encode() + b"\n"),
    }


APNS = ("--topic", "com.example.bank", "--key-id", "ABC123DEFG", "--team-id", "DEF123GHIJ")
HMS = ("--project-id", "4711", "--app-id", "102345", "--client-id", "102345")


def test_credentials_are_put_in_from_files_shown_and_removed(app, flask, files, world):
    said = flask("set", "demo", "apns", *APNS, "--key", files["p8"])
    said += flask("set", "demo", "fcm", "--service-account", files["json"])
    said += flask("set", "demo", "hms", *HMS, "--client-secret", files["secret"])
    shown = flask("show", "demo")
    assert re.search(r"^apns +topic +com\.example\.bank$", shown, re.MULTILINE)
    assert re.search(r"^apns +environment +production$", shown, re.MULTILINE)
    assert re.search(r"^fcm +project_id +bank-app-4711$", shown, re.MULTILINE)
    assert re.search(r"^hms +app_id +102345$", shown, re.MULTILINE)
    said += shown + flask("remove", "demo", "apns")
    assert "apns" not in flask("show", "demo")
    said += flask("remove", "demo", "apns", code=1)
    assert "demo has no credentials of apns." in said
    for secret in (world.hms.secret, "BEGIN", world.team.file.decode().splitlines()[1]):
        assert secret not in said
    told = [entry for entry in all_of(app, AuditEntry) if entry.name.startswith("application.push")]
    assert [entry.facts["platform"] for entry in told] == ["apns", "fcm", "hms", "apns"]
    assert all(entry.actor.startswith("operator:") for entry in told)


def test_a_file_may_come_from_the_input(app, flask, world):
    flask("set", "demo", "fcm", "--service-account", "-", typed=world.fcm.file.decode())
    with serving(app, writing=False) as services:
        found = services.mtoken.push_credentials.find("demo", FcmCredentials)
    assert found == world.fcm_credentials()


def test_the_doctor_names_phones_that_nobody_can_push_to(app, settings, files):
    def asked(pushes):
        with built(pushes) as fresh:
            return fresh.test_cli_runner().invoke(args=("doctor",)).output

    providers = settings.push.model_copy(update={"channel": "providers"})
    pushing = settings.model_copy(update={"push": providers})
    room = Room(app)
    reachable(app, JOHNNY, "address", "fcm")
    advice = f"run flask mtoken push set {BANK_APP} fcm"
    assert advice in asked(pushing)
    assert advice not in asked(settings)
    content = Path(files["json"]).read_bytes()
    room.do(lambda s: s.mtoken.push_credentials.set_fcm(BANK_APP, file=content))
    assert advice not in asked(pushing)


def test_what_cannot_be_right_is_said_in_a_sentence(flask, files):
    said = flask("set", "demo", "apns", *APNS, "--key", files["json"], code=1)
    assert "Not taken: the key cannot be read" in said
    said = flask("set", "demo", "fcm", "--service-account", files["p8"], code=1)
    assert "Not taken: the file is not JSON." in said
    said = flask("set", "demo", "hms", *HMS, "--client-secret", "-", code=1, typed="\n")
    assert "Not taken: the client secret is missing" in said
    for command in (
        ("set", "nobody", "hms", *HMS, "--client-secret", files["secret"]),
        ("show", "nobody"),
        ("remove", "nobody", "fcm"),
    ):
        assert "There is no application nobody" in flask(*command, code=1)
