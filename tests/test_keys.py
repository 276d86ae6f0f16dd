"""Keys at rest and signing keys: first ones, rotation, a changed root, on a real database."""

import base64
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import LargeBinary, func, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.crypto.vault import CannotOpenError
from app.factory import create_app, seed
from app.oauth.keys import rotate_signing_key
from app.store.db import Base
from app.store.keys import DataKeyRow
from app.store.oauth import SigningKey
from app.store.outbox import OutboxRow
from app.upkeep.keys import SEALED
from tests.support.databases import built, settings_for
from tests.support.store import all_of, on_sqlite, parts_of, reading, serving, writing
from tests.support.threads import at_once
from tests.support.walker import Walker

NEXT = "the secret that comes after that one"
PLAIN_BYTES = {
    *("da_sms_authorization.salt", "data_keys.sealed", "sms_decoys.salt"),
    *("mobile_applications.master_public", "registrations.device_public"),
    "registrations.server_public",
}
"""Columns of bytes that the vault does not seal, or that the root's key seals."""

SEEDED = 3
"""Sealed values of a fresh database: the signing key, and both keys of the demo's application."""


def put(app, count=1):
    """Seal some messages; return their ids."""
    with serving(app) as services:
        for number in range(count):
            payload = {"to": "+420777", "text": f"m{number}", "operation_id": "7f3c"}
            services.outbox.put("sms", f"m{number}", payload, lifetime=timedelta(minutes=5))
        services.commit()
    return [row.id for row in all_of(app, OutboxRow)]


def taken(app):
    """What every waiting message says, as the worker reads it."""
    said = []
    with serving(app) as services:
        while claimed := services.outbox.claim(hold=timedelta(minutes=1)):
            said.append(claimed[1]["text"])
            services.commit()
    return said


def rotate(app, *, reseal=True):
    with serving(app) as services:
        kid = services.keys.rotate()
        services.commit()
        if reseal:
            assert services.keys.reseal(services.commit).broken == ()
    return kid


def sealed_with(app):
    """How many values are sealed with which key."""
    found = Counter()
    with reading(app) as session:
        for sealed in SEALED:
            for value in session.scalars(select(sealed.column).where(sealed.column.is_not(None))):
                found[value[1:9].hex()] += 1
    return dict(found)


def current(app, purpose="seal"):
    return next(k.kid for k in all_of(app, DataKeyRow) if k.purpose == purpose and not k.retired_at)


# --- the first ones ---------------------------------------------------------------------------


def test_seeding_makes_one_key_of_each_purpose_and_never_another(app):
    first = {row.kid for row in all_of(app, DataKeyRow)}
    assert sorted(row.purpose for row in all_of(app, DataKeyRow)) == ["digest", "seal"]
    seed(app)
    assert {row.kid for row in all_of(app, DataKeyRow)} == first


@pytest.mark.parametrize("empty_database", ["sqlite", "postgresql"], indirect=True)
def test_processes_that_seed_at_once_agree_on_the_keys(empty_database, tmp_path):
    settings = settings_for(empty_database, tmp_path)
    with built(settings) as app, app.app_context():
        from flask_migrate import upgrade  # noqa: PLC0415 - an extension of this test

        upgrade()
        others = [create_app(settings) for _ in range(4)]
        at_once(*[lambda other=other: seed(other) for other in others])
        assert sorted(row.purpose for row in all_of(app, DataKeyRow)) == ["digest", "seal"]
        digests = {parts_of(other).vault.digest("x", purpose="browser") for other in others}
        assert len(digests) == 1
        for other in others:
            parts_of(other).engine.dispose()


def test_the_database_itself_refuses_a_second_current_key(app):
    with pytest.raises(IntegrityError), writing(app) as session:
        session.add(DataKeyRow(kid="00" * 8, purpose="seal", sealed=b"x", created_at=clock.now()))


