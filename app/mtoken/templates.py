"""Templates of operations: what is signed, with which factors, how long, how often.

The words are keys of our texts, so that every language has them; what the app shows of the
details is made from the data that are signed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from app.crypto.signatures import SignatureType
from app.errors import NotConfigured
from app.nextstep.form_data import FormData, Note, form_of
from app.nextstep.form_shapes import TEXT_ID
from app.nextstep.operation_data import MalformedOperationData, parse

TWO_FACTORS: Final = (SignatureType.POSSESSION_KNOWLEDGE, SignatureType.POSSESSION_BIOMETRY)

_PLACEHOLDER: Final = re.compile(r"\$\{([^{}]+)\}")


@dataclass(frozen=True)
class Template:
    """One kind of operation."""

    name: str
    operation_type: str
    """What the app and integrators call this kind."""
    data: str
    """The canonical string, with `${name}` where a parameter stands."""
    title: str
    greeting: str
    summary: str
    factors: tuple[SignatureType, ...] = TWO_FACTORS
    lifetime: timedelta = timedelta(minutes=5)
    max_failures: int = 5
    risk_flags: str = ""
    """Letters: X swaps the buttons, C forbids approval during a call, F warns of fraud."""
    proximity_check: bool = False
    """Whether the phone must have read the one-time password of the page."""
    ui: Mapping[str, object] | None = None
    """Screens of the app; where there are any, the risk flags say nothing."""


SHIPPED: Final[Mapping[str, Template]] = {
    template.name: template
    for template in (
        Template(
            name="login",
            operation_type="login",
            data="A2",
            title="login.title",
            greeting="login.greeting",
            summary="login.summary",
        ),
        Template(
            name="payment",
            operation_type="authorize_payment",
            data="A1*A${amount}${currency}*I${iban}",
            title="operation.title",
            greeting="operation.greeting",
            summary="operation.summary",
        ),
    )
}
"""The templates that every installation has."""


def named(templates: Mapping[str, Template], name: str) -> Template:
    """Return the template of this name. Raises NotConfigured."""
    try:
        return templates[name]
    except KeyError:
        raise NotConfigured("template", name=name) from None


def data_of(template: Template, parameters: Mapping[str, str]) -> str:
    """Write the canonical string; a parameter that was not given stays as it is written.

    Raises MalformedOperationData for control characters.
    """

    def value(found: re.Match[str]) -> str:
        return _escaped(parameters[found[1]]) if found[1] in parameters else found[0]

    return _PLACEHOLDER.sub(value, template.data)


def form_of_data(template: Template, data: str) -> FormData:
    """Return what the app shows of these data: all that is signed, however it looks."""
    try:
        form = form_of(parse(data))
    except MalformedOperationData:  # nobody signs what they cannot see
        return FormData(template.title, template.greeting, parameters=(Note(TEXT_ID, data),))
    return replace(
        form,
        title=form.title or template.title,
        greeting=form.greeting or template.greeting,
        summary=form.summary or template.summary,
    )


def filled(ui: Mapping[str, object], parameters: Mapping[str, str]) -> dict[str, object]:
    """Return the screens with the parameters in their places."""

    def value(found: re.Match[str]) -> str:
        # Inside of a JSON text: quotes and backslashes of a parameter must not end it.
        return json.dumps(parameters[found[1]])[1:-1] if found[1] in parameters else found[0]

    screens: dict[str, object] = json.loads(_PLACEHOLDER.sub(value, json.dumps(ui)))
    return screens


def _escaped(text: str) -> str:
    if any(char < " " and char != "\n" for char in text):
        raise MalformedOperationData("control characters are not allowed")
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("\n", "\\n")
