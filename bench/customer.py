"""A customer with a browser, and the third party that sends them: light enough to measure with."""

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import parse_qsl, urlencode, urlsplit

CALLBACK = "http://localhost:1/callback"
HIDDEN = re.compile(r'name="(csrf_token|step|shown|option)"[^>]*?value="([^"]*)"')
BACK = re.compile(r'href="(/oauth2/resume/[^"]+)"')
FORM = "application/x-www-form-urlencoded"
VERIFIER = secrets.token_urlsafe(48)
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
PAYMENT = "A1*A100CZK*Q238400856/0300**D20270629*NUtility Bill Payment - 05/2027"


class Refused(Exception):  # noqa: N818 - the customer's word for it
    """An answer that no customer may ever see."""


class Http:
    """One connection that is kept, with a cookie jar and the time of each named request."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        self.times: list[tuple[str, float]] = []

    def ask(  # noqa: PLR0913 - what a request consists of
        self,
        name: str,
        method: str,
        target: str,
        *,
        form: list[tuple[str, str]] | None = None,
        body: str | None = None,
        kind: str = FORM,
        expect: tuple[int, ...] = (200,),
        authorization: str = "",
    ) -> tuple[str, str]:
        """Send a request; return where it leads and what it says. Raises Refused."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        if authorization:
            headers["Authorization"] = authorization
        if form is not None:
            body = urlencode(form)
        if body is not None:
            headers["Content-Type"] = kind
        began = time.perf_counter()
        self._connection.request(method, target, body=body, headers=headers)
        answer = self._connection.getresponse()
        said = answer.read().decode()
        self.times.append((name, time.perf_counter() - began))
        if answer.status not in expect:
            raise Refused(f"{name}: {answer.status} {said[:300]}")
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            key, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[key] = value
        return answer.headers.get("Location", ""), said

    def cookie(self, name: str) -> str:
        """Return the value of a cookie."""
        return self._cookies[name]

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()


class Customer:
    """One walk, from the third party's link to its token."""

    def __init__(self, port: int, code_of: Callable[[str], str], user: str = "") -> None:
        self.http = Http(port)
        self.user = user or f"bench{secrets.token_hex(8)}"
        self._code_of = code_of
        self._address = ""
        self._hidden: list[tuple[str, str]] = []
        self._back = ""

    @property
    def handle(self) -> str:
        """Name of the flow in its address."""
        return self._address.rpartition("/")[2]

    # --- what a flow consists of ------------------------------------------------------------

    def begin(self, client: str, scope: str, operation_id: str = "") -> None:
        """Follow the third party's link."""
        asked = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": CALLBACK,
            "scope": scope,
            "state": "bench",
            "nonce": "bench",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        if operation_id:
            asked["operation_id"] = operation_id
        target = f"/oauth2/authorize?{urlencode(asked)}"
        self._address, _ = self.http.ask("authorize", "GET", target, expect=(303,))
        self.look("sign-in")

    def prepare(self, operation: str) -> str:
        """Have an operation prepared, as a back end does."""
        wanted = {"operationName": operation, "operationData": PAYMENT, "params": []}
        _, said = self.http.ask(
            "next step",
            "POST",
            "/powerauth-nextstep/operation",
            body=json.dumps({"requestObject": wanted}),
            kind="application/json",
        )
        return str(json.loads(said)["responseObject"]["operationId"])

    def look(self, name: str) -> str:
        """Show the present page, and remember what its form sends along."""
        _, said = self.http.ask(f"GET {name}", "GET", self._address)
        self._hidden = HIDDEN.findall(said)
        found = BACK.search(said)
        self._back = found[1] if found else ""
        return said

    def send(self, name: str, then: str, **fields: str) -> None:
        """Answer the page, and follow to the next one."""
        self.post(name, **fields)
        self.look(then)

    def post(self, name: str, **fields: str) -> None:
        """Answer the page."""
        proof = {name: value for name, value in self._hidden if name != "option"}
        options = [pair for pair in self._hidden if pair[0] == "option"]
        where, _ = self.http.ask(
            f"POST {name}",
            "POST",
            self._address,
            form=[*proof.items(), *options, *fields.items()],
            expect=(303,),
        )
        if where != self._address:
            raise Refused(f"{name}: sent to {where}")

    def give_name(self) -> None:
        """Say who it is."""
        self.send(
            "user name", "password and code", action="continue", username=self.user, organization=""
        )

    def prove(self, then: str) -> None:
        """Give password and code."""
        code = self._code_of(self.user)
        self.send("password and code", then, action="confirm", code=code, password="test")  # noqa: S106 - the demo's

    def consent(self) -> None:
        """Agree."""
        self.send("consent", "end", action="confirm")

    def leave(self) -> str:
        """Go back to the third party; return the code that it gets."""
        where, _ = self.http.ask("resume", "GET", self._back, expect=(303,))
        told = dict(parse_qsl(urlsplit(where).query))
        if "code" not in told:
            raise Refused(f"told {told}")
        return told["code"]

    def exchange(self, code: str, authorization: str) -> str:
        """Let the third party exchange the code; return its access token."""
        form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ]
        _, said = self.http.ask(
            "token", "POST", "/oauth2/token", form=form, authorization=authorization
        )
        return str(json.loads(said)["access_token"])

    # --- whole flows, up to the code ----------------------------------------------------------

    def login(self) -> str:
        """User name and password in one form."""
        self.begin("benchlogin", "openid aisp")
        self.send(
            "user name and password",
            "consent",
            action="continue",
            username=self.user,
            organization="",
            password="test",  # noqa: S106 - the demo's
        )
        self.consent()
        return self.leave()

    def login_sca(self) -> str:
        """User name, then password and code."""
        self.begin("bench", "openid aisp")
        self.give_name()
        self.prove("consent")
        self.consent()
        return self.leave()

    def payment(self) -> str:
        """Strong login, review, strong approval."""
        self.begin("bench", "openid pisp", self.prepare("authorize_payment_sca"))
        self.give_name()
        self.prove("review")
        self.send("review", "password and code", action="continue", account="1")
        self.prove("consent")
        self.consent()
        return self.leave()
