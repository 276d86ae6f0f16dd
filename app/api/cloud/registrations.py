"""Registrations: phones of users, from the code to the end."""

from app.api.cloud import registration_schemas as schemas
from app.api.cloud.calls import call, registrations
from app.errors import WrongRegistrationOtp
from app.mtoken.verdicts import Refused
from app.services import services

ABOUT = "Registrations"
ONE = "/v2/registrations/<registrationId>"
UNKNOWN = "ERROR_REGISTRATION_NOT_FOUND"
REFUSED = f"{UNKNOWN} ERROR_REGISTRATION_CHANGE"


@call(
    "POST /v2/registrations",
    body=schemas.CreateRegistrationRequest,
    asks=schemas.CreateOptions,
    answers=schemas.CreateRegistrationResponse,
    about=ABOUT,
    refuses="ERROR_REGISTRATION ERROR_REGISTRATION_NOT_ALLOWED",
)
def create_registration(
    body: schemas.CreateRegistrationRequest, asked: schemas.CreateOptions
) -> schemas.CreateRegistrationResponse:
    """Make a registration that waits for its phone."""
    return schemas.CreateRegistrationResponse.of(registrations().create(body.wish(asked)))


@call(
    "GET /v2/registrations",
    asks=schemas.ListRegistrationsRequest,
    answers=schemas.RegistrationList,
    about=ABOUT,
)
def get_registration_list(asked: schemas.ListRegistrationsRequest) -> schemas.RegistrationList:
    """Return the registrations that fit, the newest first."""
    found = [schemas.RegistrationDetail.of(each) for each in registrations().search(asked.search())]
    return schemas.RegistrationList(registrations=found)


@call(f"GET {ONE}", answers=schemas.RegistrationDetail, about=ABOUT, refuses=UNKNOWN)
def get_registration(registration_id: str) -> schemas.RegistrationDetail:
    """Return a registration as it is at this moment."""
    return schemas.RegistrationDetail.of(registrations().find(registration_id))


@call(
    f"POST {ONE}/commit",
    body=schemas.CommitRegistrationRequest,
    answers=None,
    about=ABOUT,
    refuses=f"{REFUSED} ERROR_REGISTRATION",
)
def commit_activation(registration_id: str, body: schemas.CommitRegistrationRequest) -> None:
    """Let a phone work; a wrong otp is ERROR_REGISTRATION, and the last one removes it."""
    done = registrations().commit(registration_id, otp=body.otp, by=body.external_user_id)
    if isinstance(done, Refused):
        services().commit()  # that it was wrong counts
        raise WrongRegistrationOtp(done.reason)


@call(
    f"PUT {ONE}",
    body=schemas.UpdateRegistrationRequest,
    answers=None,
    about=ABOUT,
    refuses=REFUSED,
)
def update_registration_state(
    registration_id: str, body: schemas.UpdateRegistrationRequest
) -> None:
    """Block a phone, let it work again, or remove it for good."""
    known, by = registrations(), body.external_user_id
    match body.change:
        case "BLOCK":
            known.block(registration_id, body.block_reason, by=by)
        case "UNBLOCK":
            known.unblock(registration_id, by=by)
        case "REMOVE":
            known.remove(registration_id, by=by)


@call(
    f"DELETE {ONE}",
    body=schemas.Acting,
    asks=schemas.Acting,
    answers=None,
    about=ABOUT,
    refuses=REFUSED,
)
def delete_registration(registration_id: str, body: schemas.Acting, asked: schemas.Acting) -> None:
    """Give up a registration that is not committed yet; a committed one is changed by PUT."""
    registrations().delete(
        registration_id,
        by=body.external_user_id or asked.external_user_id,
        even_committed=services().settings.registrations.delete_committed,
    )


@call(
    f"PUT {ONE}/name",
    body=schemas.RenameRegistrationRequest,
    answers=None,
    about=ABOUT,
    refuses=UNKNOWN,
)
def rename_registration(registration_id: str, body: schemas.RenameRegistrationRequest) -> None:
    """Call a phone otherwise."""
    registrations().rename(registration_id, body.name, by=body.external_user_id)


@call(
    f"GET {ONE}/history",
    answers=schemas.RegistrationHistory,
    about=ABOUT,
    refuses=UNKNOWN,
)
def get_registration_history(registration_id: str) -> schemas.RegistrationHistory:
    """Return every change of state, and who a back end says has made it."""
    moves = registrations().history(registration_id)
    return schemas.RegistrationHistory(history=[schemas.RegistrationMove.of(m) for m in moves])


@call(f"GET {ONE}/flags", answers=schemas.RegistrationFlags, about=ABOUT, refuses=UNKNOWN)
def get_registration_flags(registration_id: str) -> schemas.RegistrationFlags:
    """Return the flags of a registration."""
    return schemas.RegistrationFlags(flags=list(registrations().find(registration_id).flags))


@call(
    f"POST {ONE}/flags",
    body=schemas.RegistrationFlags,
    answers=schemas.RegistrationFlags,
    about=ABOUT,
    refuses=UNKNOWN,
)
def add_registration_flags(
    registration_id: str, body: schemas.RegistrationFlags
) -> schemas.RegistrationFlags:
    """Add flags to a registration; return all that it has."""
    flagged = registrations().flag(registration_id, add=body.flags)
    return schemas.RegistrationFlags(flags=list(flagged.flags))


@call(
    f"POST {ONE}/flags/remove",
    body=schemas.RegistrationFlags,
    answers=schemas.RegistrationFlags,
    about=ABOUT,
    refuses=UNKNOWN,
)
def remove_registration_flags(
    registration_id: str, body: schemas.RegistrationFlags
) -> schemas.RegistrationFlags:
    """Take flags from a registration; return all that it still has."""
    flagged = registrations().flag(registration_id, remove=body.flags)
    return schemas.RegistrationFlags(flags=list(flagged.flags))
