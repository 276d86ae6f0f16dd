"""Who may call, and what exists for whom."""

import bcrypt
import pytest
from sqlalchemy import delete, event

from app.factory import seed
from app.mtoken.access import ADMIN
from app.store.audit import AuditEntry
from app.store.system_users import SystemUser
from tests.support.cloud import APP, CAME, PREFIX, Cloud, admin, basic, integrator
from tests.support.databases import engine_of
from tests.support.device import USER
from tests.support.store import all_of, census, on_sqlite, parts_of, put_in, serving, writing

pytest_plugins = ["tests.support.lasting"]

LIST = f"{PREFIX}/v2/registrations?userId={USER}"
UNAUTHORIZED = {
    "status": "ERROR",
    "responseObject": {"code": "HTTP_401", "message": "Unauthorized"},
}
FORBIDDEN = {"status": "ERROR", "responseObject": {"code": "HTTP_403", "message": "Forbidden"}}


@pytest.fixture
def name(request):
    return f"robot-{abs(hash(request.node.name))}"


# --- who is let in ----------------------------------------------------------------------------


def test_whatever_is_wrong_with_credentials_the_answer_is_the_same_in_every_byte(lasting_app):
    client = lasting_app.test_client()
    answers = {
        (answer.status_code, answer.data, answer.headers["WWW-Authenticate"])
        for headers in (
            {}, basic("integration-user", "wrong"), basic("nobody", "changeme"),
            basic("integration-user", ""), basic("", ""), basic("a\x00b", "c\x00d"),
            basic("x" * 300, "y" * 5000), {"Authorization": "Bearer changeme"},
            {"Authorization": "Basic %%%"}, {"Authorization": "Basic"},
        )
        if (answer := client.get(LIST, headers=headers))
    }  # fmt: skip
    assert len(answers) == 1
    ((status, _, asked),) = answers
    assert status == 401
    assert asked == 'Basic realm="cloud", charset="UTF-8"'
    assert client.get(LIST).json == UNAUTHORIZED


@on_sqlite
def test_a_name_that_nobody_has_is_looked_for_as_long_as_one_that_somebody_has(app):  # 2
    with serving(app) as services:
        services.system_users.add("disabled", "ROLE_USER")
        services.system_users.look("disabled").enabled = False
        services.commit()
    asked = {"integration-user": [], "nobody": [], "disabled": []}
    for name, statements in asked.items():

        def note(_connection, _cursor, statement, *_rest, statements=statements):
            if "pa_cloud_user" in statement:
                statements.append(statement)

        event.listen(engine_of(app), "before_cursor_execute", note)
        assert Cloud(app, name, "wrong").ask("GET", "/v2/operations").status_code == 401
        event.remove(engine_of(app), "before_cursor_execute", note)
    assert len(asked["integration-user"]) == 1
    assert asked["nobody"] == asked["integration-user"] == asked["disabled"]


def test_a_disabled_user_is_let_in_no_more(lasting_app, name):
    robot = integrator(lasting_app, name, APP)
    assert robot.ask("GET", "/v2/registrations", userId=USER).status_code == 200
    with serving(lasting_app) as services:
        services.system_users.look(name).enabled = False
        services.commit()
    assert robot.ask("GET", "/v2/registrations", userId=USER).status_code == 401


@on_sqlite
def test_a_user_whom_the_guides_sql_made_is_let_in(app):  # seed 000
    with writing(app) as session:
        user = SystemUser(username="by-hand", enabled=True)
        user.password = bcrypt.hashpw(b"a strong password", bcrypt.gensalt(4)).decode()
        session.add(user)
    robot = Cloud(app, "by-hand", "a strong password")
    assert (
        robot.ask("GET", "/v2/registrations", userId=USER).json == FORBIDDEN
    )  # without any authority
    assert (
        Cloud(app, "by-hand", "another").ask("GET", "/v2/registrations", userId=USER).status_code
        == 401
    )


