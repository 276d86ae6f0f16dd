"""A browser without JavaScript: a cookie jar, and forms found as a password manager finds them."""

from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urljoin, urlsplit

import httpx2

from tests.support.forms import Content, Control, Form, read_page

MOST_REDIRECTS = 10


@dataclass(frozen=True)
class Page:
    """What the browser shows."""

    url: str
    status: int
    html: str

    @cached_property
    def content(self) -> Content:
        """The page as it is read, with its forms as they are being filled in."""
        return read_page(self.html)

    @property
    def forms(self) -> list[Form]:
        """Every form of the page, in order."""
        return self.content.forms

    @property
    def text(self) -> str:
        """The words of the page."""
        return self.content.text

    @property
    def form(self) -> Form:
        """The form that a person would fill in: it has a field to fill, or leads on."""
        usable = [form for form in self.forms if form.submits]
        return next((f for f in usable if _asks(f)), usable[0])

    def form_with(self, **values: str) -> Form:
        """Return the form that has a field or button of this name and value."""
        for form in self.forms:
            for control in form.controls:
                if values.get(control.name) in (control.value, "*"):
                    return form
        raise LookupError(f"no form with {values} in {self.text}")


class Browser:
    """One visitor; every answer is kept, so that a test can look at all of them."""

    def __init__(self, *, language: str = "en") -> None:
        self._http = httpx2.Client(
            follow_redirects=False,
            timeout=20,
            limits=httpx2.Limits(keepalive_expiry=1),  # servers close idle connections after two
            headers={"Accept-Language": language},
            trust_env=False,
        )
        self.visited: list[Page] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._http.close()

    @property
    def page(self) -> Page:
        """The page that is open."""
        return self.visited[-1]

    def cookie(self, name: str) -> str:
        """Return the value of a cookie; empty without one."""
        return next((kept.value or "" for kept in self._http.cookies.jar if kept.name == name), "")

    def open(self, url: str) -> Page:
        """Go to an address, relative to the page that is open, and where it redirects."""
        return self._go("GET", urljoin(self.page.url, url) if self.visited else url)

    def press(self, action: str | None = None, *, form: Form | None = None, **values: str) -> Page:
        """Fill in fields by name and press a button: the first one, or that of an action."""
        form = form or (self.page.form_with(action=action) if action else self.page.form)
        _fill(form, values)
        wanted = [b for b in form.submits if action is None or b.value == action]
        return self._go(
            form.method.upper(),
            urljoin(self.page.url, form.action) if form.action else self.page.url,
            form.sent_by(wanted[0]),
        )

    def fill_in(self, **values: str) -> Page:
        """Fill in fields by autocomplete token, e.g. `one_time_code="…"`, and press on."""
        form = self.page.form
        for token, value in values.items():
            control = form.with_autocomplete(token.replace("_", "-"))
            if control is None:
                raise LookupError(f"no field for {token} on {self.page.url}: {self.page.text}")
            control.value = value
        return self.press(form=form)

    def wait_for_refresh(self) -> Page:
        """Go where the page goes by itself without a script, without its wait."""
        if self.page.content.refresh is None:
            raise LookupError(f"{self.page.url} stays: {self.page.text}")
        return self.open(self.page.content.refresh[1])

    def _go(self, method: str, url: str, fields: list[tuple[str, str]] | None = None) -> Page:
        for _ in range(MOST_REDIRECTS):
            body = "" if fields is None else urlencode(fields)
            headers = {"Origin": _origin(self.page.url)} if method == "POST" else {}
            if method == "POST":
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                headers["Referer"] = self.page.url
            answer = self._http.request(
                method, url, content=body if method == "POST" else None, headers=headers
            )
            self.visited.append(Page(url, answer.status_code, answer.text))
            if answer.status_code not in (301, 302, 303):
                return self.page
            method, url, fields = "GET", urljoin(url, answer.headers["Location"]), None
        raise RuntimeError(f"redirected more than {MOST_REDIRECTS} times, last to {url}")


def _asks(form: Form) -> bool:
    return any(control.required or control.autocomplete for control in form.controls)


def _fill(form: Form, values: dict[str, str]) -> None:
    for name, value in values.items():
        found: list[Control] = form.fields(name)
        if not found:
            raise LookupError(f"no field {name}")
        for control in found:
            if control.kind in {"radio", "checkbox"}:
                control.checked = control.value == value or (
                    control.kind == "checkbox" and control.checked
                )
            else:
                control.value = value


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
