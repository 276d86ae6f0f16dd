"""Encrypted requests: which fields each version has, and which requests must not open."""

from dataclasses import replace

import pytest

from app.crypto.ecies import Envelope, Purpose, Scope
from app.crypto.encrypted_request import EncryptedRequest
from app.crypto.errors import CannotDecryptError
from app.crypto.keys import PrivateKey, PublicKey
from app.crypto.versions import VERSIONS, Version
from tests.crypto.vectors import b64, flipped, text64

SERVER = PrivateKey(b"\x07" * 32)
EPHEMERAL = PrivateKey(b"\x08" * 32)
KEY, SECRET = text64(b"k" * 16), text64(b"s" * 16)
ID = "3b1f2f0e-6a54-4d0b-8c1e-0f7b6d2f9a11"
APPLICATION = Scope(KEY, SECRET)
ACTIVATION = Scope(KEY, SECRET, ID, b"t" * 16)
NAMES = {
    "nonce": {"3.1", "3.2", "3.3"},
    "timestamp": {"3.2", "3.3"},
    "temporaryKeyId": {"3.3"},
}
versions = pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)


def sealed(version: Version, purpose=Purpose.ACTIVATION, scope=ACTIVATION, plain=b"plain"):
    """What a phone sends; the arithmetic is checked by the published vectors."""
    fields = {
        "ephemeralPublicKey": text64(EPHEMERAL.public.compressed),
        "encryptedData": "",
        "mac": text64(bytes(32)),
        "nonce": text64(b"n" * 16),
        "timestamp": 1_780_000_000_000,
        "temporaryKeyId": ID,
    }
    for name, known in NAMES.items():
        if version.name not in known:
            del fields[name]
    request = EncryptedRequest.read(fields, version)
    # ECDH is symmetric: the phone's envelope is ours.
    phones = Envelope.derive(
        SERVER, PublicKey(EPHEMERAL.public.compressed), purpose.shared_info_1(version)
    )
    info_2 = request.shared_info_2(scope, request.nonce, request.timestamp, request.ephemeral.raw)
    data, mac = phones.seal(plain, request.nonce, info_2)
    return fields | {"encryptedData": text64(data), "mac": text64(mac)}


def opened(fields, version, purpose=Purpose.ACTIVATION, scope=ACTIVATION, key=SERVER):
    return EncryptedRequest.read(fields, version).open(key, purpose, scope)


@versions
def test_a_request_opens(version):
    assert opened(sealed(version), version).plain == b"plain"
    app = {"purpose": Purpose.ACTIVATION_LAYER_2, "scope": APPLICATION}
    assert opened(sealed(version, **app, plain=b""), version, **app).plain == b""


@versions
@pytest.mark.parametrize("name", NAMES)
def test_a_field_is_there_exactly_if_the_version_has_it(version, name):
    fields = sealed(version)
    some = {"nonce": text64(b"n" * 16), "timestamp": 5, "temporaryKeyId": ID}[name]
    if name in fields:
        for gone in ({name: None}, {name: ""}):
            with pytest.raises(CannotDecryptError):
                EncryptedRequest.read(fields | gone, version)
    else:
        with pytest.raises(CannotDecryptError):
            EncryptedRequest.read(fields | {name: some}, version)
        assert opened(fields | {name: None}, version)


@versions
def test_what_nobody_knows_is_ignored(version):
    assert opened(sealed(version) | {"later": [1]}, version)


WRONG = {
    "ephemeralPublicKey": [None, 1, "", "AA==", text64(bytes(33)), text64(bytes(65)),
                           text64(EPHEMERAL.public.uncompressed[:-1])],
    "encryptedData": [None, 1, [], "x", "AB=="],
    "mac": [None, 1, "", text64(bytes(31)), text64(bytes(33))],
    "nonce": [None, 1, "", text64(bytes(15)), text64(bytes(17)), "x" * 24],
    "timestamp": [None, "1780000000000", -1, 1.5, True, 2**63],
    "temporaryKeyId": [None, 1, "", "key", ID + "0"],
}  # fmt: skip


@versions
@pytest.mark.parametrize("name", WRONG)
def test_a_field_of_the_wrong_form_is_refused(version, name):
    fields = sealed(version)
    for wrong in WRONG[name]:
        if name in fields:
            with pytest.raises(CannotDecryptError):
                EncryptedRequest.read(fields | {name: wrong}, version)


@versions
@pytest.mark.parametrize("name", ["encryptedData", "mac", "nonce", "timestamp", "temporaryKeyId"])
def test_no_bit_of_a_request_can_be_changed(version, name):
    fields = sealed(version)
    value = fields.get(name)
    if name == "timestamp" and value is not None:
        changed = [value + 1, value - 1]
    elif name == "temporaryKeyId" and value is not None:
        changed = [value.upper(), value.replace("3", "4")]
    else:
        changed = [text64(flipped(b64(value), bit)) for bit in range(128)] if value else []
    if version.name == "3.1" and name == "nonce":
        changed = []  # this version does not authenticate it: see below
    for each in changed:
        with pytest.raises(CannotDecryptError):
            opened(fields | {name: each}, version)


