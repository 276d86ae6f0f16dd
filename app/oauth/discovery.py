"""Metadata of the provider (RFC 8414, OpenID Connect Discovery), made from what is registered."""

from flask import Flask

from app.oauth.gate import PROMPTS, RESPONSE_MODE
from app.oauth.grants import S256ForEveryone
from app.oauth.keys import ALGORITHM
from app.oauth.proof import ACR_VALUES
from app.oauth.server import Server
from app.settings import Settings

CLAIMS = (
    "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash",
    "name", "given_name", "family_name",
)  # fmt: skip
"""Claims of the ID token, then those of userinfo."""

ENDPOINTS = {
    "authorization_endpoint": "oauth.authorize",
    "token_endpoint": "oauth_api.token",
    "introspection_endpoint": "oauth_api.introspect",
    "revocation_endpoint": "oauth_api.revoke",
    "userinfo_endpoint": "oauth_api.userinfo",
    "jwks_uri": "oauth_api.jwks",
}
"""Name in the metadata → endpoint of Flask, whose rule gives the path."""


def metadata(server: Server, app: Flask, settings: Settings) -> dict[str, object]:
    """Return the document of both well-known addresses."""
    rules = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
    return {
        "issuer": settings.issuer,
        **{name: settings.issuer + rules[endpoint] for name, endpoint in ENDPOINTS.items()},
        "scopes_supported": server.scopes_supported,
        "response_types_supported": server.response_types,
        "response_modes_supported": [RESPONSE_MODE],
        "grant_types_supported": server.grant_types,
        "code_challenge_methods_supported": S256ForEveryone.SUPPORTED_CODE_CHALLENGE_METHOD,
        "token_endpoint_auth_methods_supported": server.token_auth_methods,
        "introspection_endpoint_auth_methods_supported": server.introspection_auth_methods,
        "revocation_endpoint_auth_methods_supported": server.revocation_auth_methods,
        "prompt_values_supported": list(PROMPTS),
        "authorization_response_iss_parameter_supported": True,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "claim_types_supported": ["normal"],
        "claims_supported": list(CLAIMS),
        "acr_values_supported": list(ACR_VALUES),
        "ui_locales_supported": list(settings.web.languages),
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
