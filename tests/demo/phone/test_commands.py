"""The phone as a command, for scripts, at a portal of processes."""

import json
import os
import re
import stat
from dataclasses import replace

import pytest
from click.testing import CliRunner

from app.demo.phone.commands import phone
from app.demo.phone.shop import Shop
from tests.support.back_office import BackOffice
from tests.support.mobile import app_of, told_of

PIN = "2468"


@pytest.fixture(scope="module")
def portal(tiers):
    return tiers.shared("embedded")


@pytest.fixture(scope="module")
def bank(portal):
    return BackOffice(portal)


@pytest.fixture
def user():
    return f"user{os.urandom(4).hex()}"


@pytest.fixture
def run(tmp_path):
    """Run a command; return what it wrote and its exit code."""

    def run(*arguments, given="", environment=None):
        done = CliRunner().invoke(
            phone,
            ["--folder", str(tmp_path / "phones"), *arguments],
            input=given,
            env={"WEBFLOW_DEMO_CLIENT_ENVIRONMENT": "", **(environment or {})},
        )
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return run


@pytest.fixture
def paired(run, portal, bank, user):
    registration_id, qr = bank.register(user)
    done = run("pair", "--config", told_of(portal), "--code", qr, "--pin", PIN)
    assert done.exit_code == 0, done.output
    bank.commit(registration_id)
    return registration_id


def test_a_phone_is_paired_with_the_configuration_string_or_the_json_of_the_environment(
    run, portal, bank, user, tmp_path
):
    _, qr = bank.register(user)
    told = {"WEBFLOW_DEMO_CLIENT_ENVIRONMENT": told_of(portal)}
    done = run("pair", "--code", qr, "--phone", "One", given=f"{PIN}\n", environment=told)
    assert (done.exit_code, "Paired One." in done.stdout) == (0, True), done.output
    _, qr = bank.register(user)
    string = json.loads(told_of(portal))["mobileSdkConfig"]
    arguments = ("--server", portal.address, "--config", string, "--code", qr, "--pin", PIN)
    assert run("pair", *arguments).exit_code == 0
    assert app_of(portal).address == f"{portal.address}/enrollment-server"
    files = list((tmp_path / "phones").glob("*.json"))
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    unclear = run("list")
    assert unclear.exit_code == 1
    assert re.search(r"several phones: One, .+\. Name one by --phone\.", unclear.stderr)
    assert run("list", "--phone", "one").exit_code == 4


def test_what_waits_is_listed_and_approved(run, bank, user, paired):
    assert run("list").stdout == ""
    asked = bank.ask(user)
    listed = run("list").stdout
    assert asked["operationId"] in listed
    assert "63.99 EUR" in listed
    (row,) = json.loads(run("list", "--json").stdout)
    assert (row["id"], row["status"]) == (asked["operationId"], "PENDING")
    done = run("approve", "--pin", PIN)
    assert done.stdout == f"Approved {asked['operationId']}\n"
    assert bank.state_of(asked["operationId"])["status"] == "APPROVED"
    (row,) = json.loads(run("history", "--json", "--biometry").stdout)
    assert row["status"] == "APPROVED"


def test_the_pin_is_read_where_nobody_can_type_it_and_never_written(run, bank, user, paired):
    bank.ask(user)
    done = run("approve", given=f"{PIN}\n")
    assert done.exit_code == 0
    assert PIN not in done.output


def test_a_wrong_pin_ends_with_3_and_a_blocked_phone_with_4(run, bank, user, paired):
    bank.ask(user)
    done = run("approve", "--pin", "0000")
    assert done.exit_code == 3
    assert "4 attempts are left" in done.stderr
    bank.change(paired, "BLOCK")
    assert run("approve", "--pin", PIN).exit_code == 4
    assert run("list").exit_code == 4


def test_an_operation_is_named_where_several_wait_and_told_where_it_ended(run, bank, user, paired):
    first, second = (bank.ask(user)["operationId"] for _ in range(2))
    assert "2 operations wait. Name one." in run("reject").stderr
    assert run("reject", first, "--reason", "INCORRECT_DATA").exit_code == 0
    assert run("reject", second, "--reason", "BECAUSE").exit_code == 2
    bank.cancel(second)
    assert run("reject", second).exit_code == 5
    assert "No operations wait." in run("approve", "--pin", PIN).stderr


def test_a_forged_code_ends_with_6(run, paired):
    text = "\n".join(["id", "title", "message", "A2", "", "A" * 24, "1MEUCIQ=="])
    for arguments in ((text,), ("-",)):
        done = run("offline", *arguments, "--pin", PIN, given=text)
        assert (done.exit_code, done.stdout) == (6, "")


def test_the_state_of_all_phones_is_told(run, user, paired):
    (told,) = json.loads(run("status", "--json").stdout)
    assert (told["phone"], told["state"]) == ("Pixel 8", "ACTIVE")
    assert "Pixel 8  ACTIVE" in run("status", "--phone", "pixel 8").stdout


def test_a_phone_is_renamed_reached_and_removed(run, bank, paired):
    assert run("rename", "Other", "--pin", PIN).exit_code == 0
    assert bank.name_of(paired) == "Other"
    assert run("push", "--token", "abc").stdout == "abc\n"
    assert run("remove", "--phone", "Other").exit_code == 0
    assert "There is no phone." in run("list").stderr


def test_a_phone_is_thrown_away_without_its_portal(run, bank, paired):
    assert run("remove", "--here").exit_code == 0
    assert run("status", "--json").stdout == "[]\n"
    assert bank.name_of(paired) == "Pixel 8"


def test_the_state_of_the_others_is_told_when_one_portal_is_silent(run, tmp_path, paired):
    drawer = Shop(tmp_path / "phones").drawer
    (kept,) = drawer.all()
    lost = replace(kept, id="0123456789ab", name="Lost", paired=kept.paired + 1)
    drawer.write(replace(lost, address="http://127.0.0.1:1/es"))
    done = run("status", "--json")
    assert done.exit_code == 7
    assert "Lost: The connection to http://127.0.0.1:1/es was lost." in done.stderr
    assert [told["state"] for told in json.loads(done.stdout)] == ["ACTIVE", "PENDING_COMMIT"]


def test_a_pin_that_nobody_gave_is_asked_for_instead_of_signing_with_none(run, bank, user, paired):
    bank.ask(user)
    done = run("approve")
    assert (done.exit_code, "--pin" in done.stderr) == (2, True)


def test_wrong_usage_ends_with_2(run):
    assert run("pair", "--code", "x").exit_code == 2
    assert (
        run("pair", "--code", "x", "--config", "x", "--server", "http://localhost").exit_code == 2
    )


def test_no_connection_ends_with_7(run, portal, bank, user):
    _, qr = bank.register(user)
    told = json.loads(told_of(portal)) | {"serviceBaseUrl": "http://127.0.0.1:1"}
    done = run("pair", "--config", json.dumps(told), "--code", qr, "--pin", PIN)
    assert done.exit_code == 7
    assert "Nothing was sent." in done.stderr
