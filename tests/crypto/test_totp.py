"""One-time passwords of RFC 6238."""

from hypothesis import given
from hypothesis import strategies as st

from app.crypto.totp import accepted, totp
from tests.crypto.vectors import published


def test_the_published_passwords_are_made():
    algorithms = set()
    for vector in published("totp")["vectors"]:
        seed, at = bytes.fromhex(vector["seedHex"]), int(vector["unixTime"])
        assert at // 30 == int(vector["stepHex"], 16)
        # The protocol knows SHA-256 alone: what RFC 6238 makes with SHA-512 is another password.
        assert (totp(seed, at) == vector["totp"]) == (vector["alg"] == "HmacSHA256")
        algorithms.add(vector["alg"])
    assert algorithms == {"HmacSHA256", "HmacSHA512"}


@given(st.binary(min_size=16, max_size=16), st.integers(0, 2**40), st.integers(6, 8))
def test_a_password_lives_for_its_step_and_the_next(seed, at, digits):
    start = at // 30 * 30
    made = totp(seed, at, digits=digits)
    assert len(made) == digits
    assert made.isdigit()
    assert made == totp(seed, start, digits=digits) == totp(seed, start + 29, digits=digits)
    assert list(accepted(seed, start + 30, digits=digits)) == [
        totp(seed, start + 30, digits=digits), made
    ]  # fmt: skip


def test_two_steps_later_it_is_not_accepted():
    seed = b"a seed of 16 byt"
    assert totp(seed, 0) not in accepted(seed, 60)
    assert totp(seed, 0) in accepted(seed, 60, past_steps=2)
    assert totp(seed, 120) not in accepted(seed, 60)


def test_at_the_beginning_of_time_there_is_no_step_before():
    assert list(accepted(bytes(16), 3)) == [totp(bytes(16), 3)]
