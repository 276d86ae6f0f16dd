"""A bank's instance, and a phone with or without an account there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from app.demo.phone.authenticator.app import Authenticator, Enrollment
from tests.demo.authenticator.bank import PIN, Bank


@pytest.fixture
def bank(httpserver: HTTPServer) -> Iterator[Bank]:
    yield Bank(httpserver)
    httpserver.clear()


@pytest.fixture
def phone(tmp_path: Path) -> Authenticator:
    return Authenticator(tmp_path / "phones" / "authenticator")


@pytest.fixture
def account(bank, phone):
    return phone.enroll(phone.open(bank.invite()).id, Enrollment(PIN))