def test_in_3_1_a_changed_nonce_does_not_give_the_plain_text():
    version = VERSIONS["3.1"]
    fields = sealed(version) | {"nonce": text64(b"m" * 16)}
    try:
        plain = opened(fields, version).plain
    except CannotDecryptError:
        plain = b""
    assert plain != b"plain"


@versions
def test_the_ephemeral_key_cannot_be_written_otherwise(version):
    other = {"ephemeralPublicKey": text64(EPHEMERAL.public.uncompressed)}
    with pytest.raises(CannotDecryptError):
        opened(sealed(version) | other, version)


@versions
def test_a_request_opens_for_its_own_purpose_alone(version):
    for purpose in Purpose:
        if purpose not in {Purpose.ACTIVATION, Purpose.APPLICATION, Purpose.ACTIVATION_LAYER_2}:
            with pytest.raises(CannotDecryptError):
                opened(sealed(version), version, purpose)
    with pytest.raises(CannotDecryptError):
        opened(sealed(version, Purpose.APPLICATION, APPLICATION), version,
               Purpose.ACTIVATION_LAYER_2, APPLICATION)  # fmt: skip


@versions
def test_a_request_opens_with_its_own_key_alone(version):
    with pytest.raises(CannotDecryptError):
        opened(sealed(version), version, key=EPHEMERAL)


@versions
def test_a_request_opens_between_its_own_two_sides_alone(version):
    bound = version.has_context  # before 3.2 only the secrets are bound, not the names
    others = [replace(ACTIVATION, application_secret=KEY), replace(ACTIVATION, transport=b"u" * 16)]
    if bound:
        others.append(replace(ACTIVATION, application_key=SECRET))
        others.append(replace(ACTIVATION, activation_id=ID.upper()))
    for scope in others:
        with pytest.raises(CannotDecryptError):
            opened(sealed(version), version, scope=scope)


@pytest.mark.parametrize(
    ("made", "read"), [("3.3", "3.2"), ("3.2", "3.3"), ("3.2", "3.1"), ("3.1", "3.0")]
)
def test_a_request_opens_in_its_own_version_alone(made, read):
    with pytest.raises(CannotDecryptError):
        opened(sealed(VERSIONS[made]), VERSIONS[read])


def test_even_with_the_fields_of_the_other_version():
    old = sealed(VERSIONS["3.2"]) | {"temporaryKeyId": ID}
    with pytest.raises(CannotDecryptError):
        opened(old, VERSIONS["3.3"])


@pytest.mark.parametrize(
    ("purpose", "scope"), [(Purpose.APPLICATION, ACTIVATION), (Purpose.ACTIVATION, APPLICATION)]
)
def test_purpose_and_scope_must_fit(purpose, scope):
    request = EncryptedRequest.read(sealed(VERSIONS["3.3"]), VERSIONS["3.3"])
    with pytest.raises(ValueError, match="scope"):
        request.open(SERVER, purpose, scope)


def test_a_scope_is_whole():
    for half in ({"activation_id": ID}, {"transport": b"t" * 16}):
        with pytest.raises(ValueError, match="registration"):
            Scope(KEY, SECRET, **half)


@pytest.mark.parametrize("missing", ["nonce", "timestamp"])
def test_what_binds_a_request_cannot_be_left_out(missing):
    request = EncryptedRequest.read(sealed(VERSIONS["3.3"]), VERSIONS["3.3"])
    with pytest.raises(CannotDecryptError):
        replace(request, **{missing: None}).open(SERVER, Purpose.ACTIVATION, ACTIVATION)


@versions
def test_an_answer_says_as_much_as_its_version(version):
    answers = [opened(sealed(version), version).answer(b"yes", timestamp=7) for _ in range(2)]
    extra = {"nonce", "timestamp"} if version.has_timestamp else set()
    assert set(answers[0]) == {"encryptedData", "mac"} | extra
    assert (answers[0] == answers[1]) == (not version.has_timestamp)


@versions
def test_an_answer_does_not_pass_for_a_request(version):
    answer = opened(sealed(version), version).answer(b"yes", timestamp=1_780_000_000_000)
    if version.has_context:
        with pytest.raises(CannotDecryptError):
            opened(sealed(version) | answer, version)


@versions
def test_a_request_has_one_value_that_must_not_come_again(version):
    first = EncryptedRequest.read(sealed(version), version)
    assert first.unique_value(ID) == EncryptedRequest.read(sealed(version), version).unique_value(
        ID
    )
    parts = b64(first.unique_value(ID))
    nonce = b"n" * 16 if version.has_nonce else b""
    assert parts == EPHEMERAL.public.compressed + nonce + ID.encode()
    assert first.unique_value() != first.unique_value(ID)


@versions
def test_neither_request_nor_plain_text_is_shown(version):
    fields = sealed(version)
    shown = repr(opened(fields, version))
    assert "b'plain'" not in shown
    assert repr(b64(fields["mac"])) not in shown
