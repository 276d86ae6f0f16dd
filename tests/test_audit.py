"""The audit trail: complete, truthful, and nobody can rewrite it unseen."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app import clock
from app.deliveries import Deliveries
from app.events import Event, Name
from app.flows.views import NewOperation
from app.mtoken.access import Remembered, SystemUsers
from app.settings import NextStepSettings
from app.store.audit import AuditEntry, AuditLink
from app.store.flows import Flow
from app.upkeep.audit import GENESIS, Checkpoint, canonical, link
from tests.support.databases import built
from tests.support.store import all_of, on_sqlite, parts_of, reading, serving, writing
from tests.support.threads import at_once
from tests.support.walker import CALLBACK, OPERATION, Walker

LOGIN = NewOperation("login_sca", "A2")


class Phone:
    """Takes every text message."""

    repeatable = True

    def send(self, message):
        pass


def entries(app, *, since=0):
    with reading(app) as session:
        wanted = select(AuditEntry).where(AuditEntry.id > since).order_by(AuditEntry.id)
        return list(session.scalars(wanted))


def newest(app):
    with reading(app) as session:
        return session.scalar(select(func.max(AuditEntry.id))) or 0


def create_flows(app, count=1):
    with serving(app) as services:
        ids = [services.flows.create(LOGIN).id for _ in range(count)]
        services.commit()
    return ids


def seal(app, **how):
    with serving(app) as services:
        return services.audit.seal(services.commit, **how)


def verify(app, expected=None):
    with serving(app, writing=False) as services:
        return services.audit.verify(expected)


def end(app):
    with serving(app, writing=False) as services:
        return services.audit.end()


def tamper(app, *statements):
    """Do what the database refuses, as somebody who owns it can."""
    with writing(app) as session:
        if session.get_bind().dialect.name == "sqlite":
            named = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for name in session.scalars(text(named)).all():
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("audit", "audit_chain"):
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        for statement in statements:
            session.execute(statement)


# --- what is written --------------------------------------------------------------------------


def test_every_fact_of_a_walk_is_an_entry_with_who_did_it(app):
    since = newest(app)
    walker = Walker(app)
    walker.start_payment()
    browser = walker.flow().browser_id
    walker.name()
    Deliveries(parts_of(app), Phone(), later=print).drain()
    walker.prove(walker.wrong_code())
    walker.prove()
    walker.approve()
    walker.agree()
    walker.leave()
    found = entries(app, since=since)
    assert [row.name for row in found] == [
        "flow.created",
        "flow.opened",
        "sms.requested",
        "sms.delivered",
        "flow.step.rejected",
        "flow.step.confirmed",
        "sms.requested",
        "flow.step.confirmed",
        "consent.given",
        "flow.done",
        "oauth.code.issued",
    ]
    flow = walker.flow()
    assert {row.subject for row in found} == {flow.id}
    assert {row.client_id for row in found} == {"democlient"}
    assert {row.facts["operation"] for row in found} == {"authorize_payment_sca"}
    assert found[0].actor == "anonymous"  # the demo lets every back end in
    assert [row.actor for row in found[1:3]] == [f"browser:{browser}"] * 2
    assert found[3].actor == "worker"
    assert {row.actor for row in found[4:]} == {f"browser:{browser}"}
    assert {row.user_id for row in found[4:]} == {flow.user_id}
    assert flow.user_id


def test_a_token_is_issued_to_a_client_for_a_user(app):
    from tests.oauth.conftest import ThirdParty  # noqa: PLC0415 - a client that exchanges codes

    since = newest(app)
    ThirdParty(app).tokens()
    (issued,) = [row for row in entries(app, since=since) if row.name == "oauth.token.issued"]
    assert (issued.actor, issued.client_id) == ("client:democlient", "democlient")
    assert issued.user_id
    assert issued.facts["operation"] == "login_sca"


@on_sqlite
def test_a_back_end_that_proved_who_it_is_is_named(settings):
    knowing = settings.model_copy(update={"nextstep": NextStepSettings(auth="basic")})
    with built(knowing) as app:
        with serving(app) as services:
            users = SystemUsers(services.session, services.vault, Remembered())
            password = users.add("robot")
            services.commit()
        since = newest(app)
        body = {"requestObject": {"operationName": "login_sca", "operationData": "A2"}}
        answer = app.test_client().post(OPERATION, json=body, auth=("robot", password))
        assert answer.status_code == 200
        (row,) = entries(app, since=since)
        assert (row.name, row.actor) == ("flow.created", "system:robot")


@on_sqlite
def test_an_entry_carries_the_reference_of_its_request(app):
    since = newest(app)
    walker = Walker(app)
    walker.start_login()
    references = {row.request for row in entries(app, since=since)}
    assert len(references) == 1
    (reference,) = references
    assert len(reference) == len("0000-0000-0000")


def test_what_is_rolled_back_leaves_no_entry(app):
    before = newest(app)
    with serving(app) as services:
        services.flows.create(LOGIN)
        services.session.flush()
    with serving(app) as services:
        services.commit()
    assert entries(app, since=before) == []


def test_a_change_that_cannot_be_written_down_does_not_happen(app):
    with serving(app) as services:
        made = services.flows.create(LOGIN)
        services.journal.record(Name.FLOW_CREATED, made.id, broken=float("nan"))
        services.journal._events.append(Event(Name.FLOW_DONE, made.id, {"x": object()}))  # noqa: SLF001
        with pytest.raises(Exception, match="not JSON serializable"):
            services.commit()
    with reading(app) as session:
        assert session.get(Flow, made.id) is None


@on_sqlite
def test_nothing_secret_is_written_even_where_somebody_hands_it_in(app):
    since = newest(app)
    with serving(app) as services:
        services.journal.record(
            Name.CLIENT_CREATED,
            "shop",
            password="swordfish",
            authorization_code="12345678",
            phone="+420777000111",
            accessToken="abc",
            note="Bearer abcdefghijkl and wf_at_0123456789abcdef0123",
        )
        services.commit()
    (row,) = entries(app, since=since)
    written = json.dumps(row.facts)
    for secret in ("swordfish", "12345678", "+420777", "abc", "wf_at_0"):
        assert secret not in written


@on_sqlite
def test_no_secret_of_a_walk_is_in_the_trail(app):
    walker = Walker(app)
    walker.start_payment()
    secrets = [walker.client.get_cookie("wf_browser").value, walker.nonce, walker.address[6:]]
    walker.name("johnny-doe-77")
    walker.prove(password="swordfish")
    walker.prove()
    walker.approve()
    walker.agree()
    secrets += [message.authorization_code for message in walker.messages()]
    secrets += [walker.client.get_cookie("wf_browser").value, walker.way_back]
    secrets += [walker.leave()["code"], "swordfish", "+420", CALLBACK]
    written = " ".join(
        f"{row.subject} {row.actor} {row.request} {json.dumps(row.facts)}" for row in entries(app)
    )
    assert not [secret for secret in secrets if secret in written]


# --- the chain ----------------------------------------------------------------------------------


def test_the_chain_holds_every_entry_in_the_order_of_its_sealing(app):
    create_flows(app, 3)
    first = seal(app)
    create_flows(app, 2)
    second = seal(app)
    assert second.position == first.position + 2
    assert second == end(app)
    verdict = verify(app)
    assert (verdict.checked, verdict.waiting, verdict.fault) == (second.position, 0, "")
    with reading(app) as session:
        links = session.scalars(select(AuditLink).order_by(AuditLink.position)).all()
    assert [each.position for each in links] == list(range(1, len(links) + 1))


@on_sqlite
def test_the_hash_is_the_documented_one(app):
    import hashlib  # noqa: PLC0415

    seal(app)
    with reading(app) as session:
        entry = session.get(AuditEntry, 1)
        kept = session.get(AuditLink, 1).hash
    written = (
        f'{{"actor":"{entry.actor}","at":"{entry.at.strftime("%Y-%m-%dT%H:%M:%S.%f")}+00:00",'
        f'"client_id":null,"facts":{canonical(entry.facts).decode()},"id":1,'
        f'"name":"{entry.name}","request":null,"subject":"{entry.subject}","user_id":null}}'
    )
    assert kept == hashlib.sha256(f"{GENESIS}|{written}".encode()).hexdigest()


def test_sealing_twice_changes_nothing(app):
    seal(app)
    once = end(app)
    assert seal(app) is None
    assert end(app) == once


def test_long_trails_are_sealed_in_batches(app):
    create_flows(app, 1100)
    with serving(app) as services:
        commits = []

        def commit():
            commits.append(1)
            services.commit()

        services.audit.seal(commit)
    assert len(commits) == 3
    assert verify(app).fault == ""


def test_an_entry_that_commits_late_is_still_chained(app):
    with writing(app) as session:  # numbers are given before, and seen after the others
        values = {"at": clock.now(), "name": "x.done", "actor": "test", "facts": {}}
        session.execute(insert(AuditEntry), [{"id": 900, "subject": "b", **values}])
    seal(app)
    with writing(app) as session:
        session.execute(insert(AuditEntry), [{"id": 800, "subject": "a", **values}])
    assert verify(app).waiting == 1
    seal(app)
    verdict = verify(app)
    assert (verdict.waiting, verdict.fault) == (0, "")


def test_processes_that_write_and_chain_at_once_keep_it_sound(app):
    def write():
        for _ in range(5):
            create_flows(app)

    def chain():
        for _ in range(5):
            try:
                seal(app)
            except IntegrityError:  # the other one was faster: it chains them
                continue

    at_once(write, write, write, chain, chain)
    seal(app)
    verdict = verify(app)
    assert (verdict.fault, verdict.waiting) == ("", 0)
    assert verdict.checked == len(all_of(app, AuditEntry))


# --- tampering ----------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["audit", "audit_chain"])
@pytest.mark.parametrize("act", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_database_refuses_to_change_the_trail(app, table, act):
    seal(app)
    column = "id" if table == "audit" else "position"
    with pytest.raises(DBAPIError, match="append-only"), writing(app) as session:
        session.execute(text(act.format(table, column, column)))


CHANGES = {
    "at": {"at": clock.now() - timedelta(days=1)},
    "name": {"name": "flow.failed"},
    "subject": {"subject": "another"},
    "actor": {"actor": "operator:mallory"},
    "client": {"client_id": "another"},
    "user": {"user_id": "another"},
    "request": {"request": "0000-0000-0000"},
    "facts": {"facts": {"operation": "login"}},
}


@on_sqlite
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_entry_is_found_and_named(app, change):
    create_flows(app, 5)
    seal(app)
    victim = newest(app) - 2
    tamper(app, update(AuditEntry).where(AuditEntry.id == victim).values(**change))
    verdict = verify(app)
    assert verdict.fault.startswith(f"entry {victim} at position")
    assert verdict.checked == end(app).position - 3


def test_a_removed_entry_is_found(app):
    create_flows(app, 5)
    seal(app)
    victim = newest(app) - 2
    tamper(
        app,
        delete(AuditLink).where(AuditLink.entry_id == victim),
        delete(AuditEntry).where(AuditEntry.id == victim),
    )
    assert "is missing" in verify(app).fault


@on_sqlite
def test_two_entries_that_changed_places_are_found(app):
    create_flows(app, 4)
    seal(app)
    last = newest(app)
    with reading(app) as session:
        subjects = [session.get(AuditEntry, last - n).subject for n in (0, 1)]
    tamper(
        app,
        update(AuditEntry).where(AuditEntry.id == last - 1).values(subject=subjects[0]),
        update(AuditEntry).where(AuditEntry.id == last).values(subject=subjects[1]),
    )
    assert verify(app).fault.startswith(f"entry {last - 1} ")


@on_sqlite
def test_a_chain_that_was_made_anew_is_found_by_a_checkpoint_that_was_kept(app):
    create_flows(app, 5)
    kept = seal(app)
    victim = newest(app) - 2
    tamper(
        app,
        delete(AuditLink),
        update(AuditEntry).where(AuditEntry.id == victim).values(actor="operator:mallory"),
    )
    seal(app, all_of_it=True)
    assert verify(app).fault == ""
    assert "checkpoint" in verify(app, kept).fault


@on_sqlite
def test_a_tail_that_was_cut_off_is_found_by_a_checkpoint_that_was_kept(app):
    create_flows(app, 5)
    kept = seal(app)
    last = newest(app)
    tamper(
        app,
        delete(AuditLink).where(AuditLink.entry_id == last),
        delete(AuditEntry).where(AuditEntry.id == last),
    )
    assert verify(app).fault == ""
    assert "checkpoint" in verify(app, kept).fault


@on_sqlite
def test_a_sound_chain_goes_through_its_former_ends(app):
    ends = []
    for _ in range(3):
        create_flows(app, 2)
        ends.append(seal(app))
    for former in ends:
        assert verify(app, former).fault == ""
    assert verify(app, Checkpoint(1, "f" * 64)).fault != ""


def test_no_line_of_ours_changes_the_trail():
    from pathlib import Path  # noqa: PLC0415

    root = Path(__file__).parents[1] / "app"
    for path in root.rglob("*.py"):
        code = path.read_text()
        for act in ("update(", "delete("):
            for table in ("AuditEntry", "AuditLink"):
                assert f"{act}{table}" not in code, path


def test_the_hash_of_an_entry_hangs_on_the_one_before():
    entry = AuditEntry(
        id=1, at=clock.now(), name="a", subject="b", actor="c", client_id=None, user_id=None,
        request=None, facts={"č": "ž"},
    )  # fmt: skip
    assert link(GENESIS, entry) != link("1" * 64, entry)
    assert link(GENESIS, entry) == link(GENESIS, entry)
