"""What operators' tools ask: does it live, can it work, what has it counted."""

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text

from app import clock
from app.deliveries import Deliveries
from app.events import Event, Name
from app.metrics import hear
from app.settings import MetricsSettings
from tests.support.databases import built
from tests.support.device import KNOWLEDGE, WRONG, paired
from tests.support.processes import free_ports, wait_until
from tests.support.store import on_sqlite, parts_of, serving, writing
from tests.support.walker import Walker
from tests.support.workers import worker_process

ROOT = Path(__file__).parents[1]


class Phone:
    """Takes every text message."""

    repeatable = True

    def send(self, message):
        pass


def answer(app, path, **headers):
    return app.test_client().get(path, headers=headers)


def numbers(app):
    """Every number by its name and labels."""
    written = answer(app, "/metrics").text
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(written)
        for sample in family.samples
    }


def grown(before, after, name, **labels):
    key = (name, *sorted(labels.items()))
    return after.get(key, 0) - before.get(key, 0)


# --- alive and ready --------------------------------------------------------------------------


def test_a_sound_installation_is_alive_and_ready(app):
    for path in ("/healthz", "/readyz"):
        said = answer(app, path)
        assert (said.status_code, said.json) == (200, {"status": "UP"})
        assert said.headers["Cache-Control"] == "no-store"


def test_a_database_that_is_not_migrated_is_not_ready(app):
    with writing(app) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    said = answer(app, "/readyz")
    assert (said.status_code, said.json) == (503, {"status": "DOWN", "failing": ["migrations"]})


def test_a_database_without_keys_is_not_ready(app):
    with writing(app) as session:
        session.execute(text("DELETE FROM data_keys"))
    assert answer(app, "/readyz").json["failing"] == ["keys"]


@on_sqlite
def test_another_root_secret_is_not_ready(app, settings):
    other = settings.model_copy(update={"secret_key": SecretStr("another secret, long enough too")})
    with built(other) as wrong:
        said = answer(wrong, "/readyz")
        assert (said.status_code, said.json["failing"]) == (503, ["keys"])


@pytest.mark.parametrize(
    "url", ["sqlite:////no/such/folder/x.db", "postgresql+psycopg://localhost:1/nothing"]
)
def test_without_a_database_a_process_is_alive_and_not_ready(tmp_path, url):
    from tests.support.databases import settings_for  # noqa: PLC0415 - a fixture without one

    with built(settings_for(url, tmp_path)) as app:
        assert answer(app, "/healthz").status_code == 200
        said = answer(app, "/readyz")
        assert (said.status_code, said.json) == (503, {"status": "DOWN", "failing": ["database"]})


@on_sqlite
def test_a_queue_that_does_not_answer_is_not_ready(app, settings):
    (settings.var_dir / "huey.db").mkdir()
    assert answer(app, "/readyz").json["failing"] == ["queue"]


@on_sqlite
def test_what_is_not_ready_is_told_without_details(app):
    with writing(app) as session:
        session.execute(text("ALTER TABLE alembic_version RENAME TO elsewhere"))
    said = answer(app, "/readyz").text
    assert json.loads(said) == {"status": "DOWN", "failing": ["migrations"]}


# --- who may read the numbers -------------------------------------------------------------------


@on_sqlite
def test_a_caller_on_this_machine_may_read_the_numbers(app):
    said = answer(app, "/metrics")
    assert said.status_code == 200
    assert said.content_type.startswith("text/plain; version=0.0.4")


@on_sqlite
@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7", "", "nonsense"])
def test_nobody_else_may(app, address):
    said = app.test_client().get("/metrics", environ_base={"REMOTE_ADDR": address})
    assert said.status_code == 403
    assert "webflow_" not in said.text


@on_sqlite
@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_a_proxy_on_this_machine_may_not_read_them_for_somebody_else(app, name):
    assert answer(app, "/metrics", **{name: "127.0.0.1"}).status_code == 403


@on_sqlite
def test_with_a_token_its_bearer_may_from_anywhere_and_nobody_else(settings):
    metrics = MetricsSettings(token=SecretStr("monitoring"))
    with built(settings.model_copy(update={"metrics": metrics})) as app:
        for given, status in (
            ("Bearer monitoring", 200),
            ("Bearer Monitoring", 401),
            ("Bearer monitorin", 401),
            ("Basic monitoring", 401),
            ("Bearer č", 401),
            ("", 401),
        ):
            said = app.test_client().get(
                "/metrics",
                headers={"Authorization": given.encode().decode("latin-1")},
                environ_base={"REMOTE_ADDR": "192.0.2.7"},
            )
            assert said.status_code == status, given
        assert answer(app, "/metrics").status_code == 401
        assert answer(app, "/metrics").headers["WWW-Authenticate"] == "Bearer"


# --- what is counted ----------------------------------------------------------------------------


@on_sqlite
def test_a_walk_is_counted_by_operation_step_and_result(app):
    before = numbers(app)
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    Deliveries(parts_of(app), Phone(), later=print).drain()
    walker.prove(walker.wrong_code())
    walker.prove()
    walker.approve()
    walker.agree()
    after = numbers(app)
    name = "authorize_payment_sca"
    assert grown(before, after, "webflow_flows_created_total", operation=name) == 1
    assert grown(before, after, "webflow_flows_ended_total", operation=name, result="done") == 1
    for step, result, count in (
        ("LOGIN_SCA", "rejected", 1),
        ("LOGIN_SCA", "confirmed", 1),
        ("APPROVAL_SCA", "confirmed", 1),
        ("CONSENT", "confirmed", 1),
    ):
        found = grown(before, after, "webflow_step_attempts_total", step=step, result=result)
        assert found == count, (step, result)
    assert grown(before, after, "webflow_sms_total", state="asked") == 2
    assert grown(before, after, "webflow_sms_total", state="delivered") == 1


