"""The user's guide in Chromium: what it says of signing in, paying, agreeing and going back."""

import re

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.support.visitor import check_every_box

pytestmark = pytest.mark.browser
NAME, PASSWORD, CODE = "Login number", "Password", "Code from the SMS"
FAILED = "User authentication failed."
WRONG = "00000000"


def start(page: Page, portal, button: str = "Login SCA") -> None:
    page.goto(portal.demo)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_label(NAME)).to_be_visible()


def name(page: Page, user: str) -> None:
    page.get_by_label(NAME).fill(user)
    page.get_by_role("button", name="Continue").click()


def prove(page: Page, code: str, password: str = "test") -> None:  # noqa: S107 - the demo's
    page.get_by_label(PASSWORD, exact=True).fill(password)
    page.get_by_label(CODE).fill(code)
    page.get_by_role("button", name=re.compile("Confirm sign-in|Approve payment")).click()


def pay(page: Page, portal, user: str, phone) -> None:
    """Go as far as the review of a payment."""
    start(page, portal, "Payment SCA")
    name(page, user)
    prove(page, phone.code("LOG IN"))
    expect(heading(page)).to_contain_text("Check this payment")


def heading(page: Page):
    return page.get_by_role("heading", level=1)


def main(page: Page):
    return page.locator("main")


def test_a_login_number_is_checked_and_stands_on_the_next_page(page: Page, portal):
    # 70, 71, 72, 73
    start(page, portal)
    expect(page.get_by_role("radio", name="Personal")).to_be_checked()
    expect(page.get_by_role("radio", name="Corporate")).to_be_visible()
    name(page, "")
    expect(main(page)).to_contain_text("Fill in the login number.")
    for refused in ("abc", "a b c d"):
        name(page, refused)
        expect(main(page)).to_contain_text("The specified login number is invalid.")
        expect(page.get_by_label(NAME)).to_have_value(refused)
    page.get_by_label(NAME).fill("n" * 300)
    expect(page.get_by_label(NAME)).to_have_value("n" * 256)
    every_sign = "_-@./\\:;<>!#$%&'\"*+=?^`(){}[]|~"
    name(page, every_sign)
    expect(page.get_by_label(NAME)).to_have_value(every_sign)
    expect(page.get_by_label(NAME)).not_to_be_editable()
    expect(page.get_by_role("radio")).to_have_count(0)


def test_a_wrong_password_and_a_wrong_code_look_alike_and_the_code_stays_good(
    page: Page, portal, user, phone
):  # 58, 62, 63
    start(page, portal)
    name(page, user)
    code = phone.code("LOG IN")
    prove(page, code, "wrong")
    problem = page.locator("#problem")
    expect(problem).to_contain_text(FAILED)
    expect(problem).to_contain_text("Remaining attempts: 4")
    said = problem.inner_text()
    expect(page.get_by_label(PASSWORD, exact=True)).to_have_value("")
    prove(page, WRONG)
    expect(problem).to_contain_text("Remaining attempts: 3")
    assert problem.inner_text() == said.replace("4", "3")
    prove(page, code)
    expect(heading(page)).to_contain_text("Allow")


@pytest.mark.parametrize("beginning", ["user", "unknown", "blocked"])
def test_whoever_it_is_has_five_attempts_and_goes_back_with_an_error(
    page: Page, portal, user, beginning
):  # 64, 75, 76, 77
    start(page, portal)
    name(page, user.replace("user", beginning))
    expect(main(page)).to_contain_text("We sent an SMS at")
    for left in (4, 3, 2, 1):
        prove(page, WRONG, "wrong")
        expect(page.locator("#problem")).to_contain_text(f"Remaining attempts: {left}")
    prove(page, WRONG, "wrong")
    expect(heading(page)).to_have_text("All attempts have been used.")
    page.wait_for_url(f"{portal.demo}/**")
    expect(main(page)).to_contain_text("access_denied")


def test_only_the_newest_code_counts_and_each_step_has_its_own(page: Page, portal, user, phone):
    # 58, 67, 68
    start(page, portal, "Payment SCA")
    name(page, user)
    old = phone.code("LOG IN")
    again = page.get_by_role("button", name="Send a new code")
    expect(again).to_be_enabled()
    again.click()
    new = phone.code("LOG IN")
    prove(page, old)
    expect(page.locator("#problem")).to_contain_text(FAILED)
    prove(page, new)
    page.get_by_role("button", name=re.compile("Continue")).click()
    expect(page.get_by_label(CODE)).to_be_visible()
    payment = phone.code("PAY 100 CZK to 238400856/0300")
    prove(page, new)
    expect(page.locator("#problem")).to_contain_text(FAILED)
    prove(page, payment)
    expect(heading(page)).to_contain_text("Allow")


