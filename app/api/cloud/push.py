"""Push configuration: what Apple, Google and Huawei have given out for an application."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic.alias_generators import to_camel

from app.api.cloud import push_schemas as schemas
from app.api.cloud.calls import call
from app.api.kit import NotValid, Schema, Violation
from app.errors import PushCredentialsRefused
from app.mtoken.push_credentials import PushCredentials, decoded
from app.services import services

ABOUT = "Push Configuration"
ALL = "/admin/applications/<applicationId>/push"
ADMIN = "ERROR_ADMIN"


@call(f"GET {ALL}", answers=schemas.PushDetail, about=ABOUT, refuses=ADMIN)
def push_configuration(application_id: str) -> schemas.PushDetail:
    """Return who pushes to an application, without secrets."""
    return schemas.PushDetail.of(application_id, _kept().describe(application_id))


@call(
    f"POST {ALL}/apns",
    body=schemas.ApnsRequest,
    answers=schemas.PushDetail,
    about=ABOUT,
    refuses=ADMIN,
)
def update_apns(application_id: str, body: schemas.ApnsRequest) -> schemas.PushDetail:
    """Push by Apple from the next push on; what was set before is replaced."""
    with _checked(body, otherwise="privateKeyBase64"):
        _kept().set_apns(
            application_id,
            topic=body.topic,
            key_id=body.key_id,
            team_id=body.team_id,
            environment=body.environment,
            key=decoded(body.private_key_base64),
        )
    return push_configuration(application_id)


@call(f"DELETE {ALL}/apns", answers=None, about=ABOUT, refuses=ADMIN)
def remove_apns(application_id: str) -> None:
    """Push by Apple no more, whether we did or not."""
    _kept().remove(application_id, "apns")


@call(
    f"POST {ALL}/fcm",
    body=schemas.FcmRequest,
    answers=schemas.PushDetail,
    about=ABOUT,
    refuses=ADMIN,
)
def update_fcm(application_id: str, body: schemas.FcmRequest) -> schemas.PushDetail:
    """Push by Google from the next push on; without `projectId` to the project of the file."""
    with _checked(body, otherwise="privateKeyBase64"):
        file = decoded(body.private_key_base64)
        _kept().set_fcm(application_id, file=file, project_id=body.project_id or "")
    return push_configuration(application_id)


@call(f"DELETE {ALL}/fcm", answers=None, about=ABOUT, refuses=ADMIN)
def remove_fcm(application_id: str) -> None:
    """Push by Google no more, whether we did or not."""
    _kept().remove(application_id, "fcm")


@call(
    f"POST {ALL}/hms",
    body=schemas.HmsRequest,
    answers=schemas.PushDetail,
    about=ABOUT,
    refuses=ADMIN,
)
def update_hms(application_id: str, body: schemas.HmsRequest) -> schemas.PushDetail:
    """Push by Huawei from the next push on; what was set before is replaced."""
    with _checked(body, otherwise="clientSecret"):
        _kept().set_hms(
            application_id,
            project_id=body.project_id,
            app_id=body.app_id,
            client_id=body.client_id,
            secret=body.client_secret,
        )
    return push_configuration(application_id)


@call(f"DELETE {ALL}/hms", answers=None, about=ABOUT, refuses=ADMIN)
def remove_hms(application_id: str) -> None:
    """Push by Huawei no more, whether we did or not."""
    _kept().remove(application_id, "hms")


def _kept() -> PushCredentials:
    return services().mtoken.push_credentials


@contextmanager
def _checked(body: Schema, *, otherwise: str) -> Iterator[None]:
    """Name the field of the request in which there is something wrong."""
    try:
        yield
    except PushCredentialsRefused as wrong:
        field = wrong.part if wrong.part in type(body).model_fields else ""
        raise NotValid([Violation(to_camel(field) or otherwise, None, wrong.detail)]) from None
