"""What testers type: read into values, or into one sentence for each field that is wrong."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BaseModel, PlainValidator, ValidationError

# 15 significant digits: what every reader of a JSON number keeps exactly.
AMOUNT = re.compile(r"\d{1,12}(\.\d{1,3})?", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)
LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
LONGEST_ID = 256
LOGINS = ("login_sca", "login")
PAYMENTS = ("authorize_payment_sca", "authorize_payment_single_sca", "authorize_payment")


@dataclass(frozen=True)
class Faults:
    """What is wrong with a form: the field's name, and what to do about it."""

    by_field: Mapping[str, str]


@dataclass(frozen=True)
class Account:
    """Where the money shall go: an IBAN, or an account in the bank's own writing."""

    text: str
    is_iban: bool


def clean(text: str) -> str:
    """Return the text as it can be signed: no control characters, single spaces, plain newlines."""
    text = re.sub(r"\r\n?", "\n", text)
    text = re.sub(r"[^\S\n]+", " ", text)
    return CONTROL.sub("", text).strip()


def _amount(given: str) -> Decimal:
    given = given.strip()
    if not AMOUNT.fullmatch(given) or not (amount := Decimal(given)):
        raise ValueError("Write an amount above zero, for example 100 or 99.50.")
    return amount


def _currency(given: str) -> str:
    given = given.strip().upper()
    if not CURRENCY.fullmatch(given):
        raise ValueError("Write the currency as three letters, for example CZK.")
    return given


def _account(given: str) -> Account:
    given = clean(given).replace("\n", " ")
    if not given:
        raise ValueError("Write the payee's account: a number such as 238400856/0300, or an IBAN.")
    compact = given.replace(" ", "").upper()
    if not IBAN.fullmatch(compact):
        return Account(given, is_iban=False)
    if not _has_right_check_digits(compact):
        raise ValueError("This looks like an IBAN, but its check digits are wrong.")
    return Account(compact, is_iban=True)


def _has_right_check_digits(iban: str) -> bool:
    """Tell whether an IBAN holds by ISO 7064, MOD 97-10."""
    number = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return int(number) % 97 == 1


def _due_date(given: str) -> date | None:
    given = given.strip()
    if not given:
        return None
    # fromisoformat alone also reads 20261129 and week dates.
    if DAY.fullmatch(given):
        try:
            return date.fromisoformat(given)
        except ValueError:
            pass
    raise ValueError("Write a day that exists as YYYY-MM-DD, or leave the field empty.")


def _context(given: str) -> dict[str, object]:
    """Read the application context; empty means the usual one."""
    if not given.strip():
        return {}
    try:
        context: object = json.loads(given)
        # What can be read cannot always be sent: 1e999, NaN, half a surrogate pair.
        json.dumps(context, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"This is not JSON that can be sent{where}.") from error
    if not isinstance(context, dict):
        raise ValueError('Write a JSON object, for example {"id": "democlient"}.')  # noqa: TRY004 - pydantic collects ValueError
    return context


def _locales(given: str) -> str:
    tags = given.split()
    if not all(LOCALE.fullmatch(tag) for tag in tags):
        raise ValueError("Write language tags with spaces between, for example cs en.")
    return " ".join(tags)


def _operation_id(given: str) -> str:
    given = given.strip()
    if not given:
        raise ValueError("Write the operation ID that Next Step answered.")
    if len(given) > LONGEST_ID or not given.isprintable():
        raise ValueError(f"An operation ID is one line of at most {LONGEST_ID} characters.")
    return given


def _one_of(names: tuple[str, ...]) -> PlainValidator:
    """Return what reads the pressed button; Enter without one means the strong variant."""

    def read(given: str) -> str:
        if given not in ("", *names):
            raise ValueError("Press one of the buttons.")
        return given or names[0]

    return PlainValidator(read)


Form = TypeVar("Form", bound=BaseModel)
Locales = Annotated[str, PlainValidator(_locales)]
Context = Annotated[dict[str, object], PlainValidator(_context)]


class Login(BaseModel, frozen=True):
    """A login as the tester wants it."""

    operation: Annotated[str, _one_of(LOGINS)]
    context: Context
    ui_locales: Locales


class Payment(BaseModel, frozen=True):
    """A payment as the tester wants it."""

    operation: Annotated[str, _one_of(PAYMENTS)]
    amount: Annotated[Decimal, PlainValidator(_amount)]
    currency: Annotated[str, PlainValidator(_currency)]
    account: Annotated[Account, PlainValidator(_account)]
    due_date: Annotated[date | None, PlainValidator(_due_date)]
    note: Annotated[str, PlainValidator(clean)]
    context: Context
    ui_locales: Locales


class Authorization(BaseModel, frozen=True):
    """An operation that somebody has prepared."""

    operation_id: Annotated[str, PlainValidator(_operation_id)]
    ui_locales: Locales


def read(form: type[Form], given: Mapping[str, str]) -> Form | Faults:
    """Read a form; what is absent counts as empty."""
    try:
        return form.model_validate({name: given.get(name, "") for name in form.model_fields})
    except ValidationError as refused:
        return Faults(
            {str(e["loc"][0]): str(e["ctx"]["error"]) for e in refused.errors() if "ctx" in e}
        )


def default_context(client_id: str, scope: str) -> dict[str, object]:
    """Return what this client says about itself unless the tester changes it."""
    return {
        "id": client_id,
        "name": "Demo application",
        "description": "Web Flow demo application",
        "originalScopes": [scope],
        "extras": {"applicationOwner": "Demo third party"},
    }


def defaults(client_id: str) -> dict[str, dict[str, str]]:
    """Return what each form shows at first."""
    due_date = datetime.now(UTC).date() + timedelta(days=7)
    return {
        "login": {"context": as_text(default_context(client_id, "aisp"))},
        "payment": {
            "amount": "100",
            "currency": "CZK",
            "account": "238400856/0300",
            "due_date": due_date.isoformat(),
            "note": "Utility Bill Payment",
            "context": as_text(default_context(client_id, "pisp")),
        },
        "authorize": {},
    }


def as_text(value: object) -> str:
    """Write JSON as people read it."""
    return json.dumps(value, indent=2, ensure_ascii=False)
