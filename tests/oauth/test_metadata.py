"""What the provider says about itself, and that it is true."""

import pytest
from authlib.oauth2 import rfc8414, rfc9207

from tests.oauth.conftest import CALLBACK

WELL_KNOWN = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]


@pytest.fixture
def metadata(asking):
    return asking.get(WELL_KNOWN[0]).json


def test_both_addresses_say_the_same(asking):  # §2.13
    first, second = (asking.get(path).json for path in WELL_KNOWN)

    assert first == second


def test_it_is_sound_in_the_eyes_of_authlib(metadata):
    document = rfc8414.AuthorizationServerMetadata(metadata)

    document.validate(metadata_classes=[rfc9207.AuthorizationServerMetadata])


def test_it_says_what_is_served_and_nothing_else(metadata):  # §2.1, 2, 5, 13
    issuer = "http://localhost:8080"
    assert metadata == {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth2/authorize",
        "token_endpoint": f"{issuer}/oauth2/token",
        "introspection_endpoint": f"{issuer}/oauth2/introspect",
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "userinfo_endpoint": f"{issuer}/oauth2/userinfo",
        "jwks_uri": f"{issuer}/oauth2/jwks",
        "scopes_supported": ["openid", "profile", "aisp", "pisp", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic", "client_secret_post", "none",
        ],
        "introspection_endpoint_auth_methods_supported": [
            "client_secret_basic", "client_secret_post",
        ],
        "revocation_endpoint_auth_methods_supported": [
            "client_secret_basic", "client_secret_post", "none",
        ],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": True,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash",
            "name", "given_name", "family_name",
        ],
        "acr_values_supported": ["urn:webflow:sca", "urn:webflow:2fa", "urn:webflow:1fa"],
        "ui_locales_supported": ["en", "cs", "de", "fr", "es", "uk", "ro"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }  # fmt: skip


def test_every_address_that_it_names_answers(asking, metadata):
    for name, address in metadata.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            path = address.removeprefix(metadata["issuer"])
            assert asking.app.test_client().get(path).status_code != 404, name


@pytest.mark.parametrize("path", [*WELL_KNOWN, "/oauth2/jwks"])
def test_every_origin_may_read_it_and_keep_it_for_a_while(asking, path):
    answer = asking.get(path)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers


def test_claims_of_an_id_token_and_of_userinfo_are_those_that_are_announced(
    asking, issued, metadata
):
    from joserfc import jwt  # noqa: PLC0415
    from joserfc.jwk import KeySet  # noqa: PLC0415

    keys = KeySet.import_key_set(asking.get("/oauth2/jwks").json)
    claims = set(jwt.decode(issued["id_token"], keys, algorithms=["ES256"]).claims)
    claims |= set(asking.get("/oauth2/userinfo", issued["access_token"]).json)

    assert claims == set(metadata["claims_supported"])


def test_the_redirect_uri_of_the_demo_is_the_address_of_the_demo(asking):
    assert asking.authorize(redirect_uri=CALLBACK).location.startswith("/flow/")
