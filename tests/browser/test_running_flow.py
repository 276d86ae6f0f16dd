"""A page of a running flow as its scripts have it: its time, its language, and being left."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.patience import comes

pytestmark = pytest.mark.browser
SOON = "You will be signed out soon"
LEFT = "The request was interrupted"


@dataclass
class Time:
    """Goes by for the server, and for the page."""

    address: str
    page: Page
    seconds: int = 0

    def pass_on_server(self, seconds: int) -> None:
        self.move(self.seconds + seconds)

    def pass_by(self, minutes: int, seconds: int = 0) -> None:
        self.pass_on_server(60 * minutes + seconds)
        self.page.clock.fast_forward(1000 * (60 * minutes + seconds))

    def move(self, seconds: int) -> None:
        self.seconds = seconds
        httpx2.post(
            f"{self.address}/demo/clock", json={"offset": f"PT{seconds}S"}, trust_env=False
        ).raise_for_status()


@pytest.fixture
def time(page: Page, portal) -> Iterator[Time]:
    page.clock.install()
    time = Time(portal.address, page)
    yield time
    time.move(0)


@pytest.fixture
def code_page(page: Page, portal, user, time) -> Page:
    arrive(page, portal, user)
    return page


def arrive(page: Page, portal, user) -> None:
    page.goto(portal.demo)
    page.get_by_role("button", name="Login SCA").click()
    page.get_by_label("Login number").fill(user)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code from the SMS")).to_be_visible()


def heading(page: Page):
    return page.locator("main h1")


def test_a_minute_before_the_end_a_dialog_warns_and_can_be_answered(code_page, time, gallery):
    # 112
    password = code_page.get_by_label("Password", exact=True)
    password.fill("test")
    time.pass_by(3, 50)
    expect(code_page.get_by_role("dialog")).to_be_hidden()
    time.pass_by(0, 15)
    dialog = code_page.get_by_role("dialog", name=SOON)
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text(re.compile(r"Time left: [45]\d s"))
    expect(dialog.get_by_role("status")).to_contain_text("Time left")
    stay = dialog.get_by_role("button", name="Stay signed in")
    expect(stay).to_be_focused()
    code_page.screenshot(path=gallery / "30-time-out.png")
    before = code_page.locator(".deadline time").inner_text()
    stay.press("Enter")
    expect(dialog).to_be_hidden()
    expect(password).to_have_value("test")
    expect(code_page.locator(".deadline time")).not_to_have_text(before)
    time.pass_by(3, 50)
    expect(dialog).to_be_hidden()
    time.pass_by(0, 15)
    expect(dialog).to_be_visible()


def test_whoever_closes_the_warning_is_told_the_last_seconds(code_page, time):
    time.pass_by(4, 5)
    dialog = code_page.get_by_role("dialog", name=SOON)
    expect(dialog).to_be_visible()
    code_page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    time.pass_by(0, 30)
    expect(dialog).to_be_hidden()
    expect(code_page.locator(".deadline")).to_be_visible()


def test_at_the_end_the_customer_goes_back_to_the_application(code_page, time, portal):  # 113
    time.pass_by(4, 5)
    expect(code_page.get_by_role("dialog", name=SOON)).to_be_visible()
    time.pass_by(1)
    expect(heading(code_page)).to_have_text("The request timed out")
    code_page.clock.fast_forward(4000)
    code_page.wait_for_url(f"{portal.demo}/**")
    expect(code_page.locator("main")).to_contain_text("access_denied")


def test_after_a_sleep_the_page_is_right_at_once(code_page, time):
    time.pass_by(60)
    expect(heading(code_page)).to_have_text("The request timed out")


def test_the_request_can_be_cancelled_from_the_warning(code_page, time):  # 111
    time.pass_by(4, 5)
    code_page.get_by_role("button", name="Cancel the request").click()
    expect(heading(code_page)).to_have_text("You cancelled the request")


def test_more_time_that_another_tab_got_takes_the_warning_away(
    context: BrowserContext, page: Page, portal, user, time
):
    arrive(page, portal, user)
    time.pass_on_server(200)
    other = context.new_page()
    other.goto(page.url)
    other.evaluate(
        """async () => {
            const form = document.getElementById("step"), body = new FormData();
            for (const name of ["csrf_token", "step"]) body.set(name, form.elements[name].value);
            await fetch(location.pathname + "/extend", { method: "POST", body });
        }"""
    )
    page.clock.fast_forward(245_000)  # this tab thinks that its time is almost over
    page.wait_for_timeout(500)
    expect(page.get_by_role("dialog", name=SOON)).to_be_hidden()


def test_without_a_connection_the_dialog_says_so_and_stays(code_page, time, forgiven):
    forgiven.append("Failed to load resource")
    time.pass_by(4, 5)
    dialog = code_page.get_by_role("dialog", name=SOON)
    expect(dialog).to_be_visible()
    code_page.route("**/extend", lambda route: route.fulfill(status=503))
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_contain_text("There is no connection to the bank.")
    expect(dialog.get_by_role("alert")).to_contain_text("There is no connection to the bank.")
    code_page.unroute("**/extend")
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_be_hidden()


def test_the_end_is_warned_of_though_there_is_no_connection(code_page, time, forgiven):
    forgiven.append("Failed to load resource")
    code_page.context.set_offline(True)
    time.pass_by(4, 5)
    dialog = code_page.get_by_role("dialog", name=SOON)
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("alert")).to_contain_text("There is no connection to the bank.")
    code_page.context.set_offline(False)
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_be_hidden()


def test_a_reload_is_asked_about_and_ends_the_request(page: Page, portal, user):  # 117, 118
    arrive(page, portal, user)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    expect(heading(page)).to_have_text(LEFT)
    assert asked == ["beforeunload"]
    page.wait_for_url(f"{portal.demo}/**")
    expect(page.locator("main")).to_contain_text("The customer left the page")


def test_the_back_button_shows_what_it_ended(page: Page, portal, user, phone):  # 117, 118
    arrive(page, portal, user)
    page.get_by_label("Password", exact=True).fill("test")
    page.get_by_label("Code from the SMS").fill(phone.code("LOG IN"))
    page.keyboard.press("Enter")
    expect(heading(page)).to_contain_text("Allow")
    page.get_by_role("checkbox").first.check()  # browsers ask only those who did something
    page.once("dialog", lambda dialog: dialog.accept())
    page.go_back()
    expect(heading(page)).to_have_text(LEFT)


def test_whoever_stays_after_all_loses_nothing(page: Page, portal, user, phone):  # 117
    arrive(page, portal, user)
    page.get_by_label("Password", exact=True).fill("test")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.evaluate("setTimeout(() => location.reload(), 50)")
    page.wait_for_timeout(500)
    page.get_by_label("Code from the SMS").fill(phone.code("LOG IN"))
    page.get_by_role("button", name="Confirm sign-in").click()
    expect(heading(page)).to_contain_text("Allow")


def test_a_window_that_is_closed_ends_the_request(
    context: BrowserContext, page: Page, portal, user
):  # 118
    arrive(page, portal, user)
    address = page.url
    page.on("dialog", lambda dialog: dialog.accept())
    page.close(run_before_unload=True)
    assert comes(lambda: LEFT in context.request.get(address).text())
    again = context.new_page()
    again.goto(address)
    expect(heading(again)).to_have_text(LEFT)
    again.close()


def test_the_end_of_a_request_is_left_without_a_question(page: Page, portal, user):  # 117
    arrive(page, portal, user)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("button", name="Cancel").click()
    expect(heading(page)).to_have_text("You cancelled the request")
    page.reload()
    page.goto(portal.demo)
    assert asked == []


NEVER_ANSWERED = "addEventListener('submit', (event) => event.preventDefault())"
LOOKS = """() => {
    for (const name of ["focus", "flow:look"]) dispatchEvent(new Event(name));
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""


def test_nothing_is_asked_while_an_answer_is_on_its_way(page: Page, portal, user):
    """It brings another cookie: with the old one the page would take the refusal for the end."""
    arrive(page, portal, user)
    page.evaluate(NEVER_ANSWERED)
    page.route("**/signal", lambda _route: None)  # nor is the question
    with page.expect_request("**/signal"):
        page.evaluate(LOOKS)
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Confirm sign-in").click()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(LOOKS)
    page.wait_for_timeout(1500)  # it looks once a second besides
    assert asked == []


def test_an_older_tab_says_that_a_newer_request_has_interrupted_it(
    context: BrowserContext, page: Page, portal, user
):  # 119
    arrive(page, portal, user)
    newer = context.new_page()
    arrive(newer, portal, user)
    page.bring_to_front()
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(heading(page)).to_have_text("This request has been interrupted by a newer one.")
    newer.close()


def test_a_language_is_switched_without_losing_what_was_typed(
    page: Page, portal, user, phone
):  # 60, 115
    arrive(page, portal, user)
    code = phone.code("LOG IN")
    page.get_by_label("Password", exact=True).fill("test")
    page.get_by_label("Code from the SMS").fill(code)
    page.locator(".languages summary").click()
    page.get_by_role("link", name="Čeština").click()
    expect(heading(page)).to_contain_text("Zadejte heslo")
    expect(page.locator(".languages summary")).to_contain_text("Čeština")
    expect(page.get_by_role("link", name="Čeština")).to_be_hidden()
    assert page.evaluate("document.documentElement.lang") == "cs"
    expect(page).to_have_title(re.compile("Heslo"))
    assert page.locator("#password").input_value() == "test"
    assert page.locator("#code").input_value() == code
    assert not phone.has_news()
    page.locator("button[value=confirm]").click()
    expect(page.locator("html")).to_have_attribute("lang", "cs")
    expect(page.get_by_role("checkbox").first).to_be_visible()
