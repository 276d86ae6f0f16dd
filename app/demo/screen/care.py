"""What a person does with the phone itself: name, network, push, and the end."""

from http import HTTPStatus

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.demo.parts import parts
from app.demo.phone.mobile import Mobile
from app.demo.phone.troubles import Trouble
from app.demo.screen.kit import complain, doing, home_of, of_phone, proof, show


@of_phone("/settings")
def settings(mobile: Mobile) -> ResponseReturnValue:
    """Offer everything that is done with the phone itself."""
    return show("settings", mobile.kept)


@of_phone("/network", methods=["POST"])
def network(mobile: Mobile) -> ResponseReturnValue:
    """Switch the phone's own network on or off."""
    online = request.form.get("online") == "yes"
    said = "This phone is online." if online else "This phone is offline now."
    return doing(mobile, lambda: mobile.switch(online=online), said)


@of_phone("/rename", methods=["POST"])
def rename(mobile: Mobile) -> ResponseReturnValue:
    """Call the phone otherwise."""
    name = request.form.get("name", "")
    said = "The phone has its new name."
    return doing(mobile, lambda: parts().shop.rename(mobile, name, proof()), said)


@of_phone("/push", methods=["POST"])
def push(mobile: Mobile) -> ResponseReturnValue:
    """Tell the portal where pushes reach the phone."""
    return doing(mobile, mobile.register_push, "The portal pushes to this phone from now on.")


@of_phone("/remove", methods=["POST"])
def remove(mobile: Mobile) -> ResponseReturnValue:
    """End the registration, or only throw the phone away."""
    name = mobile.kept.name
    try:
        if request.form.get("how") == "here":
            mobile.discard()
        else:
            mobile.remove()
    except Trouble as trouble:
        complain(trouble)
        return home_of(mobile.id)
    flash(f"{name} is gone.", "ok")
    return redirect(url_for("phone.index"), HTTPStatus.SEE_OTHER)
