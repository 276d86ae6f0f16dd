"""The Cloud API, as a bank's back end uses it: make a registration, and let a phone in."""

from dataclasses import dataclass

from app.demo.portal import Portal, PortalRefused, PortalSilent

PATH = "/powerauth-cloud/v2/registrations"
MADE_BY = "demo client"
HINTS = {
    401: "Set WEBFLOW_DEMO_INTEGRATION_USER and WEBFLOW_DEMO_INTEGRATION_PASSWORD "
    "to a system user of the portal: flask users create.",
    403: "The integration user may not do this: see flask users.",
    404: "The portal does not serve the Cloud API: add cloud to WEBFLOW_SURFACES. "
    "Until then, pair by an activation code.",
}
ANOTHER_HINT = "Does the application exist, and is the integration user assigned to it?"


@dataclass(frozen=True)
class Registration:
    """One registration, and what its QR code says."""

    id: str
    qr: str


def register(portal: Portal, user_id: str, app_id: str) -> Registration:
    """Make a registration of a user. Raises PortalProblem."""
    answer = _post(portal, PATH, {"userId": user_id, "appId": app_id})
    registration_id, qr = answer.get("registrationId"), answer.get("activationQrCodeData")
    if not (isinstance(registration_id, str) and isinstance(qr, str) and registration_id and qr):
        raise PortalSilent(f"POST {PATH} was answered without a registration.")
    return Registration(registration_id, qr)


def commit(portal: Portal, registration_id: str) -> None:
    """Let a phone in that has exchanged its keys. Raises PortalProblem."""
    _post(portal, f"{PATH}/{registration_id}/commit", {"externalUserId": MADE_BY})


def _post(portal: Portal, path: str, body: dict[str, str]) -> dict[str, object]:
    try:
        return dict(portal.post_as_back_end(portal.address + path, body))
    except PortalRefused as refused:
        refused.hint = HINTS.get(refused.status, ANOTHER_HINT)
        raise
