"""The inbox on the demo phone, as pages without a script and as commands (checklist 119)."""

import json
import os

import pytest
from click.testing import CliRunner

from app.demo.phone.commands import phone as command
from tests.support.back_office import BackOffice
from tests.support.browser import Browser
from tests.support.mobile import MobilePhone

EMPTY = "The bank has written nothing yet."
HTML = "<h1>Hours</h1><p onclick='x()'>Until <b>eight</b>.</p><script>alert('no')</script>"


@pytest.fixture(scope="module")
def portal(tiers):
    return tiers.shared("embedded")


@pytest.fixture(scope="module")
def bank(portal):
    return BackOffice(portal)


@pytest.fixture
def user():
    return f"user{os.urandom(4).hex()}"


@pytest.fixture
def browser(portal):
    with Browser() as browser:
        browser.open(f"{portal.demo}/phone/")
        yield browser
        assert not [page.url for page in browser.visited if page.status >= 500]


def form(browser, action):
    """The form that goes to an address that ends so."""
    return next(form for form in browser.page.forms if form.action.endswith(action))


@pytest.fixture
def inbox(browser, user):
    """The address of the inbox of a phone that is paired in two clicks."""
    return browser.press(form=form(browser, "/quick"), user=user).url + "inbox"


def test_an_empty_inbox_says_so(browser, inbox):
    page = browser.open(inbox)
    assert page.status == 200
    assert EMPTY in page.text
    assert not [each for each in page.forms if "/inbox" in each.action]


def test_a_new_message_is_counted_opened_and_then_read(bank, browser, user, inbox):
    made = bank.write(user)
    page = browser.open(inbox)
    assert "1 unread" in page.text
    assert "Open until eight." in page.text
    page = browser.press(form=form(browser, f"/{made}/read"))
    assert page.url == f"{inbox}/{made}"
    assert "on Fridays until six." in page.text
    assert "Mark as read" not in page.text
    assert bank.has_read(made)
    page = browser.open(inbox)
    assert "Everything is read." in page.text
    assert any(link.endswith(made) for link in page.content.links)


def test_the_phone_says_itself_that_something_is_new(bank, browser, user, inbox):
    phone = inbox.removesuffix("inbox")
    before = browser.open(phone)
    assert "unread" not in before.text
    bank.write(user)
    seen = browser.open(phone + "news").html
    after = browser.open(phone)
    assert "1 unread" in " ".join(after.text.split())
    assert "Nothing waits for you" in after.text
    assert json.loads(seen)["seen"] in after.html
    assert json.loads(seen)["seen"] not in before.html


def test_looking_at_a_message_does_not_read_it_and_its_button_does(bank, browser, user, inbox):
    made = bank.write(user)
    assert "Mark as read" in browser.open(f"{inbox}/{made}").text
    assert not bank.has_read(made)
    page = browser.press(form=form(browser, f"/{made}/read"))
    assert "Mark as read" not in page.text
    assert bank.has_read(made)


def test_html_is_shown_without_what_runs(bank, browser, user, inbox):
    made = bank.write(user, type="html", body=HTML)
    page = browser.open(f"{inbox}/{made}")
    assert "<h1>Hours</h1><p>Until <b>eight</b>.</p>" in page.html
    assert "onclick" not in page.html
    assert "alert(" not in page.html
    made = bank.write(user, type="text", body=HTML, subject="<b>As it is</b>")
    page = browser.open(f"{inbox}/{made}")
    assert HTML in page.text
    assert "&lt;b&gt;As it is" in page.html


def test_everything_is_marked_as_read(bank, browser, user, inbox):
    made = [bank.write(user, silent=True) for _ in range(2)]
    assert "2 unread" in browser.open(inbox).text
    page = browser.press(form=form(browser, "/read-all"))
    assert "Everything is marked as read." in page.text
    assert all(bank.has_read(each) for each in made)
    assert not [each for each in page.forms if each.action.endswith("/read-all")]


def test_older_messages_are_on_further_pages(bank, browser, user, inbox):
    made = [bank.write(user, silent=True) for _ in range(21)]
    page = browser.open(inbox)
    assert made[0] not in page.html
    (older,) = [link for link in page.content.links if "page=1" in link]
    page = browser.open(older)
    assert made[0] in page.html
    assert made[1] not in page.html
    assert not [link for link in page.content.links if "page=2" in link]
    assert "There is nothing older." in browser.open(f"{inbox}?page=7").text
    for odd in ("-1", "x", "9" * 40, "\u0661"):
        assert made[-1] in browser.open(f"{inbox}?page={odd}").html


def test_a_message_of_somebody_else_is_not_there(bank, browser, user, inbox):
    made = bank.write(f"{user}-2")
    page = browser.open(f"{inbox}/{made}")
    assert page.status == 404
    assert "There is no such message for this phone." in page.text
    assert not bank.has_read(made)


def test_a_phone_that_is_switched_off_shows_no_inbox(bank, browser, user, inbox):
    made = bank.write(user)
    browser.open(inbox.removesuffix("inbox") + "settings")
    browser.press("no", form=form(browser, "/network"))
    page = browser.open(inbox)
    assert "This phone is offline." in page.text
    assert EMPTY not in page.text
    assert "This phone is offline." in browser.open(f"{inbox}/{made}").text


def test_a_form_without_its_token_reads_nothing(bank, browser, user, inbox):
    made = bank.write(user)
    browser.open(inbox)
    browser.press(form=form(browser, f"/{made}/read"), csrf_token="*")
    assert not bank.has_read(made)


# --- the commands -------------------------------------------------------------------------------


@pytest.fixture
def run(portal, user):
    """Run a command of a phone that is paired; return what it wrote and its exit code."""
    folder = MobilePhone(portal, user).folder

    def run(*arguments):
        done = CliRunner().invoke(command, ["--folder", str(folder), *arguments])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return run


def test_messages_are_listed_and_read_on_the_command_line(bank, user, run):
    assert run("inbox").stdout == ""
    made = bank.write(user, type="html", body=HTML, silent=True)
    assert run("inbox").stdout == f"{made}  unread  Opening hours  Open until eight.\n"
    (row,) = json.loads(run("inbox", "--json").stdout)
    assert (row["id"], row["read"]) == (made, False)
    assert run("read", made).stdout == "Opening hours\n\nHours\nUntil eight.\n"
    assert bank.has_read(made)
    assert run("inbox", "--unread").stdout == ""
    assert "  read  " in run("inbox").stdout


def test_all_are_read_by_one_command(bank, user, run):
    made = [bank.write(user) for _ in range(2)]
    assert run("read", "--all").exit_code == 0
    assert all(bank.has_read(each) for each in made)


def test_commands_say_what_is_wrong(bank, user, run):
    theirs = bank.write(f"{user}-2")
    done = run("read", theirs)
    assert (done.exit_code, "no such message" in done.output) == (5, True)
    assert run("read").exit_code == 2
    assert run("read", theirs, "--all").exit_code == 2
    assert run("inbox", "--page", "-1").exit_code == 2
