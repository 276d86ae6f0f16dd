"""The ID token: who says what about whom, signed."""

from authlib.oidc.core import OpenIDCode, UserInfo
from joserfc.jwk import KeySet

from app import clock
from app.oauth.clients import Client
from app.oauth.keys import ALGORITHM, KeyRing
from app.oauth.requests import Request
from app.services import services
from app.store.oauth import AuthorizationCode


class SignedIdToken(OpenIDCode):
    """Adds the ID token to an answer for the scope `openid`: ES256, with `kid`."""

    def __init__(self, keys: KeyRing) -> None:
        super().__init__(require_nonce=False)
        self._keys = keys

    def exists_nonce(self, nonce: str, request: Request) -> bool:  # noqa: ARG002 - Authlib's signature
        """Leave it to the client to choose nonces well; the code is what cannot be replayed."""
        return False

    def get_client_algorithm(self, client: Client) -> str:  # noqa: ARG002 - one for all
        """Return the one algorithm."""
        return ALGORITHM

    def get_encode_header(self, client: Client) -> dict[str, str]:  # noqa: ARG002 - one for all
        """Name the key, so that clients find it in the JWK set."""
        return {"alg": ALGORITHM, "kid": self._keys.newest()}

    def resolve_client_private_key(self, client: Client) -> KeySet:  # noqa: ARG002 - one for all
        """Return the keys, of which the header has named one."""
        return self._keys.opened()

    def get_client_claims(self, client: Client) -> dict[str, object]:
        """Return who says it, to whom, and for how long."""
        settings, now = services().settings, clock.now()
        expires = now + settings.oauth.id_token_lifetime
        return {
            "iss": settings.issuer,
            "aud": client.client_id,
            "iat": int(now.timestamp()),
            "exp": int(expires.timestamp()),
        }

    def generate_user_info(self, user: AuthorizationCode, scope: str) -> UserInfo:  # noqa: ARG002 - the rest is at userinfo
        """Return whom it is about."""
        return UserInfo(sub=user.user_id)