@on_sqlite
def test_every_column_of_bytes_is_sealed_or_known_not_to_be(app):
    columns = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    sealed = {f"{s.column.class_.__tablename__}.{s.column.key}" for s in SEALED}
    assert columns == sealed | PLAIN_BYTES


# --- rotation of data keys ----------------------------------------------------------------------


def test_after_a_rotation_everything_is_sealed_with_the_new_key_and_still_opens(app):
    put(app, 250)
    old = current(app)
    kid = rotate(app)
    assert kid == current(app) != old
    assert sealed_with(app) == {kid: 250 + SEEDED}
    assert sorted(taken(app)) == sorted(f"m{n}" for n in range(250))


def test_a_running_process_needs_no_restart(app, settings):
    with built(settings) as other:
        put(app)
        assert parts_of(other).vault.seal(b"x", context="a")  # it has read its keys
        kid = rotate(app)
        late = parts_of(other).vault.seal(b"late", context="a")  # with the old key, for a while
        assert late[1:9].hex() != kid
        assert parts_of(app).vault.open(late, context="a") == b"late"
        assert taken(other) == ["m0"]  # sealed with a key that it reads now
        assert parts_of(other).vault.seal(b"x", context="a")[1:9].hex() == kid


def test_a_rotation_that_was_interrupted_is_finished_by_repeating_it(app):
    put(app, 150)
    old = current(app)
    kid = rotate(app, reseal=False)
    batches = []

    def die_after_the_first(commit):
        def run():
            commit()
            batches.append(1)
            raise KeyboardInterrupt

        return run

    with serving(app) as services, pytest.raises(KeyboardInterrupt):
        services.keys.reseal(die_after_the_first(services.commit))
    assert sealed_with(app) == {old: 50 + SEEDED, kid: 100}
    with serving(app) as services:
        assert services.keys.reseal(services.commit).done == 50 + SEEDED
    assert sealed_with(app) == {kid: 150 + SEEDED}
    with serving(app) as services:
        assert services.keys.reseal(services.commit).done == 0


def test_a_message_that_is_delivered_meanwhile_stays_empty(app):
    (row_id,) = put(app)
    rotate(app, reseal=False)
    with serving(app) as services:
        keys = services.keys

        def deliver_first(*args):
            with serving(app) as other:
                other.outbox.delivered(row_id)
                other.commit()

        (sealed, *_) = SEALED
        (row,) = keys._older(sealed, "")  # noqa: SLF001 - what was read before somebody was faster
        services.session.rollback()
        deliver_first()
        assert not keys._reseal(sealed, row.key, row.value, f"{sealed.place}:{row.key}")  # noqa: SLF001
    with reading(app) as session:
        assert session.get(OutboxRow, row_id).payload is None


def test_of_many_who_rotate_at_once_nobody_breaks_anything(app):
    put(app, 20)
    made = at_once(*[lambda: rotate(app)] * 4)
    assert any(made)
    keys = [row for row in all_of(app, DataKeyRow) if row.purpose == "seal"]
    assert len([row for row in keys if row.retired_at is None]) == 1
    with serving(app) as services:
        services.keys.reseal(services.commit)
    assert sealed_with(app) == {current(app): 20 + SEEDED}
    assert len(taken(app)) == 20


@on_sqlite
def test_a_value_that_does_not_open_is_told_and_left_as_it_is(app):
    broken, *_ = put(app, 3)
    with writing(app) as session:
        row = session.get(OutboxRow, broken)
        row.payload = changed = row.payload[:-1] + bytes([row.payload[-1] ^ 1])
    with serving(app) as services:
        services.keys.rotate()
        services.commit()
        result = services.keys.reseal(services.commit)
    assert result.broken == (f"outbox.payload:{broken}",)
    assert result.done == 2 + SEEDED
    with reading(app) as session:
        assert session.get(OutboxRow, broken).payload == changed


