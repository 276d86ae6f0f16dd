"""Data keys: sealed by the root, changed without touching a value, read anew when they change."""

from dataclasses import replace

import pytest

from app.crypto import vault as vaults
from app.crypto.vault import CannotOpenError, DataKey, NoDataKeyError, RootKeys, Vault

ROOT = b"a root secret of at least 32 bytes"
NEXT = b"the root secret that comes after it"


class Shelf:
    """Keeps data keys, and counts how often they were read."""

    def __init__(self, *purposes, root=ROOT):
        self.keys = [RootKeys(root).make(purpose) for purpose in purposes]
        self.reads = 0

    def read(self):
        self.reads += 1
        return list(self.keys)

    def rotate(self, root=ROOT):
        self.keys = [replace(key, is_current=key.purpose == "digest") for key in self.keys] + [
            RootKeys(root).make("seal")
        ]


@pytest.fixture
def shelf():
    return Shelf("seal", "digest")


def vault(shelf, root=ROOT, previous=()):
    return Vault(root, previous, shelf)


def test_what_one_process_seals_another_opens(shelf):
    sealed = vault(shelf).seal(b"secret", context="a:1")
    assert vault(shelf).open(sealed, context="a:1") == b"secret"


def test_a_sealed_value_names_its_data_key(shelf):
    sealed = vault(shelf).seal(b"secret", context="a:1")
    assert sealed[1:9].hex() == shelf.keys[0].kid


def test_a_value_moved_to_another_row_does_not_open(shelf):
    keeper = vault(shelf)
    with pytest.raises(CannotOpenError):
        keeper.open(keeper.seal(b"secret", context="a:1"), context="a:2")


def test_a_retired_key_opens_and_does_not_seal(shelf):
    sealed = vault(shelf).seal(b"secret", context="a")
    shelf.rotate()
    keeper = vault(shelf)
    assert keeper.open(sealed, context="a") == b"secret"
    assert not keeper.is_current(sealed)
    assert keeper.is_current(keeper.seal(b"secret", context="a"))


def test_a_new_key_of_another_process_opens_at_once(shelf):
    old = vault(shelf)
    old.seal(b"x", context="a")
    shelf.rotate()
    sealed = vault(shelf).seal(b"secret", context="a")
    assert old.open(sealed, context="a") == b"secret"


def test_a_new_key_of_another_process_seals_within_half_a_minute(shelf, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(vaults.time, "monotonic", lambda: now[0])
    keeper = vault(shelf)
    keeper.seal(b"x", context="a")
    shelf.rotate()
    assert keeper.seal(b"x", context="a")[1:9].hex() == shelf.keys[0].kid
    now[0] += vaults.RELOAD_SECONDS
    assert keeper.seal(b"x", context="a")[1:9].hex() == shelf.keys[-1].kid


def test_keys_are_read_once_however_much_is_sealed(shelf):
    keeper = vault(shelf)
    for _ in range(50):
        keeper.open(keeper.seal(b"x", context="a"), context="a")
        keeper.digest("x", purpose="a")
    assert shelf.reads == 1


def test_a_digest_hangs_on_its_data_key_alone(shelf):
    before = vault(shelf).digest("x", purpose="browser")
    shelf.rotate()
    assert vault(shelf).digest("x", purpose="browser") == before
    shelf.keys = [RootKeys(NEXT, [ROOT]).rewrap(key) for key in shelf.keys]
    assert vault(shelf, NEXT).digest("x", purpose="browser") == before
    assert Vault(ROOT).digest("x", purpose="browser") != before
    assert vault(Shelf("seal", "digest")).digest("x", purpose="browser") != before


def test_another_root_opens_no_data_key(shelf):
    with pytest.raises(CannotOpenError):
        vault(shelf, NEXT).seal(b"x", context="a")


def test_a_former_root_opens_data_keys_while_it_is_known(shelf):
    sealed = vault(shelf).seal(b"secret", context="a")
    assert vault(shelf, NEXT, [ROOT]).open(sealed, context="a") == b"secret"


def test_rewrapping_changes_neither_key_nor_id(shelf):
    kept = shelf.keys[0]
    both = RootKeys(NEXT, [ROOT])
    assert not both.is_newest(kept)
    renewed = both.rewrap(kept)
    assert both.is_newest(renewed)
    assert (renewed.kid, renewed.purpose) == (kept.kid, kept.purpose)
    assert RootKeys(NEXT).open(renewed) == RootKeys(ROOT).open(kept)


@pytest.mark.parametrize("change", [{"kid": "00" * 8}, {"purpose": "digest"}])
def test_a_data_key_cannot_pass_for_another(shelf, change):
    with pytest.raises(CannotOpenError):
        RootKeys(ROOT).open(replace(shelf.keys[0], **change))


def test_no_bit_of_a_kept_data_key_can_be_changed(shelf):
    kept, roots = shelf.keys[0], RootKeys(ROOT)
    for position in range(len(kept.sealed) * 8):
        changed = bytearray(kept.sealed)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(CannotOpenError):
            roots.open(replace(kept, sealed=bytes(changed)))


def test_what_was_sealed_before_there_were_data_keys_still_opens(shelf):
    old = Vault(ROOT).seal(b"secret", context="a")
    keeper = vault(shelf)
    assert keeper.open(old, context="a") == b"secret"
    assert not keeper.is_current(old)
    assert vault(Shelf("seal", "digest", root=NEXT), NEXT, [ROOT]).open(old, context="a")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02" + bytes(40), bytes(60)])
def test_what_is_not_sealed_does_not_open(shelf, sealed):
    with pytest.raises(CannotOpenError):
        vault(shelf).open(sealed, context="a")


@pytest.mark.parametrize("purposes", [[], ["digest"]])
def test_without_a_key_nothing_is_sealed(purposes):
    with pytest.raises(NoDataKeyError):
        vault(Shelf(*purposes)).seal(b"x", context="a")


def test_without_a_key_nothing_is_digested():
    with pytest.raises(NoDataKeyError):
        vault(Shelf("seal")).digest("x", purpose="a")


def test_no_key_can_be_read_from_what_is_printed(shelf):
    key = RootKeys(ROOT).open(shelf.keys[0])
    keeper = vault(shelf)
    keeper.seal(b"x", context="a")
    for thing in (shelf.keys[0], keeper, keeper.roots, keeper.reload()):
        for secret in (ROOT, key, shelf.keys[0].sealed):
            assert repr(secret)[2:-1] not in repr(thing)
            assert secret.hex() not in repr(thing)


def test_keys_are_random():
    made = [RootKeys(ROOT).make("seal") for _ in range(20)]
    assert len({key.kid for key in made}) == 20
    assert isinstance(made[0], DataKey)