@on_sqlite
def test_of_slow_passwords_only_so_many_are_judged_at_once(app):  # decision 14
    with writing(app) as session:
        hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
        session.add(SystemUser(username="slow", password=hashed, enabled=True))
    with parts_of(app).remembered.gate():
        answer = Cloud(app, "slow", "wrong").ask("GET", "/v2/registrations", userId=USER)
        assert Cloud(app).ask("GET", "/v2/registrations", userId=USER).status_code == 200
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json["responseObject"]["code"] == "HTTP_503"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_of_another_origin_cannot_call(lasting_app, site):
    headers = Cloud(lasting_app).headers | {"Sec-Fetch-Site": site}
    answer = lasting_app.test_client().get(LIST, headers=headers)
    assert (answer.status_code, answer.json) == (403, FORBIDDEN)
    own = headers | {"Sec-Fetch-Site": "same-origin"}
    assert lasting_app.test_client().get(LIST, headers=own).status_code == 200


@on_sqlite
def test_each_start_gives_the_demos_users_their_passwords_and_the_application_back(app):
    with serving(app) as services:
        for name in ("system-admin", "integration-user"):
            services.system_users.reset(services.system_users.look(name))
        services.system_users.revoke(services.system_users.look("integration-user"), APP)
        services.commit()
    assert Cloud(app).ask("GET", "/v2/operations", userId=USER).status_code == 401
    for _ in range(2):
        seed(app)
        assert Cloud(app).register()
        assert admin(app).ask("GET", "/admin/applications").status_code == 200
    assert len(all_of(app, SystemUser)) == 2


@on_sqlite
def test_production_gets_no_system_user(app, settings):
    with writing(app) as session:
        session.execute(delete(SystemUser))
    put_in(app, settings=settings.model_copy(update={"profile": "production"}))
    seed(app)
    assert all_of(app, SystemUser) == []


# --- what may be done with which authority ------------------------------------------------------


def test_an_administrator_administrates_and_an_integration_user_does_everything_else(lasting_app):
    for path in ("/admin/applications", f"/admin/applications/{APP}"):
        assert admin(lasting_app).ask("GET", path).status_code == 200
        answer = Cloud(lasting_app).ask("GET", path)
        assert (answer.status_code, answer.json) == (403, FORBIDDEN)
    for method, path in (
        ("GET", "/v2/registrations"), ("POST", "/v2/registrations"), ("GET", "/v2/operations"),
        ("POST", "/v2/operations"), ("GET", "/v2/registrations/x"), ("DELETE", "/v2/operations/x"),
    ):  # fmt: skip
        answer = admin(lasting_app).ask(method, path)
        assert (answer.status_code, answer.json) == (403, FORBIDDEN)


def test_an_administrator_reads_what_is_built_into_an_app(lasting_app):
    found = admin(lasting_app)("GET", f"/admin/applications/{APP}")
    assert found["id"] == APP
    assert found["serviceBaseUrl"] == "http://localhost:8080/enrollment-server"
    assert set(found) == {
        "id", "serviceBaseUrl", "mobileSdkConfig", "roles", "appKey", "appSecret",
        "masterServerPublicKey",
    }  # fmt: skip
    assert {"id": APP} in admin(lasting_app)("GET", "/admin/applications")["applications"]
    assert admin(lasting_app).refused("GET", "/admin/applications/nothing") == "ERROR_ADMIN"


# --- what exists for whom -----------------------------------------------------------------------


