"""The suite's own tools: servers that are real, and a browser that reads forms as browsers do."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NotConnected
from sqlalchemy import make_url

from tests.support.copies import Copies, new_name
from tests.support.databases import name_of, postgres_database
from tests.support.forms import read_page
from tests.support.patience import comes
from tests.support.processes import free_ports
from tests.support.redis import running_redis

ROOT = Path(__file__).parents[1]

PAGE = """
<form method="post" id="step"><input type="hidden" name="step" value="n1">
  <input name="username" autocomplete="section-a username" value="alice">
  <input type="radio" name="account" value="1"><input type="radio" name="account" value="2" checked>
  <input type="checkbox" name="option" value="A"><input type="checkbox" name="option" checked>
  <select name="country"><option value="cz">CZ</option>
    <option value="sk" selected>SK</option></select>
  <textarea name="note">two words</textarea><input name="off" value="x" disabled>
  <button form="resend">Send again</button><button type="button">Show</button>
  <button name="action" value="confirm">Confirm</button>
  <button name="action" value="cancel">Cancel</button>
</form>
<form method="post" id="resend" action="?resend"><input type="hidden" name="step" value="n2"></form>
<script>var hidden = "never shown";</script>
"""


def test_a_real_redis_answers():
    with running_redis() as url, Redis.from_url(url) as redis:
        redis.set("a", "b")
        assert redis.get("a") == b"b"
        assert "redis_version" in redis.info("server")


def test_a_real_postgresql_answers(postgres):
    plain = postgres.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can promise it")
def told(url, *statements):
    """Run statements; return the rows of the last one."""
    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in statements:
            answer = connection.execute(statement)
        return answer.fetchall() if answer.description else []


def test_a_copy_that_was_used_is_like_the_original(postgres, postgres_template):
    copies = Copies(postgres, postgres_template)
    everything = (
        "SELECT count(*) FROM audit",
        "SELECT username, enabled FROM pa_cloud_user ORDER BY id",
        "SELECT last_value, is_called FROM pa_cloud_user_seq",
    )
    with copies.one() as url:
        before = [told(url, each) for each in everything]
        oid = told(url, "SELECT oid FROM pg_database WHERE datname = current_database()")
        told(
            url,
            "INSERT INTO pa_cloud_user (id, username, password, enabled)"
            " SELECT nextval('pa_cloud_user_seq'), 'x' || n, '', true FROM generate_series(1, 9) n",
            "UPDATE pa_cloud_user SET enabled = false",
        )
        assert [told(url, each) for each in everything] != before
    with pytest.raises(psycopg.OperationalError):
        told(url, "SELECT 1")  # whoever goes on with it meets nobody else's
    with copies.one() as url:
        assert told(url, "SELECT oid FROM pg_database WHERE datname = current_database()") == oid
        assert [told(url, each) for each in everything] == before
    copies.drop()


def test_who_is_no_superuser_gets_another_copy_each_time(postgres):
    role = new_name()
    told(postgres, f"CREATE ROLE {role} LOGIN CREATEDB")
    mine = make_url(postgres).set(username=role).render_as_string(hide_password=False)
    with postgres_database(mine) as original:
        told(original, "CREATE TABLE x (y integer)")
        copies = Copies(mine, name_of(original))
        for _ in range(2):
            with copies.one() as url:
                assert told(url, "SELECT * FROM x") == []
                told(url, "INSERT INTO x VALUES (1)")
        copies.drop()
    told(postgres, f"DROP ROLE {role}")


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE pa_cloud_user ADD x integer",
        "ALTER TABLE pa_cloud_user DROP COLUMN enabled",
        "DROP TABLE audit CASCADE",
        "DROP TRIGGER audit_append_only ON audit",
        "CREATE TABLE x (y integer)",
        "CREATE INDEX x ON audit (name)",
    ],
)
def test_a_copy_with_another_schema_is_thrown_away(postgres, postgres_template, statement):
    copies = Copies(postgres, postgres_template)
    with copies.one() as url:
        oid = told(url, "SELECT oid FROM pg_database WHERE datname = current_database()")
        told(url, statement)
    with copies.one() as url:
        assert told(url, "SELECT oid FROM pg_database WHERE datname = current_database()") != oid
    copies.drop()


def test_servers_leave_with_a_suite_that_was_killed(tmp_path):
    script = tmp_path / "suite.py"
    script.write_text(
        "import time\nfrom tests.support.redis import running_redis\n"
        "with running_redis() as url:\n    print(url, flush=True)\n    time.sleep(60)\n"
    )
    suite = subprocess.Popen(  # noqa: S603 - ours
        (sys.executable, script),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    with suite:
        url = suite.stdout.readline().strip()
        suite.kill()
    with Redis.from_url(url) as redis:
        assert comes(lambda: not answers(redis))


def answers(redis: Redis) -> bool:
    try:
        return redis.ping()
    except NotConnected:
        return False


def test_free_ports_are_all_different():
    assert len(set(free_ports(20))) == 20


def test_a_button_sends_what_a_browser_would_send():
    step, resend = read_page(PAGE).forms
    confirm, cancel = step.submits
    assert step.sent_by(confirm) == [
        ("step", "n1"),
        ("username", "alice"),
        ("account", "2"),
        ("option", "on"),
        ("country", "sk"),
        ("note", "two words"),
        ("action", "confirm"),
    ]
    assert ("action", "cancel") in step.sent_by(cancel)
    assert ("action", "confirm") not in step.sent_by(cancel)
    assert resend.sent_by(resend.submits[0]) == [("step", "n2")]


def test_fields_are_found_by_their_tokens_and_scripts_are_no_words():
    content = read_page(PAGE)
    assert content.forms[0].with_autocomplete("username").value == "alice"
    assert content.forms[0].with_autocomplete("one-time-code") is None
    assert "never shown" not in content.text
    assert "Send again" in content.text
