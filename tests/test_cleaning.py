"""What the worker forgets, and what it keeps."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app import clock
from app.mtoken.inbox import NewInboxMessage
from app.store.attempts import UserAttempts
from app.store.audit import AuditEntry
from app.store.consents import GivenConsent
from app.store.db import Base
from app.store.envelopes import TemporaryKeyRow, UsedValue
from app.store.flows import Flow, FlowRecord
from app.store.inbox import InboxApplication, InboxMessageRow
from app.store.keys import DataKeyRow
from app.store.oauth import (
    AuthorizationCode,
    AuthorizationRequest,
    RefreshToken,
    SigningKey,
    Token,
)
from app.store.otps import SmsAuthorization
from app.store.outbox import OutboxRow
from app.store.sessions import Browser
from app.store.testers import DemoSms
from tests.oauth.conftest import ThirdParty
from tests.support.databases import built
from tests.support.device import paired, register, row_of
from tests.support.store import all_of, on_sqlite, reading, serving, writing
from tests.support.walker import Walker
from tests.support.workers import working

MOMENT = timedelta(seconds=1)


@pytest.fixture
def time():
    after = clock.now().replace(microsecond=0) + MOMENT  # than what was seeded
    with time_machine.travel(after, tick=False) as traveller:
        yield traveller


@pytest.fixture
def worker(app, settings):
    with working(settings) as worker:
        yield worker


def count(app, model):
    with reading(app) as session:
        return session.scalar(select(func.count()).select_from(model))


def clean(app):
    with serving(app) as services:
        return services.cleaning.run(services.commit)


def a_walk(app):
    """A payment from the first page to the way back."""
    walker = Walker(app)
    walker.start_payment()
    walker.name("johnny-doe-77")
    walker.prove(password="wrong")
    walker.prove()
    walker.approve()
    walker.agree()
    walker.leave()
    return walker


def test_nothing_of_a_fresh_walk_is_forgotten(app, time):
    a_walk(app)
    before = {model: count(app, model) for model in (Browser, AuthorizationCode, OutboxRow, Flow)}
    time.shift(timedelta(hours=23))
    assert clean(app) == {}
    assert {model: count(app, model) for model in before} == before


def test_what_the_customer_typed_is_forgotten_and_what_was_decided_is_kept(app, time):
    walker = a_walk(app)
    assert walker.flow().username == "johnny-doe-77"
    time.shift(timedelta(days=1))
    assert clean(app)["typed"] == 1
    flow = walker.flow()
    assert (flow.username, flow.problem) == (None, None)
    assert flow.user_id
    assert flow.result == "DONE"
    assert count(app, FlowRecord) == 5
    assert count(app, GivenConsent) == 1
    assert clean(app) == {}


def test_a_flow_that_is_being_walked_keeps_its_name_and_its_browser(app, time):
    walker = Walker(app)
    walker.start_login()
    walker.name("johnny-doe-77")
    with writing(app) as session:
        flow = session.get(Flow, walker.flow().id)
        flow.expires_at = flow.ends_at = clock.now() + timedelta(days=9)
    time.shift(timedelta(days=8))
    clean(app)
    assert walker.flow().username == "johnny-doe-77"
    assert count(app, Browser) == 1


def test_browsers_are_forgotten(app, time):
    a_walk(app)
    time.shift(timedelta(days=1) - MOMENT)
    clean(app)
    assert count(app, Browser) == 1
    time.shift(MOMENT)
    assert clean(app)["browsers"] == 1
    assert count(app, Browser) == 0


def test_what_the_provider_handed_out_is_forgotten_a_day_after_its_end(app, time):
    ThirdParty(app).tokens()
    models = (AuthorizationRequest, AuthorizationCode, Token)
    time.shift(timedelta(days=1))
    clean(app)
    assert [count(app, model) for model in models] == [1, 1, 1]
    time.shift(timedelta(hours=1))
    done = clean(app)
    assert {done[name] for name in ("requests", "codes", "tokens")} == {1}
    assert [count(app, model) for model in models] == [0, 0, 0]


def test_what_can_be_refreshed_is_kept_until_it_cannot_and_used_ones_with_it(app, time):
    tpp = ThirdParty(app)
    first = tpp.tokens(scope="openid aisp offline_access")["refresh_token"]
    time.shift(timedelta(days=20))
    clean(app)
    second = tpp.refresh(first).json["refresh_token"]
    time.shift(timedelta(days=2))
    clean(app)
    assert [count(app, m) for m in (RefreshToken, Token, AuthorizationCode)] == [2, 0, 1]
    assert tpp.refresh(second).status_code == 200
    time.shift(timedelta(days=9) + MOMENT)
    clean(app)
    assert [count(app, m) for m in (RefreshToken, Token, AuthorizationCode)] == [0, 0, 0]


@on_sqlite
def test_a_family_that_was_revoked_is_forgotten_the_next_day(app, time):
    tpp = ThirdParty(app)
    tpp.revoke(tpp.tokens(scope="openid aisp offline_access")["refresh_token"])
    time.shift(timedelta(days=1) - MOMENT)
    clean(app)
    assert count(app, RefreshToken) == 1
    time.shift(timedelta(hours=1))
    clean(app)
    assert [count(app, m) for m in (RefreshToken, Token, AuthorizationCode)] == [0, 0, 0]


def test_rows_of_the_outbox_are_forgotten_once_nothing_is_to_be_done(app, time):
    with serving(app) as services:
        for reference in ("waits", "void", "sent"):
            services.outbox.put("sms", reference, {"to": "x"}, lifetime=timedelta(days=30))
        services.outbox.void("void")
        row = services.session.scalar(select(OutboxRow).where(OutboxRow.reference == "sent"))
        services.outbox.delivered(row.id)
        services.commit()
    time.shift(timedelta(days=7) - MOMENT)
    assert clean(app) == {}
    time.shift(MOMENT)
    assert clean(app) == {"outbox": 2}
    assert [row.reference for row in all_of(app, OutboxRow)] == ["waits"]


def test_codes_that_were_sent_are_forgotten_later(app, time):
    a_walk(app)
    assert count(app, SmsAuthorization) == 2
    time.shift(timedelta(days=89))
    clean(app)
    assert count(app, SmsAuthorization) == 2
    time.shift(timedelta(days=1))
    assert clean(app)["sms_codes"] == 2


@on_sqlite
def test_messages_that_testers_read_are_forgotten_the_next_day(app, time):
    with serving(app) as services:
        services.testers.keep(message_id="m", recipient="x", text="y", operation_id="z")
        services.commit()
    time.shift(timedelta(days=1) - MOMENT)
    clean(app)
    assert count(app, DemoSms) == 1
    time.shift(MOMENT)
    assert clean(app) == {"demo_sms": 1}


@on_sqlite
def test_failures_of_long_ago_are_forgotten(app, time):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    walker.prove(password="wrong")
    time.shift(timedelta(days=29))
    clean(app)
    assert count(app, UserAttempts) == 1
    time.shift(timedelta(days=1))
    assert clean(app)["attempts"] == 1


@on_sqlite
def test_nobody_is_unblocked_because_failures_are_forgotten(settings, time):
    lockout = settings.lockout.model_copy(
        update={"failures": 1, "durations": (timedelta(days=40),)}
    )
    with built(settings.model_copy(update={"lockout": lockout})) as app:
        walker = Walker(app)
        walker.start_login()
        walker.name()
        walker.prove(password="wrong")
        time.shift(timedelta(days=39))
        clean(app)
        assert count(app, UserAttempts) == 1
        time.shift(timedelta(days=1))
        assert clean(app)["attempts"] == 1


def test_much_is_forgotten_in_small_pieces(app, time):
    with writing(app) as session:
        moment = clock.now() - timedelta(days=3)
        session.add_all(
            Browser(id=f"b{n}", token_digest=f"d{n}", created_at=moment) for n in range(1100)
        )
    commits = []
    with serving(app) as services:

        def commit():
            commits.append(1)
            services.commit()

        assert services.cleaning.run(commit) == {"browsers": 1100}
    assert len(commits) >= 4
    assert count(app, Browser) == 0


@on_sqlite
def test_the_trail_and_current_keys_are_never_forgotten(app, worker, time):
    a_walk(app)
    before = count(app, AuditEntry)
    time.shift(timedelta(days=4000))
    worker.clean()
    assert count(app, AuditEntry) == before + 1
    assert count(app, DataKeyRow) == 2
    assert count(app, SigningKey) == 1
    left = {
        table.name
        for table in Base.metadata.sorted_tables
        if table.name.startswith(("oauth_", "browsers", "outbox", "da_", "demo_sms", "user_"))
        and table.name != "oauth_clients"
        and count(app, table)
    }
    assert left == set()


@on_sqlite
def test_the_clean_up_finishes_rotations_and_removes_keys_that_are_over(app, worker, time):
    with serving(app) as services:
        services.keys.rotate()
        services.commit()
    time.shift(timedelta(hours=2))
    worker.clean()
    assert count(app, DataKeyRow) == 2
    with reading(app) as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.name == "database.cleaned")
        ).one()
    assert entry.facts == {"resealed": 3, "data_keys": 1}
    assert entry.actor == "worker"
    worker.clean()
    assert count(app, AuditEntry) == len(all_of(app, AuditEntry))


@on_sqlite
def test_the_sweep_chains_the_trail(app, worker):
    register(app)
    with serving(app, writing=False) as services:
        assert services.audit.end().position < count(app, AuditEntry)
    worker.sweep()
    with serving(app, writing=False) as services:
        assert services.audit.end().position == count(app, AuditEntry)


@on_sqlite
def test_the_sweep_removes_registrations_that_nobody_finished_in_time(app, worker, time):
    left, finished = register(app), paired(app)
    time.shift(timedelta(minutes=2) - MOMENT)
    worker.sweep()
    assert row_of(app, left.id).state == "CREATED"
    time.shift(2 * MOMENT)
    worker.sweep()
    assert (row_of(app, left.id).state, finished.row.state) == ("REMOVED", "ACTIVE")


@on_sqlite
def test_temporary_keys_and_used_values_are_forgotten_once_nobody_believes_them(app, time):
    phone = paired(app)
    phone.create_token()
    assert count(app, TemporaryKeyRow) > 0
    time.shift(timedelta(minutes=5))
    clean(app)
    assert count(app, TemporaryKeyRow) == 0
    assert count(app, UsedValue) == 0
    assert phone.sign().status_code == 200


def test_messages_of_the_inbox_are_forgotten_after_a_year_read_or_not(app, time):
    application = app.extensions["webflow"].settings.mtoken.application
    with serving(app) as services:
        inbox = services.mtoken.inbox
        wanted = NewInboxMessage("johnny", "text", "Opening hours", "Until eight.", "x")
        inbox.read(inbox.post(wanted, {application}).id)
        inbox.post(wanted, {application})
        services.commit()
    time.shift(timedelta(days=365) - MOMENT)
    clean(app)
    assert (count(app, InboxMessageRow), count(app, InboxApplication)) == (2, 2)
    time.shift(MOMENT)
    assert clean(app)["inbox"] == 2
    assert (count(app, InboxMessageRow), count(app, InboxApplication)) == (0, 0)
