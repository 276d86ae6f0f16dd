"""The production profile: what it refuses, what it does not have, whom it believes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from werkzeug.exceptions import NotFound

from app import oauth
from app.factory import refuse_unsafe_start, seed
from app.settings import (
    BankSettings,
    NextStepSettings,
    ProxySettings,
    Settings,
    settings_or_exit,
    unknown_settings,
)
from app.store.oauth import OAuthClient
from tests.support.databases import built
from tests.support.processes import free_ports
from tests.support.store import all_of, on_sqlite, serving

ROOT = Path(__file__).parents[1]
RANDOM = "7Xn2vQ9mKp4RtY8wLs3Bd6Hj1Fc5Gz0A"

SAFE = {
    "WEBFLOW_PROFILE": "production",
    "WEBFLOW_PUBLIC_URL": "https://sca.example.com",
    "WEBFLOW_SECRET_KEY": RANDOM,
    "WEBFLOW_NEXTSTEP__AUTH": "basic",
    "WEBFLOW_SMS__CHANNEL": "twilio",
    "WEBFLOW_SMS__TWILIO__ACCOUNT_SID": "AC0",
    "WEBFLOW_SMS__TWILIO__AUTH_TOKEN": "token",
    "WEBFLOW_SMS__TWILIO__SENDER": "BANK",
}
BANK = "set WEBFLOW_BANK__ADAPTER: the demo bank takes one password for all"
"""Stands in every refusal until there is another bank than the demo's."""

REFUSALS = {
    "no secret": ({"WEBFLOW_SECRET_KEY": ""}, "WEBFLOW_SECRET_KEY to at least 32"),
    "a short secret": ({"WEBFLOW_SECRET_KEY": RANDOM[:31]}, "WEBFLOW_SECRET_KEY to at least 32"),
    "a dull secret": ({"WEBFLOW_SECRET_KEY": "abcd" * 16}, "these repeat themselves"),
    "no address": ({"WEBFLOW_PUBLIC_URL": ""}, "set WEBFLOW_PUBLIC_URL"),
    "plain http": ({"WEBFLOW_PUBLIC_URL": "http://sca.example.com"}, "set WEBFLOW_PUBLIC_URL"),
    "demo messages": ({"WEBFLOW_SMS__CHANNEL": "demo"}, "set WEBFLOW_SMS__CHANNEL"),
    "demo pushes": ({"WEBFLOW_PUSH__CHANNEL": "demo"}, "unset WEBFLOW_PUSH__CHANNEL"),
    "no account": (
        {"WEBFLOW_SMS__TWILIO__ACCOUNT_SID": ""},
        "set WEBFLOW_SMS__TWILIO__ACCOUNT_SID: no text message",
    ),
    "no sender": (
        {"WEBFLOW_SMS__TWILIO__AUTH_TOKEN": "", "WEBFLOW_SMS__TWILIO__SENDER": ""},
        "set WEBFLOW_SMS__TWILIO__AUTH_TOKEN, WEBFLOW_SMS__TWILIO__SENDER: no text message",
    ),
    "an open API": ({"WEBFLOW_NEXTSTEP__AUTH": "none"}, "set WEBFLOW_NEXTSTEP__AUTH"),
    "SQLite for many": ({"WEBFLOW_SERVER__PROCESSES": "2"}, "set WEBFLOW_DATABASE_URL"),
    "a demo client": ({"WEBFLOW_DEMO_URL": "http://localhost:8888"}, "unset WEBFLOW_DEMO_URL"),
}


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Set variables, away from a developer's .env."""
    monkeypatch.chdir(tmp_path)

    def put(variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


@pytest.fixture
def production(settings):
    """Settings as production would have them, on a real bank if there were one."""
    return settings.model_copy(
        update={
            "profile": "production",
            "public_url": "https://sca.example.com",
            "nextstep": NextStepSettings(auth="basic"),
        }
    )


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "advice"), REFUSALS.values(), ids=REFUSALS)
def test_each_unsafe_setting_is_a_line_that_says_what_to_do(
    environment, capsys, tmp_path, change, advice
):
    environment({**SAFE, **change})
    with pytest.raises(SystemExit) as refused:
        settings_or_exit()
    assert refused.value.code == 1
    head, *lines = capsys.readouterr().err.splitlines()
    assert head == (
        f"Web Flow does not start. In the environment, or in {(tmp_path / '.env').resolve()}:"
    )
    (line,) = [line for line in lines if BANK not in line]
    assert advice in line


def test_everything_that_is_wrong_is_said_at_once(environment, capsys):
    environment({"WEBFLOW_PROFILE": "production", "WEBFLOW_SERVER__PROCESSES": "4"})
    with pytest.raises(SystemExit):
        settings_or_exit()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 7
    assert all(line.startswith("  - ") for line in lines[1:])


