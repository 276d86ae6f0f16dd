"""The authenticator on the command line, as scripts use it."""

import json

import pytest
from click.testing import CliRunner

from app.demo.phone.commands import phone as command
from tests.demo.authenticator.bank import PIN


@pytest.fixture
def run(tmp_path):
    def run(*words, typed=None):
        given = ["--folder", str(tmp_path / "phones"), *words]
        return CliRunner().invoke(command, given, input=typed)

    return run


@pytest.fixture
def added(bank, run):
    """The account, as `account list` tells of it."""
    assert run("enroll", bank.invite(), "--pin", PIN, "--device", "Pixel 8").exit_code == 0
    (row,) = json.loads(run("account", "list", "--json").output)
    return row


def test_an_account_is_added_listed_renamed_and_forgotten(bank, run, added):
    assert bank.answers[0]["name"] == "Pixel 8"
    assert (added["account"], added["state"], added["username"]) == ("u12345", "ACTIVE", "u12345")
    assert "u12345  demo at localhost" in run("account", "list").output
    assert run("account", "rename", "u12345", "Mine").exit_code == 0
    assert run("account", "rename", "u12345", "Mine").exit_code == 1
    assert run("account", "forget", "mine").exit_code == 0
    assert run("account", "list").output == ""


def test_a_link_is_read_from_the_standard_input(bank, run):
    done = run("enroll", "--pin", PIN, typed=f"{bank.invite()}\n")
    assert done.output.startswith("Added u12345 of demo at localhost")


def test_a_link_is_approved_and_says_what_it_is_about(bank, run, added):
    link = bank.ask(added["authenticatorId"], "<html>Pay <b>100 CZK</b><br>to Bob</html>")
    done = run("approve", link, "--pin", PIN)
    assert done.exit_code == 0
    assert done.stderr == "Pay 100 CZK\nto Bob\n"
    assert done.stdout.startswith("Approved ")
    assert bank.answers[-1]["userVerification"] == "pin"
    assert run("approve", link, "--pin", PIN).exit_code == 5


def test_a_wrong_pin_ends_with_its_exit_code_and_the_link_can_be_tried_again(bank, run, added):
    link = bank.ask(added["authenticatorId"])
    assert run("approve", link, "--pin", "9999").exit_code == 3
    assert run("approve", link, "--biometry").exit_code == 0
    assert bank.answers[-1]["userVerification"] == "biometry"
    again = bank.ask(added["authenticatorId"])  # the finger has not proved the PIN
    assert [run("approve", again, "--pin", "9999").exit_code for _ in range(5)] == [3, 3, 3, 4, 4]
    assert json.loads(run("account", "list", "--json").output)[0]["state"] == "LOCKED"


def test_a_link_is_rejected_with_a_reason(bank, run, added):
    done = run("reject", bank.ask(added["authenticatorId"]), "--reason", "INCORRECT_DATA")
    assert done.output.startswith("Rejected ")
    assert bank.answers[-1]["reason"] == "INCORRECT_DATA"


def test_of_several_accounts_one_is_named(bank, run, added):
    assert run("enroll", bank.invite("u2"), "--pin", PIN).exit_code == 0
    link = bank.ask(None)
    done = run("approve", link, "--pin", PIN)
    assert (done.exit_code, "u12345, u2" in done.output) == (1, True)
    assert run("approve", link, "--pin", PIN, "--phone", "u2").exit_code == 0


def test_a_push_leads_to_its_link(bank, run, added, tmp_path):
    link = bank.ask(added["authenticatorId"])
    bank.push(bank.answers[0]["pushToken"], link)
    assert json.loads(run("pushes", "--json").output) == [run("pushes").output.strip()]
    assert run("approve", run("pushes").output.strip(), "--pin", PIN).exit_code == 0
    assert run("pushes").output == ""


def test_a_link_of_the_other_kind_and_a_broken_one_are_refused(bank, run, added):
    assert "Use enroll" in run("approve", bank.invite(), "--pin", PIN).output
    asked = bank.ask(added["authenticatorId"])
    assert "adds no account" in run("enroll", asked, "--pin", PIN).output
    assert run("enroll", asked[:-1], "--pin", PIN).exit_code == 6
    assert run("enroll", "x", "--pin", PIN).exit_code == 6