@on_sqlite
def test_a_retired_key_is_removed_once_nothing_needs_it_and_not_before(app):
    put(app)
    old = current(app)
    rotate(app, reseal=False)
    with serving(app) as services, time_machine.travel(clock.now() + timedelta(hours=2)):
        assert services.keys.remove_unused() == 0  # a message is sealed with it
        services.commit()
        services.keys.reseal(services.commit)
        assert services.keys.remove_unused() == 1
        services.commit()
    assert old not in {row.kid for row in all_of(app, DataKeyRow)}
    assert taken(app) == ["m0"]


@on_sqlite
def test_a_key_that_was_retired_a_moment_ago_stays(app):
    rotate(app)
    with serving(app) as services:
        assert services.keys.remove_unused() == 0


# --- another root secret ------------------------------------------------------------------------


def changed_root(settings, **more):
    return settings.model_copy(update={"secret_key": type(settings.secret_key)(NEXT), **more})


def with_previous(settings):
    return changed_root(settings, previous_secret_keys=(settings.secret_key,))


def basic():
    return {"Authorization": "Basic " + base64.b64encode(b"democlient:changeme").decode()}


def test_a_change_of_the_root_keeps_everything_that_was_handed_out(app, settings):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    sent = walker.code()
    page = walker.filled("confirm", code=sent, password="test")
    put(app)
    with built(with_previous(settings)) as later:
        with serving(later) as services:
            assert services.keys.rewrap() == 2
            services.commit()
        walker.app, cookies = later, dict(walker.client._cookies)  # noqa: SLF001 - the browser's jar
        walker.client = later.test_client()
        walker.client._cookies = cookies  # noqa: SLF001
        # Browser cookie, session, CSRF token, one-time number and SMS code, all from before.
        walker.send(page)
        assert walker.flow().step == "CONSENT"
        answer = later.test_client().post(
            "/oauth2/introspect", data={"token": "wf_at_x"}, headers=basic()
        )
        assert answer.status_code == 200
    with built(changed_root(settings)) as last:
        assert "m0" in taken(last)
        assert (
            last.test_client()
            .post("/oauth2/introspect", data={"token": "wf_at_x"}, headers=basic())
            .is_json
        )
    with built(settings) as first, pytest.raises(CannotOpenError):
        parts_of(first).vault.seal(b"x", context="a")


@on_sqlite
def test_rewrapping_twice_changes_nothing(app, settings):
    with built(with_previous(settings)) as later:
        with serving(later) as services:
            services.keys.rewrap()
            services.commit()
        once = {row.kid: row.sealed for row in all_of(later, DataKeyRow)}
        with serving(later) as services:
            assert services.keys.rewrap() == 0
        assert {row.kid: row.sealed for row in all_of(later, DataKeyRow)} == once


@on_sqlite
def test_a_root_without_the_former_one_opens_nothing_and_destroys_nothing(app, settings):
    before = {row.kid: row.sealed for row in all_of(app, DataKeyRow)}
    with built(changed_root(settings)) as wrong:
        with pytest.raises(CannotOpenError), serving(wrong) as services:
            services.keys.rewrap()
        with pytest.raises(CannotOpenError):
            seed(wrong)
        assert wrong.test_client().get("/oauth2/resume/" + "a" * 43).status_code in (404, 500)
    assert {row.kid: row.sealed for row in all_of(app, DataKeyRow)} == before


# --- signing keys -----------------------------------------------------------------------------


class Issuer:
    """Looks at an application as a client that verifies ID tokens does."""

    def __init__(self, app):
        self.app = app

    @property
    def published(self):
        return [key["kid"] for key in self.app.test_client().get("/oauth2/jwks").json["keys"]]

    def signs(self):
        """The key that signs now, by the rule that the token endpoint uses."""
        from app.oauth.keys import KeyRing  # noqa: PLC0415 - reads through services
        from app.services import current as present  # noqa: PLC0415

        with serving(self.app, writing=False) as services:
            reset = present.set(services)
            try:
                return KeyRing().newest()
            finally:
                present.reset(reset)

    def rotate(self, lead=timedelta(hours=1)):
        with serving(self.app) as services:
            key = rotate_signing_key(services.session, services.vault, services.journal, lead=lead)
            services.commit()
            return key.kid

    def withdraw(self, kept=timedelta(days=1)):
        with serving(self.app) as services:
            count = services.keys.withdraw_signing_keys(kept=kept)
            services.commit()
            return count


