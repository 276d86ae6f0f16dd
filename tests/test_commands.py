"""Commands of operators: what they do, what they say, and that the trail knows who did it."""

import base64
import getpass
import json
import re
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text

from app import clock
from app.errors import NotAuthenticated
from app.settings import OauthSettings
from app.store.access_keys import AccessKeyRow
from app.store.audit import AuditEntry
from app.store.keys import DataKeyRow
from app.store.oauth import OAuthClient, SigningKey
from app.store.outbox import OutboxRow
from app.store.system_users import SystemUser
from tests.support.databases import built
from tests.support.store import all_of, on_sqlite, put_in, reading, serving, waking, writing

ME = f"operator:{getpass.getuser()}"
GROUPS = {
    "access-keys": ["create", "list", "revoke"],
    "audit": ["export", "list", "seal", "verify"],
    "brand": ["check"],
    "clients": ["create", "disable", "enable", "list", "secret", "show"],
    "docs": ["configuration"],
    "keys": ["list", "reseal", "rewrap", "rotate", "rotate-signing"],
    "mtoken": ["application", "push", "registration"],
    "outbox": ["list", "retry", "show"],
    "users": ["create", "disable", "enable", "grant", "list", "remove", "reset", "revoke"],
}
CREATE = (
    "clients",
    "create",
    "shop",
    "--name",
    "Shop",
    "--redirect-uri",
    "https://shop.example/cb",
)


@pytest.fixture
def flask(app):
    """Run a command; it must succeed, unless another exit code is expected."""

    def run(*arguments, code=0):
        done = app.test_cli_runner().invoke(args=arguments)
        assert done.exit_code == code, done.output
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done.output

    return run


def audited(app, name):
    with reading(app) as session:
        wanted = select(AuditEntry).where(AuditEntry.name == name).order_by(AuditEntry.id)
        return list(session.scalars(wanted))


def introspect(app, client_id, secret):
    given = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return app.test_client().post(
        "/oauth2/introspect", data={"token": "x"}, headers={"Authorization": f"Basic {given}"}
    )


def secret_of(said):
    return re.search(r"client_secret +(\S+)", said)[1]


def client_of(app, client_id="shop"):
    with reading(app) as session:
        return session.get(OAuthClient, client_id)


# --- help -------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("name", GROUPS)
def test_every_group_and_command_explains_itself(flask, app, name):
    group = app.cli.commands[name]
    assert sorted(group.commands) == GROUPS[name]
    said = flask(name, "--help")
    for command in GROUPS[name]:
        assert command in said
        assert re.search(r"^  [A-Z].{20,}", flask(name, command, "--help"), re.MULTILINE)


@on_sqlite
@pytest.mark.parametrize("command", ["up", "seed", "doctor"])
def test_the_others_explain_themselves_too(flask, command):
    assert "Usage:" in flask(command, "--help")


# --- clients ------------------------------------------------------------------------------------


def test_a_new_client_gets_a_secret_that_works_and_is_kept_as_a_hash(flask, app):
    secret = secret_of(flask(*CREATE))
    assert len(base64.urlsafe_b64decode(secret + "=")) == 32
    assert introspect(app, "shop", secret).status_code == 200
    assert introspect(app, "shop", secret[:-1]).status_code == 401
    row = client_of(app)
    assert row.redirect_uris == ["https://shop.example/cb"]
    assert row.scopes == ["openid", "profile", "aisp", "pisp"]
    assert secret not in str(vars(row))
    (entry,) = audited(app, "client.created")
    assert (entry.subject, entry.actor, entry.client_id) == ("shop", ME, "shop")


@on_sqlite
def test_a_secret_is_shown_once_and_written_nowhere(flask, app, caplog):
    secret = secret_of(flask(*CREATE))
    for command in ("show", "list"):
        arguments = ["shop"] if command == "show" else []
        assert secret not in flask("clients", command, *arguments)
    assert secret not in caplog.text
    for entry in all_of(app, AuditEntry):
        assert secret not in json.dumps(entry.facts)