@pytest.mark.parametrize(
    ("reason", "result"),
    [
        ("canceled.unknown", "canceled"),
        ("canceled.interrupted_operation", "canceled"),
        ("operation.timeout", "timeout"),
        ("authentication.maxAttemptsExceeded", "failed"),
        ("whatever a back end says", "failed"),
    ],
)
@on_sqlite
def test_an_end_is_counted_by_its_kind_and_never_by_what_somebody_wrote(app, reason, result):
    before = numbers(app)
    facts = {"operation": "login", "step": "LOGIN_SCA", "reason": reason}
    hear(Event(Name.FLOW_FAILED, "7f3c", facts))
    after = numbers(app)
    assert grown(before, after, "webflow_flows_ended_total", operation="login", result=result) == 1
    rejected = grown(
        before, after, "webflow_step_attempts_total", step="LOGIN_SCA", result="rejected"
    )
    assert rejected == ("maxAttempts" in reason)


@on_sqlite
def test_a_user_who_is_blocked_is_counted(app):
    before = numbers(app)
    walker = Walker(app)
    walker.start_login()
    walker.name()
    for _ in range(5):
        walker.prove("00000000", password="wrong")
    assert grown(before, numbers(app), "webflow_lockouts_total") == 1


@on_sqlite
def test_signatures_are_counted_by_their_factors_and_so_are_blocked_phones(app):
    phone, before = paired(app), numbers(app)
    for proof in (KNOWLEDGE, *[WRONG] * 5):
        phone.sign(proof)
    after, kind = numbers(app), "possession_knowledge"
    for result, count in (("accepted", 1), ("refused", 5)):
        name = "webflow_signatures_total"
        assert grown(before, after, name, kind=kind, result=result) == count
    assert grown(before, after, "webflow_phones_blocked_total") == 1


@on_sqlite
def test_times_are_kept_by_route_and_never_by_address(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    app.test_client().get("/no/such/page/of-tea")
    app.test_client().open("/healthz", method="PROPFIND")
    written = answer(app, "/metrics").text
    assert 'route="/flow/<handle>"' in written
    assert 'route="unmatched"' in written
    assert 'method="other"' in written
    for secret in (walker.address[6:], "of-tea", "PROPFIND", walker.flow().id):
        assert secret not in written


@on_sqlite
def test_the_lag_of_the_outbox_is_how_long_the_oldest_delivery_is_overdue(app):
    assert numbers(app)[("webflow_outbox_lag_seconds",)] == 0
    with serving(app) as services:
        for reference in ("m1", "m2"):
            services.outbox.put("sms", reference, {"to": "x"}, lifetime=timedelta(hours=1))
        services.commit()
    with writing(app) as session:
        late = clock.now() - timedelta(seconds=90)
        session.execute(
            text("UPDATE outbox SET due_at = :late WHERE reference = 'm1'").bindparams(
                late=late.replace(tzinfo=None)
            )
        )
    found = numbers(app)
    assert 90 <= found[("webflow_outbox_lag_seconds",)] < 100
    assert found[("webflow_outbox_due",)] == 2


COUNT_IN_TWO = """
import os, sys
from app.events import Event, Name
from app.metrics import hear, written
for _ in range(3):
    hear(Event(Name.FLOW_CREATED, "x", {"operation": "login"}))
if os.fork() == 0:
    hear(Event(Name.FLOW_CREATED, "x", {"operation": "login"}))
    os._exit(0)
os.wait()
sys.stdout.write(written().decode())
"""


def test_several_processes_count_together(tmp_path):
    done = subprocess.run(  # noqa: S603 - ours
        (sys.executable, "-c", COUNT_IN_TWO),
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert 'webflow_flows_created_total{operation="login"} 4.0' in done.stdout


# --- the worker's own -----------------------------------------------------------------------------


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as said:
            return said.status, said.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def answers(port):
    with suppress(OSError):
        return get(port, "/healthz")[0] == 200


@on_sqlite
def test_the_worker_serves_the_same_on_a_port_of_its_own(app, settings, tmp_path):
    (port,) = free_ports(1)
    log, number = tmp_path / "log", {"WEBFLOW_WORKER__PORT": str(port)}
    with worker_process(settings, log, **number) as process:
        wait_until(lambda: answers(port), process, log)
        assert get(port, "/healthz") == (200, '{"status":"UP"}\n')
        assert get(port, "/readyz")[0] == 200
        assert "webflow_outbox_lag_seconds 0.0" in get(port, "/metrics")[1]
        assert get(port, "/oauth2/jwks")[0] == 404
        with worker_process(settings, tmp_path / "other", **number) as other:
            assert other.wait(30) == 1
        assert f"{port} cannot be used" in (tmp_path / "other").read_text()


@on_sqlite
def test_without_a_port_the_worker_serves_nothing(app):
    from app.factory import _beside  # noqa: PLC0415 - what create_worker hands to the worker

    before = set(threading.enumerate())
    _beside(parts_of(app))()
    assert set(threading.enumerate()) == before