def test_of_two_integration_users_each_knows_nothing_of_the_other(lasting_app, name):
    mine, theirs = (integrator(lasting_app, f"{name}-{n}", f"{name}-app-{n}") for n in (1, 2))
    registration = mine.register(app_id=f"{name}-app-1")["registrationId"]
    operation = mine.open(None, externalId=name)["operationId"]
    before = census(lasting_app)
    for method, path, body in (
        ("GET", "", None), ("PUT", "", {"change": "REMOVE"}), ("PUT", "", {"change": "BLOCK"}),
        ("PUT", "", {"change": "UNBLOCK"}), ("DELETE", "", None), ("POST", "/commit", {}),
        ("GET", "/history", None), ("GET", "/flags", None), ("PUT", "/name", {"name": "x"}),
        ("POST", "/flags", {"flags": ["A"]}), ("POST", "/flags/remove", {"flags": ["A"]}),
    ):  # fmt: skip
        answers = [
            theirs.ask(method, f"/v2/registrations/{which}{path}", body)
            for which in (registration, "00000000-0000-4000-8000-000000000000")
        ]
        assert {answer.status_code for answer in answers} == {400}
        assert len({answer.data for answer in answers}) == 1, path
        assert answers[0].json["responseObject"]["code"] == "ERROR_REGISTRATION_NOT_FOUND"
    for method in ("GET", "DELETE"):
        answers = [theirs.ask(method, f"/v2/operations/{which}") for which in (operation, "x")]
        assert {answer.status_code for answer in answers} == {400}
        assert len({answer.data for answer in answers}) == 1
        assert answers[0].json["responseObject"]["code"] == "ERROR_OPERATION_NOT_FOUND"
    user, application = {"userId": USER}, {"appId": f"{name}-app-1"}
    for query in (user, user | application, {"registrationId": registration}):
        assert theirs("GET", "/v2/registrations", removed="true", **query)["registrations"] == []
    assert theirs("GET", "/v2/operations", externalId=name) == {"operations": []}
    assert len(mine("GET", "/v2/operations", externalId=name)["operations"]) == 1
    assert census(lasting_app) == before
    assert mine.status(registration) == "CREATED"
    assert mine.operation(operation)["status"] == "PENDING"


def test_nobody_registers_a_phone_in_an_application_of_others(lasting_app, name):
    robot = integrator(lasting_app, name, f"{name}-app")
    before = census(lasting_app)
    answers = [
        robot.ask("POST", "/v2/registrations", {"userId": USER, "appId": which})
        for which in (APP, "no-such-application")
    ]
    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.data for answer in answers}) == 1
    assert answers[0].json["responseObject"]["code"] == "ERROR_REGISTRATION"
    assert census(lasting_app) == before


def test_the_phone_of_a_user_in_another_application_is_asked_by_nobody_else(lasting_app, name):
    user = f"{name}-user"
    device = Cloud(lasting_app).phone(user)
    robot = integrator(lasting_app, name, f"{name}-app")
    wanted = {"template": "login", "userId": user}
    for more in ({}, {"registrationId": device.id}, {"registrationId": device.id, "userId": None}):
        refused = robot.refused("POST", "/v2/operations", wanted | more)
        assert refused == "ERROR_REGISTRATION_NOT_FOUND"


def test_an_application_that_is_taken_away_is_gone_at_once(lasting_app, name):
    robot = integrator(lasting_app, name, f"{name}-app")
    registration = robot.register(app_id=f"{name}-app")["registrationId"]
    with serving(lasting_app) as services:
        services.system_users.revoke(services.system_users.look(name), f"{name}-app")
        services.commit()
    path = f"/v2/registrations/{registration}"
    assert robot.refused("GET", path) == "ERROR_REGISTRATION_NOT_FOUND"


@on_sqlite
def test_the_trail_names_the_back_end_that_did_something(app):
    robot = integrator(app, "robot", APP)
    registration = robot.register()["registrationId"]
    operation = robot.open(None)["operationId"]
    robot("DELETE", f"/v2/operations/{operation}")
    robot("PUT", f"/v2/registrations/{registration}/name", {"name": "x", "externalUserId": "E1"})
    robot("DELETE", f"/v2/registrations/{registration}", {"externalUserId": "E2"})
    told = {e.name: e for e in all_of(app, AuditEntry) if e.subject in (registration, operation)}
    assert {entry.actor for entry in told.values()} == {"system:robot"}
    assert set(told) == {
        "registration.created", "registration.renamed", "registration.removed",
        "operation.created", "operation.canceled",
    }  # fmt: skip
    assert told["registration.renamed"].facts == {"by": "E1"} | CAME


@on_sqlite
def test_somebody_may_be_both(app):
    with serving(app) as services:
        password = services.system_users.add("both", ADMIN, "ROLE_USER")
        services.commit()
    both = Cloud(app, "both", password)
    assert both.ask("GET", "/admin/applications").status_code == 200
    assert both("GET", "/v2/registrations", userId=USER) == {"registrations": []}