@on_sqlite
def test_a_client_is_registered_as_it_was_asked_for(flask, app):
    said = flask(
        *CREATE,
        *("--redirect-uri", "com.shop:/cb", "--scope", "openid", "--scope", "aisp"),
        *("--login-operation", "login", "--auth-method", "none", "--description", "A shop"),
    )
    assert "secret" not in said
    row = client_of(app)
    assert row.redirect_uris == ["https://shop.example/cb", "com.shop:/cb"]
    assert (row.scopes, row.login_operation) == (["openid", "aisp"], "login")
    assert (row.token_endpoint_auth_method, row.secret_hash) == ("none", None)
    shown = flask("clients", "show", "shop")
    for words in ("A shop", "https://shop.example/cb com.shop:/cb", "openid aisp", "login"):
        assert words in shown


@on_sqlite
@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--redirect-uri", "javascript:alert(1)"), "not fit for a redirect"),
        (("--scope", "admin"), "no such scope"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(flask, app, more, why):
    assert why in flask(*CREATE, *more, code=1)
    assert client_of(app) is None


@on_sqlite
def test_a_client_is_not_registered_twice(flask, app):
    secret = secret_of(flask(*CREATE))
    assert "already" in flask(*CREATE, code=1)
    assert introspect(app, "shop", secret).status_code == 200
    assert len(audited(app, "client.created")) == 1


def test_a_disabled_client_may_do_nothing_until_it_is_enabled(flask, app):
    secret = secret_of(flask(*CREATE))
    flask("clients", "disable", "shop")
    assert introspect(app, "shop", secret).status_code == 401
    assert "disabled" in flask("clients", "list")
    flask("clients", "enable", "shop")
    assert introspect(app, "shop", secret).status_code == 200
    assert audited(app, "client.disabled")[0].subject == "shop"
    assert audited(app, "client.enabled")[0].actor == ME


def test_a_new_secret_replaces_the_old_one_at_once(flask, app):
    old = secret_of(flask(*CREATE))
    new = secret_of(flask("clients", "secret", "shop"))
    assert introspect(app, "shop", old).status_code == 401
    assert introspect(app, "shop", new).status_code == 200
    assert audited(app, "client.secret.changed")[0].subject == "shop"


@on_sqlite
@pytest.mark.parametrize("command", ["show", "disable", "enable", "secret"])
def test_an_unknown_client_is_told(flask, command):
    assert "There is no client nobody" in flask("clients", command, "nobody", code=1)


@on_sqlite
def test_a_public_client_has_no_secret_to_change(flask):
    flask(*CREATE, "--auth-method", "none")
    assert "public client" in flask("clients", "secret", "shop", code=1)


# --- system users -------------------------------------------------------------------------------


def may_call(app, username, password):
    with serving(app) as services:
        users = services.system_users
        return users.admit(users.find(username), password)


def password_of(said):
    return re.search(r"password +(\S+)", said)[1]


def test_a_new_system_user_gets_a_password_that_works(flask, app):
    password = password_of(flask("users", "create", "robot"))
    caller = may_call(app, "robot", password)
    assert (caller.name, caller.is_admin) == ("robot", False)
    (row,) = [each for each in all_of(app, SystemUser) if each.username == "robot"]
    assert password not in row.password
    assert "robot" in flask("users", "list")
    (entry,) = audited(app, "system_user.created")
    assert (entry.subject, entry.actor, entry.facts) == ("robot", ME, {"roles": "integration"})


@on_sqlite
def test_an_administrator_is_made_by_a_role(flask, app):
    password = password_of(flask("users", "create", "boss", "--role", "admin"))
    assert may_call(app, "boss", password).is_admin
    assert "ROLE_ADMIN" in flask("users", "list")


@on_sqlite
def test_a_system_user_can_be_disabled_enabled_and_reset(flask, app):
    old = password_of(flask("users", "create", "robot"))
    flask("users", "disable", "robot")
    with pytest.raises(NotAuthenticated):
        may_call(app, "robot", old)
    assert "disabled" in flask("users", "list")
    flask("users", "enable", "robot")
    assert may_call(app, "robot", old)
    new = password_of(flask("users", "reset", "robot"))
    with pytest.raises(NotAuthenticated):
        may_call(app, "robot", old)
    assert may_call(app, "robot", new)
    for name in ("disabled", "enabled", "password.changed"):
        assert audited(app, f"system_user.{name}")[0].subject == "robot"


def test_a_removed_system_user_is_let_in_no_more_and_an_operator_removes_any(flask, app):
    password = password_of(flask("users", "create", "robot", "--application", "demo"))
    for name in ("robot", "system-admin"):  # even the last administrator: who has no
        flask("users", "remove", name)  # administrator makes one by a command
    with pytest.raises(NotAuthenticated):
        may_call(app, "robot", password)
    assert [each.username for each in all_of(app, SystemUser)] == ["integration-user"]
    assert {each.subject for each in audited(app, "system_user.removed")} == {
        "robot", "system-admin"
    }  # fmt: skip
    assert password_of(flask("users", "create", "robot")) != password
    assert re.search(r"^robot +ROLE_USER +enabled +-$", flask("users", "list"), re.MULTILINE)


@on_sqlite
def test_system_users_are_made_once_and_must_exist(flask):
    flask("users", "create", "robot")
    assert "already" in flask("users", "create", "robot", code=1)
    for command in ("disable", "enable", "remove", "reset"):
        assert "There is no system user" in flask("users", command, "nobody", code=1)


def test_a_system_user_is_given_applications_and_they_are_taken_from_it(flask, app):
    flask("mtoken", "application", "create", "mobile")
    password = password_of(flask("users", "create", "robot", "--application", "demo"))
    flask("users", "grant", "robot", "mobile")
    flask("users", "grant", "robot", "mobile")
    assert may_call(app, "robot", password).applications == {"demo", "mobile"}
    assert re.search(
        r"^robot +ROLE_USER +enabled +demo mobile$", flask("users", "list"), re.MULTILINE
    )
    flask("users", "revoke", "robot", "demo")
    assert may_call(app, "robot", password).applications == {"mobile"}
    for name, application in (("granted", "demo"), ("revoked", "demo")):
        entry = audited(app, f"system_user.application.{name}")[0]
        assert (entry.subject, entry.actor) == ("robot", ME)
        assert entry.facts == {"application": application}


@on_sqlite
def test_only_what_there_is_can_be_given(flask):
    assert "There is no application nothing" in flask(
        "users", "grant", "integration-user", "nothing", code=1
    )
    for command in ("grant", "revoke"):
        assert "There is no system user" in flask("users", command, "nobody", "demo", code=1)


# --- keys ---------------------------------------------------------------------------------------


def test_keys_are_rotated_listed_and_written_down(flask, app):
    with reading(app) as session:
        old = session.scalar(select(DataKeyRow.kid).where(DataKeyRow.purpose == "seal"))
    said = flask("keys", "rotate")
    new = re.search(r"New data key ([0-9a-f]{16})", said)[1]
    assert "Values sealed anew: 3." in said  # the signing key, and those of the demo's application
    listed = flask("keys", "list")
    assert re.search(rf"{new} +data, seal +\S+ \S+ +- +current +this secret", listed)
    assert re.search(rf"{old} +data, seal +.* retired +this secret", listed)
    assert re.search(r"signing +.* signs +a data key", listed)
    assert audited(app, "key.retired")[-1].subject == old
    assert audited(app, "key.created")[-1].subject == new
    assert audited(app, "secrets.resealed")[-1].facts == {"count": 3, "broken": 0}
    assert {row.actor for row in audited(app, "secrets.resealed")} == {ME}
    assert "Values sealed anew: 0." in flask("keys", "reseal")


@on_sqlite
def test_a_lost_value_is_named_and_fails_the_command(flask, app):
    with writing(app) as session:
        row = session.scalars(select(SigningKey)).one()
        sealed = row.private_jwk_sealed
        row.private_jwk_sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        kid = row.kid
    said = flask("keys", "rotate", code=1)
    assert f"Cannot be opened: signing_keys.private_jwk:{kid}" in said


def test_a_new_root_is_taken_over_in_one_command(flask, app, settings):
    later = settings.model_copy(
        update={
            "secret_key": SecretStr("the secret that comes after that one"),
            "previous_secret_keys": (settings.secret_key,),
        }
    )
    with built(later) as second:
        run = second.test_cli_runner().invoke
        assert "another secret" in run(args=("keys", "list")).output
        assert "run flask keys rewrap" in run(args=("doctor",)).output
        assert "Sealed 2 data keys anew." in run(args=("keys", "rewrap")).output
        assert "another secret" not in run(args=("keys", "list")).output
        done = run(args=("doctor",))
        assert "not needed any more: unset it" in done.output
        assert len(audited(second, "key.rewrapped")) == 2
    refused = app.test_cli_runner().invoke(args=("keys", "rotate"))
    assert refused.exit_code == 1
    assert "WEBFLOW_PREVIOUS_SECRET_KEYS" in refused.output


def test_the_next_signing_key_is_published_first(flask, app):
    said = flask("keys", "rotate-signing")
    kid = re.search(r"Published (\S+); it signs from", said)[1]
    assert kid in [key["kid"] for key in app.test_client().get("/oauth2/jwks").json["keys"]]
    assert re.search(rf"{kid} +signing +.* next ", flask("keys", "list"))
    assert audited(app, "key.created")[-1].facts["lead"] == 3600


@on_sqlite
def test_a_leaked_signing_key_is_withdrawn(flask, app):
    (old,) = [key["kid"] for key in app.test_client().get("/oauth2/jwks").json["keys"]]
    flask("keys", "rotate-signing", "--now", "--withdraw")
    (new,) = [key["kid"] for key in app.test_client().get("/oauth2/jwks").json["keys"]]
    assert old != new
    assert audited(app, "key.removed")[0].subject == old
    assert "--withdraw goes with --now" in flask("keys", "rotate-signing", "--withdraw", code=2)


@on_sqlite
def test_the_lead_of_a_signing_key_is_a_setting(settings):
    oauth = OauthSettings(signing_key_lead=timedelta(days=2))
    with built(settings.model_copy(update={"oauth": oauth})) as app:
        app.test_cli_runner().invoke(args=("keys", "rotate-signing"))
        with reading(app) as session:
            latest = session.scalar(select(func.max(SigningKey.signs_from)))
    assert latest - clock.now() > timedelta(days=1, hours=23)


# --- audit --------------------------------------------------------------------------------------


def test_the_trail_is_listed_sealed_verified_and_exported(flask, app, tmp_path):
    flask(*CREATE)
    assert re.search(r"client\.created +shop +operator:", flask("audit", "list"))
    assert "key.created" not in flask("audit", "list", "--subject", "shop")
    assert len(flask("audit", "list", "-n", "1").splitlines()) == 2
    checkpoint = flask("audit", "seal").strip()
    said = flask("audit", "verify", "--expect", checkpoint)
    assert said.startswith("Sound: ")
    assert checkpoint in said
    file = tmp_path / "trail.jsonl"
    flask("audit", "export", str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert f"{lines[-1]['position']}:{lines[-1]['hash']}" == checkpoint
    assert [line["position"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[-1]["name"] == "client.created"
    assert audited(app, "audit.exported")[0].facts == {"count": len(lines)}


def test_a_broken_trail_fails_the_command_and_names_the_place(flask, app):
    flask("audit", "seal")
    with writing(app) as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("DROP TRIGGER audit_no_update"))
        else:
            session.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        session.execute(text("UPDATE audit SET actor = 'operator:mallory' WHERE id = 2"))
    said = flask("audit", "verify", code=1)
    assert "BROKEN: entry 2 at position 2 is not what was chained; 1 are sound." in said


@pytest.mark.parametrize(
    "command",
    [
        ("clients", "create", "", "--name", "Shop", "--redirect-uri", "https://shop.example/cb"),
        ("clients", "create", "a:b", "--name", "Shop", "--redirect-uri", "https://shop.example/cb"),
        ("clients", "create", "x" * 129, "--name", "S", "--redirect-uri", "https://s.example/cb"),
        ("clients", "create", "shop", "--name", "", "--redirect-uri", "https://shop.example/cb"),
        ("users", "create", ""),
        ("users", "create", "a:b"),
        ("users", "create", "x" * 257),
        ("access-keys", "create", "demo", ""),
        ("access-keys", "create", "demo", "x" * 257),
        ("mtoken", "application", "create", ""),
        ("mtoken", "application", "create", "a/b"),
        ("mtoken", "application", "create", "x" * 256),
        ("mtoken", "application", "create", "app", "--name", "x" * 257),
        ("mtoken", "registration", "create", ""),
        ("mtoken", "registration", "create", "x" * 257),
    ],
)
def test_a_name_that_nothing_could_be_called_by_is_refused(flask, command):
    assert "must " in flask(*command, code=2)


@on_sqlite
@pytest.mark.parametrize("command", ["audit", "outbox"])
@pytest.mark.parametrize("newest", ["0", "-5", "99999999999999999999"])
def test_a_number_of_rows_is_a_number_of_rows(flask, command, newest):
    assert "is not in the range" in flask(command, "list", "-n", newest, code=2)


@on_sqlite
@pytest.mark.parametrize(
    "given", ["", "1", "x:y", "1:abc", f"-1:{'0' * 64}", f"²:{'0' * 64}", f"1:{'x' * 64}"]
)
def test_a_checkpoint_must_be_one(flask, given):
    assert "expected POSITION:HASH" in flask("audit", "verify", f"--expect={given}", code=2)


# --- outbox -------------------------------------------------------------------------------------


def put(app, reference="m1"):
    with serving(app) as services:
        payload = {"to": "+420777000111", "text": "12345678", "operation_id": "7f3c"}
        services.outbox.put("sms", reference, payload, lifetime=timedelta(minutes=5))
        services.session.commit()
    with reading(app) as session:
        return session.scalar(select(OutboxRow.id).where(OutboxRow.reference == reference))


def test_a_delivery_that_waits_is_tried_at_once(flask, app):
    row_id = put(app)
    with serving(app) as services:
        services.outbox.claim(hold=timedelta(0))
        services.outbox.retry(row_id, "provider_busy", after=timedelta(minutes=1))
        services.session.commit()
    listed = flask("outbox", "list")
    assert re.search(rf"{row_id} +sms +pending +1 .* provider_busy", listed)
    assert "+420" not in listed
    assert "12345678" not in listed
    woken = []
    with waking(app, lambda: woken.append(1)):
        assert "is due now" in flask("outbox", "retry", row_id)
    assert woken == [1]
    with serving(app) as services:
        assert services.outbox.claim(hold=timedelta(0)) is not None
    assert audited(app, "outbox.retried")[0].subject == row_id


@on_sqlite
def test_a_delivery_that_is_being_sent_is_left_alone(flask, app):
    row_id = put(app)
    with serving(app) as services:
        services.outbox.claim(hold=timedelta(minutes=1))
        services.session.commit()
    assert "It is being sent" in flask("outbox", "retry", row_id, code=1)
    with serving(app) as services:
        assert services.outbox.claim(hold=timedelta(minutes=1)) is None


@on_sqlite
def test_what_cannot_be_tried_again_is_explained(flask, app):
    row_id = put(app)
    with serving(app) as services:
        services.outbox.failed(row_id, "unreachable")
        services.session.commit()
    assert "It is failed: its text is gone" in flask("outbox", "retry", row_id, code=1)
    assert "no such delivery" in flask("outbox", "retry", "nothing", code=1)
    assert row_id in flask("outbox", "list", "--state", "failed")
    assert row_id not in flask("outbox", "list", "--state", "pending")


# --- doctor -------------------------------------------------------------------------------------


def test_a_sound_installation_is_told_so(flask):
    said = flask("doctor")
    assert "FAIL" not in said
    for part in ("settings", "database", "migrations", "keys", "queue", "outbox", "audit trail"):
        assert re.search(rf"^ok +{part}$", said, re.MULTILINE)


def test_what_is_wrong_is_said_with_what_to_do(flask, app):
    with writing(app) as session:
        session.execute(text("UPDATE signing_keys SET retired_at = created_at"))
    row_id = put(app)
    with writing(app) as session:
        session.get(OutboxRow, row_id).due_at = clock.now() - timedelta(minutes=2)
    said = flask("doctor", code=1)
    assert "No key signs ID tokens: run flask seed" in said
    assert "1 messages have waited for more than a minute: does the worker run?" in said


@on_sqlite
def test_old_tables_are_told(flask, app):
    with writing(app) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert "the tables are at 0001, this program needs" in flask("doctor", code=1)


@on_sqlite
def test_missing_keys_and_tables_are_told(flask, app):
    with writing(app) as session:
        session.execute(text("DELETE FROM data_keys"))
    assert "There are no data keys yet: run flask seed" in flask("doctor", code=1)
    with writing(app) as session:
        session.execute(text("DROP TABLE data_keys"))
    assert "Its table is missing: run flask db upgrade" in flask("doctor", code=1)
    assert "see flask doctor" in flask("keys", "list", code=1)


@on_sqlite
def test_a_mistyped_setting_is_told(flask, monkeypatch):
    monkeypatch.setenv("WEBFLOW_SEKRET_KEY", "hunter2")
    monkeypatch.setenv("WEBFLOW_DEMO_INSTANCE", "demo")  # docs/demo-phone.md
    monkeypatch.setenv("WEBFLOW_DEMO_ACCESS_KEY", "demo-access-key")
    said = flask("doctor", code=1)
    assert "WEBFLOW_SEKRET_KEY is no setting of ours" in said
    assert "WEBFLOW_DEMO_" not in said
    assert "hunter2" not in said


@on_sqlite
def test_leftovers_of_a_demo_are_told_in_production(flask, app, settings):
    assert "ok    demo leftovers" in flask("doctor")
    put_in(app, settings=settings.model_copy(update={"profile": "production"}))
    with serving(app) as services:
        services.testers.move_clock(timedelta(minutes=5))
        services.commit()
    said = flask("doctor", code=1)
    assert "the client democlient has the demo's secret" in said
    assert "the system user system-admin has the demo's password" in said
    assert "The testers' clock is moved" in said


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/x.db", "postgresql+psycopg://u:hunter2@localhost:1/x"]
)
def test_without_a_database_every_command_says_so_and_no_password(tmp_path, url):
    from tests.support.databases import settings_for  # noqa: PLC0415 - a fixture without one

    with built(settings_for(url, tmp_path)) as app:
        for arguments in (("doctor",), ("keys", "list"), ("clients", "list"), ("seed",)):
            done = app.test_cli_runner().invoke(args=arguments)
            assert done.exit_code == 1
            assert "does not answer" in done.output
            assert "hunter2" not in done.output
            assert isinstance(done.exception, SystemExit)


@on_sqlite
def test_seeding_is_repeatable_and_written_down(flask, app):
    assert "Seeded." in flask("seed")
    assert {row.actor for row in audited(app, "database.seeded")} == {ME}


# --- access keys --------------------------------------------------------------------------------


def test_an_access_key_is_shown_once_and_kept_as_a_hash(flask, app):
    key = flask("access-keys", "create", "demo", "core banking").strip()
    (row,) = [each for each in all_of(app, AccessKeyRow) if each.name == "core banking"]
    assert key.count(".") == 2
    assert key not in (row.id, row.digest)
    listed = flask("access-keys", "list")
    assert "core banking" in listed
    assert key not in listed
    assert audited(app, "access_key.created")[-1].actor == ME
    with serving(app, writing=False) as services:
        assert services.access_keys.recognise("demo", key).id == row.id


def test_a_revoked_access_key_is_refused_from_the_next_call_on(flask, app):
    key = flask("access-keys", "create", "demo", "core banking").strip()
    headers = {"Authorization": f"Bearer {key}"}
    assert app.test_client().get("/nevis/demo/ping", headers=headers).status_code == 200
    (row,) = [each for each in all_of(app, AccessKeyRow) if each.name == "core banking"]
    for _ in range(2):
        assert flask("access-keys", "revoke", row.id) == f"Revoked {row.id}.\n"
    assert app.test_client().get("/nevis/demo/ping", headers=headers).status_code == 403
    assert len(audited(app, "access_key.revoked")) == 1


def test_an_access_key_of_nothing_is_not_made_and_none_of_nobody_revoked(flask, app):
    before = all_of(app, AccessKeyRow)
    said = flask("access-keys", "create", "nothing", "name", code=1)
    assert said == "Error: There is no application nothing\n"
    said = flask("access-keys", "revoke", "nobody", code=1)
    assert said == "Error: There is no access key nobody\n"
    assert len(all_of(app, AccessKeyRow)) == len(before)
