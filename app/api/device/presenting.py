"""Operations in the words of the phone's person, as apps read them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from app.mtoken.operation_views import Operation
from app.mtoken.wording import spoken
from app.nextstep.form_data import (
    AccountChoice,
    Alert,
    Amount,
    AmountConversion,
    Attribute,
    BannerLine,
    BannerType,
    FormData,
    Heading,
    Image,
    KeyValue,
    Note,
    PartyInfo,
    localise,
)
from app.texts import LanguageWords

ALERTS = {
    BannerType.ERROR: "ERROR",
    BannerType.WARNING: "WARNING",
    BannerType.INFO: "INFO",
}
STANDS_IN = {KeyValue.type: "value", Note.type: "note", Heading.type: "label"}
"""Type of an attribute → where its text stands."""

CHOICE = "operation.bankAccountChoice"
ONE_FACTOR = "possession"


def presented(
    operation: Operation, words: LanguageWords, languages: Sequence[str]
) -> dict[str, object]:
    """Return an operation as apps read it; its template may speak more languages than we do."""
    own = spoken(operation.texts, *languages)
    words = words.saying(own.words)
    ui = operation.ui if own.ui is None else own.ui
    variants = [factor.value for factor in operation.factors]
    return {
        "id": operation.id,
        "name": operation.operation_type,
        "data": operation.data,
        "status": operation.status,
        "statusReason": operation.status_reason,
        "operationCreated": moment(operation.created_at),
        "operationExpires": moment(operation.expires_at),
        "ui": _screens(operation, words) if ui is None else ui,
        "allowedSignatureType": {
            "type": "1FA" if ONE_FACTOR in variants else "2FA",
            "variants": variants,
        },
        "formData": _form(operation, words),
    }


def moment(time: datetime) -> str:
    """Return a time as apps read it, e.g. `2018-07-02T14:43:13+0000`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _screens(operation: Operation, words: LanguageWords) -> dict[str, object]:
    """Return what the risk flags, and a check that the phone is near, mean for the app."""
    screens: dict[str, object] = {
        "flipButtons": "X" in operation.risk_flags,
        "blockApprovalOnCall": "C" in operation.risk_flags,
    }
    if operation.needs_proximity:
        screens["preApprovalScreen"] = _screen("QR_SCAN", "mtoken.scan", words)
    elif "F" in operation.risk_flags:
        screens["preApprovalScreen"] = _screen("WARNING", "mtoken.warning", words)
    return screens


def _screen(kind: str, key: str, words: LanguageWords) -> dict[str, object]:
    heading, message = words.text(f"{key}.title"), words.text(f"{key}.text")
    return {"type": kind, "heading": heading, "message": message, "items": []}


def _form(operation: Operation, words: LanguageWords) -> dict[str, object]:
    form = operation.form
    said: dict[str, Any] = localise(
        form,
        words,
        chosen_account=form.user_input.get(CHOICE),
        parameters=operation.parameters,
    )
    results = ("success", "failure", "reject")
    return {
        "title": _message(said["title"]),
        "message": _message(said["greeting"]),
        "resultTexts": {name: words.text(f"mtoken.{name}") for name in results},
        "attributes": [
            *(
                _alert(banner.id, banner.banner, text["message"])
                for banner, text in zip(form.banners, said["banners"], strict=True)
            ),
            *(
                shown
                for attribute, text in zip(form.parameters, said["parameters"], strict=True)
                for shown in _attribute(attribute, text, form, words)
            ),
        ],
    }


def _attribute(
    attribute: Attribute, said: Mapping[str, Any], form: FormData, words: LanguageWords
) -> Iterator[dict[str, object]]:
    """Yield an attribute in the dialect of apps; nothing for a choice that nobody has made."""
    common = {"type": attribute.type, "id": attribute.id, "label": said.get("label", "")}
    formatted = said.get("formattedValues", {})
    match attribute:
        case Amount(amount=amount, currency=currency):
            yield {
                **common,
                "amount": said["amount"],
                "currency": currency,
                "amountFormatted": words.bare_amount(amount, currency),
                "currencyFormatted": formatted["currency"],
                "valueFormatted": formatted["amount"],
            }
        case KeyValue() | Note() | Heading():
            yield {**common, STANDS_IN[attribute.type]: formatted["value"]}
        case BannerLine(banner=banner):
            yield _alert(attribute.id, banner, said["message"])
        case PartyInfo() | Alert() | Image():
            yield {**common, **attribute.to_json()}
        case AmountConversion():
            yield {**common, **_conversion(attribute, words)}
        case AccountChoice(accounts=accounts):
            chosen = form.user_input.get(CHOICE)
            for account in accounts:
                if account.account_id == chosen:
                    yield {**common, "type": KeyValue.type, "value": account.number}


def _conversion(shown: AmountConversion, words: LanguageWords) -> dict[str, object]:
    """Return both sides, each as `AMOUNT` has its own."""
    told = shown.to_json()
    sides = (
        ("source", shown.source, shown.source_currency),
        ("target", shown.target, shown.target_currency),
    )
    for side, amount, currency in sides:
        told[f"{side}AmountFormatted"] = words.bare_amount(amount, currency)
        told[f"{side}CurrencyFormatted"] = words.currency(currency)
        told[f"{side}ValueFormatted"] = words.amount(amount, currency)
    return told


def _alert(name: str, banner: BannerType, message: str) -> dict[str, object]:
    kind = {"type": "ALERT", "id": name, "label": "", "alertType": ALERTS[banner]}
    return {**kind, "title": "", "message": message}


def _message(text: Mapping[str, Any] | None) -> str:
    return str(text["message"]) if text else ""