def test_the_bank_of_the_demo_is_all_that_a_safe_installation_is_refused_for(environment, capsys):
    environment(SAFE)
    with pytest.raises(SystemExit):
        settings_or_exit()
    assert capsys.readouterr().err.splitlines()[1:] == [f"  - {BANK}"]


def test_a_real_bank_would_start(environment):
    environment(SAFE)

    class RealBank(BankSettings):
        adapter: str = "rest"

    class Started(Settings):
        bank: RealBank = RealBank()

    assert Started().profile == "production"


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("WEBFLOW_PORT", "many", "WEBFLOW_PORT: Input should be a valid integer"),
        ("WEBFLOW_SMS__CHANNEL", "hunter2", "WEBFLOW_SMS__CHANNEL: Input should be 'demo'"),
        ("WEBFLOW_SMS__HUNTER2", "hunter2", "WEBFLOW_SMS__HUNTER2: Extra inputs"),
        ("WEBFLOW_WEB__LANGUAGES", "hunter2", 'field "web"'),
        ("WEBFLOW_PREVIOUS_SECRET_KEYS", "hunter2", "lists are JSON"),
    ],
)
def test_a_bad_value_is_a_line_that_names_it_and_does_not_repeat_it(
    environment, capsys, name, value, line
):
    environment({name: value})
    with pytest.raises(SystemExit):
        settings_or_exit()
    said = capsys.readouterr().err
    assert line in said
    assert "Traceback" not in said
    assert "hunter2" not in said


def test_no_secret_is_repeated_in_a_refusal(environment, capsys):
    environment({**SAFE, "WEBFLOW_DATABASE_URL": "postgresql://u:hunter2@h/d"})
    with pytest.raises(SystemExit):
        settings_or_exit()
    said = capsys.readouterr().err
    for secret in (RANDOM, "hunter2", "token"):
        assert secret not in said.lower()
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert RANDOM not in str(refused.value)


def test_a_mistyped_variable_is_known_to_be_none(environment):
    environment({"WEBFLOW_PROFIL": "production", "WEBFLOW_PORT": "1", "WEBFLOW_SMS__CHANNEL": "x"})
    assert unknown_settings() == ["WEBFLOW_PROFIL"]


def entry_points(port):
    python = sys.executable
    return {
        "flask": (python, "-m", "flask", "--app", "wsgi", "doctor"),
        "flask up": (python, "-m", "flask", "--app", "wsgi", "up"),
        "flask --help": (python, "-m", "flask", "--app", "wsgi", "--help"),
        "worker": (python, "worker.py"),
        "gunicorn": (
            *(python, "-m", "gunicorn", "--config", "gunicorn.conf.py"),
            *("--bind", f"127.0.0.1:{port}", "wsgi:app"),
        ),
        "granian": (python, "serve.py"),
    }


