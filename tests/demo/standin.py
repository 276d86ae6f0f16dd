"""A portal that stands where the demo client's own house ends, and a browser in front of it."""

import hashlib
import json
import re
import time
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from werkzeug.test import TestResponse

USER = "10045678"
ACCESS_TOKEN = "wf_at_7Hq2aaaaaaaaaaaaaaaaaZk0"
REFRESH_TOKEN = "wf_rt_m4Xcbbbbbbbbbbbbbbbbb1bP"
OPERATION_ID = "7c1e9f52-3a0d-4a8e-9b61-5d2f8f0c4b11"
CODE = "Vx4cccccccccccccccc9Lw"

if TYPE_CHECKING:
    from collections.abc import Callable

Claims = dict[str, object]


class StandIn:
    """An OpenID provider with a real ES256 key; tests bend one thing at a time."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.address = server.url_for("").rstrip("/")
        self.key = ECKey.generate_key("P-256", {"kid": "2026-11", "use": "sig"})
        self.signing_key = self.key
        self.algorithm = "ES256"
        self.header: dict[str, object] = {}
        self.bend: Callable[[Claims], Claims] = lambda claims: claims
        self.metadata: dict[str, object] = {}
        self.answers: dict[str, tuple[int, object]] = {}
        self.nonce = ""
        self.challenge = ""
        self.requests: list[tuple[str, str]] = []
        self.created: list[dict[str, object]] = []
        self.headers: list[dict[str, str]] = []
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)

    def calls(self, path: str) -> int:
        return sum(given == path for _, given in self.requests)

    def _answer(self, request: Request) -> Response:
        self.requests.append((request.method, request.path))
        self.headers.append(dict(request.headers))
        bent = self.answers.get(request.path)
        if bent:
            status, body = bent
            body = body(request) if callable(body) else body
            text = body if isinstance(body, str) else json.dumps(body)
            return Response(text, status, content_type="application/json")
        routes: dict[str, Callable[[Request], object]] = {
            "/.well-known/openid-configuration": self._metadata,
            "/oauth2/jwks": lambda _: {"keys": [self.key.as_dict(private=False)]},
            "/oauth2/token": self._tokens,
            "/oauth2/introspect": self._introspection,
            "/oauth2/userinfo": self._userinfo,
            "/api/secure/profile/me": self._profile,
            "/api/secure/profile/me/info": self._userinfo,
            "/powerauth-nextstep/operation": self._create,
            "/powerauth-nextstep/operation/detail": self._detail,
        }
        route = routes.get(request.path)
        if route is None:
            return Response("nothing here", 404)
        return Response(json.dumps(route(request)), content_type="application/json")

    def _metadata(self, _: Request) -> object:
        address = self.address
        return {
            "issuer": address,
            "authorization_endpoint": f"{address}/oauth2/authorize",
            "token_endpoint": f"{address}/oauth2/token",
            "jwks_uri": f"{address}/oauth2/jwks",
            "introspection_endpoint": f"{address}/oauth2/introspect",
            "userinfo_endpoint": f"{address}/oauth2/userinfo",
            **self.metadata,
        }

    def _tokens(self, request: Request) -> object:
        assert request.authorization
        assert request.authorization.username == "democlient"
        assert request.authorization.password == "changeme"
        assert request.form["grant_type"] == "authorization_code"
        assert request.form["code"] == CODE
        verifier = request.form["code_verifier"].encode()
        digest = urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        assert digest == self.challenge
        return {
            "access_token": ACCESS_TOKEN,
            "token_type": "Bearer",
            "expires_in": 300,
            "refresh_token": REFRESH_TOKEN,
            "scope": "openid pisp",
            "id_token": self.id_token(),
        }

    def id_token(self) -> str:
        half = hashlib.sha256(ACCESS_TOKEN.encode()).digest()[:16]
        now = int(time.time())
        claims: Claims = {
            "iss": self.address,
            "sub": USER,
            "aud": "democlient",
            "iat": now,
            "exp": now + 300,
            "auth_time": now - 3,
            "acr": "urn:webflow:sca",
            "amr": ["pwd", "otp", "sms"],
            "nonce": self.nonce,
            "at_hash": urlsafe_b64encode(half).rstrip(b"=").decode(),
        }
        header = {"alg": self.algorithm, "kid": "2026-11", **self.header}
        return jwt.encode(header, self.bend(claims), self.signing_key, algorithms=[self.algorithm])

    def _introspection(self, request: Request) -> object:
        assert request.authorization
        assert request.form["token"] == ACCESS_TOKEN
        return {"active": True, "client_id": "democlient", "sub": USER, "sca": True}

    def _userinfo(self, request: Request) -> object:
        assert request.headers["Authorization"] == f"Bearer {ACCESS_TOKEN}"
        return {"id": USER, "sub": USER, "given_name": "John", "family_name": "Doe"}

    def _profile(self, request: Request) -> object:
        assert request.headers["Authorization"] == f"Bearer {ACCESS_TOKEN}"
        return {"user": {"id": USER}, "connection": {"language": "en", "sca": True}}

    def _create(self, request: Request) -> object:
        wanted = request.get_json()["requestObject"]
        self.created.append(wanted)
        found = {"operationId": OPERATION_ID, "result": "CONTINUE"}
        found |= {name: wanted[name] for name in ("operationName", "operationData")}
        return {"status": "OK", "responseObject": found}

    def _detail(self, request: Request) -> object:
        found = {"operationId": request.args["operationId"], "operationName": "login_sca"}
        return {"status": "OK", "responseObject": found}


class Browser:
    """A tester's browser on the demo client: it keeps cookies and sends forms."""

    def __init__(self, client: FlaskClient, portal: StandIn) -> None:
        self.client = client
        self.portal = portal

    def get(self, address: str, **query: str) -> TestResponse:
        return self.client.get(address, query_string=query or None)

    def post(self, address: str, **fields: str) -> TestResponse:
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/").text)
        assert token
        return self.client.post(address, data={"csrf_token": token[1], **fields})

    def start(self, address: str = "/start/login", **fields: str) -> dict[str, str]:
        """Press a button, follow it to the bank, and return what the bank was asked."""
        answer = self.post(address, **fields)
        assert answer.status_code == 303, answer.text
        asked = dict(parse_qsl(urlsplit(answer.location).query))
        self.portal.nonce = asked["nonce"]
        self.portal.challenge = asked["code_challenge"]
        return asked

    def come_back(self, state: str, **given: str) -> TestResponse:
        """Bring an answer of the bank, and look at the page that it leads to."""
        answer = {"state": state, "iss": self.portal.address, "code": CODE, **given}
        back = self.get("/connect/demo", **{k: v for k, v in answer.items() if v})
        return self.get(back.location) if back.status_code == 303 else back

    def walk(self) -> TestResponse:
        """Log in and return the result page."""
        return self.come_back(self.start()["state"])
