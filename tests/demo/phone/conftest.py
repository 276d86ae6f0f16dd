"""A portal and a phone that has been paired with it, in every version of the protocol."""

import pytest

from app.demo.phone.configuration import Configuration
from app.demo.phone.handset import Handset, ask_for_app_key, lasting_app_key
from app.demo.phone.pairing import Owner, pair
from app.demo.phone.sealing import Route
from tests.demo.phone.portal import NOW, Portal

PIN = "2468"


@pytest.fixture(params=["3.3", "3.2", "3.1", "3.0"])
def version(request):
    return request.param


@pytest.fixture
def portal():
    return Portal()


def app_route(portal, version):
    """How a phone without a registration encrypts."""
    configuration = Configuration.read(portal.configuration)
    if version < "3.3":
        return Route(lasting_app_key(configuration), NOW)
    asked = ask_for_app_key(configuration, NOW)
    return Route(asked.read(portal.answer(asked.call)).target, NOW)


def route(portal, phone):
    """How a registered phone encrypts."""
    if phone.state.version < "3.3":
        return Route(phone.lasting_key(), NOW)
    asked = phone.ask_for_key(NOW)
    return Route(asked.read(portal.answer(asked.call)).target, NOW)


def paired(portal, version):
    pairing = pair(
        Configuration.read(portal.configuration),
        portal.code,
        Owner("My phone", otp="123456"),
        app_route(portal, version),
        version=version,
    )
    return Handset(pairing.finish(portal.answer(pairing.call), PIN))


@pytest.fixture
def phone(portal, version):
    return paired(portal, version)
