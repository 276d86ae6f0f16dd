"""A phone of `app.demo.phone` that calls the device API inside the process."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Flask
from werkzeug.test import TestResponse

from app import clock
from app.demo.phone.calls import ENCRYPTION, Call, compact, opened
from app.demo.phone.configuration import Configuration
from app.demo.phone.handset import Handset, ask_for_app_key, lasting_app_key
from app.demo.phone.pairing import Owner, pair
from app.demo.phone.primitives import unb64
from app.demo.phone.sealing import Parties, Route, seal
from app.demo.phone.signing import Proof, header
from app.mtoken.views import Shown, Wish
from app.store.registrations import Registration
from tests.support.store import parts_of, reading, serving

PREFIX: Final = "/enrollment-server"
VALIDATE: Final = "/pa/v3/signature/validate"
PIN: Final = "2468"
USER: Final = "10045678"
KNOWLEDGE: Final = Proof("possession_knowledge", PIN)
WRONG: Final = Proof("possession_knowledge", "1357")


def now() -> int:
    """Return the present time in milliseconds."""
    return int(clock.now().timestamp() * 1000)


def register(app: Flask, **wish: Any) -> Shown:
    """Create a registration, as a back end does."""
    application = parts_of(app).settings.mtoken.application
    with serving(app) as services:
        wanted = Wish(**({"user_id": USER, "application_id": application} | wish))
        shown = services.mtoken.registrations.create(wanted)
        services.commit()
    return shown


def configuration_of(app: Flask, application_id: str | None = None) -> Configuration:
    """Return what is built into the app on the phone."""
    wanted = application_id or parts_of(app).settings.mtoken.application
    with serving(app, writing=False) as services:
        return Configuration.read(services.mtoken.applications.find(wanted).configuration)


def row_of(app: Flask, registration_id: str) -> Registration:
    """Return a registration as it is committed."""
    with reading(app) as session:
        row = session.get(Registration, registration_id)
        assert row is not None
        return row


def post(app: Flask, call: Call) -> TestResponse:
    """Make a call."""
    return app.test_client().post(PREFIX + call.path, data=call.body, headers=call.headers)


def app_route(app: Flask, version: str, configuration: Configuration | None = None) -> Route:
    """Return how a phone without a registration encrypts."""
    configuration = configuration or configuration_of(app)
    if version < "3.3":
        return Route(lasting_app_key(configuration), now())
    asked = ask_for_app_key(configuration, now())
    return Route(asked.read(post(app, asked.call).data).target, now())


class Device:
    """One phone with one registration."""

    def __init__(self, app: Flask, handset: Handset) -> None:
        self.app, self.handset = app, handset

    @property
    def id(self) -> str:
        """Id of its registration."""
        return self.handset.state.activation_id

    @property
    def row(self) -> Registration:
        """Its registration as it is committed."""
        return row_of(self.app, self.id)

    def post(self, call: Call) -> TestResponse:
        """Make a call."""
        return post(self.app, call)

    def sign(self, proof: Proof = KNOWLEDGE) -> TestResponse:
        """Have a signature judged."""
        return self.post(self.handset.signed(VALIDATE, "/pa/signature/validate", {"a": 1}, proof))

    def route(self) -> Route:
        """Return how it encrypts now."""
        if self.handset.state.version < "3.3":
            return Route(self.handset.lasting_key(), now())
        asked = self.handset.ask_for_key(now())
        return Route(asked.read(self.post(asked.call).data).target, now())

    def status(self) -> str:
        """Ask for the status, and catch up with it."""
        asked = self.handset.status()
        status = asked.read(self.post(asked.call).data)
        if self.handset.state.version != "3.0":
            status.catch_up(self.handset.state)
        return status.state

    def create_token(self, kind: Proof | None = None, name: str = "possession_universal") -> None:
        """Get a token; by more than possession if a proof is given."""
        if kind is None:
            asked = self.handset.create_token(self.route(), name)
            asked.read(self.post(asked.call).data)
            return
        answer = self.sealed("/pa/v3/token/create", "/pa/token/create", {}, kind)
        self.handset.state.tokens[name] = {"id": answer["tokenId"], "secret": answer["tokenSecret"]}

    def sealed(  # noqa: PLR0913 - what an encrypted call consists of
        self,
        path: str,
        purpose: str,
        value: Mapping[str, object],
        proof: Proof | None,
        *,
        uri_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Make an encrypted call that succeeds, signed if there is a proof; return its answer."""
        sealed = seal(compact(value), purpose, self.parties, self.route())
        if proof is None:
            given = {ENCRYPTION: self.encryption} | dict(headers or {})
            call = Call.of(path, sealed.fields, given)
        else:
            call = self.handset.signed(path, uri_id or purpose, sealed.fields, proof)
        answer = self.post(call)
        assert answer.status_code == 200, answer.text
        return opened(sealed.open(opened(answer.data)))

    @property
    def encryption(self) -> str:
        """The header of an encrypted call that nobody signs."""
        state = self.handset.state
        return header(
            version=state.version,
            application_key=state.application_key,
            activation_id=state.activation_id,
        )

    @property
    def parties(self) -> Parties:
        """Who talks in an encrypted call."""
        state = self.handset.state
        return Parties(
            state.version,
            state.application_key,
            state.application_secret,
            state.activation_id,
            unb64(state.transport),
        )


def offer(
    app: Flask, code: str, version: str = "3.3", owner: Owner | None = None
) -> tuple[TestResponse, Any]:
    """Let a new phone offer its key for a code; return the answer, and what reads it."""
    configuration = configuration_of(app)
    owner = owner or Owner("My phone")
    pairing = pair(configuration, code, owner, app_route(app, version), version=version)
    return post(app, pairing.call), pairing


def paired(
    app: Flask,
    version: str = "3.3",
    *,
    commit: bool = True,
    owner: Owner | None = None,
    **wish: Any,
) -> Device:
    """Return a phone that is registered, and works unless it has to wait for a commit."""
    shown = register(app, **wish)
    assert shown.code is not None
    answer, pairing = offer(app, shown.code.code, version, owner)
    assert answer.status_code == 200, answer.text
    device = Device(app, Handset(pairing.finish(answer.data, PIN)))
    assert device.id == shown.id
    if commit:
        change(app, "commit", device.id)
    return device


def change(app: Flask, act: str, registration_id: str, *values: object, **more: object) -> Any:
    """Commit, block, unblock, … a registration, as a back end does."""
    with serving(app) as services:
        done = getattr(services.mtoken.registrations, act)(registration_id, *values, **more)
        services.commit()
    return done
