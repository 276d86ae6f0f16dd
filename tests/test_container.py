"""The files of the image, checked by what can be read from them: no engine is needed."""

import re
import stat
from pathlib import Path

import pytest
import yaml
from sqlalchemy import make_url

from app.settings import Settings, guide, unknown_settings
from app.settings.guide import NAMES
from tests.support.image import context, lay_out, let_go, stages, variables

ROOT = Path(__file__).parents[1]
BUILD, LAST = stages()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OF_A_SERVICE = {
    "build", "cap_drop", "command", "configs", "depends_on", "environment", "healthcheck", "image",
    "init", "ports", "profiles", "read_only", "restart", "security_opt", "shm_size",
    "stop_grace_period", "tmpfs", "volumes",
}  # fmt: skip


def test_only_pinned_wheels_get_in():
    (install,) = [line for line in BUILD.all_of("RUN") if " install " in line]
    for option in ("--require-hashes", "--only-binary=:all:", "-r requirements.txt"):
        assert option in install
    pinned = (ROOT / "requirements.txt").read_text()
    assert re.findall(r"^[\w.\[\]-]+==", pinned, re.MULTILINE)
    text = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^ARG PYTHON=python:3\.1[1-9]-slim-\w+$", text, re.MULTILINE)
    assert [stage.base for stage in (BUILD, LAST)] == ["${PYTHON}"] * 2


def test_the_last_stage_installs_nothing_and_is_nobody_special():
    said = " ".join(LAST.all_of("RUN"))
    for tool in ("apt", "pip", "gcc", "curl", "chmod", "sudo"):
        assert tool not in said
    assert LAST.all_of("USER") == ["10001:10001"]
    assert "--uid 10001" in said
    assert [name for name, _ in LAST.lines].index("USER") > max(
        number for number, (name, _) in enumerate(LAST.lines) if name == "RUN"
    )


def test_it_listens_where_the_guide_s_command_looks(monkeypatch):
    for name, value in LAST.environment.items():
        if name.startswith("WEBFLOW_"):
            monkeypatch.setenv(name, value)
    assert unknown_settings() == []
    settings = Settings(_env_file=None)
    assert (settings.host, settings.port) == ("0.0.0.0", 8000)  # noqa: S104 - compared
    assert settings.issuer == "http://localhost:8080"
    assert LAST.all_of("EXPOSE") == ["8000"]
    assert [str(settings.var_dir)] == LAST.all_of("VOLUME")
    assert settings.migrates


def test_everything_that_is_copied_is_there_and_nothing_else_is_sent_to_the_engine():
    sent = {path.parts[0] for path in context()}
    assert sent == {source.removesuffix("/") for source in BUILD.sources}
    for secret in (".git", ".env", ".venv", "var", "tests", "docs"):
        assert secret not in sent
    assert not [path for path in context() if path.suffix in {".mo", ".pyc"}]


def test_what_is_laid_out_has_its_translations_and_is_nobody_s_to_write(tmp_path):
    lay_out(tmp_path / "app")
    try:
        catalogue = tmp_path / "app" / "translations" / "cs" / "LC_MESSAGES" / "messages.mo"
        assert catalogue.stat().st_size > 1000
        modes = {path.stat().st_mode for path in (tmp_path / "app").rglob("*")}
        assert not [mode for mode in modes if mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)]
    finally:
        let_go(tmp_path / "app")


# --- compose --------------------------------------------------------------------------------------


def test_compose_says_only_what_compose_understands():
    assert set(COMPOSE) == {"name", "services", "configs", "volumes"}
    for service in SERVICES.values():
        assert set(service) <= OF_A_SERVICE
        assert ("build" in service) or re.fullmatch(r"[\w/]+:[\d.]+(-\w+)?", service["image"])
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        for other, wanted in service.get("depends_on", {}).items():
            assert wanted == {"condition": "service_healthy"}
            assert "healthcheck" in SERVICES[other]
        named = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert named <= set(COMPOSE["volumes"])
        assert {each["source"] for each in service.get("configs", [])} <= set(COMPOSE["configs"])
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        assert all(isinstance(value, str) for value in service.get("environment", {}).values())


