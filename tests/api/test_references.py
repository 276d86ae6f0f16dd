"""The OpenAPI documents of all façades, and the pages that show them."""

import json
import re
from html.parser import HTMLParser

import jsonschema_rs
import pytest

from tests.support.references import FACADES, OWN, calls, schemas

pytest_plugins = ["tests.support.lasting"]
pytestmark = pytest.mark.parametrize("facade", FACADES, ids=str)

REFUSALS = {"cloud": {"400", "401", "403", "413", "429", "503"},
            "nextstep": {"400", "401", "403", "413", "429", "503"},
            "device": {"400", "413"},
            "nevis": {"400", "401", "403", "404", "409", "413", "415", "422", "429", "503"},
            }  # fmt: skip
DONE = {"200", "201", "204"}


TRIED = {
    "cloud": [
        "createUser", "addAppAccessToUser", "createApplication", "createRegistration",
        "deleteRegistration", "commitActivation", "updateRegistrationState", "createOperation",
    ],
    "nextstep": ["createOperation", "updateOperation"],
    "device": [],
    "nevis": [],
}  # fmt: skip
"""Calls that begin with an example on their page; none: all of them."""


@pytest.fixture
def app(lasting_apps):
    return lasting_apps("sqlite")


@pytest.fixture
def document(app, facade):
    return facade.document(app)


def test_the_document_is_openapi_3_1_at_both_of_its_addresses(app, facade, document):
    assert document["openapi"] == "3.1.0"
    assert app.test_client().get(f"{facade.prefix}/openapi.json").json == document
    for schema in document["components"]["schemas"].values():
        _validator(document, schema)  # raises for what is no JSON schema


def test_every_call_has_a_name_a_tag_a_sentence_and_its_refusals(facade, document):
    names = [made["operationId"] for _, _, made in calls(document)]
    assert len(set(names)) == len(names)
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, made in calls(document):
        assert made["tags"], path
        assert set(made["tags"]) <= tags
        assert made["summary"].endswith("."), path
        proof = {"401"} if _is_proved(document, made) else set()
        assert len(DONE & set(made["responses"])) == 1, (path, method)
        refusals = set(made["responses"]) - DONE
        assert refusals == REFUSALS[facade.name] | proof, (path, method)


def _is_proved(document, made):
    """Tell whether a call of the device API refuses somebody with 401."""
    asked = {name for each in made.get("security", document["security"]) for name in each}
    return bool(asked & {"X-PowerAuth-Authorization", "X-PowerAuth-Token"})


def test_every_proof_is_described(document):
    known = document["components"].get("securitySchemes", {})
    asked = [*document["security"]]
    for _, _, made in calls(document):
        asked += made.get("security", [])
    assert {name for each in asked for name in each} <= set(known)
    for name, scheme in known.items():
        if scheme["type"] == "apiKey":
            assert (scheme["in"], scheme["name"]) == ("header", name)
            assert scheme["description"]


def test_every_reference_of_the_document_leads_somewhere(document):
    found = re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document))
    assert found
    assert set(found) <= set(document["components"]["schemas"])


def test_every_route_is_in_the_document_and_the_other_way_round(app, facade, document):
    documented = {(path, method) for path, method, _ in calls(document)}
    own = {(facade.prefix + path, "GET") for path in OWN}
    assert facade.served(app) == documented | own


def test_every_example_is_as_its_schema_says(document):
    shown = 0
    for place, schema in schemas(document):
        for example in schema.get("examples", []):
            validator = _validator(document, schema)
            found = [f"{place}: {error.message}" for error in validator.iter_errors(example)]
            assert found == []
            shown += 1
    assert shown > 3


def _validator(document, schema):
    whole = {**schema, "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def test_whatever_may_be_tried_on_the_page_begins_with_an_example(facade, document):
    tried = TRIED[facade.name] or [made["operationId"] for _, _, made in calls(document)]
    for path, _, made in calls(document):
        if "requestBody" in made and made["operationId"] in tried:
            ((_, content),) = made["requestBody"]["content"].items()
            body = content["schema"]
            assert any("examples" in each for each in _resolved(document, body)), path


def _resolved(document, schema):
    """Return a schema with what it refers to, one step deep, as pages show it."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return [schema, *(
        document["components"]["schemas"][each["$ref"].rpartition("/")[2]]
        for each in schema.get("properties", {}).values() if "$ref" in each
    )]  # fmt: skip


# --- the page -----------------------------------------------------------------------------------


class Scripts(HTMLParser):
    """Finds what a page runs, and whether any of it stands inside."""

    def __init__(self):
        super().__init__()
        self.sources, self.inside, self.handlers = [], False, []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.handlers += [name for name in given if name.startswith("on") or name == "style"]
        if tag in ("script", "link"):
            self.sources.append(given.get("src") or given.get("href"))
            self.inside |= tag == "script" and "src" not in given


def test_the_page_runs_nothing_but_our_files(app, facade):
    client = app.test_client()
    with client.get(f"{facade.prefix}/swagger-ui/index.html") as page:
        policy, words = page.headers["Content-Security-Policy"], page.text
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    found = Scripts()
    found.feed(words)
    assert (found.inside, found.handlers) == (False, [])
    for source in found.sources:
        assert source.startswith("/static/")
        with client.get(source) as file:
            assert file.status_code == 200


@pytest.mark.parametrize("path", OWN)
def test_everybody_may_read_it(app, facade, path):
    with app.test_client().get(facade.prefix + path) as answer:
        assert answer.status_code == 200
