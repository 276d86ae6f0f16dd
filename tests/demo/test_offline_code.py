"""Offline codes on the page and the command line: nobody is asked, and nothing forged is signed."""

import re

import pytest
from click.testing import CliRunner

from app.crypto.offline_qr import OfflineOperation, SigningKey
from app.demo.phone.commands import phone as command
from app.demo.phone.keeping import Kept
from app.demo.phone.shop import Shop
from tests.crypto.vectors import text64
from tests.demo.phone.conftest import PIN, paired
from tests.demo.phone.portal import Portal as DeviceApi

OPERATION = OfflineOperation(
    operation_id="5ff1b1ed-a3cc-45a3-8ab0-ed60950312b6",
    title="Payment <b>now</b>",
    message="Pay 100 CZK\nto the shop",
    operation_data="A1*A100CZK*ICZ2730300000001165254011*D20180425",
    nonce=text64(b"n" * 16),
    flags="B",
)
DIGITS = re.compile(r"\d{4} \d{4} \d{4} \d{4}")


@pytest.fixture
def device_api():
    return DeviceApi()


@pytest.fixture
def text(device_api):
    return OPERATION.sign(device_api.server, SigningKey.PERSONALIZED)


@pytest.fixture
def phone(environment, device_api):
    """A phone without a network, in the drawer of the demo client."""
    drawer = Shop(environment.phones).drawer
    kept = Kept("Pixel 8", "http://127.0.0.1:1/es", paired(device_api, "3.3").state, online=False)
    with drawer.open():
        drawer.write(kept)
    return kept


@pytest.fixture
def scan(browser, phone):
    """The address of the page that shows what was scanned."""

    def scan(text):
        answer = browser.post(f"/phone/{phone.id}/offline", qr=text)
        assert answer.status_code == 303, answer.text
        return answer.location

    return scan


def digits_of(browser, phone, address, **fields):
    key = address.partition("scan=")[2]
    answer = browser.post(f"/phone/{phone.id}/digits", scan=key, **fields)
    assert answer.location == address
    found = DIGITS.search(browser.get(address).text)
    return found[0] if found else ""


def test_the_page_shows_what_is_signed_before_anything_is_signed(browser, portal, text, scan):
    page = browser.get(scan(text.replace("\n", "\r\n") + "\r\n")).text
    for words in ("Payment &lt;b&gt;now&lt;/b&gt;", "to the shop", OPERATION.operation_data):
        assert words in page
    assert not DIGITS.search(page)
    assert portal.requests == []


def test_the_page_gives_digits_that_the_portal_takes(browser, device_api, phone, text, scan):
    address = scan(text)
    digits = digits_of(browser, phone, address, factor="knowledge", pin=PIN)
    assert device_api.judge_digits(digits, OPERATION) == "possession_knowledge"


def test_another_click_and_a_reload_show_the_same_digits_and_use_no_further_code(
    browser, environment, phone, text, scan
):
    address = scan(text)
    first = digits_of(browser, phone, address, factor="biometry")
    assert first
    assert digits_of(browser, phone, address, factor="biometry") == first
    assert Shop(environment.phones).drawer.find(phone.id).state.counter == 1


def test_the_finger_is_offered_where_the_operation_allows_it_and_never_else(
    browser, device_api, phone, scan
):
    strict = OfflineOperation(**{**vars(OPERATION), "flags": ""})
    address = scan(strict.sign(device_api.server, SigningKey.PERSONALIZED))
    assert "fingerprint" not in browser.get(address).text
    assert digits_of(browser, phone, address, factor="biometry") == ""


@pytest.mark.parametrize(
    "bend",
    [
        lambda text: text.replace("A100CZK", "A999CZK"),
        lambda text: text.replace("Payment", "Refund"),
        lambda text: text[:-4],
        lambda _: OPERATION.sign(DeviceApi().server, SigningKey.PERSONALIZED),
        lambda _: "",
    ],
)
def test_what_the_portal_has_not_signed_is_refused_and_kept_to_be_corrected(
    browser, environment, phone, text, bend
):
    page = browser.post(f"/phone/{phone.id}/offline", qr=bend(text))
    assert page.status_code == 422
    assert "no operation of this phone&#39;s portal" in page.text
    assert "factor" not in page.text
    assert Shop(environment.phones).drawer.find(phone.id).state.counter == 0


def test_a_scan_belongs_to_the_phone_that_made_it(browser, environment, phone, text, scan):
    other = Kept("iPhone 15", phone.address, paired(DeviceApi(), "3.3").state, online=False)
    Shop(environment.phones).drawer.write(other)
    key = scan(text).partition("scan=")[2]
    assert "Payment" not in browser.get(f"/phone/{other.id}/offline", scan=key).text
    answer = browser.post(f"/phone/{other.id}/digits", scan=key, factor="biometry")
    assert "This scan is forgotten." in browser.get(answer.location).text


def test_the_command_writes_the_digits_and_nothing_else(environment, device_api, phone, text):
    arguments = ["--folder", str(environment.phones), "offline"]
    done = CliRunner().invoke(command, [*arguments, "-", "--pin", PIN], input=text)
    assert done.exit_code == 0, done.output
    assert device_api.judge_digits(done.stdout.strip(), OPERATION) == "possession_knowledge"
    assert OPERATION.operation_data in done.stderr
    done = CliRunner().invoke(command, [*arguments, text, "--biometry"])
    assert DIGITS.fullmatch(done.stdout.strip())


def test_a_phone_in_another_state_says_so_on_its_page(browser, phone):
    page = browser.get(f"/phone/{phone.id}/").text
    assert "This phone is offline." in page
    assert "Switch online" in page
