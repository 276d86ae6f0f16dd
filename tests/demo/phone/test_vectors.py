"""The vectors, where they speak of the phone's side."""

import pytest

from app.demo.phone import primitives, signing, tokens
from app.demo.phone.activation_code import ScannedCode, checked, crc16, scanned
from app.demo.phone.configuration import Configuration, Reader
from app.demo.phone.pairing import fingerprint
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.sealing import Moment, Parties, envelope, sealed_with
from app.demo.phone.state import FACTORS, PhoneState
from app.demo.phone.status import Status, counter_hash, status_iv
from app.demo.phone.temporary_keys import ask
from app.demo.phone.tokens import digest
from tests.crypto.vectors import b64, own, published, text64

PURPOSES = {
    "APPLICATION_SCOPE_GENERIC": "/pa/generic/application",
    "ACTIVATION_SCOPE_GENERIC": "/pa/generic/activation",
    "ACTIVATION_LAYER_2": "/pa/activation",
    "UPGRADE": "/pa/upgrade",
    "VAULT_UNLOCK": "/pa/vault/unlock",
    "CREATE_TOKEN": "/pa/token/create",
    "CONFIRM_RECOVERY_CODE": "/pa/recovery/confirm",
}


def state(**known):
    """A phone of which only some values matter."""
    names = PhoneState.__dataclass_fields__
    return PhoneState(**dict.fromkeys(names, "") | {"counter": 0, "tokens": {}} | known)


def test_master_secrets():
    for vector in published("master_secret")["vectors"]:
        given = {name: b64(value) for name, value in vector["input"].items()}
        shared = primitives.agreed(
            primitives.private_key(given["devicePrivateKey"]),
            primitives.public_key(given["serverPublicKey"]),
        )
        assert primitives.halve(shared) == b64(vector["expected"]["masterSecretKey"])


def test_derived_keys():
    for vector in published("key_derivation")["vectors"]:
        master, expected = b64(vector["input"]["masterSecretKey"]), vector["expected"]
        made = [text64(primitives.derived(master, index)) for index in (1, 2, 3, 1000, 2000)]
        assert made == list(expected.values())


def test_fingerprints():
    for vector in published("fingerprint_v3")["vectors"]:
        given = vector["input"]
        device, server = (
            primitives.public_key(b64(given[name]))
            for name in ("devicePublicKey", "serverPublicKey")
        )
        shown = fingerprint(device, given["activationId"], server)
        assert shown == vector["expected"]["fingerprint"]


def test_checksums_and_codes():
    for vector in published("crc16")["vectors"]:
        assert crc16(vector["ascii"].encode()) == int(vector["crc"], 16)
    for vector in published("activation_code")["vectors"]:
        if vector["valid"]:
            assert checked(vector["code"]) == vector["code"]
        else:
            with pytest.raises(PhoneRefused):
                checked(vector["code"])


def test_scanned_texts():
    for vector in published("activation_code")["qrStrings"]:
        if vector["valid"]:
            code = scanned(vector["text"])
            assert code == ScannedCode(vector["code"], vector["signature"] or None)
        else:
            with pytest.raises(PhoneRefused):
                scanned(vector["text"])


def test_signatures_of_activation_codes():
    for vector in published("activation_signature")["vectors"]:
        given = vector["input"]
        code, signature = given["activationCode"], vector["expected"]["activationSignature"]
        scanned(f"{code}#{signature}").check(given["masterPublicKey"])
        with pytest.raises(PhoneRefused):
            ScannedCode("76YWG-LXI7Z-RQ5Q3-KH4KA", signature).check(given["masterPublicKey"])


def test_configurations():
    file = published("sdk_config")
    for vector in file["vectors"]:
        if not vector["valid"]:
            with pytest.raises(PhoneRefused):
                Configuration.read(vector["config"])
            continue
        read = Configuration.read(vector["config"])
        if "applicationKey" in vector:
            assert read == Configuration(
                vector["applicationKey"], vector["applicationSecret"],
                vector["masterServerPublicKey"],
            )  # fmt: skip
        with pytest.raises(PhoneRefused):
            Configuration.read(text64(b64(vector["config"]) + b"\x00"))
    reader = Reader(b64(file["countEncoding"]["concatenatedBase64"]))
    assert [reader.count() for _ in file["countEncoding"]["values"]] == file["countEncoding"][
        "values"
    ]
    assert reader.rest == b""


