"""An application of an administrator's own, from the Cloud API to a phone that approves."""

import json
import os
import subprocess
import sys

import httpx2
import pytest

from app.demo.phone.configuration import App
from tests.support.back_office import BackOffice
from tests.support.browser import Browser

ADMIN = ("system-admin", "changeme")
PIN = "86420"


@pytest.fixture(scope="module")
def portal(tiers):
    return tiers.shared("embedded")


@pytest.fixture(scope="module")
def told(portal):
    """What the Cloud API answers to an administrator who makes an application."""
    name = f"bank-{os.urandom(4).hex()}"
    made = administrate(portal, "/applications", {"id": name})
    administrate(portal, f"/users/integration-user/applications/{name}", {})
    return made


def administrate(portal, path, body):
    answer = httpx2.post(
        f"{portal.address}/powerauth-cloud/admin{path}", json=body, auth=ADMIN, trust_env=False
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def environment(told):
    """Return the environment JSON: three fields of the answer."""
    return json.dumps(
        {
            "name": told["id"],
            "serviceBaseUrl": told["serviceBaseUrl"],
            "mobileSdkConfig": told["mobileSdkConfig"],
        }
    )


@pytest.fixture
def user():
    return f"user{os.urandom(4).hex()}"


@pytest.mark.parametrize("pasted", [environment, json.dumps])
def test_what_an_administrator_is_told_is_pasted_and_the_phone_works(portal, told, user, pasted):
    bank = BackOffice(portal)
    registration, qr = bank.register(user, appId=told["id"])
    with Browser() as browser:
        page = browser.open(f"{portal.demo}/phone/")
        form = next(form for form in page.forms if form.action.endswith("/pair"))
        page = browser.press(form=form, config=pasted(told), code=qr, pin=PIN, name="")
        assert "The bank has not let this phone in yet." in page.text
        bank.commit(registration)
        asked = bank.ask(user)
        home = browser.open(page.url)
        assert "63.99" in home.text
        form = next(form for form in home.forms if form.action.endswith("/approve"))
        assert "Approved." in browser.press("knowledge", form=form, pin=PIN).text
    assert bank.state_of(asked["operationId"])["status"] == "APPROVED"


def test_the_command_takes_it_too(portal, told, user, tmp_path):
    _, qr = BackOffice(portal).register(user, appId=told["id"])
    done = subprocess.run(  # noqa: S603 - ours
        (sys.executable, "-m", "app.demo.phone", "--folder", str(tmp_path),
         "pair", "--config", environment(told), "--code", qr, "--pin", PIN),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "Compare with the bank:" in done.stdout


def test_the_json_that_is_printed_is_the_same_as_the_one_that_is_told(portal):
    answer = httpx2.get(
        f"{portal.address}/powerauth-cloud/admin/applications/demo", auth=ADMIN, trust_env=False
    ).json()
    printed = next(line for line in portal.lines if "Mobile app" in line)
    given = printed[printed.index("{") :]
    assert json.loads(given) == json.loads(environment(answer))
    assert App.read(given) == App.read(json.dumps(answer))
