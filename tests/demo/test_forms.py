import re

import pytest

PAYMENT = {
    "amount": "100",
    "currency": "CZK",
    "account": "238400856/0300",
    "due_date": "2026-11-29",
    "note": "Rent",
}


def marked(text):
    return re.findall(r'<input[^>]* name="(\w+)"[^>]*aria-invalid="true"', text) or re.findall(
        r'<textarea[^>]* name="(\w+)"[^>]*aria-invalid="true"', text
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("amount", value) for value in ("", "0", "0.00", "-1", "1e5", "abc", "1,5", "1.2345")),
        *(("amount", value) for value in ("9" * 13, "NaN", "Infinity", "\u0661\u0660\u0660")),
        *(("currency", value) for value in ("", "CZ", "CZKK", "C1K", "€€€")),
        *(("account", value) for value in ("", "   ", "\x00", "CZ6508000000192000145398")),
        *(("due_date", value) for value in ("2026-02-30", "tomorrow", "20261129", "2026-W48-7")),
        *(("context", value) for value in ("{", "[]", "5", "null", '{"a": NaN}', '{"a": 1e999}')),
        *(("context", value) for value in ("[" * 5000, '{"a": "\\ud800"}')),
        *(("ui_locales", value) for value in ("čeština", "en_US", "e", "x" * 50)),
    ],
)
def test_a_payment_with_a_bad_field_is_refused_at_that_field(browser, portal, field, value):
    page = browser.post("/start/payment", **{**PAYMENT, field: value})
    assert page.status_code == 422
    assert marked(page.text) == [field]
    assert f'id="payment-{field}-error"' in page.text
    assert f'href="#payment-{field}"' in page.text
    assert not portal.requests


def test_every_bad_field_is_named_at_once_and_what_was_typed_is_kept(browser):
    page = browser.post(
        "/start/payment", amount="<script>", currency="?", account="", note="Kept & safe"
    )
    assert marked(page.text) == ["amount", "currency", "account"]
    assert 'value="&lt;script&gt;"' in page.text
    assert 'value="Kept &amp; safe"' in page.text


def test_a_bad_context_of_a_login_opens_its_part_of_the_page(browser):
    page = browser.post("/start/login", context='{"id": ')
    assert page.status_code == 422
    assert "This is not JSON that can be sent (line 1)." in page.text
    assert re.search(r"<details open>\s*<summary>Application context", page.text)
    assert "{&#34;id&#34;: " in page.text


@pytest.mark.parametrize("value", ["", "   ", "x" * 257, "a\nb"])
def test_an_operation_id_that_cannot_be_one_is_refused(browser, portal, value):
    page = browser.post("/start/authorize", operation_id=value)
    assert page.status_code == 422
    assert marked(page.text) == ["operation_id"]
    assert not portal.requests


def test_a_payment_may_go_without_due_date_and_note(browser, portal):
    browser.start("/start/payment", **{**PAYMENT, "due_date": "", "note": ""})
    [created] = portal.created
    assert created["operationData"] == "A1*A100CZK*Q238400856/0300"
    kinds = [parameter["type"] for parameter in created["formData"]["parameters"]]
    assert kinds == ["AMOUNT", "KEY_VALUE"]
