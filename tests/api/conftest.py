"""No test of a façade gets an answer that its document does not promise."""

import pytest
from flask import Flask

from tests.support.checked import CheckedClient


@pytest.fixture(autouse=True)
def every_answer_is_documented(monkeypatch):
    monkeypatch.setattr(Flask, "test_client_class", CheckedClient)
