"""Calls of integrators over real HTTP: what they carry, and whom they never reach."""

import base64
import socket
import time
import traceback
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from threading import Event, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app import clock
from app.channels.addresses import AddressRefusedError, addresses_of, check_url, is_public
from app.channels.base import DeliveryFailed
from app.channels.client_credentials import Client
from app.channels.webhook import Call, Webhooks
from app.settings import CallbacksSettings
from tests.support.patience import LONG
from tests.support.receiver import receiving, verified

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
PASSWORD, CLIENT_SECRET = "a-password-nobody-may-see", "a-secret:nobody/may see"
BODY = '{"type":"OPERATION","status":"čeká"}'.encode()
FAST = CallbacksSettings(timeout=timedelta(seconds=1))
USUAL = CallbacksSettings(timeout=timedelta(seconds=10))


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def channel():
    return Webhooks(USUAL, allow_private=True)


@pytest.fixture
def hasty():
    """One that does not wait for long, where nobody answers."""
    return Webhooks(FAST, allow_private=True)


def call(url, **more):
    return Call(id="7f3c", url=url, body=BODY, **more)


def client_at(receiver, **more):
    named = {"client_id": "bank app", "secret": CLIENT_SECRET, "token_uri": receiver.token_uri}
    return Client(**named | more)


def failure(channel, given):
    with pytest.raises(DeliveryFailed) as caught:
        channel.send(given)
    said = "".join(traceback.format_exception(caught.value)) + repr(given)
    for secret in (PASSWORD, CLIENT_SECRET, SECRET, "čeká", "top-secret"):
        assert secret not in said
    assert caught.value.__context__ is None
    return caught.value.code


# --- what a call carries ------------------------------------------------------------------------


def test_a_call_carries_its_body_and_its_key(receiver, channel):
    channel.send(call(receiver.url + "?a=b"))
    (made,) = receiver.calls
    assert (made.path, made.body, made.key) == ("/hook?a=b", BODY, "7f3c")
    assert made.headers["content-type"] == "application/json"
    assert made.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert "authorization" not in made.headers
    assert "webhook-signature" not in made.headers


def test_what_one_receiver_sets_no_other_call_carries(receiver, channel):
    receiver.headers["Set-Cookie"] = "who=somebody; Path=/"
    for _ in range(2):
        channel.send(call(receiver.url))
    assert ["cookie" in each.headers for each in receiver.calls] == [False, False]


def test_a_call_is_signed_as_standard_webhooks_says(receiver, channel):
    channel.send(call(receiver.url, signing_secret=SECRET))
    (made,) = receiver.calls
    assert made.headers["webhook-id"] == made.key
    assert abs(int(made.headers["webhook-timestamp"]) - time.time()) < 60
    assert verified(made, SECRET)
    made.body += b" "
    assert not verified(made, SECRET)


def test_testers_move_no_receiver_s_clock(receiver, channel):
    clock.shift(timedelta(hours=1))
    try:
        channel.send(call(receiver.url, signing_secret=SECRET))
    finally:
        clock.shift(timedelta(0))
    (made,) = receiver.calls
    assert abs(int(made.headers["webhook-timestamp"]) - time.time()) < 60


