"""The offline code: read the text of a QR code, show what it asks for, then sixteen digits."""

from dataclasses import dataclass, replace

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.demo.parts import parts
from app.demo.phone.mobile import Mobile
from app.demo.phone.offline import ScannedOperation
from app.demo.phone.troubles import Trouble
from app.demo.screen.kit import complain, of_phone, proof, show


@dataclass(frozen=True)
class Scan:
    """What one phone has scanned, and the digits once its person has agreed."""

    phone_id: str
    text: str
    operation: ScannedOperation
    digits: str = ""


@of_phone("/offline", methods=["GET"])
def offline(mobile: Mobile) -> ResponseReturnValue:
    """Ask for the text of the QR code, or show what was scanned."""
    return show("offline", mobile.kept, scan=_scan(mobile), typed="")


@of_phone("/offline", methods=["POST"])
def scan(mobile: Mobile) -> ResponseReturnValue:
    """Take the text; what the portal has not signed is refused."""
    text = request.form.get("qr", "")
    try:
        found = Scan(mobile.id, text, mobile.scan(text))
    except Trouble as trouble:
        return show("offline", mobile.kept, scan=None, typed=text, trouble=trouble), 422
    return _to(mobile, parts().memory.keep(found))


@of_phone("/digits", methods=["POST"])
def digits(mobile: Mobile) -> ResponseReturnValue:
    """Compute the digits, once for each scan: another click shows the same."""
    key, found = request.form.get("scan", ""), _scan(mobile)
    if found is None:
        complain(Trouble("This scan is forgotten.", "Scan the code again."))
        return _to(mobile, "")

    def compute() -> str:
        return mobile.offline_code(found.text, proof().pin)

    try:
        code = parts().memory.once(key, compute)
        parts().memory.keep(replace(found, digits=code), key)
    except Trouble as trouble:
        complain(trouble)
    return _to(mobile, key)


def _scan(mobile: Mobile) -> Scan | None:
    found = parts().memory.find(request.values.get("scan", ""))
    return found if isinstance(found, Scan) and found.phone_id == mobile.id else None


def _to(mobile: Mobile, key: str) -> ResponseReturnValue:
    return redirect(url_for("phone.offline", phone_id=mobile.id, scan=key or None), 303)
