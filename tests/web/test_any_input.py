"""Whatever is sent wherever, nobody gets a server error, and a flow answers only to its page."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.walker import Walker

ANY = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pytest_plugins = ["tests.support.lasting"]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
KINDS = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/json",
    "application/json; charset=utf-16",
    "text/plain; charset=nothing",
    "",
)
LATIN = st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n\0"), max_size=60)
NAMES = ("action", "step", "csrf_token", "username", "organization", "password", "code", "option",
         "account", "method", "shown", "lang")  # fmt: skip


def addresses(app):
    """One address of every route, with something of the right form in its place."""
    example = {"handle": "a" * 32, "request_id": "a" * 43, "filename": "css/base.css"}
    for rule in app.url_map.iter_rules():
        values = {name: example.get(name, "a") for name in rule.arguments}
        with app.test_request_context():
            built = rule.build(values)
        assert built is not None, rule
        yield built[1]


@ANY
@given(st.data())
def test_any_request_to_any_address(lasting_app, data):
    http = lasting_app.test_client()
    with http.open(
        data.draw(st.sampled_from(sorted(set(addresses(lasting_app))))),
        method=data.draw(st.sampled_from(METHODS)),
        environ_overrides={"QUERY_STRING": data.draw(st.binary(max_size=60)).decode("latin-1")},
        data=data.draw(st.binary(max_size=200)),
        content_type=data.draw(st.sampled_from(KINDS)),
        headers={
            name: data.draw(LATIN)
            for name in ("Cookie", "Authorization", "Accept-Language", "Origin", "X-Forwarded-For")
        },
    ) as answer:
        assert answer.status_code < 500, answer.text


def test_every_address_refuses_a_method_that_it_does_not_have(lasting_app):
    for address in set(addresses(lasting_app)):
        answer = lasting_app.test_client().open(address, method="PROPFIND")
        assert answer.status_code in (400, 401, 404, 405), address


@ANY
@given(
    st.dictionaries(
        st.sampled_from(NAMES), st.one_of(st.text(max_size=40), st.just("x" * 3000)), max_size=6
    ),
    st.binary(max_size=100),
)
def test_any_answer_to_a_page_without_its_number_changes_nothing(lasting_app, fields, raw):
    walker = Walker(lasting_app)
    walker.start_login()
    before = walker.state_of_things()
    for sent in (fields, {**walker.filled(), **fields, "step": fields.get("step", "x")}):
        assert walker.post(sent).status_code in (303, 400, 403)
    assert walker.client.post(walker.address, data=raw, content_type=KINDS[0]).status_code < 500
    assert walker.state_of_things() == before


@ANY
@given(st.dictionaries(st.sampled_from(NAMES[2:]), st.text(max_size=300), max_size=5))
def test_any_answer_to_a_page_shows_a_page(lasting_app, fields):
    walker = Walker(lasting_app)
    walker.start_login()
    for _ in range(2):
        answer = walker.post({**walker.filled(), **fields, "csrf_token": token(walker)})
        assert answer.status_code == 303, answer.text
        walker.reload()
    assert walker.flow().step == "LOGIN_SCA" or walker.flow().result == "FAILED"


def token(walker):
    return next(c.value for form in walker.page.forms for c in form.fields("csrf_token"))