def test_a_call_proves_itself_by_name_and_password(receiver, channel):
    channel.send(call(receiver.url, basic=("bank", PASSWORD)))
    given = receiver.calls[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(given).decode() == f"bank:{PASSWORD}"


def test_a_token_is_fetched_once_and_sent(receiver, channel):
    client = client_at(receiver, scope="callbacks write")
    for _ in range(3):
        channel.send(call(receiver.url, client=client, basic=("bank", PASSWORD)))
    (asked,) = receiver.tokens
    assert asked.body == b"grant_type=client_credentials&scope=callbacks+write"
    given = asked.headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(given) == b"bank%20app:a-secret%3Anobody%2Fmay%20see"
    assert {made.headers["authorization"] for made in receiver.calls} == {"Bearer token-1"}


def test_a_token_that_is_refused_is_renewed_once(receiver, channel):
    client = client_at(receiver)
    channel.send(call(receiver.url, client=client))
    receiver.statuses = [401]
    channel.send(call(receiver.url, client=client))
    tokens = [made.headers["authorization"].split()[1] for made in receiver.calls]
    assert tokens == ["token-1", "token-1", "token-2"]
    receiver.statuses = [401, 401, 401]
    assert failure(channel, call(receiver.url, client=client)) == "http_401"
    assert len(receiver.calls) == 5


def test_a_token_that_has_ended_is_renewed(receiver, channel):
    receiver.token_answer = b'{"access_token":"short","expires_in":30}'
    for _ in range(2):
        channel.send(call(receiver.url, client=client_at(receiver)))
    assert len(receiver.tokens) == 2


def test_a_new_secret_gets_a_new_token(receiver, channel):
    channel.send(call(receiver.url, client=client_at(receiver)))
    channel.send(call(receiver.url, client=client_at(receiver, secret="another")))
    assert len(receiver.tokens) == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"<html>", "token_not_understood"),
        (b'{"access_token":7}', "token_not_understood"),
        (b'{"access_token":"a\\r\\nX: y"}', "token_not_understood"),
        (b'{"access_token":"a","expires_in":NaN}', "token_not_understood"),
        (b'{"access_token":"a","token_type":"mac"}', "token_not_understood"),
        (b'{"access_token":"a","expires_in":1%b}' % (b"0" * 400), "token_not_understood"),
        (b"[" * 60_000, "token_not_understood"),
        (b'"' + b"x" * 100_000 + b'"', "answer_too_large"),
    ],
)
def test_a_token_that_cannot_be_read_is_no_token(receiver, channel, answer, code):
    receiver.token_answer = answer
    assert failure(channel, call(receiver.url, client=client_at(receiver))) == code
    assert receiver.calls == []


# --- what an answer means -----------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_whatever_is_200_is_a_success(receiver, channel, status):
    receiver.statuses = [status]
    channel.send(call(receiver.url))


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 410, 429, 500, 503])
def test_everything_else_is_a_failure_and_nothing_is_followed(receiver, channel, status):
    receiver.statuses, receiver.headers = [status], {"Location": "/elsewhere"}
    given = call(receiver.url, basic=("bank", PASSWORD), signing_secret=SECRET)
    assert failure(channel, given) == f"http_{status}"
    assert len(receiver.calls) == 1


def test_a_large_answer_is_not_read(receiver, channel):
    receiver.headers = {"X-Large": "x" * 200_000}
    assert failure(channel, call(receiver.url)) == "no_answer"


def test_who_hangs_up_has_not_answered(receiver, channel):
    def hang_up(_called):
        raise ConnectionError

    receiver.before = hang_up
    assert failure(channel, call(receiver.url)) == "no_answer"


def test_nobody_listens(channel):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert failure(channel, call(f"http://127.0.0.1:{port}/?k=top-secret")) == "not_connected"


def test_who_does_not_answer_in_time_is_left(receiver, hasty):
    left = Event()
    receiver.before = lambda _called: left.wait(LONG)
    assert failure(hasty, call(receiver.url)) == "timeout"
    left.set()


def test_who_answers_byte_by_byte_is_left_as_soon(receiver, hasty):
    receiver.drip = 0.1
    assert failure(hasty, call(receiver.url)) == "timeout"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_who_takes_a_connection_and_nothing_else_is_left(hasty, scheme):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        long = Call(id="7f3c", url=f"{scheme}://127.0.0.1:{port}/", body=b"x" * 20_000_000)
        assert failure(hasty, long) == "timeout"


def test_who_reads_bit_by_bit_is_left_as_soon(hasty):
    left = Event()

    def read(slow):
        with slow.accept()[0] as taken:
            while not left.wait(0.05):
                taken.recv(65536)

    with answering(read) as url:
        assert failure(hasty, Call(id="7f3c", url=url, body=b"x" * 20_000_000)) == "timeout"
        left.set()


def test_who_answers_before_all_is_sent_has_answered(channel):
    def refuse(curt):
        with curt.accept()[0] as taken:
            taken.recv(100)
            taken.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    with answering(refuse) as url:
        long = Call(id="7f3c", url=url, body=b"x" * 20_000_000)
        assert failure(channel, long) == "http_413"


@contextmanager
def answering(serve):
    """Run what serves a bare socket."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join(10)


def test_no_proxy_of_the_environment_gets_to_see_a_call(receiver, channel, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    channel.send(call(receiver.url))
    assert len(receiver.calls) == 1


# --- TLS ----------------------------------------------------------------------------------------


def certificate(folder, name):
    """A certificate that is its own authority, for one host."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    try:
        host = x509.IPAddress(ip_address(name))
    except ValueError:
        host = x509.DNSName(name)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return str(paths[0]), str(paths[1])


def trusting(path):
    return Webhooks(USUAL.model_copy(update={"ca_file": path}), allow_private=True)


