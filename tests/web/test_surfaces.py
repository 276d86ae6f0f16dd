"""What a process serves is a setting: whatever is not named is not there."""

import pytest

from tests.support.databases import built
from tests.support.store import on_sqlite

ADDRESSES = {
    "portal": ("/oauth2/authorize", "/flow/x", "/.well-known/openid-configuration", "/demo/sms"),
    "device": ("/enrollment-server/pa/v3/signature/validate",),
    "nextstep": ("/powerauth-nextstep/operation/detail",),
}


def found(client, path: str) -> bool:
    """Tell whether an address is anybody's."""
    adapter = client.application.create_url_adapter(None) or client.application.url_map.bind("x")
    return any(adapter.test(path, method=method) for method in ("GET", "POST", "PUT"))


@on_sqlite
@pytest.mark.parametrize("surface", sorted(ADDRESSES))
def test_a_process_serves_what_is_named_and_nothing_else(settings, surface):
    with built(settings.model_copy(update={"surfaces": (surface,)})) as app:
        client = app.test_client()
        for name, paths in ADDRESSES.items():
            assert {found(client, path) for path in paths} == {name == surface}
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 200
        assert client.get("/oauth2/nowhere").status_code == 404
        assert client.get("/enrollment-server/nowhere").status_code == 404


@on_sqlite
def test_every_surface_is_served_unless_some_are_named(client):
    assert all(found(client, path) for paths in ADDRESSES.values() for path in paths)
