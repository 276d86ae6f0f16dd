"""Requests that are made from the documents: no answer but those that the documents promise.

`make fuzz` asks more. What is not checked: what a call does to a later one (the walks do that),
and headers of answers, of which the documents say nothing.
"""

import os

import pytest

from tests.support.references import FACADES, calls
from tests.support.store import parts_of

EXAMPLES = int(os.environ.get("WEBFLOW_TEST_EXAMPLES", "2"))


@pytest.mark.parametrize("facade", FACADES, ids=str)
def test_every_answer_is_one_that_the_document_promises(app, facade):
    from tests.support.fuzzing import Fuzz  # noqa: PLC0415 - slow to import, only needed here

    on_sqlite = parts_of(app).settings.embedded
    asked = Fuzz(facade, app, EXAMPLES if on_sqlite else (EXAMPLES + 1) // 2).run()
    assert asked > min(100, 5 * len(list(calls(facade.document(app)))))
