"""Settings: what is read, and what production refuses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pydantic import ValidationError

from app.settings import Settings, root_secret

SAFE = {
    "WEBFLOW_PROFILE": "production",
    "WEBFLOW_PUBLIC_URL": "https://sca.example.com/",
    "WEBFLOW_SECRET_KEY": "x" * 32,
    "WEBFLOW_SMS__CHANNEL": "twilio",
}


@pytest.fixture
def environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # away from a developer's .env

    def put(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Settings()

    return put


def test_nothing_needs_to_be_set_for_the_demo(environment, tmp_path):
    settings = environment()
    assert settings.profile == "demo"
    assert settings.issuer == "http://localhost:8080"
    assert settings.demo_address == "http://localhost:8888"
    assert settings.database == f"sqlite:///{tmp_path / 'var' / 'webflow.db'}"
    assert settings.embedded


def test_a_nested_setting_is_read_from_its_variable(environment):
    assert environment(WEBFLOW_SMS__CODE_LIFETIME="PT3M").sms.code_lifetime == timedelta(minutes=3)


def test_a_line_of_a_dotenv_file_is_read_and_the_environment_wins(environment, tmp_path):
    (tmp_path / ".env").write_text("WEBFLOW_PORT=9001\nWEBFLOW_DEMO_PORT=9002\nOTHER=1\n")
    settings = environment(WEBFLOW_PORT="9003")
    assert (settings.port, settings.demo_port) == (9003, 9002)


@pytest.mark.parametrize(
    "given",
    [
        "jdbc:postgresql://db.example.com:5432/webflow",
        "postgresql://db.example.com:5432/webflow",
        "postgres://db.example.com:5432/webflow",
        "postgresql+psycopg://db.example.com:5432/webflow",
    ],
)
def test_every_way_to_write_postgresql_is_understood(environment, given):
    settings = environment(WEBFLOW_DATABASE_URL=given)
    assert settings.database == "postgresql+psycopg://db.example.com:5432/webflow"
    assert not settings.embedded


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBFLOW_PROFILE", "staging"),
        ("WEBFLOW_PORT", "0"),
        ("WEBFLOW_PORT", "65536"),
        ("WEBFLOW_SMS__CHANNEL", "pigeon"),
        ("WEBFLOW_SMS__CODE_DIGITS", "3"),
        ("WEBFLOW_SMS__CODE_DIGITS", "10"),
        ("WEBFLOW_FLOW__ATTEMPTS", "0"),
        ("WEBFLOW_SMS__NO_SUCH_THING", "1"),
        ("WEBFLOW_PUSH__CHANNEL", "pigeon"),
        ("WEBFLOW_PUSH__CA_FILE", "no/such/file.pem"),
        ("WEBFLOW_PUSH__APNS_PRODUCTION_URL", "http://api.push.apple.com"),
        ("WEBFLOW_PUSH__FCM_TOKEN_URL", "http://oauth2.googleapis.com/token"),
        ("WEBFLOW_PUSH__HMS_URL", "ftp://x"),
        ("WEBFLOW_PUSH__TIMEOUT", "PT11S"),
        ("WEBFLOW_RETENTION__SMS_CODES", "PT23H"),  # or limits count less than they say
        ("WEBFLOW_RETENTION__ATTEMPTS", "PT23H"),
        ("WEBFLOW_RETENTION__TRANSACTIONS", "PT59M"),
        ("WEBFLOW_PUSH__CA_FILE", "/"),
        ("WEBFLOW_CALLBACKS__CA_FILE", "/"),
        ("WEBFLOW_FLOW__TIMEOUT", "-PT5M"),
        ("WEBFLOW_FLOW__TIMEOUT", "5m"),
        ("WEBFLOW_LOCKOUT__DURATIONS", '["PT1M", "-PT5M"]'),
        ("WEBFLOW_WEB__LANGUAGES", "[]"),
        ("WEBFLOW_WEB__LANGUAGES", '["en", "czech"]'),
        ("WEBFLOW_WEB__TIMEZONE", "Mars/Olympus"),
        ("WEBFLOW_WEB__TIMEZONE", ""),
        ("WEBFLOW_PUBLIC_URL", "sca.example.com"),
        ("WEBFLOW_PUBLIC_URL", "https://bank.example/sca"),
        ("WEBFLOW_DEMO_URL", "localhost:8888"),
        ("WEBFLOW_DATABASE_URL", "webflow.db"),
        ("WEBFLOW_FLOW__TIMEOUT", "0"),
        ("WEBFLOW_OAUTH__CODE_LIFETIME", "PT0S"),
        ("WEBFLOW_SMS__CODE_LIFETIME", "0"),
        ("WEBFLOW_DATABASE_URL", "mysql://db/webflow"),
    ],
)
def test_a_bad_value_stops_the_boot_and_names_the_setting(environment, name, value):
    with pytest.raises(ValidationError) as refused:
        environment(**{name: value})
    assert name.split("__")[-1].removeprefix("WEBFLOW_").lower() in str(refused.value)


@pytest.mark.parametrize(
    ("given", "seconds"), [("PT5M", 300), ("300", 300), ("0.5", 0.5), ("00:05:00", 300)]
)
def test_a_duration_is_iso_8601_or_seconds(environment, given, seconds):
    settings = environment(WEBFLOW_FLOW__TIMEOUT=given)
    assert settings.flow.timeout.total_seconds() == seconds


def test_a_file_of_authorities_may_be_left_empty(environment):
    settings = environment(WEBFLOW_CALLBACKS__CA_FILE="", WEBFLOW_PUSH__CA_FILE="")
    assert not settings.callbacks.ca_file
    assert not settings.push.ca_file


@pytest.mark.parametrize(
    ("missing", "advice"),
    [
        ("WEBFLOW_SECRET_KEY", "set WEBFLOW_SECRET_KEY to at least 32 random characters"),
        ("WEBFLOW_PUBLIC_URL", "set WEBFLOW_PUBLIC_URL to the https:// address"),
        ("WEBFLOW_SMS__CHANNEL", "set WEBFLOW_SMS__CHANNEL to a real channel"),
    ],
)
def test_production_says_what_is_missing(environment, missing, advice):
    with pytest.raises(ValidationError, match="unsafe in production") as refused:
        environment(**{name: value for name, value in SAFE.items() if name != missing})
    assert advice in str(refused.value)


def test_production_pushes_by_the_providers_unless_told_otherwise(environment):
    push = environment().push
    assert push.chosen("demo") == "demo"
    assert push.chosen("production") == "providers"
    assert environment(WEBFLOW_PUSH__CHANNEL="off").push.chosen("production") == "off"


def test_production_refuses_what_only_a_demo_may_do(environment):
    with pytest.raises(ValidationError) as refused:
        environment(**SAFE)
    assert "set WEBFLOW_NEXTSTEP__AUTH" in str(refused.value)
    assert "set WEBFLOW_BANK__ADAPTER" in str(refused.value)


@pytest.mark.parametrize(
    "secret",
    [{"WEBFLOW_SECRET_KEY": "hunter2"}, {"WEBFLOW_DATABASE_URL": "postgresql://u:hunter2@h/d"}],
)
def test_a_refusal_does_not_print_a_secret(environment, secret):
    with pytest.raises(ValidationError) as refused:
        environment(WEBFLOW_PROFILE="production", **secret)
    assert "hunter2" not in str(refused.value)


def test_the_secret_of_the_demo_is_made_once_even_by_processes_that_start_together(environment):
    settings = environment()
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: root_secret(settings), range(8)))
    assert len(found) == 1
    assert len(found.pop()) >= 32
    kept = settings.var_dir / "secret_key"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in settings.var_dir.iterdir()] == ["secret_key"]


def test_a_folder_that_cannot_be_used_is_told_in_a_line(environment, tmp_path, capsys):
    (tmp_path / "file").touch()
    for folder in ("file", "file/below", "/proc"):
        with pytest.raises(SystemExit):
            root_secret(environment(WEBFLOW_VAR_DIR=str(tmp_path / folder)))
        said = capsys.readouterr().err
        assert "WEBFLOW_VAR_DIR" in said
        assert f"{tmp_path / folder} cannot be used" in said


def test_a_given_secret_is_used_and_nothing_is_written(environment):
    settings = environment(WEBFLOW_SECRET_KEY="given by the operator, long enough")
    assert root_secret(settings) == b"given by the operator, long enough"
    assert not settings.var_dir.exists()


def test_what_is_no_rate_is_refused(monkeypatch):
    monkeypatch.setenv("WEBFLOW_RATE_LIMITS__AUTHORIZE", "often")
    with pytest.raises(ValidationError, match="not a rate"):
        Settings()


def test_what_is_no_redis_is_refused():
    with pytest.raises(ValidationError, match="begins with redis://"):
        Settings(redis_url="localhost:6379")


def test_sqlite_has_one_process_with_many_threads_and_postgresql_many_with_one():
    embedded, machine = Settings(), Settings(database_url="postgresql://db/webflow")
    assert (embedded.web_processes, embedded.web_threads) == (1, 32)
    assert machine.web_processes >= 2
    assert machine.web_threads == 1
    chosen = {"database_url": "postgresql://db/webflow", "server": {"processes": 5, "threads": 3}}
    assert Settings(**chosen).web_processes == 5
    assert Settings(**chosen).web_threads == 3
