"""Templates of operations: what phones are asked, in which words, and with which factors."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.api.cloud import template_schemas as schemas
from app.api.cloud.calls import call
from app.api.kit import NotValid, Violation
from app.mtoken.shelf import InvalidTemplate
from app.services import services

ABOUT = "Operation Templates"
ALL, ONE = "/admin/templates/operations", "/admin/templates/operations/<templateName>"
ADMIN = "ERROR_ADMIN"


@call(
    f"POST {ALL}",
    body=schemas.CreateTemplateRequest,
    answers=schemas.TemplateDetail,
    about=ABOUT,
    refuses=ADMIN,
)
def create_operation_template(body: schemas.CreateTemplateRequest) -> schemas.TemplateDetail:
    """Make a template; operations can be opened with it at once."""
    with _checked():
        services().templates.create(body.template(body.template_name))
    return operation_template_detail(body.template_name)


@call(f"GET {ALL}", answers=schemas.TemplateList, about=ABOUT)
def operation_template_list() -> schemas.TemplateList:
    """Return all templates, those that we ship, too."""
    found = services().templates.all()
    return schemas.TemplateList(templates=[schemas.TemplateDetail.of(each) for each in found])


@call(f"GET {ONE}", answers=schemas.TemplateDetail, about=ABOUT, refuses=ADMIN)
def operation_template_detail(template_name: str) -> schemas.TemplateDetail:
    """Return a template."""
    return schemas.TemplateDetail.of(services().templates.find(template_name))


@call(
    f"PUT {ONE}",
    body=schemas.UpdateTemplateRequest,
    answers=schemas.TemplateDetail,
    about=ABOUT,
    refuses=ADMIN,
)
def update_operation_template(
    template_name: str, body: schemas.UpdateTemplateRequest
) -> schemas.TemplateDetail:
    """Replace a template; operations that are open stay as they are."""
    with _checked():
        services().templates.update(body.template(template_name))
    return operation_template_detail(template_name)


@call(f"DELETE {ONE}", answers=None, about=ABOUT, refuses=ADMIN)
def delete_operation_template(template_name: str) -> None:
    """Forget a template; `login` and `payment` are again as they were shipped."""
    services().templates.remove(template_name)


@contextmanager
def _checked() -> Iterator[None]:
    try:
        yield
    except InvalidTemplate as wrong:
        raise NotValid([Violation(wrong.place, None, wrong.hint)]) from None
