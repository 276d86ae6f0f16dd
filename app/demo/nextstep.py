"""Next Step, server to server: the bodies that prepare operations, and the question about one."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.demo.forms import Account, Login, Payment
from app.demo.portal import Json, Portal, PortalSilent

CREATE_PATH = "/powerauth-nextstep/operation"
DETAIL_PATH = "/powerauth-nextstep/operation/detail"


@dataclass(frozen=True)
class Prepared:
    """One exchange with Next Step about an operation, kept to be shown."""

    operation_id: str
    operation_name: str
    call: str
    request: Json
    answer: Json


def prepare(portal: Portal, body: Mapping[str, object]) -> Prepared:
    """Create an operation and return what Next Step said."""
    request = {"requestObject": body}
    answer = portal.post_json(portal.address + CREATE_PATH, request)
    return _prepared(f"POST {CREATE_PATH}", request, answer)


def look_up(portal: Portal, operation_id: str) -> Prepared:
    """Ask what an operation is that somebody else has prepared."""
    request = {"operationId": operation_id}
    answer = portal.get(portal.address + DETAIL_PATH, query=request)
    return _prepared(f"GET {DETAIL_PATH}", request, answer)


def login_body(login: Login, context: Json) -> dict[str, object]:
    """Return the operation of a login, which has nothing to sign."""
    return {
        "operationName": login.operation,
        "operationData": "A2",
        "params": [],
        "formData": {},
        "applicationContext": context,
    }


def payment_body(payment: Payment, context: Json) -> dict[str, object]:
    """Return the operation of a payment with the tester's values."""
    return {
        "operationName": payment.operation,
        "operationData": operation_data(payment),
        "params": [],
        "formData": _form_data(payment),
        "applicationContext": context,
    }


def operation_data(payment: Payment) -> str:
    """Return the string that is signed, e.g. `A1*A100CZK*Q238400856/0300**D20170629*NRent`.

    Version A, template 1: amount, account, reference (none here), due date, note. Empty
    fields keep their place; those at the end are left out.
    """
    fields = [
        "A1",
        f"A{payment.amount:f}{payment.currency}",
        _account_field(payment.account),
        "",
        f"D{payment.due_date.isoformat().replace('-', '')}" if payment.due_date else "",
        f"N{escaped(payment.note)}" if payment.note else "",
    ]
    while not fields[-1]:
        fields.pop()
    return "*".join(fields)


def escaped(text: str) -> str:
    """Escape what means something in operation data; the backslash first, it escapes the rest."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("*", "\\*")


def _account_field(account: Account) -> str:
    return f"I{account.text}" if account.is_iban else f"Q{escaped(account.text)}"


def _form_data(payment: Payment) -> dict[str, object]:
    """Return the same payment as attributes that the portal puts into the customer's language."""
    parameters: list[dict[str, object]] = [
        {
            "type": "AMOUNT",
            "id": "operation.amount",
            "valueFormatType": "AMOUNT",
            "amount": _number(payment),
            "currency": payment.currency,
            "currencyId": "operation.currency",
        },
        _key_value("operation.account", "ACCOUNT", payment.account.text),
    ]
    if payment.due_date:
        parameters.append(_key_value("operation.dueDate", "DATE", payment.due_date.isoformat()))
    if payment.note:
        note = {"type": "NOTE", "id": "operation.note", "valueFormatType": "TEXT"}
        parameters.append({**note, "note": payment.note})
    return {
        "title": {"id": "operation.title"},
        "greeting": {"id": "operation.greeting"},
        "summary": {"id": "operation.summary"},
        "config": [],
        "parameters": parameters,
    }


def _key_value(name: str, kind: str, value: str) -> dict[str, object]:
    return {"type": "KEY_VALUE", "id": name, "valueFormatType": kind, "value": value}


def _number(payment: Payment) -> int | float:
    """Return the amount as JSON writes it: at most 15 digits, so nothing is lost."""
    amount = payment.amount
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _prepared(call: str, request: Json, answer: Json) -> Prepared:
    inside = answer.get("responseObject")
    found = inside if isinstance(inside, dict) else {}
    operation_id, name = found.get("operationId"), found.get("operationName")
    if not (isinstance(operation_id, str) and operation_id and isinstance(name, str)):
        raise PortalSilent(f"{call} was answered without an operation.")
    return Prepared(operation_id, name, call, request, answer)