def test_the_portal_of_compose_has_settings_that_exist_and_ports_that_fit(monkeypatch):
    portal = SERVICES["portal"]
    for name, value in (LAST.environment | portal["environment"]).items():
        if name.startswith("WEBFLOW_"):
            monkeypatch.setenv(name, value)
    assert unknown_settings() == []
    settings = Settings(_env_file=None)
    assert settings.database == "postgresql+psycopg://root:root@database:5432/powerauth"
    assert settings.live_address == f"http://localhost:{settings.live.port}"
    inside = {settings.port, settings.live.port, settings.demo_port}
    # The demo client reaches the portal by its public address, so outside is as inside.
    assert set(portal["ports"]) == {f"127.0.0.1:{port}:{port}" for port in inside}
    assert settings.issuer == f"http://localhost:{settings.port}"
    assert portal["read_only"]
    assert portal["volumes"] == [f"var:{settings.var_dir}"]
    assert portal["stop_grace_period"] == "20s"  # ours is ten


def test_testers_find_the_database_where_the_guide_has_it():
    door = SERVICES["database-for-testers"]
    assert door["profiles"] == ["testers"]
    assert door["ports"] == ["127.0.0.1:23376:23376"]
    assert "server database database:5432" in COMPOSE["configs"]["database-for-testers"]["content"]
    database = SERVICES["database"]["environment"]
    assert database == {
        "POSTGRES_DB": "powerauth", "POSTGRES_USER": "root", "POSTGRES_PASSWORD": "root",
    }  # fmt: skip
    others = {name for name, service in SERVICES.items() if "profiles" not in service}
    assert others == {"portal", "database", "redis"}


# --- env.list -------------------------------------------------------------------------------------


@pytest.fixture
def given(monkeypatch):
    def give(**wanted: str) -> Settings:
        for name, value in wanted.items():
            monkeypatch.setenv(name, value)
        return Settings(_env_file=None)

    return give


def test_the_example_of_env_list_names_settings_that_exist(given):
    text = (ROOT / "env.list.example").read_text()
    settings = given(**variables(text))
    wanted = "postgresql+psycopg://powerauth:change-me@host.docker.internal:5432/powerauth"
    assert settings.database == wanted
    others = re.findall(r"^#(WEBFLOW_\w+)=", text, re.MULTILINE)
    given(**dict.fromkeys(others, ""))
    assert len(others) >= 5
    assert unknown_settings() == []


def test_the_guide_s_variables_say_where_the_database_is(given):
    url, username, password = NAMES.values()
    guided = {url: "jdbc:postgresql://db:5432/powerauth", username: "root", password: "p@ss/w:rd"}
    assert given(**guided).database == (
        "postgresql+psycopg://root:p%40ss%2Fw%3Ard@db:5432/powerauth"
    )


def test_our_own_variables_win_and_are_not_mixed_with_the_guide_s(given):
    guided = dict(zip(guide.NAMES.values(), ("jdbc:postgresql://a/a", "a", "a"), strict=True))
    ours = given(**guided, WEBFLOW_DATABASE_URL="postgresql://b/b")
    assert ours.database == "postgresql+psycopg://b/b"


@pytest.mark.parametrize("own", ["WEBFLOW_DATABASE_USERNAME", "WEBFLOW_DATABASE_PASSWORD"])
def test_a_single_variable_of_ours_leaves_the_guide_s_unread(given, own):
    guided = dict(zip(guide.NAMES.values(), ("jdbc:postgresql://a/a", "a", "a"), strict=True))
    assert given(**guided, **{own: "b"}).database.startswith("sqlite:")


def test_a_user_and_a_password_may_stand_beside_the_address(given):
    settings = given(
        WEBFLOW_DATABASE_URL="jdbc:postgresql://nobody:nothing@db/powerauth?sslmode=require",
        WEBFLOW_DATABASE_USERNAME="root",
        WEBFLOW_DATABASE_PASSWORD="ro ot",
    )
    url = make_url(settings.database)
    assert (url.username, url.password, url.database) == ("root", "ro ot", "powerauth")
    assert url.query == {"sslmode": "require"}
    assert "ro ot" not in repr(settings)


@pytest.mark.parametrize(
    ("given_by", "migrates"),
    [
        ({}, True),
        ({"WEBFLOW_DATABASE_URL": "postgresql://db/x"}, True),
        ({"WEBFLOW_MIGRATE": "false"}, False),
    ],
)
def test_the_start_migrates_where_nobody_says_otherwise(given, given_by, migrates):
    assert given(**given_by).migrates is migrates
