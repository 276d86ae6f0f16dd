"""System users through the API: made with a password that is told once, changed, removed."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import bcrypt
import pytest
from sqlalchemy import delete, text

from app.errors import LastAdministrator
from app.mtoken.access import ADMIN
from app.store.audit import AuditEntry
from app.store.system_users import SystemUser, SystemUserApplication, SystemUserAuthority
from tests.support.cloud import APP, PREFIX, Cloud, admin, basic
from tests.support.device import USER
from tests.support.store import all_of, census, on_sqlite, put_in, serving, writing

pytest_plugins = ["tests.support.lasting"]

USERS = "/admin/users"
LIST = "/v2/registrations"
UNKNOWN = {"code": "ERROR_ADMIN", "message": "User was not found."}
TAKEN = {"code": "ERROR_ADMIN", "message": "User already exists."}
LAST = {"code": "ERROR_ADMIN", "message": "The last administrator cannot be removed."}
NO_APPLICATION = {
    "code": "ERROR_ADMIN",
    "message": "No enabled application version was found",
}


@pytest.fixture
def name(request):
    return f"robot-{abs(hash(request.node.name))}"


def told(answer):
    assert answer.status_code == 400, answer.text
    return answer.json["responseObject"]


def entries(app, subject):
    return [each for each in all_of(app, AuditEntry) if each.subject == subject]


# --- made, and let in -------------------------------------------------------------------------


def test_a_new_user_has_a_strong_password_that_is_told_once(lasting_app, name):  # 13
    made = admin(lasting_app)("POST", USERS, {"username": name})
    password = made.pop("password")
    assert made == {"username": name, "enabled": True, "role": ["ROLE_USER"], "applications": []}
    assert len(password) >= 43  # 256 bits
    assert Cloud(lasting_app, name, password).ask("GET", LIST, userId=USER).status_code == 200
    shown = admin(lasting_app).ask("GET", f"{USERS}/{name}")
    assert shown.json == made
    listed = admin(lasting_app).ask("GET", USERS)
    assert made in listed.json["users"]
    (row,) = [each for each in all_of(lasting_app, SystemUser) if each.username == name]
    for text_ in (shown.text, listed.text, row.password, str(entries(lasting_app, name)[0].facts)):
        assert password not in text_


def test_a_name_is_given_once(lasting_app, name):  # 14
    boss = admin(lasting_app)
    password = boss("POST", USERS, {"username": name})["password"]
    assert told(boss.ask("POST", USERS, {"username": name})) == TAKEN
    assert Cloud(lasting_app, name, password).ask("GET", LIST, userId=USER).status_code == 200


def test_of_many_who_make_the_same_user_at_once_one_does(app):
    def make(_):
        return admin(app).ask("POST", USERS, {"username": "robot"})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(make, range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    (password,) = [each.json["password"] for each in answers if each.status_code == 200]
    assert Cloud(app, "robot", password).ask("GET", LIST, userId=USER).status_code == 200


@pytest.mark.parametrize(
    ("username", "hint"),
    [
        (None, "must not be null"), ("", "must not be empty"),
        ("a:b", "must be letters and digits, inside also . _ @ + -"),
        ("a/b", "must be letters and digits, inside also . _ @ + -"),
        ("..", "must be letters and digits, inside also . _ @ + -"),
        ("a\nb", "must be letters and digits, inside also . _ @ + -"),
        ("a\n", "must be letters and digits, inside also . _ @ + -"),
        ("x" * 257, "String should have at most 256 characters"),
    ],
)  # fmt: skip
def test_a_name_that_credentials_or_a_path_cannot_hold_is_refused(lasting_app, username, hint):
    before = census(lasting_app)
    said = told(admin(lasting_app).ask("POST", USERS, {"username": username}))
    assert (said["code"], said["message"]) == ("ERROR_REQUEST", "Invalid method parameter value")
    (violation,) = said["violations"]
    assert (violation["fieldName"], violation["hint"]) == ("username", hint)
    assert census(lasting_app) == before


def test_a_request_without_a_name_says_what_is_missing(lasting_app):
    said = told(admin(lasting_app).ask("POST", USERS, {}))
    assert said["message"] == "Required String parameter 'username' is not present"


# --- changed, removed ---------------------------------------------------------------------------


def test_a_disabled_user_is_refused_at_once_and_an_enabled_one_let_in(lasting_app, name):
    boss = admin(lasting_app)
    robot = Cloud(lasting_app, name, boss("POST", USERS, {"username": name})["password"])
    for enabled, status in ((False, 401), (True, 200)):
        changed = boss("PUT", f"{USERS}/{name}", {"enabled": enabled})
        assert changed["enabled"] is enabled
        assert "password" not in changed
        assert robot.ask("GET", LIST, userId=USER).status_code == status
    missing = told(boss.ask("PUT", f"{USERS}/{name}", {}))
    assert missing["violations"][0]["fieldName"] == "enabled"


def test_a_new_password_ends_the_old_one_at_once(lasting_app, name):
    boss = admin(lasting_app)
    old = boss("POST", USERS, {"username": name})["password"]
    new = boss("POST", f"{USERS}/{name}/password")["password"]
    assert old != new
    statuses = [
        Cloud(lasting_app, name, each).ask("GET", LIST, userId=USER).status_code
        for each in (old, new)
    ]
    assert statuses == [401, 200]


def test_a_removed_user_is_let_in_no_more_and_leaves_nothing(lasting_app, name):
    boss = admin(lasting_app)
    password = boss("POST", USERS, {"username": name})["password"]
    boss("POST", f"{USERS}/{name}/applications/{APP}")
    assert boss("DELETE", f"{USERS}/{name}") == {"status": "OK"}
    assert Cloud(lasting_app, name, password).ask("GET", LIST, userId=USER).status_code == 401
    ids = {user.id for user in all_of(lasting_app, SystemUser)}
    for model in (SystemUserAuthority, SystemUserApplication):
        assert {row.user_id for row in all_of(lasting_app, model)} <= ids
    again = boss("POST", USERS, {"username": name})
    assert again["applications"] == []
    assert Cloud(lasting_app, name, password).ask("GET", LIST, userId=USER).status_code == 401


def test_who_is_not_there_cannot_be_changed(lasting_app):
    boss, before = admin(lasting_app), census(lasting_app)
    for method, path, body in (
        ("GET", "", None), ("PUT", "", {"enabled": True}), ("PUT", "", {"enabled": False}),
        ("DELETE", "", None), ("POST", "/password", None),
        ("POST", f"/applications/{APP}", None), ("DELETE", f"/applications/{APP}", None),
    ):  # fmt: skip
        assert told(boss.ask(method, f"{USERS}/nobody{path}", body)) == UNKNOWN
    assert census(lasting_app) == before


# --- applications -------------------------------------------------------------------------------


def test_an_application_is_given_once_and_taken_away(lasting_app, name):  # 15, 16
    boss = admin(lasting_app)
    robot = Cloud(lasting_app, name, boss("POST", USERS, {"username": name})["password"])
    access = f"{USERS}/{name}/applications/{APP}"
    with_it = {"username": name, "enabled": True, "role": ["ROLE_USER"], "applications": [APP]}
    assert robot.refused("POST", LIST, {"userId": USER, "appId": APP}) == "ERROR_REGISTRATION"
    for body in (None, {"username": name, "appId": APP}, {"username": "x", "appId": "y"}):
        assert boss("POST", access, body) == with_it
    assert robot.register()["registrationId"]
    for _ in range(2):
        assert boss("DELETE", access) == with_it | {"applications": []}
    assert robot.refused("POST", LIST, {"userId": USER, "appId": APP}) == "ERROR_REGISTRATION"


def test_curl_with_an_empty_body_gives_an_application(lasting_app, name):  # seed 000: -d ''
    admin(lasting_app)("POST", USERS, {"username": name})
    answer = lasting_app.test_client().post(
        f"{PREFIX}{USERS}/{name}/applications/{APP}",
        data="",
        headers=admin(lasting_app).headers,
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.json["applications"] == [APP]


def test_an_application_that_is_not_there_cannot_be_given(lasting_app, name):
    boss = admin(lasting_app)
    boss("POST", USERS, {"username": name})
    refused = boss.ask("POST", f"{USERS}/{name}/applications/nothing")
    assert told(refused) == NO_APPLICATION
    assert boss("GET", f"{USERS}/{name}")["applications"] == []


# --- who may, and who stays ---------------------------------------------------------------------


def test_an_integration_user_administrates_nobody(lasting_app):  # 5
    before = census(lasting_app)
    for method, path, body in (
        ("GET", "", None), ("POST", "", {"username": "x"}), ("GET", "/system-admin", None),
        ("PUT", "/system-admin", {"enabled": False}), ("DELETE", "/system-admin", None),
        ("POST", "/integration-user/password", None),
        ("POST", f"/integration-user/applications/{APP}", None),
        ("DELETE", f"/integration-user/applications/{APP}", None),
    ):  # fmt: skip
        answer = Cloud(lasting_app).ask(method, USERS + path, body)
        assert answer.status_code == 403
        assert answer.json["responseObject"] == {"code": "HTTP_403", "message": "Forbidden"}
    assert census(lasting_app) == before
    assert Cloud(lasting_app).ask("GET", LIST, userId=USER).status_code == 200


def test_the_last_administrator_stays(app):
    boss = admin(app)
    for method, body in (("DELETE", None), ("PUT", {"enabled": False})):
        assert told(boss.ask(method, f"{USERS}/system-admin", body)) == LAST
    with serving(app) as services:
        services.administration.create("deputy", "admin")
        services.administration.create("asleep", "admin")
        services.administration.disable("asleep")
        services.commit()
    boss("DELETE", f"{USERS}/deputy")
    for method, body in (("DELETE", None), ("PUT", {"enabled": False})):  # asleep counts nothing
        assert told(boss.ask(method, f"{USERS}/system-admin", body)) == LAST
    assert boss("GET", USERS)


def test_of_two_administrators_who_remove_each_other_one_stays(app):
    with serving(app) as services:
        password = services.administration.create("deputy", "admin")
        services.commit()
    both = [(admin(app), "deputy"), (Cloud(app, "deputy", password), "system-admin")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda pair: pair[0].ask("DELETE", f"{USERS}/{pair[1]}"), both))
    assert sorted(answer.status_code for answer in answers) in ([200, 400], [200, 401])
    left = [each for each in all_of(app, SystemUserAuthority) if each.authority == ADMIN]
    assert len(left) == 1


def test_who_removes_an_administrator_waits_for_who_removes_the_other(app):
    with serving(app) as services:
        services.administration.create("deputy", "admin")
        services.commit()

    def second():
        with serving(app) as services:
            services.administration.remove("system-admin")
            services.commit()

    with ThreadPoolExecutor(1) as pool, serving(app) as first:
        first.administration.remove("deputy")
        waiting = pool.submit(second)
        sleep(0.5)
        first.commit()
        first.close()
        with pytest.raises(LastAdministrator):
            waiting.result(10)
    assert [each.authority for each in all_of(app, SystemUserAuthority)].count(ADMIN) == 1


@on_sqlite
def test_the_trail_names_the_administrator_and_nothing_tells_a_password(app, caplog):
    heard = []
    put_in(app, listeners=[heard.append])
    boss = admin(app)
    secrets = [boss("POST", USERS, {"username": "robot"})["password"]]
    secrets.append(boss("POST", f"{USERS}/robot/password")["password"])
    boss("POST", f"{USERS}/robot/applications/{APP}")
    boss("DELETE", f"{USERS}/robot/applications/{APP}")
    boss("PUT", f"{USERS}/robot", {"enabled": False})
    boss("PUT", f"{USERS}/robot", {"enabled": True})
    boss("DELETE", f"{USERS}/robot")
    written = entries(app, "robot")
    assert [each.name for each in written] == [
        "system_user.created", "system_user.password.changed", "system_user.application.granted",
        "system_user.application.revoked", "system_user.disabled", "system_user.enabled",
        "system_user.removed",
    ]  # fmt: skip
    assert {each.actor for each in written} == {"system:system-admin"}
    everything = f"{heard} {caplog.text} {[(e.subject, e.facts) for e in written]}"
    assert not [secret for secret in secrets if secret in everything]


# --- the guide's first administrator --------------------------------------------------------------

SEED = """
INSERT INTO pa_cloud_user (id, username, password, enabled)
VALUES (nextval('pa_cloud_user_seq'), 'system-admin', '${BCRYPT_PASSWORD_HASH}', true);

