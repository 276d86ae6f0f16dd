"""The creator's form as the review shows it: localised, and never taken for HTML."""

import pytest

from tests.support.store import on_sqlite
from tests.support.walker import APPLICATION, PAYMENT, Walker, detail, next_step, prepared

EVIL = "<img src=x onerror=alert(1)>"


def key_value(name, value, kind="TEXT"):
    return {"type": "KEY_VALUE", "id": name, "valueFormatType": kind, "value": value}


def review(app, *parameters, language="en", **changes):
    form = {"parameters": list(parameters), **changes.pop("form", {})}
    walker = Walker(app, language=language)
    walker.start_payment(formData=form, **changes)
    walker.log_in()
    return walker


def words(walker):
    return " ".join(walker.page.text.split())


@on_sqlite
def test_a_date_is_written_as_the_language_writes_it(app):  # 89
    walker = review(app, key_value("extra.day", "2030-02-01", "DATE"))
    assert "1 Feb 2030" in words(walker)
    walker.reload("?lang=cs")
    assert "1. 2. 2030" in words(walker).replace("\xa0", " ")


@on_sqlite
def test_what_is_no_number_or_no_date_is_shown_as_it_is(app):  # 89
    given = [
        ("NUMBER", "many"), ("NUMBER", "12e3"), ("NUMBER", "1 000"), ("AMOUNT", "NaN"),
        ("DATE", "tomorrow"), ("DATE", "2030-02-31"), ("DATE", "01.02.2030"),
    ]  # fmt: skip
    walker = review(
        app, *(key_value(f"extra.{n}", value, kind) for n, (kind, value) in enumerate(given))
    )
    for _, value in given:
        assert value in words(walker)


@on_sqlite
def test_a_number_has_the_separators_of_the_language(app):  # 89
    walker = review(app, key_value("extra.value", "1234567.5", "NUMBER"))
    assert "1,234,567.5" in words(walker)
    walker.reload("?lang=cs")
    assert "1 234 567,5" in words(walker).replace("\xa0", " ")


@on_sqlite
def test_a_text_that_nobody_wrote_shows_its_key(app):  # 89
    walker = review(
        app,
        key_value("extra.name", "x"),
        key_value("extra.other", "no.such.key", "LOCALIZED_TEXT"),
        form={"greeting": {"id": "no.greeting"}},
    )
    for key in ("extra.name", "no.such.key", "no.greeting"):
        assert f"MISSING_LOCALIZATION_FOR_FIELD: {key}" in words(walker)


@on_sqlite
def test_headings_banners_and_parties_are_shown(app):  # 90
    walker = review(
        app,
        {"type": "HEADING", "id": "h", "value": "A heading", "valueFormatType": "TEXT"},
        {"type": "BANNER", "id": "login.summary", "bannerType": "BANNER_WARNING"},
        {
            "type": "PARTY_INFO",
            "id": "party",
            "partyInfo": {
                "name": "The Shop",
                "description": "Sells things",
                "websiteUrl": "https://shop.example/",
                "logoUrl": "https://shop.example/logo.png",
            },
        },
        form={"banners": [{"bannerType": "BANNER_ERROR", "id": "login.title"}]},
    )
    for shown in ("A heading", "Please confirm the login attempt.", "Login", "The Shop",
                  "Sells things", "https://shop.example/"):  # fmt: skip
        assert shown in words(walker), shown
    assert 'rel="noreferrer noopener"' in walker.page.html
    assert "logo.png" not in walker.page.html  # nothing is loaded from a foreign host


@on_sqlite
def test_html_in_what_others_wrote_is_only_text(app):  # 90
    walker = review(
        app,
        key_value("extra.value", EVIL),
        {"type": "HEADING", "id": "h", "value": EVIL},
        {
            "type": "PARTY_INFO",
            "id": "party",
            "partyInfo": {
                "name": EVIL,
                "description": EVIL,
                "websiteUrl": 'https://x.example/"><b>',
            },
        },
        {"type": "KEY_VALUE", "id": EVIL, "value": "x"},
        operationData=f"A1*A100CZK*Q{EVIL}***N{EVIL}",
        applicationContext={**APPLICATION, "name": EVIL, "description": EVIL},
    )
    pages = [walker.page.html]
    walker.choose()
    pages.append(walker.page.html)
    walker.prove()
    pages.append(walker.page.html)
    walker.agree()
    pages.append(walker.page.html)
    first = Walker(app)
    pages.append(first.start_payment(applicationContext={**APPLICATION, "name": EVIL}).html)
    for html in pages:
        assert "<img" not in html
        assert "&lt;img src=x onerror=alert(1)&gt;" in html
        assert '"><b>' not in html


@on_sqlite
def test_a_user_name_with_html_in_it_is_only_text(app):
    name = "<script>alert(1)</script>"
    walker = Walker(app)
    walker.start_payment()
    pages = [walker.name("<a b>").html, walker.name(name).html, walker.prove("0").html]
    walker.prove()
    walker.choose()
    pages.append(walker.page.html)
    for html in pages:
        assert "<script>alert" not in html
        assert "<a b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages[1]


@on_sqlite
@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//evil.example"])
def test_an_address_that_is_not_of_the_web_is_refused_at_the_door(app, address):
    party = {"type": "PARTY_INFO", "id": "p", "partyInfo": {"name": "x", "websiteUrl": address}}
    answer = next_step(app, {**PAYMENT, "formData": {"parameters": [party]}})
    assert answer.status_code == 400
    (violation,) = answer.json["responseObject"]["violations"]
    assert violation["fieldName"].endswith("websiteUrl")


@on_sqlite
def test_what_is_signed_is_shown_even_if_the_form_leaves_it_out(app):
    walker = review(app, key_value("extra.value", "x"))
    for shown in ("100.00 CZK", "238400856/0300", "29 Jun 2017", "Utility Bill Payment - 05/2017"):
        assert shown in words(walker), shown


@on_sqlite
def test_the_back_end_gets_its_form_localised_in_english(app):
    operation = prepared(app)
    form = detail(app, operation)["formData"]
    assert form["title"] == {"id": "operation.title", "message": "Confirm Payment"}
    assert form["summary"]["message"] == (
        "Hello, please confirm payment 100 CZK to account 238400856/0300."
    )
    amount = next(p for p in form["parameters"] if p["id"] == "operation.amount")
    assert amount["label"] == "Amount"
    assert amount["formattedValues"] == {"amount": "100.00 CZK", "currency": "CZK"}
    assert form["dynamicDataLoaded"] is False
    assert form["userInput"] == {}