@pytest.mark.parametrize(
    "name", ["signature_online_v31_v32_v33", "signature_online_v30_decimal",
             "signature_offline_decimal"],
)  # fmt: skip
def test_codes(name):
    for vector in published(name)["vectors"]:
        given = vector["input"]
        words = {"possession": "Possession", "knowledge": "Knowledge", "biometry": "Biometry"}
        keys = [
            b64(given[f"signature{words[each]}Key"]) for each in FACTORS[given["signatureType"]]
        ]
        parts = signing.parts_of_code(keys, b64(given["counterData"]), b64(given["data"]))
        if "signatureComponentLength" in given:
            code = signing.offline_code(parts, int(given["signatureComponentLength"]))
        else:
            code = signing.online_code("3.0" if "decimal" in name else "3.3", parts)
        assert code == vector["expected"]["signature"]


def test_base_strings():
    for vector in published("http_base_string")["vectors"]:
        built = signing.normalized(
            vector["method"] or "GET", vector["uriId"] or "", vector["nonce"] or "",
            (vector["bodyUtf8"] or "").encode(), "secret",
        )  # fmt: skip
        assert built.decode() == vector["expected"] + "&secret"


def test_status_blobs():
    for vector in published("status_blob_iv")["vectors"]:
        given = {name: b64(value) for name, value in vector["input"].items()}
        iv = status_iv(given["transportKey"], given["challenge"], given["nonce"])
        assert iv == b64(vector["expected"]["iv"])
    names = {1: "CREATED", 2: "PENDING_COMMIT", 3: "ACTIVE", 4: "BLOCKED", 5: "REMOVED"}
    for vector in published("status_blob")["vectors"]:
        given, wanted = vector["input"], vector["expected"]
        read = Status.read(*(
            b64(given[name])
            for name in ("encryptedStatusBlob", "transportKey", "challenge", "nonce")
        ))  # fmt: skip
        distance = int(wanted["counterDistance"])
        assert read == Status(
            names[int(wanted["activationStatus"])],
            int(wanted["currentVersion"]),
            int(wanted["upgradeVersion"]),
            int(wanted["ctrByte"]),
            int(wanted["failedAttempts"]),
            int(wanted["maxFailedAttempts"]),
            int(wanted["ctrLookAhead"]),
            b64(wanted["ctrDataHash"]),
        )
        phone = state(
            transport=given["transportKey"],
            counter_data=given["ctrData"],
            counter=int(wanted["ctrByte"]) - distance,
        )
        assert read.catch_up(phone) == distance
        assert phone.counter == int(wanted["ctrByte"])


@pytest.mark.parametrize("version", ["3.0", "3.1"])
def test_envelopes_of_old_versions(version):
    file = published(f"ecies_v{version.replace('.', '')}_full")
    server = primitives.private_key(b64(file["serverPrivateKey"]))
    for vector in file["vectors"]:
        # The vectors' infos are bytes that no portal uses, so only the arithmetic is compared.
        raw = b64(vector["ephemeralPublicKey"])
        shared = primitives.agreed(server, primitives.public_key(raw))
        keys = primitives.stretched(shared, b64(vector["sharedInfo1"]) + raw, 48)
        request, info = vector["request"], b64(vector["sharedInfo2"])
        data, nonce = b64(request["encryptedData"]), request["nonce"]
        assert primitives.mac(keys[16:32], data + info) == b64(request["mac"])
        iv = primitives.derived_from_bytes(keys[32:], b64(nonce)) if nonce else bytes(16)
        assert primitives.encrypted(keys[:16], iv, b64(vector["plainRequest"])) == data


@pytest.mark.parametrize("version", ["3.2", "3.3"])
def test_exchanges_of_new_versions(version):
    file = published(f"ecies_v{version.replace('.', '')}_full")
    constants = file["constants"]
    for vector in file["vectors"]:
        purpose, request = PURPOSES[vector["encryptorId"]], vector["request"]
        known = [version, constants["applicationKey"], constants["applicationSecret"]]
        whose = "masterServer"
        if purpose not in {"/pa/generic/application", "/pa/activation"}:
            known += [constants["activationId"], b64(constants["transportKey"])]
            whose = "server"
        parties = Parties(*known)
        assert parties.associated(request["temporaryKeyId"]) == b64(vector["associatedData"])
        raw = b64(request["ephemeralPublicKey"])
        keys = envelope(
            primitives.private_key(b64(constants[f"{whose}PrivateKey"])),
            primitives.public_key(raw), raw, purpose, version,
        )  # fmt: skip
        assert keys == b64(vector["envelopeKey"])
        moment = Moment(raw, b64(request["nonce"]), request["timestamp"])
        sealed = sealed_with(
            keys, b64(vector["plainRequest"]), parties, moment, request["temporaryKeyId"]
        )
        assert sealed.fields == {name: each for name, each in request.items() if each is not None}
        assert sealed.open(vector["response"]) == b64(vector["plainResponse"])


