"""Authenticators: their names, and their end."""

from app.api.nevis import user_schemas as schemas
from app.api.nevis.calls import call, profiles

ABOUT = "Authenticators"
ONE = "/api/v1/authenticators/<authenticator_id>"


@call(f"PATCH {ONE}", body=schemas.RenameRequest, answers=schemas.AuthenticatorAnswer, about=ABOUT)
def rename_authenticator(
    authenticator_id: str, body: schemas.RenameRequest
) -> schemas.AuthenticatorAnswer:
    """Call an authenticator otherwise."""
    return schemas.AuthenticatorAnswer.of(profiles().rename(authenticator_id, body.name))


@call(f"DELETE {ONE}", answers=None, status=204, about=ABOUT)
def delete_authenticator(authenticator_id: str) -> None:
    """End an authenticator for good; it approves nothing any more."""
    profiles().take_away(authenticator_id)