INSERT INTO pa_cloud_user_authority (id, user_id, authority)
VALUES (nextval('pa_cloud_user_seq'), (SELECT id FROM pa_cloud_user WHERE username = 'system-admin'), 'ROLE_ADMIN');
"""  # noqa: E501 - word for word (seed 000)

ON_SQLITE = """
INSERT INTO pa_cloud_user (username, password, enabled)
VALUES ('system-admin', '${BCRYPT_PASSWORD_HASH}', true);

INSERT INTO pa_cloud_user_authority (user_id, authority)
VALUES ((SELECT id FROM pa_cloud_user WHERE username = 'system-admin'), 'ROLE_ADMIN');
"""


@pytest.mark.parametrize("prefix", ["$2b$", "$2y$"])  # the second is that of htpasswd
def test_the_guides_sql_makes_the_first_administrator(app, prefix, database):  # 4, 6
    hashed = bcrypt.hashpw(b"a strong password", bcrypt.gensalt(4)).decode()
    sql = SEED if database.startswith("postgresql") else ON_SQLITE
    with writing(app) as session:
        session.execute(delete(SystemUser))
    with writing(app) as session:
        for statement in sql.split(";")[:-1]:
            filled = statement.replace("${BCRYPT_PASSWORD_HASH}", prefix + hashed[4:])
            session.execute(text(filled.replace(":", r"\:")))
    boss = Cloud(app, "system-admin", "a strong password")
    made = boss("POST", USERS, {"username": "integration-user"})
    assert made["role"] == ["ROLE_USER"]
    wrong = {"headers": basic("system-admin", "another")}
    assert app.test_client().get(PREFIX + USERS, **wrong).status_code == 401
    boss("POST", f"{USERS}/system-admin/password")  # and from now on it is one of ours
    assert boss.ask("GET", USERS).status_code == 401
