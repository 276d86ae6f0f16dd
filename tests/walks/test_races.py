"""Two things at once, by HTTP against the real processes: one of them counts."""

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urljoin

import httpx2
import pytest
from sqlalchemy import select

from app.store.flows import Flow, FlowRecord
from app.store.otps import SmsAuthorization
from app.store.testers import DemoSms
from tests.support.databases import built
from tests.support.store import reading
from tests.support.threads import at_once
from tests.support.tiers import RESEND_AFTER
from tests.support.walk import PASSWORD, Walk
from tests.support.walker import PAYMENT

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
BROWSERS = 50


@pytest.fixture
def app(portal):
    """The application on the portal's database, to look into it."""
    with built(portal.settings) as app:
        yield app


class Tab:
    """A connection of its own with the cookies of a browser."""

    def __init__(self, walk: Walk) -> None:
        cookies = {cookie.name: cookie.value for cookie in walk.browser._http.cookies.jar}  # noqa: SLF001
        self.client = httpx2.Client(cookies=cookies, trust_env=False, timeout=20)
        self.address = walk.page.url

    def post(self, fields: list[tuple[str, str]]) -> httpx2.Response:
        origin = self.address.partition("/flow/")[0]
        with self.client:
            return self.client.post(
                self.address,
                content=urlencode(fields),
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Origin": origin,
                },
            )


def posted_at_once(walk: Walk, fields: list[tuple[str, str]], times: int = 2) -> list[int]:
    """Send the same form several times at once; return how each was answered."""
    tabs = [Tab(walk) for _ in range(times)]
    answers = at_once(*[lambda tab=tab: tab.post(fields) for tab in tabs])
    for answer in answers:  # a browser keeps the cookie of the answer that it follows
        for name, value in answer.cookies.items():
            walk.browser._http.cookies.set(name, value, domain="localhost.local", path="/")  # noqa: SLF001
    return sorted(answer.status_code for answer in answers)


def filled(walk: Walk, **values: str) -> list[tuple[str, str]]:
    form = walk.page.form
    for token, value in values.items():
        form.with_autocomplete(token.replace("_", "-")).value = value
    return form.sent_by(form.submits[0])


def flow_of(app, walk: Walk) -> Flow:
    handle = walk.page.url.partition("?")[0].rpartition("/")[2]
    with reading(app) as session:
        return session.scalars(select(Flow).where(Flow.handle == handle)).one()


def history(app, flow: Flow) -> list[tuple[str, str]]:
    wanted = select(FlowRecord).where(FlowRecord.flow_id == flow.id).order_by(FlowRecord.number)
    with reading(app) as session:
        return [(row.step, row.step_result) for row in session.scalars(wanted)]


def test_of_two_right_answers_at_once_one_moves_the_flow_on(walk, app):
    walk.start()
    walk.say_who()
    fields = filled(walk, current_password=PASSWORD, one_time_code=walk.code())
    statuses = posted_at_once(walk, fields)
    assert set(statuses) <= {303, 409}
    assert 303 in statuses
    flow = flow_of(app, walk)
    assert flow.step == "APPROVAL_SCA"
    assert flow.attempts == 0
    assert history(app, flow) == [("INIT", "CONFIRMED"), ("LOGIN_SCA", "CONFIRMED")]
    with reading(app) as session:
        used = select(SmsAuthorization).where(SmsAuthorization.operation_id == flow.id)
        (code,) = session.scalars(used)
        assert code.verify_request_count == 1


def test_of_many_wrong_answers_at_once_to_one_page_one_counts(walk, app):
    walk.start()
    walk.say_who()
    walk.code()
    fields = filled(walk, current_password=PASSWORD, one_time_code="00000000")
    assert posted_at_once(walk, fields, times=6) == [303] * 6
    assert flow_of(app, walk).attempts == 1


def test_a_double_click_on_the_user_name_sends_one_message(walk, app):
    walk.start()
    posted_at_once(walk, filled(walk, username=walk.user))
    walk.browser.open(walk.page.url)
    walk.confirm(walk.code())
    assert walk.page.form_with(account="*")
    assert len(walk.messages()) == 1


def test_a_double_click_on_the_consent_ends_the_flow_once(walk, app):
    walk.start("login_sca")
    walk.say_who()
    walk.confirm(walk.code())
    form = walk.page.form_with(action="confirm")
    for option in form.fields("option"):
        option.checked = True
    button = next(b for b in form.submits if b.value == "confirm")
    assert posted_at_once(walk, form.sent_by(button)) == [303, 303]
    flow = flow_of(app, walk)
    assert flow.result == "DONE"
    assert [step for step, _ in history(app, flow)] == ["INIT", "LOGIN_SCA", "CONSENT"]


def test_asking_twice_at_once_for_a_code_sends_one_message(walk, app):
    walk.start()
    walk.say_who()
    walk.code()
    time.sleep(RESEND_AFTER)
    resend = next(form for form in walk.page.forms if form.id == "resend")
    walk._asked = time.time()  # noqa: SLF001
    posted_at_once(walk, resend.sent_by(resend.submits[0]), times=4)
    walk.browser.open(walk.page.url)
    walk.confirm(walk.code())
    assert walk.page.form_with(account="*")
    with reading(app) as session:
        operation = flow_of(app, walk).id
        kept = select(DemoSms).where(DemoSms.operation_id == operation)
        assert len(session.scalars(kept).all()) == 2


def test_an_operation_that_many_browsers_open_at_once_belongs_to_one(portal, app):
    prepared = httpx2.post(
        f"{portal.address}/powerauth-nextstep/operation",
        json={"requestObject": PAYMENT},
        trust_env=False,
        timeout=20,
    ).json()["responseObject"]["operationId"]
    query = {
        "response_type": "code",
        "client_id": "democlient",
        "redirect_uri": f"{portal.demo}/connect/demo",
        "scope": "openid pisp",
        "state": "s",
        "operation_id": prepared,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }

    def visit(_number: int) -> tuple[int, int]:
        with httpx2.Client(trust_env=False, timeout=30) as client:
            address = f"{portal.address}/oauth2/authorize"
            said = client.get(address, params=query)
            if said.status_code != 303:
                return said.status_code, 0
            return 303, client.get(urljoin(address, said.headers["Location"])).status_code

    with ThreadPoolExecutor(BROWSERS) as pool:
        seen = list(pool.map(visit, range(BROWSERS)))
    assert sorted(seen) == [(303, 200)] + [(409, 0)] * (BROWSERS - 1)
    with reading(app) as session:
        flow = session.get(Flow, prepared)
        assert flow is not None
        assert flow.browser_id is not None
