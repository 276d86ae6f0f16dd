"""What the worker forgets of the second façade, and what it keeps."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from app import clock
from app.settings import RetentionSettings, Settings
from app.store.access_keys import IntentRow
from app.store.operations import OperationRow
from app.store.transactions import TransactionRow
from app.store.users import PhoneNumberRow, RecoveryCodeRow
from tests.support.databases import built
from tests.support.nevis import Nevis
from tests.support.nevis_texts import NUMBER, with_number
from tests.support.nevis_users import user_of
from tests.support.store import all_of, serving


@pytest.fixture
def time():
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


def clean(app: Flask):
    with serving(app) as services:
        return services.cleaning.run(services.commit)


def test_intents_are_forgotten_at_their_end(app: Flask, time):
    nevis = Nevis(app)
    nevis.enroll()
    nevis.intent("approve")
    time.shift(timedelta(minutes=9, seconds=59))
    assert "intents" not in clean(app)
    time.shift(timedelta(seconds=1))
    assert clean(app)["intents"] == 1
    assert all_of(app, IntentRow) == []


def test_a_transaction_is_unknown_a_year_after_its_end(app: Flask, time):
    nevis = Nevis(app)
    phone = nevis.with_app()
    begun = nevis.approve(channel="app")
    phone.approve(begun["appLinkUri"])
    time.shift(timedelta(days=365, minutes=1, seconds=59))
    clean(app)
    assert nevis.status(begun["statusToken"])["status"] == "succeeded"
    time.shift(timedelta(seconds=1))
    clean(app)
    assert nevis.status(begun["statusToken"]) == {"status": "unknown"}
    time.shift(timedelta(minutes=3))
    clean(app)
    assert all_of(app, TransactionRow) == []
    assert len(all_of(app, OperationRow)) == 2  # they are the core's
    user = user_of(nevis)
    assert (user["status"], user["lastLoginDateSuccess"]) == ("active", None)


def test_a_number_that_nobody_has_confirmed_is_forgotten_after_a_day(app: Flask, time):
    nevis = Nevis(app)
    nevis.enroll(channel="sms", phone=NUMBER)
    time.shift(timedelta(hours=23, minutes=59))
    assert "phone_numbers" not in clean(app)
    time.shift(timedelta(minutes=1))
    assert clean(app)["phone_numbers"] == 1
    assert all_of(app, PhoneNumberRow) == []


def test_a_confirmed_number_and_recovery_codes_are_kept(app: Flask, time):
    nevis = Nevis(app)
    with_number(nevis)
    nevis.enroll(channel="recovery")
    time.shift(timedelta(days=3650))
    clean(app)
    assert len(all_of(app, PhoneNumberRow)) == 1
    assert len(all_of(app, RecoveryCodeRow)) == 16


def test_a_number_whose_code_is_waited_for_is_kept(settings: Settings, time):
    at_once = RetentionSettings(oauth=timedelta(0))
    with built(settings.model_copy(update={"retention": at_once})) as app:
        Nevis(app).enroll(channel="sms", phone=NUMBER)
        time.shift(timedelta(minutes=4, seconds=59))
        assert "phone_numbers" not in clean(app)
        time.shift(timedelta(seconds=1))
        assert clean(app)["phone_numbers"] == 1
