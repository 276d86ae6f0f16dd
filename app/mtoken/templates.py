"""Templates of operations: what is signed, with which factors, how long, how often.

The words are keys of our texts, so that every language has them; what the app shows of the
details is made from the data that are signed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Literal

from app.crypto.signatures import SignatureType
from app.mtoken.attributes import TemplateAttribute, attributes_of
from app.mtoken.wording import (
    GREETING,
    PLACEHOLDER,
    SUMMARY,
    TITLE,
    Saying,
)
from app.nextstep.form_data import FormData, Note, complete
from app.nextstep.form_shapes import SIGNED_IDS, TEXT_ID
from app.nextstep.operation_data import MalformedOperationData, parse

Factor = Literal[
    SignatureType.POSSESSION,
    SignatureType.POSSESSION_KNOWLEDGE,
    SignatureType.POSSESSION_BIOMETRY,
    SignatureType.POSSESSION_KNOWLEDGE_BIOMETRY,
]
"""What may approve: always the phone, alone or with something else."""

TWO_FACTORS: Final = (SignatureType.POSSESSION_KNOWLEDGE, SignatureType.POSSESSION_BIOMETRY)


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
    sayings: Mapping[str, Saying] = field(default_factory=dict)
    """What an administrator lets it say, by language; the first one tells what is shown."""

    @property
    def attributes(self) -> Sequence[TemplateAttribute]:
        """What is shown besides all that is signed, the same in every language."""
        return next(iter(self.sayings.values())).attributes if self.sayings else ()

    def saying(self, sayings: Mapping[str, Saying]) -> "Template":
        """Return the template with words of an administrator."""
        if not sayings:
            return self
        return replace(self, sayings=sayings, title=TITLE, greeting=GREETING, summary=SUMMARY)


ENROLLMENT, APPROVAL, TEXT_MESSAGE = "enrollment", "approval", "text_message"
"""What the second façade opens."""

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
        Template(
            name=ENROLLMENT,
            operation_type="enrollment",
            data="A2*R${registration}",
            title="enrollment.title",
            greeting="enrollment.greeting",
            summary="enrollment.summary",
        ),
        Template(
            name=APPROVAL,
            operation_type="approval",
            data="A2*T${message}",
            title="approval.title",
            greeting="approval.greeting",
            summary="approval.summary",
        ),
        Template(
            name=TEXT_MESSAGE,
            operation_type="approval",
            data="A2*R${number}",
            title="approval.title",
            greeting="approval.greeting",
            summary="approval.summary",
            factors=(SignatureType.POSSESSION,),
        ),
    )
}
"""The templates that every installation has."""


def data_of(template: Template, parameters: Mapping[str, str]) -> str:
    """Write the canonical string; a parameter that was not given stays as it is written.

    Raises MalformedOperationData for control characters.
    """

    def value(found: re.Match[str]) -> str:
        return _escaped(parameters[found[1]]) if found[1] in parameters else found[0]

    return PLACEHOLDER.sub(value, template.data)


def form_of_data(
    template: Template, data: str, parameters: Mapping[str, str] = MappingProxyType({})
) -> FormData:
    """Return what the app shows: all that is signed, however it looks, and what is added to it."""
    added = tuple(attributes_of(template.attributes, parameters))
    own = FormData(parameters=added)
    if template.sayings:
        own = FormData(template.title, template.greeting, template.summary, parameters=added)
    try:
        form = complete(parse(data), own)
    except MalformedOperationData:  # nobody signs what they cannot see
        shown = (*(each for each in added if each.id not in SIGNED_IDS), Note(TEXT_ID, data))
        return FormData(template.title, template.greeting, own.summary, parameters=shown)
    return replace(
        form,
        title=form.title or template.title,
        greeting=form.greeting or template.greeting,
        summary=form.summary or template.summary,
    )


def _escaped(text: str) -> str:
    if any(char < " " and char != "\n" for char in text):
        raise MalformedOperationData("control characters are not allowed")
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("\n", "\\n")
