"""The portal's side of the wire, made of `app.crypto`: one app, one registration, no rules."""

import json
from uuid import uuid4

from app.crypto.activation import State, Status
from app.crypto.activation_code import new_code, qr_text, sign
from app.crypto.ecies import Purpose, Scope
from app.crypto.headers import EncryptionHeader, SignatureHeader, TokenHeader
from app.crypto.keys import PrivateKey, PublicKey
from app.crypto.offline_code import code_from_digits, find, signed_data
from app.crypto.request_data import signed_data as signed_request
from app.crypto.sdk_configuration import sdk_configuration
from app.crypto.signatures import Codes
from app.crypto.suite import Suite, suite_of
from app.crypto.temporary_keys import TemporaryKey
from tests.crypto.vectors import b64, text64

NOW = 1_780_000_000_000


class Portal:
    def __init__(self):
        self.master, self.server = PrivateKey.generate(), PrivateKey.generate()
        self.key, self.secret = text64(b"k" * 16), text64(b"s" * 16)
        self.code = new_code()
        self.activation_id = str(uuid4())
        self.state = State.CREATED
        self.temporary = {}
        self.token_id, self.token_secret = str(uuid4()), b"t" * 16
        self.keys = self.counter = self.device = self.about = None

    @property
    def configuration(self):
        return sdk_configuration(self.key, self.secret, self.master.public)

    @property
    def qr(self):
        return qr_text(self.code, sign(self.code, self.master))

    @property
    def codes(self):
        return Codes(self.keys, self.counter)

    def answer(self, call):
        """What the portal's answer would hold; refusals are raised."""
        known = {
            "/pa/v3/keystore/create": self.give_key,
            "/pa/v3/activation/create": self.activate,
            "/pa/v3/activation/status": self.tell_status,
            "/pa/v3/token/create": self.give_token,
            "/pa/v3/vault/unlock": self.unlock_vault,
        }
        return json.dumps(known[call.path](call)).encode()

    def give_key(self, call):
        jwt = json.loads(call.body)["requestObject"]["jwt"]
        request = suite_of("3.3").read_key_request(jwt)
        assert request.application_key == self.key
        if request.activation_id is None:
            transport, signer = None, self.master
        else:
            transport, signer = self.keys.transport, self.server
        request.check(self.secret, transport)
        key_id, private = str(uuid4()), PrivateKey.generate()
        self.temporary[key_id] = private
        jwt = TemporaryKey(key_id, private.public, NOW, NOW + 300_000).answer(request, signer)
        return {"status": "OK", "responseObject": {"jwt": jwt}}

    def open(self, fields, version, purpose):
        suite = suite_of(version)
        request = suite.read_encrypted(fields)
        if request.temporary_key_id is None:
            key = suite.decryption_key(purpose, master=self.master, server=self.server)
        else:
            key = self.temporary[request.temporary_key_id]
        scope = Scope(self.key, self.secret)
        if not purpose.is_of_application:
            scope = Scope(self.key, self.secret, self.activation_id, self.keys.transport)
        return request.open(key, purpose, scope)

    def activate(self, call):
        header = EncryptionHeader.read(call.headers["X-PowerAuth-Encryption"])
        version = header.version.name
        outer = self.open(json.loads(call.body), version, Purpose.APPLICATION)
        request = json.loads(outer.plain)
        assert request["type"] == "CODE"
        assert request["identityAttributes"] == {"code": self.code}
        inner = self.open(request["activationData"], version, Purpose.ACTIVATION_LAYER_2)
        self.about = json.loads(inner.plain)
        self.device = PublicKey(b64(self.about["devicePublicKey"]))
        suite = suite_of(version)
        self.keys, self.counter = suite.agree(self.server, self.device), suite.first_counter()
        self.state = State.ACTIVE
        registration = {
            "activationId": self.activation_id,
            "ctrData": text64(self.counter.data),
            "serverPublicKey": text64(self.server.public.uncompressed),
        }
        data = inner.answer(json.dumps(registration).encode(), timestamp=NOW)
        answer = {"activationData": data, "customAttributes": {}}
        return outer.answer(json.dumps(answer).encode(), timestamp=NOW)

    def tell_status(self, call):
        asked = json.loads(call.body)["requestObject"]
        status, nonce = Status(self.state, self.counter, 1, 5), b"n" * 16
        challenge = b64(asked["challenge"]) if "challenge" in asked else None
        blob = suite_of("3.3").status_blob(status, self.keys.transport, challenge, nonce)
        answer = {"activationId": asked["activationId"]}
        if challenge is not None:
            answer["nonce"] = text64(nonce)
        return {"status": "OK", "responseObject": answer | {"encryptedStatusBlob": text64(blob)}}

    def judge(self, call, uri_id):
        """The header of a signed call whose code is right, or None; a right one is used up."""
        header = SignatureHeader.read(call.headers["X-PowerAuth-Authorization"])
        assert (header.activation_id, header.application_key) == (self.activation_id, self.key)
        data = signed_request("POST", uri_id, header.nonce, call.body, self.secret)
        suite = Suite(header.version)
        place = suite.find_code(header.signature, data, header.kind, self.codes)
        if place is None:
            return None
        self.counter = place.next()
        return header

    def judge_digits(self, digits, operation, *, biometry=False, totps=None):
        signed = signed_data(
            operation.operation_id, operation.operation_data, operation.nonce, totps
        )
        match = find(code_from_digits(digits), signed, self.codes, allow_biometry=biometry)
        if match is None:
            return None
        self.counter = match.place.next()
        return match.kind

    def judge_token(self, call):
        header = TokenHeader.read(call.headers["X-PowerAuth-Token"])
        assert header.token_id == self.token_id
        return Suite(header.version).is_token_digest(header, self.token_secret)

    def give_token(self, call):
        header = self.judge(call, "/pa/token/create")
        opened = self.open(json.loads(call.body), header.version.name, Purpose.CREATE_TOKEN)
        assert opened.plain == b"{}"
        token = {"tokenId": self.token_id, "tokenSecret": text64(self.token_secret)}
        return opened.answer(json.dumps(token).encode(), timestamp=NOW)

    def unlock_vault(self, call):
        header = self.judge(call, "/pa/vault/unlock")
        suite = Suite(header.version)
        opened = self.open(json.loads(call.body), header.version.name, Purpose.VAULT_UNLOCK)
        assert "reason" in json.loads(opened.plain)
        vault = {"encryptedVaultEncryptionKey": text64(suite.encrypted_vault_key(self.keys))}
        return opened.answer(json.dumps(vault).encode(), timestamp=NOW)