def test_a_certificate_of_nobody_known_is_refused(tmp_path, channel):
    with receiving(certificate=certificate(tmp_path, "127.0.0.1")) as receiver:
        assert failure(channel, call(receiver.url)) == "not_connected"
        assert receiver.calls == []


def test_a_certificate_counts_for_the_name_that_was_called(tmp_path):
    made = certificate(tmp_path, "localhost")
    with receiving(certificate=made) as receiver:
        channel = trusting(made[0])
        channel.send(call(receiver.url.replace("127.0.0.1", "localhost")))
        assert receiver.calls[0].headers["host"] == f"localhost:{receiver.port}"
        assert failure(channel, call(receiver.url)) == "not_connected"
        assert len(receiver.calls) == 1


# --- whom nobody calls --------------------------------------------------------------------------

PRIVATE = [
    ".".join("0000"), "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.9.1",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::",
    "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1",
    "ff02::1", "not an address", "",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "::ffff:8.8.8.8", "2606:4700::1111"]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_no_public_host_is_none(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_a_public_host_is_one(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1",
        "[::1]", "[::ffff:127.0.0.1]", "127.0.0.1.", "LOCALHOST",
    ],
)  # fmt: skip
def test_the_houses_own_networks_are_never_called(receiver, host):
    strict = Webhooks(USUAL, allow_private=False)
    url = receiver.url.replace("127.0.0.1", host)
    assert failure(strict, call(url, basic=("bank", PASSWORD))) == "address_refused"
    public = "http://93.184.216.34/hook"
    refused = call(public, client=client_at(receiver))
    assert failure(strict, refused) == "address_refused"
    assert (receiver.calls, receiver.tokens) == ([], [])


class Resolver:
    """Stands in for the network's name service: another answer each time."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self._real = socket.getaddrinfo

    def __call__(self, host, port, *args, **kwargs):
        if kwargs.get("flags"):
            raise socket.gaierror
        if isinstance(host, str) and host.endswith(".test"):
            self.asked.append(host)
            found = self.answers.pop(0)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]
        return self._real(host, port, *args, **kwargs)


def test_a_name_that_leads_into_the_house_is_refused(receiver, monkeypatch):
    names = Resolver(["127.0.0.1"], ["93.184.216.34", "127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    strict = Webhooks(USUAL, allow_private=False)
    for _ in range(2):
        assert failure(strict, call(f"http://a.test:{receiver.port}/")) == "address_refused"
    assert receiver.calls == []


def test_the_address_that_was_judged_is_the_one_that_is_connected_to(receiver, monkeypatch):
    names = Resolver(["127.0.0.1"], ["127.0.0.2"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    Webhooks(USUAL, allow_private=True).send(call(f"http://a.test:{receiver.port}/hook"))
    assert names.asked == ["a.test"]  # a second answer would lead elsewhere
    assert receiver.calls[0].headers["host"] == f"a.test:{receiver.port}"


def test_of_several_addresses_the_first_that_answers_is_taken(receiver, monkeypatch):
    names = Resolver(["127.0.0.9", "127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    Webhooks(USUAL, allow_private=True).send(call(f"http://a.test:{receiver.port}/hook"))
    assert len(receiver.calls) == 1


def test_an_unknown_name_is_a_failure():
    with pytest.raises(AddressRefusedError, match="unknown_host"):
        addresses_of("x" * 70, 80, allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "/hook", "ftp://a.example/", "file:///etc/passwd", "gopher://a.example",
        "javascript:alert(1)", "http://", "https:///x", "http://a.example:0/", "http://a:99999/",
        "http://user@a.example/", "http://user:pw@a.example/", "http://a.example/#x",
        "http://a.example/ x", "http://a.example/\n", "http://a.example/č", "http://[::1",
        "http://a.example/" + "x" * 2048,
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_receiver_is_refused_in_any_profile(url):
    with pytest.raises(AddressRefusedError):
        check_url(url, allow_private=True)


@pytest.mark.parametrize("address", [a for a in PRIVATE if ":" not in a and a[:1].isdigit()])
def test_an_address_in_the_url_is_judged_when_it_is_saved(address):
    with pytest.raises(AddressRefusedError, match="address_refused"):
        check_url(f"https://{address}/", allow_private=False)
    check_url(f"https://{address}/", allow_private=True)


def test_names_are_not_looked_up_when_they_are_saved(monkeypatch):
    names = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", names)
    check_url("https://hooks.example.test/x?y=z", allow_private=False)
    assert names.asked == []
