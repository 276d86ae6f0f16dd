"""Messages about templates of operations."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from app.api.cloud.schemas import NULLABLE, Name, PathName, Switch, matching
from app.api.kit import Schema, example
from app.mtoken.attributes import TAKES, Kind, TemplateAttribute, needs
from app.mtoken.templates import Factor, Template
from app.mtoken.wording import RESULTS, Saying

NO_CONTROL = matching(r"[^\x00-\x1f\x7f]*", "must not hold control characters")
Language = Annotated[
    str,
    Field(max_length=16),
    matching(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", "must be a tag such as en or sk-SK"),
]
Line = Annotated[Name, NO_CONTROL]
Long = Annotated[str, Field(min_length=1, max_length=2000)]
RISKS = "XCF"
EACH_ONCE = "^(X?(C?F?|FC)|C?(X?F?|FX)|F?(X?C?|CX))$"
"""These letters, in any order, for the document."""


class ResultTexts(Schema):
    """What the app says at the end; what is left out says what it always says."""

    success: Line | None = None
    failure: Line | None = None
    reject: Line | None = None


class AttributeText(Schema):
    """Something that is shown: how it is called, and which parameters are what of it."""

    id: Annotated[
        Name, matching(r"[A-Za-z][A-Za-z0-9_.-]*", "must be letters, digits, and inside . _ -")
    ]
    type: Kind
    text: Line
    params: Annotated[dict[Name, Name], NULLABLE] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _takes(self) -> Self:
        if unknown := set(self.params) - set(TAKES[self.type]):
            raise ValueError(f"params: {self.type} takes no {min(unknown)}")
        if missing := [part for part in needs(self.type) if part not in self.params]:
            raise ValueError(f"params: {self.type} needs {missing[0]}")
        return self


class TemplateText(Schema):
    """What a template says in one language; `${name}` stands for a parameter."""

    language: Language
    title: Line
    message: Long
    summary: Long | None = None
    """What a push says; the message by default."""
    attributes: Annotated[list[AttributeText], Field(max_length=32), NULLABLE] = Field(
        default_factory=list
    )
    """What is shown besides all that is signed; the same in every language, but for its texts."""
    result_texts: Annotated[ResultTexts, NULLABLE] = Field(default_factory=ResultTexts)
    ui: dict[str, object] | None = None
    """Screens in this language, in the place of those of the template."""

    def saying(self) -> Saying:
        """Return what is wanted."""
        results = {name: getattr(self.result_texts, name) for name in RESULTS}
        return Saying(
            title=self.title,
            message=self.message,
            summary=self.summary or self.message,
            attributes=tuple(
                TemplateAttribute(each.id, each.type, each.params) for each in self.attributes
            ),
            labels={each.id: each.text for each in self.attributes},
            results={name: text for name, text in results.items() if text is not None},
            ui=self.ui,
        )

    @classmethod
    def of(cls, language: str, saying: Saying) -> Self:
        """Present what a template says."""
        return cls(
            language=language,
            title=saying.title,
            message=saying.message,
            summary=saying.summary,
            attributes=[
                AttributeText(
                    id=each.id,
                    type=each.kind,
                    text=saying.labels[each.id],
                    params=dict(each.params),
                )
                for each in saying.attributes
            ],
            result_texts=ResultTexts(**saying.results),
            ui=None if saying.ui is None else dict(saying.ui),
        )


class UpdateTemplateRequest(Schema):
    """What a template is from now on."""

    model_config = example(
        {
            "operationType": "authorize_transfer",
            "dataTemplate": "A1*A${amount}${currency}*I${iban}",
            "signatureType": ["possession_knowledge", "possession_biometry"],
            "texts": [
                {
                    "language": "en",
                    "title": "Transfer",
                    "message": "Please confirm this transfer.",
                    "attributes": [
                        {
                            "id": "operation.amount",
                            "type": "AMOUNT",
                            "text": "Amount",
                            "params": {"amount": "amount", "currency": "currency"},
                        }
                    ],
                }
            ],
        }
    )

    operation_type: Line
    data_template: Annotated[str, Field(min_length=1, max_length=2000), NO_CONTROL]
    """What is signed, with `${name}` where a parameter stands."""
    signature_type: Annotated[list[Factor], Field(min_length=1, max_length=4)]
    max_failure_count: Annotated[int, Field(ge=1, le=100), NULLABLE] = 5
    expiration: Annotated[int, Field(ge=1, le=2_592_000), NULLABLE] = 300
    """Seconds."""
    risk_flags: Annotated[
        str, Field(max_length=3, json_schema_extra={"pattern": EACH_ONCE}), NULLABLE
    ] = ""
    """X swaps the buttons, C forbids approval during a call, F warns of fraud."""
    proximity_check_enabled: Switch = False
    ui: dict[str, object] | None = None
    """Screens of the app in every language; where there are any, the risk flags say nothing."""
    texts: Annotated[list[TemplateText], Field(max_length=64), NULLABLE] = Field(
        default_factory=list
    )

    @field_validator("risk_flags")
    @classmethod
    def _known(cls, value: str) -> str:
        if set(value) - set(RISKS) or len(set(value)) < len(value):
            raise ValueError(f"must be letters of {RISKS}, each once")
        return value

    @field_validator("texts")
    @classmethod
    def _once(cls, value: Sequence[TemplateText]) -> Sequence[TemplateText]:
        languages = [text.language.lower() for text in value]
        if len(set(languages)) < len(languages):
            raise ValueError("must have each language once")
        return value

    def template(self, name: str) -> Template:
        """Return what is wanted."""
        bare = Template(
            name=name,
            operation_type=self.operation_type,
            data=self.data_template,
            title="",
            greeting="",
            summary="",
            factors=tuple(dict.fromkeys(self.signature_type)),
            lifetime=timedelta(seconds=self.expiration),
            max_failures=self.max_failure_count,
            risk_flags=self.risk_flags,
            proximity_check=self.proximity_check_enabled,
            ui=self.ui,
        )
        return bare.saying({text.language: text.saying() for text in self.texts})


class CreateTemplateRequest(UpdateTemplateRequest):
    """A new template."""

    model_config = example(
        {
            "templateName": "transfer",
            "operationType": "authorize_transfer",
            "dataTemplate": "A1*A${amount}${currency}*I${iban}",
            "signatureType": ["possession_knowledge", "possession_biometry"],
            "texts": [
                {
                    "language": "en",
                    "title": "Transfer",
                    "message": "Please confirm this transfer.",
                }
            ],
        }
    )

    template_name: PathName


class TemplateDetail(Schema):
    """A template; without texts it says what we ship."""

    template_name: str
    operation_type: str
    data_template: str
    signature_type: list[
        Literal[
            "possession",
            "possession_knowledge",
            "possession_biometry",
            "possession_knowledge_biometry",
        ]
    ]
    max_failure_count: int
    expiration: int
    risk_flags: str
    proximity_check_enabled: bool
    ui: dict[str, object] | None = None
    texts: list[TemplateText]

    @classmethod
    def of(cls, template: Template) -> Self:
        """Present a template."""
        return cls.model_validate(
            {
                "template_name": template.name,
                "operation_type": template.operation_type,
                "data_template": template.data,
                "signature_type": [factor.value for factor in template.factors],
                "max_failure_count": template.max_failures,
                "expiration": int(template.lifetime.total_seconds()),
                "risk_flags": template.risk_flags,
                "proximity_check_enabled": template.proximity_check,
                "ui": None if template.ui is None else dict(template.ui),
                "texts": [
                    TemplateText.of(language, saying)
                    for language, saying in template.sayings.items()
                ],
            }
        )


class TemplateList(Schema):
    """All templates by their names."""

    templates: list[TemplateDetail]