@pytest.mark.parametrize("version", ["3.0", "3.1", "3.2", "3.3"])
def test_exchanges_under_a_given_envelope(version):
    for vector in published(f"ecies_v{version.replace('.', '')}_envelope_known")["vectors"]:
        parties = Parties(
            version, vector["applicationKey"], vector["applicationSecret"],
            vector.get("activationId"), b64(vector.get("transportKey", "")),
        )  # fmt: skip
        assert parties.base() == b64(vector["sharedInfo2Base"])
        moment = Moment(
            b64(vector["requestEphemeralPublicKey"]), b64(vector.get("requestNonce", "")),
            int(vector.get("timestampRequest", 0)),
        )  # fmt: skip
        sealed = sealed_with(
            b64(vector["envelopeKey"]), vector["requestData"].encode(), parties, moment,
            vector.get("temporaryKeyId"),
        )  # fmt: skip
        assert sealed.fields["encryptedData"] == vector["encryptedDataRequest"]
        assert sealed.fields["mac"] == vector["requestMac"]
        answer = {"encryptedData": vector["encryptedDataResponse"], "mac": vector["responseMac"]}
        if version >= "3.2":
            answer |= {
                "nonce": vector["responseNonce"], "timestamp": int(vector["timestampResponse"])
            }  # fmt: skip
        assert sealed.open(answer).decode() == vector["responseData"]


def test_our_own_activation():
    vector = own("activation_v33")["vectors"][0]
    parties = Parties("3.3", vector["applicationKey"], vector["applicationSecret"])
    for layer in ("layer1", "layer2"):
        exchange = vector[layer]
        request = exchange["request"]
        moment = Moment(b64(request["ephemeralPublicKey"]), b64(request["nonce"]),
                        request["timestamp"])  # fmt: skip
        sealed = sealed_with(b64(exchange["envelopeKey"]), exchange["plainRequest"].encode(),
                             parties, moment, request["temporaryKeyId"])  # fmt: skip
        assert sealed.fields == request
        assert sealed.open(exchange["response"]).decode() == exchange["plainResponse"]


def test_our_own_codes():
    online = own("online_signature_v33")
    for vector in online["vectors"]:
        signed = signing.normalized(
            vector["method"], vector["uriId"], vector["nonce"], vector["body"].encode(),
            online["applicationSecret"],
        )  # fmt: skip
        assert signed.decode() == vector["signedData"]
        names = {"possession": "possessionKey", "knowledge": "knowledgeKey",
                 "biometry": "biometryKey"}  # fmt: skip
        keys = [b64(online[names[each]]) for each in FACTORS[vector["signatureType"]]]
        phone = state(counter_data=vector["ctrData"])
        parts = signing.parts_of_code(keys, phone.move(), signed)
        assert signing.online_code("3.3", parts) == vector["signature"]
        assert phone.counter_data == vector["nextCtrData"]


def test_our_own_chain_of_the_counter():
    file = own("hash_counter")
    for vector in file["vectors"]:
        phone = state(counter_data=vector["ctrData"], counter=vector["ctr"])
        made = counter_hash(b64(file["transportKey"]), b64(phone.counter_data))
        assert made == b64(vector["ctrDataHash"])
        phone.move()
        assert phone.counter_data == vector["next"]


def test_our_own_tokens_and_questions():
    for vector in own("token_digest")["vectors"]:
        made = digest(b64(vector["tokenSecret"]), b64(vector["nonce"]), int(vector["timestamp"]),
                      vector["version"])  # fmt: skip
        assert made == b64(vector["digest"])
    assert tokens.UNIVERSAL == "possession_universal"
    file = own("keystore_jwt_v33")
    for vector in file["vectors"]:
        claims = vector["claims"]
        known = ["3.3", claims["applicationKey"], file["applicationSecret"]]
        if vector["scope"] == "activation":
            known += [claims["activationId"], b64(file["transportKey"])]
        parties = Parties(*known)
        assert ask(parties, "", claims["challenge"]).jwt == vector["jwt"]


def test_our_own_offline_codes():
    file = own("offline_v33")
    keys = [b64(file["possessionKey"]), b64(file["knowledgeKey"])]
    for vector in file["vectors"]:
        signed = signing.normalized("POST", signing.OFFLINE_URI_ID, vector["nonce"],
                                    vector["offlineBody"].encode(), "offline")  # fmt: skip
        assert signed.decode() == vector["signedData"]
        parts = signing.parts_of_code(keys, b64(vector["ctrData"]), signed)
        assert signing.offline_code(parts) == vector["signature"]