@pytest.mark.parametrize("name", entry_points(0))
def test_every_way_to_start_is_refused_alike_without_a_traceback(tmp_path, name):
    (port,) = free_ports(1)
    clean = {key: v for key, v in os.environ.items() if not key.startswith("WEBFLOW_")}
    done = subprocess.run(  # noqa: S603 - ours
        entry_points(port)[name],
        cwd=ROOT,
        env={**clean, "WEBFLOW_PROFILE": "production", "WEBFLOW_VAR_DIR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert lines[0].startswith("Web Flow does not start.")
    assert any("set WEBFLOW_SECRET_KEY" in line for line in lines[1:])
    assert all(line.startswith("  - ") for line in lines[1:])
    assert not (tmp_path / "var").exists()


# --- what a demo leaves in a database -----------------------------------------------------------

LEFT = "has the demo's password: run flask users disable"


def test_a_database_in_which_the_demo_s_client_may_sign_in_is_refused(app, production, capsys):
    with pytest.raises(SystemExit) as refused:
        refuse_unsafe_start(production)
    assert refused.value.code == 1
    with serving(app) as services:
        (key,) = services.access_keys.all()
    assert capsys.readouterr().err.splitlines() == [
        "Web Flow does not start. In the database:",
        "  - the client democlient has the demo's secret: run flask clients disable democlient",
        f"  - the system user integration-user {LEFT} integration-user",
        f"  - the system user system-admin {LEFT} system-admin",
        f"  - the demo's access key works: run flask access-keys revoke {key.id}",
    ]


@on_sqlite
def test_once_it_is_disabled_the_database_is_fit(app, production):
    with serving(app) as services:
        services.session.get(OAuthClient, "democlient").disabled_at = services.session.get(
            OAuthClient, "democlient"
        ).created_at
        services.system_users.look("integration-user").enabled = False
        services.system_users.reset(services.system_users.look("system-admin"))
        (key,) = services.access_keys.all()
        services.access_keys.revoke(key.id)
        services.commit()
    refuse_unsafe_start(production)


@on_sqlite
def test_the_same_secret_under_another_name_is_found_too(app, production):
    with serving(app) as services:
        oauth.ensure_client(
            services.session,
            vault=services.vault,
            client_id="shop",
            secret="changeme",
            name="Shop",
            redirect_uris=["https://shop.example/cb"],
        )
        services.commit()
        assert [line.split()[2] for line in oauth.demo_leftovers(services)] == [
            "democlient",
            "shop",
        ]


@on_sqlite
def test_a_root_secret_that_is_not_the_database_s_is_refused(app, production, capsys):
    wrong = production.model_copy(update={"secret_key": SecretStr(RANDOM)})
    with pytest.raises(SystemExit):
        refuse_unsafe_start(wrong)
    assert "WEBFLOW_PREVIOUS_SECRET_KEYS" in capsys.readouterr().err


def test_a_database_that_does_not_answer_yet_refuses_nobody(production):
    refuse_unsafe_start(
        production.model_copy(update={"database_url": "sqlite:////no/such/folder/x.db"})
    )


@on_sqlite
def test_the_demo_is_not_looked_at(app, settings):
    refuse_unsafe_start(settings)


@on_sqlite
def test_seeding_production_registers_no_client(production, empty_database, tmp_path):
    from flask_migrate import upgrade  # noqa: PLC0415 - here alone

    fresh = production.model_copy(update={"database_url": empty_database})
    with built(fresh) as app, app.app_context():
        upgrade()
        seed(app)
        assert all_of(app, OAuthClient) == []


# --- what production does not have --------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("path", ["/demo/", "/demo", "/demo/sms", "/demo/sms.json", "/demo/clock"])
def test_testers_pages_do_not_exist(production, path):
    with built(production) as app:
        assert app.test_client().get(path).status_code == 404
        assert app.test_client().post(path).status_code == 404
        with pytest.raises(NotFound):
            app.url_map.bind("x").match(path)


@on_sqlite
def test_nothing_answers_who_serves_it(production):
    with built(production) as app:
        for path in ("/healthz", "/oauth2/jwks", "/no/such/page"):
            headers = app.test_client().get(path).headers
            assert "Server" not in headers
            assert "X-Powered-By" not in headers


@on_sqlite
def test_debugging_is_off(production):
    with built(production) as app:
        assert not app.debug
        assert not app.testing
        assert not app.config["PROPAGATE_EXCEPTIONS"]


# --- proxies and names --------------------------------------------------------------------------


def seen(app, **headers):
    """What the application believes about a request."""
    found = {}

    @app.get("/testing/seen")
    def show():
        from flask import request  # noqa: PLC0415 - a view of this test

        found.update(address=request.remote_addr, scheme=request.scheme, host=request.host)
        return ""

    app.test_client().get(
        "/testing/seen", headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.1"}
    )
    return found


FORGED = {
    "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
    "X-Forwarded-Proto": "http, https",
    "X-Forwarded-Host": "evil.example, sca.example.com",
}


@on_sqlite
def test_without_proxies_nobody_s_word_is_taken(app):
    assert seen(app, **FORGED) == {"address": "192.0.2.1", "scheme": "http", "host": "localhost"}


@on_sqlite
def test_with_one_proxy_its_word_is_taken_and_not_what_others_told_it(settings):
    with built(settings.model_copy(update={"proxy": ProxySettings(hops=1)})) as app:
        assert seen(app, **FORGED) == {
            "address": "198.51.100.7",
            "scheme": "https",
            "host": "sca.example.com",
        }


@on_sqlite
def test_only_trusted_names_are_answered(settings):
    trusting = settings.model_copy(update={"trusted_hosts": ("sca.example.com",)})
    with built(trusting) as app:
        for host, status in (
            ("sca.example.com", 200),
            ("SCA.example.com", 200),
            ("localhost", 200),
            ("127.0.0.1:8080", 200),
            ("evil.example", 400),
            ("sca.example.com.evil.example", 400),
            ("x@sca.example.com", 400),
        ):
            said = app.test_client().get("/healthz", headers={"Host": host})
            assert said.status_code == status, host
            assert host == "localhost" or "evil" not in said.text


@on_sqlite
def test_without_trusted_names_every_name_is_answered(app):
    said = app.test_client().get("/healthz", headers={"Host": "anything.example"})
    assert said.status_code == 200