def test_a_payment_is_reviewed_and_paid_from_a_chosen_account(page: Page, portal, user, phone):
    # 82, 83, 84, 85, 146
    page.goto(portal.demo)
    page.get_by_label("Amount").fill("1234.50")
    page.get_by_label("Payee account").fill("19-2000145399/0800")
    page.get_by_label("Due date").fill("2027-03-31")
    page.get_by_label("Note").fill("Rent \N{HOUSE BUILDING}")
    page.get_by_role("button", name="Payment SCA").click()
    name(page, user)
    prove(page, phone.code("LOG IN"))
    for shown in (
        "1,234.50",
        "CZK",
        "19-2000145399/0800",
        "31 Mar 2027",
        "Rent \N{HOUSE BUILDING}",
    ):
        expect(main(page)).to_contain_text(shown)
    expect(page.get_by_label(CODE)).to_have_count(0)
    accounts = page.get_by_role("radio")
    expect(accounts.first).to_be_checked()
    second = page.locator("label.choice").nth(1)
    account = second.inner_text().split("\n")[0]
    second.click()
    page.get_by_role("button", name=re.compile("Continue")).click()
    expect(page.get_by_label(CODE)).to_be_visible()
    expect(accounts).to_have_count(0)
    prove(page, phone.code("PAY 1234.5 CZK"))
    expect(heading(page)).to_contain_text("Allow")
    expect(page.locator(".summary")).to_contain_text(account)


def test_a_consent_needs_its_boxes_and_can_be_rejected(page: Page, portal, user, phone):
    # 91, 92, 110
    start(page, portal)
    name(page, user)
    prove(page, phone.code("LOG IN"))
    expect(page.get_by_role("checkbox")).to_have_count(1)
    expect(page.get_by_role("checkbox")).not_to_be_checked()
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#problem")).to_contain_text("Please fill in the whole consent form.")
    expect(main(page)).to_contain_text("Confirm this option to complete the operation.")
    check_every_box(page)
    page.get_by_role("button", name="Confirm").click()
    expect(heading(page)).to_have_text("Sign-in confirmed")
    page.wait_for_url(f"{portal.demo}/**")
    expect(main(page)).to_contain_text("wf_at_")
    page.get_by_role("button", name="Disconnect").click()  # 147
    expect(main(page)).to_contain_text("Try the portal as a third party would")


@pytest.mark.parametrize("screen", ["name", "factors", "review", "approval", "consent"])
def test_every_screen_can_be_cancelled(page: Page, portal, user, phone, screen):  # 92, 111
    if screen in ("name", "factors"):
        start(page, portal, "Payment SCA")
        if screen == "factors":
            name(page, user)
            phone.code("LOG IN")
    else:
        pay(page, portal, user, phone)
    if screen in ("approval", "consent"):
        page.get_by_role("button", name=re.compile("Continue")).click()
        code = phone.code("PAY 100 CZK")
    if screen == "consent":
        prove(page, code)
        expect(page.get_by_role("checkbox")).to_have_count(2)
    page.get_by_role("button", name=re.compile("^(Cancel|Reject)")).first.click()
    expect(heading(page)).to_have_text("You cancelled the request")
    expect(main(page)).to_contain_text("The payment was not sent.")
    page.wait_for_url(f"{portal.demo}/**")
    expect(main(page)).to_contain_text("access_denied")


def prepare(portal, **parts: object) -> str:
    wanted = {"operationName": "authorize_payment_sca", "params": [], **parts}
    answer = httpx2.post(
        f"{portal.address}/powerauth-nextstep/operation",
        json={"requestObject": wanted}, trust_env=False,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return str(answer.json()["responseObject"]["operationId"])


def authorize(page: Page, portal, operation_id: str) -> None:
    page.goto(portal.demo)
    page.get_by_role("textbox", name="Operation ID").fill(operation_id)
    page.get_by_role("button", name="Authorize", exact=True).click()


def test_a_prepared_operation_is_authorized_and_an_unknown_one_is_an_error(
    page: Page, portal, forgiven
):  # 2, 128
    forgiven.append("Failed to load resource")
    data = "A1*A100CZK*Q238400856/0300**D20270629*NUtility Bill Payment"
    authorize(page, portal, prepare(portal, operationData=data))
    expect(page.get_by_label(NAME)).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url(f"{portal.demo}/**")
    authorize(page, portal, "00000000-0000-4000-8000-000000000000")
    expect(main(page)).to_contain_text("The portal does not take this ID: OPERATION_NOT_FOUND")


def test_whatever_stands_in_a_form_is_shown_as_it_is_and_runs_nothing(
    page: Page, portal, user, phone
):
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"
    scripts = "\u0645\u0631\u062d\u0628\u0627 \u4f60\u597d"
    note = f"{evil} {scripts} \N{GRINNING FACE}"
    data = "A1*A100CZK*Q238400856/0300**D20270629*N" + "x" * 100
    parameters = [
        {"type": "AMOUNT", "id": "operation.amount", "amount": 100, "currency": "CZK",
         "currencyId": "operation.currency"},
        {"type": "KEY_VALUE", "id": "operation.account", "valueFormatType": "ACCOUNT",
         "value": "238400856/0300"},
        {"type": "KEY_VALUE", "id": "operation.shop", "label": evil, "valueFormatType": "TEXT",
         "value": note},
        {"type": "HEADING", "id": "operation.heading", "label": evil, "value": evil},
        {"type": "KEY_VALUE", "id": "operation.long", "valueFormatType": "TEXT",
         "value": "W" * 256},
    ]  # fmt: skip
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    form = {
        "title": {"id": "operation.title", "message": evil},
        "greeting": {"id": "operation.greeting", "message": note},
        "parameters": parameters,
    }
    authorize(page, portal, prepare(portal, operationData=data, formData=form))
    name(page, user)
    prove(page, phone.code("LOG IN"))
    expect(heading(page)).to_contain_text("Check this payment")
    expect(main(page)).to_contain_text("<script>alert(2)</script>{{7*7}}")
    assert page.locator("main img, main script").count() == 0
    page.set_viewport_size({"width": 320, "height": 640})
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    assert dialogs == []