@pytest.fixture
def issuer(app):
    return Issuer(app)


def test_the_next_key_is_published_before_it_signs(issuer):
    with time_machine.travel(clock.now(), tick=False) as time:
        old = issuer.signs()
        new = issuer.rotate()
        assert set(issuer.published) == {old, new}
        time.shift(timedelta(minutes=59, seconds=59))
        assert issuer.signs() == old
        time.shift(timedelta(seconds=1))
        assert issuer.signs() == new
        assert set(issuer.published) == {old, new}


def test_a_retired_key_stays_published_while_its_tokens_live(issuer):
    with time_machine.travel(clock.now(), tick=False) as time:
        old, new = issuer.signs(), issuer.rotate()
        time.shift(timedelta(hours=1, days=1) - timedelta(seconds=1))
        assert issuer.withdraw() == 0
        assert set(issuer.published) == {old, new}
        time.shift(timedelta(seconds=1))
        assert issuer.withdraw() == 1
        assert issuer.published == [new]


@on_sqlite
def test_a_leaked_key_can_be_replaced_at_once(issuer):
    with time_machine.travel(clock.now(), tick=False) as time:
        waiting = issuer.rotate()
        time.shift(timedelta(minutes=1))
        new = issuer.rotate(lead=timedelta(0))
        assert issuer.signs() == new
        assert issuer.withdraw(kept=timedelta(0)) == 2
        assert issuer.published == [new]
        time.shift(timedelta(hours=2))
        assert issuer.signs() == new
        assert waiting not in issuer.published


@on_sqlite
def test_somebody_signs_at_every_moment_however_often_keys_are_rotated(issuer):
    with time_machine.travel(clock.now(), tick=False) as time:
        kids = [issuer.signs()]
        for _ in range(4):
            kids.append(issuer.rotate())
            time.shift(timedelta(minutes=25))
            assert issuer.signs() in kids
        time.shift(timedelta(hours=1))
        assert issuer.signs() == kids[-1]


@on_sqlite
def test_at_least_as_long_as_tokens_live_even_where_less_is_configured(settings):
    oauth = settings.oauth.model_copy(update={"id_token_lifetime": timedelta(days=3)})
    assert settings.model_copy(update={"oauth": oauth}).signing_keys_kept == timedelta(days=3)


def test_a_token_signed_by_a_key_that_retired_since_still_verifies(issuer, app):
    from app.oauth.keys import KeyRing  # noqa: PLC0415
    from app.services import current as present  # noqa: PLC0415

    with time_machine.travel(clock.now(), tick=False) as time:
        with serving(app, writing=False) as services:
            reset = present.set(services)
            ring = KeyRing()
            token = jwt.encode({"alg": "ES256", "kid": ring.newest()}, {"sub": "x"}, ring.opened())
            present.reset(reset)
        issuer.rotate(lead=timedelta(0))
        time.shift(timedelta(minutes=5))
        issuer.withdraw()
        keys = KeySet.import_key_set(app.test_client().get("/oauth2/jwks").json)
        assert jwt.decode(token, keys, algorithms=["ES256"]).claims == {"sub": "x"}


@on_sqlite
def test_rotation_of_data_keys_reaches_private_signing_keys(issuer, app):
    before = issuer.signs()
    rotate(app)
    with reading(app) as session:
        (value,) = session.scalars(select(SigningKey.private_jwk_sealed))
        assert session.scalar(select(func.count()).select_from(SigningKey)) == 1
    assert value[1:9].hex() == current(app)
    assert issuer.signs() == before
