"""The three headers of a phone."""

import pytest

from app.crypto.errors import InvalidHeaderError, ProtocolError, UnsupportedVersionError
from app.crypto.headers import EncryptionHeader, SignatureHeader, TokenHeader
from app.crypto.signatures import SignatureType
from tests.crypto.vectors import own, text64

UUID = "3b1f2f0e-6a54-4d0b-8c1e-0f7b6d2f9a11"
KEY, NONCE = text64(b"k" * 16), text64(b"n" * 16)
SIGNATURE = {
    "pa_version": "3.3",
    "pa_activation_id": UUID,
    "pa_application_key": KEY,
    "pa_nonce": NONCE,
    "pa_signature_type": "possession_knowledge",
    "pa_signature": text64(bytes(32)),
}
TOKEN = {
    "version": "3.2",
    "token_id": UUID,
    "token_digest": text64(bytes(32)),
    "nonce": NONCE,
    "timestamp": "1780000001234",
}
ENCRYPTION = {"version": "3.1", "application_key": KEY, "activation_id": UUID}
KINDS = [(SignatureHeader, SIGNATURE), (TokenHeader, TOKEN), (EncryptionHeader, ENCRYPTION)]


def header(values, comma=", "):
    return "PowerAuth " + comma.join(f'{name}="{value}"' for name, value in values.items())


def test_our_own_headers_are_read():
    for vector in own("online_signature_v33")["vectors"]:
        read = SignatureHeader.read(vector["header"])
        assert read.kind == vector["signatureType"]
        assert read.nonce == vector["nonce"]
        assert read.signature == vector["signature"]
        assert read.version.name == "3.3"


def test_our_own_encryption_header_is_read():
    vector = own("activation_v33")["vectors"][0]
    read = EncryptionHeader.read(vector["layer1"]["header"])
    assert read.application_key == vector["applicationKey"]
    assert read.activation_id is None


@pytest.mark.parametrize(("kind", "values"), KINDS)
@pytest.mark.parametrize("comma", [", ", ",", " ", "  ,  ", " , "])
def test_order_and_commas_do_not_matter(kind, values, comma):
    wanted = kind.read(header(values))
    turned = dict(reversed(values.items()))
    assert kind.read(header(turned, comma)) == wanted
    assert kind.read(header(turned | {"later": "x"}, comma) + " ") == wanted


@pytest.mark.parametrize(("kind", "values"), KINDS)
def test_every_value_is_needed_once(kind, values):
    for name in values:
        if name != "activation_id":
            with pytest.raises(InvalidHeaderError):
                kind.read(header({each: values[each] for each in values if each != name}))
        with pytest.raises(InvalidHeaderError):
            kind.read(header(values) + f', {name}="{values[name]}"')


@pytest.mark.parametrize(("kind", "values"), KINDS)
@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: "PowerAuth",
        lambda text: text.removeprefix("PowerAuth "),
        lambda text: text.replace("PowerAuth ", "Basic "),
        lambda text: text.replace("PowerAuth ", "powerauth "),
        lambda text: " " + text,
        lambda text: text[:-1],
        lambda text: text + ", x",
        lambda text: text + ', ="x"',
        lambda text: text + ',, x="y"',
        lambda text: text + 'x="y"',
        lambda text: text.replace('"', "'"),
        lambda text: text.replace("=", " = ", 1),
        lambda text: text + f', x="{"y" * 2000}"',
    ],
)
def test_what_has_another_form_is_refused(kind, values, change):
    with pytest.raises(InvalidHeaderError):
        kind.read(change(header(values)))


@pytest.mark.parametrize(("kind", "values"), KINDS)
@pytest.mark.parametrize("version", ["", "2.1", "3.4", "4.0", "3", "3.3 "])
def test_another_version_is_refused(kind, values, version):
    name = "pa_version" if kind is SignatureHeader else "version"
    with pytest.raises(UnsupportedVersionError):
        kind.read(header(values | {name: version}))


WRONG = {
    "activation_id": ["", "1", UUID + "0", UUID.replace("-", ""), UUID.replace("3", "g"), KEY],
    "application_key": ["", "AA==", text64(bytes(15)), text64(bytes(17)), KEY[:-1], KEY[:-2]],
    "nonce": ["", text64(bytes(15)), text64(bytes(17)), NONCE[:-1], "*" * 24],
    "signature_type": ["", "1FA", "possession+knowledge", "knowledge_possession"],
    "signature": ["", "1234567", "123456789", "12345678-", "12345678-1234567",
                  "12345678-12345678-12345678-12345678", text64(bytes(15)), text64(bytes(64)),
                  "\N{ARABIC-INDIC DIGIT ONE}" * 8],
    "token_id": ["", "token"],
    "token_digest": ["", text64(bytes(31)), text64(bytes(33)), "x"],
    "timestamp": ["", "-1", "1.5", "01", "1e3", " 1", "9" * 19, "\N{ARABIC-INDIC DIGIT ONE}"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), KINDS)
def test_a_value_of_the_wrong_form_is_refused(kind, values):
    seen = 0
    for name in values:
        for wrong in WRONG.get(name.removeprefix("pa_"), []):
            with pytest.raises(InvalidHeaderError):
                kind.read(header(values | {name: wrong}))
            seen += 1
    assert seen > 5


@pytest.mark.parametrize("kind", SignatureType)
def test_every_type_of_signature_is_known_in_any_case(kind):
    values = SIGNATURE | {"pa_signature_type": kind.upper()}
    assert SignatureHeader.read(header(values)).kind is kind


@pytest.mark.parametrize(
    "code",
    ["12345678", "12345678-12345678", "1-".join(["1234567"] * 3) + "1",
     text64(bytes(16)), text64(bytes(32)), text64(bytes(48))],
)  # fmt: skip
def test_codes_of_one_to_three_factors_have_a_form(code):
    assert SignatureHeader.read(header(SIGNATURE | {"pa_signature": code})).signature == code


def test_an_activation_id_stays_as_it_was_written():
    for written in (UUID, UUID.upper()):
        read = SignatureHeader.read(header(SIGNATURE | {"pa_activation_id": written}))
        assert read.activation_id == written


def test_codes_and_digests_are_not_shown():
    assert SIGNATURE["pa_signature"] not in repr(SignatureHeader.read(header(SIGNATURE)))
    assert repr(bytes(32)) not in repr(TokenHeader.read(header(TOKEN)))


def test_a_refusal_does_not_repeat_the_header():
    for name in SIGNATURE:
        with pytest.raises(ProtocolError) as refused:
            SignatureHeader.read(header(SIGNATURE | {name: "secret value"}))
        assert "secret" not in str(refused.value)
