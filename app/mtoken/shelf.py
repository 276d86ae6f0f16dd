"""The templates that there are: those that we ship, and those that administrators have set."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.crypto.signatures import SignatureType
from app.errors import AlreadyConfigured, NotConfigured
from app.events import Journal, Name
from app.mtoken.attributes import TemplateAttribute
from app.mtoken.templates import (
    APPROVAL,
    ENROLLMENT,
    SHIPPED,
    TEXT_MESSAGE,
    TWO_FACTORS,
    Template,
)
from app.mtoken.wording import OURS, Saying
from app.nextstep.form_shapes import RESERVED
from app.store.operations import OperationTemplateRow

TEMPLATE: Final = "template"
OF_THE_FACADE: Final = {ENROLLMENT, APPROVAL, TEXT_MESSAGE}
STRONG: Final = {*TWO_FACTORS, SignatureType.POSSESSION_KNOWLEDGE_BIOMETRY}


class InvalidTemplate(ValueError):  # noqa: N818 - it says what was given
    """A template that could not be used; `place` says what of it."""

    def __init__(self, place: str, hint: str) -> None:
        super().__init__(f"{place}: {hint}")
        self.place = place
        self.hint = hint


class Templates:
    """Lists and changes templates; what is open keeps what it was opened with."""

    def __init__(self, session: Session, journal: Journal) -> None:
        self._session = session
        self._journal = journal

    def all(self) -> Sequence[Template]:
        """Return all templates by their names."""
        rows = self._session.scalars(select(OperationTemplateRow))
        return sorted(
            {**SHIPPED, **{row.name: _read(row) for row in rows}}.values(),
            key=lambda template: template.name,
        )

    def find(self, name: str) -> Template:
        """Return a template. Raises NotConfigured."""
        return template_named(self._session, name)

    def create(self, template: Template) -> None:
        """Add a template. Raises AlreadyConfigured, InvalidTemplate."""
        _check(template)
        if template.name in SHIPPED or not self._added(template):
            raise AlreadyConfigured(TEMPLATE, name=template.name)
        self._journal.record(Name.TEMPLATE_CREATED, template.name)

    def update(self, template: Template) -> None:
        """Replace the template of this name. Raises NotConfigured, InvalidTemplate."""
        _check(template)
        row = self._row(template.name)
        if row is None and template.name not in SHIPPED:
            raise NotConfigured(TEMPLATE, name=template.name)
        if row is None and not self._added(template):
            row = self._row(template.name)  # somebody else changed it first a moment ago
        if row is not None:
            for column, value in _written(template).items():
                setattr(row, column, value)
        self._session.flush()
        self._journal.record(Name.TEMPLATE_CHANGED, template.name)

    def remove(self, name: str) -> None:
        """Forget a template; one that we ship is again as we ship it. Raises NotConfigured."""
        row = self._row(name)
        if row is not None:
            self._session.delete(row)
            self._session.flush()
            self._journal.record(Name.TEMPLATE_REMOVED, name)
        elif name not in SHIPPED:
            raise NotConfigured(TEMPLATE, name=name)

    def _added(self, template: Template) -> bool:
        try:
            with self._session.begin_nested():
                self._session.add(OperationTemplateRow(**_written(template)))
        except IntegrityError:
            return False
        return True

    def _row(self, name: str) -> OperationTemplateRow | None:
        wanted = select(OperationTemplateRow).where(OperationTemplateRow.name == name)
        fresh = wanted.with_for_update().execution_options(populate_existing=True)
        return self._session.scalar(fresh)


def template_named(session: Session, name: str) -> Template:
    """Return the template of this name, as it is now. Raises NotConfigured."""
    row = session.get(OperationTemplateRow, name)
    if row is not None:
        return _read(row)
    if name not in SHIPPED:
        raise NotConfigured(TEMPLATE, name=name)
    return SHIPPED[name]


def _check(template: Template) -> None:
    """Refuse what would ask for less than it seems, or could not be shown."""
    shipped = SHIPPED.get(template.name)
    if shipped is not None:
        _check_shipped(template, shipped)
    if shipped is None and not template.sayings:
        raise InvalidTemplate("texts", "must not be empty")
    for place, saying in enumerate(template.sayings.values()):
        if saying.attributes != template.attributes:
            hint = "must be the same in every language, but for their texts"
            raise InvalidTemplate(f"texts.{place}.attributes", hint)
    ids = [attribute.id for attribute in template.attributes]
    for name in ids:
        if name in RESERVED or name.startswith(OURS) or ids.count(name) > 1:
            raise InvalidTemplate("texts.0.attributes", f"{name} has another meaning")


def _check_shipped(template: Template, shipped: Template) -> None:
    if not STRONG.issuperset(template.factors) and template.factors != shipped.factors:
        raise InvalidTemplate("signatureType", "must be two factors: the portal relies on it")
    if template.name == TEXT_MESSAGE and template.factors != shipped.factors:
        raise InvalidTemplate("signatureType", "must be possession: a code proves nothing else")
    if template.name in OF_THE_FACADE and template.data != shipped.data:
        raise InvalidTemplate("dataTemplate", f"must be {shipped.data}: it is what is signed")


def _written(template: Template) -> dict[str, object]:
    return {
        "name": template.name,
        "operation_type": template.operation_type,
        "data": template.data,
        "factors": [factor.value for factor in template.factors],
        "lifetime": int(template.lifetime.total_seconds()),
        "max_failures": template.max_failures,
        "risk_flags": template.risk_flags,
        "proximity_check": template.proximity_check,
        "ui": None if template.ui is None else dict(template.ui),
        "texts": {language: asdict(each) for language, each in template.sayings.items()},
    }


def _read(row: OperationTemplateRow) -> Template:
    base = SHIPPED.get(row.name) or Template(row.name, "", "", "", "", "")
    texts: Mapping[str, Any] = row.texts
    changed = replace(
        base,
        operation_type=row.operation_type,
        data=row.data,
        factors=tuple(SignatureType(name) for name in row.factors),
        lifetime=timedelta(seconds=row.lifetime),
        max_failures=row.max_failures,
        risk_flags=row.risk_flags,
        proximity_check=row.proximity_check,
        ui=row.ui,
    )
    return changed.saying({language: _saying(texts[language]) for language in texts})


def _saying(raw: Mapping[str, Any]) -> Saying:
    attributes = tuple(TemplateAttribute(**each) for each in raw["attributes"])
    return Saying(**{**raw, "attributes": attributes})
