"""Forms of a page as a browser without JavaScript sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

SUBMITS = frozenset({"submit", "image"})
NEVER_SENT = frozenset({"button", "reset", "file"})


@dataclass
class Control:
    """One field or button of a form."""

    tag: str
    name: str
    value: str
    kind: str
    autocomplete: str
    form_id: str | None
    disabled: bool
    checked: bool
    required: bool

    @property
    def is_submit(self) -> bool:
        """Whether pressing it sends the form."""
        return self.kind in SUBMITS


@dataclass
class Form:
    """One form with its fields and buttons in the order of the page."""

    id: str | None
    action: str
    method: str
    controls: list[Control] = field(default_factory=list)

    @property
    def submits(self) -> list[Control]:
        """The buttons that send this form."""
        return [control for control in self.controls if control.is_submit and not control.disabled]

    def fields(self, name: str) -> list[Control]:
        """Return the fields of one name, e.g. all radios of a group."""
        return [control for control in self.controls if control.name == name]

    def with_autocomplete(self, token: str) -> Control | None:
        """Return the field that carries a token such as `one-time-code`."""
        return next((c for c in self.controls if token in c.autocomplete.split()), None)

    def sent_by(self, button: Control | None) -> list[tuple[str, str]]:
        """Return what pressing the button sends."""
        return [
            (control.name, control.value)
            for control in self.controls
            if control.name
            and not control.disabled
            and control.kind not in NEVER_SENT
            and (control is button or not control.is_submit)
            and (control.checked or control.kind not in {"radio", "checkbox"})
        ]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.orphans: list[Control] = []
        self.texts: list[str] = []
        self.links: list[str] = []
        self.refresh: tuple[int, str] | None = None
        self._form: Form | None = None
        self._select: Control | None = None
        self._area: Control | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self._form = Form(
                    given.get("id"), given.get("action", ""), given.get("method", "get").lower()
                )
                self.forms.append(self._form)
            case "input":
                self._add(tag, given, given.get("type", "text").lower(), given.get("value"))
            case "button":
                self._add(tag, given, given.get("type", "submit").lower(), given.get("value"))
            case "textarea":
                self._area = self._add(tag, given, "textarea", "")
            case "select":
                self._select = self._add(tag, given, "select", None)
            case "option" if self._select and ("selected" in given or not self._select.checked):
                self._select.value = given.get("value", "")
                self._select.checked = True
            case "a" if "href" in given:
                self.links.append(given["href"])
            case "meta" if given.get("http-equiv", "").lower() == "refresh":
                seconds, _, address = given.get("content", "").partition(";")
                self.refresh = int(seconds), address.strip().removeprefix("url=")
            case "script" | "style":
                self._silent += 1
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._form = None
            case "textarea":
                self._area = None
            case "select":
                self._select = None
            case "script" | "style":
                self._silent -= 1
            case _:
                pass

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area.value += data
        elif not self._silent and data.strip():
            self.texts.append(data.strip())

    def _add(self, tag: str, given: Mapping[str, str], kind: str, value: str | None) -> Control:
        control = Control(
            tag=tag,
            name=given.get("name", ""),
            value=("on" if kind in {"radio", "checkbox"} else "") if value is None else value,
            kind=kind,
            autocomplete=given.get("autocomplete", ""),
            form_id=given.get("form"),
            disabled="disabled" in given,
            checked="checked" in given,
            required="required" in given,
        )
        if control.form_id is not None:
            self.orphans.append(control)
        elif self._form is not None:
            self._form.controls.append(control)
        return control


@dataclass(frozen=True)
class Content:
    """What a page says and where it leads."""

    forms: list[Form]
    text: str
    links: list[str]
    refresh: tuple[int, str] | None
    """Seconds to wait, and the address to go to then."""


def read_page(html: str) -> Content:
    """Read a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    by_id = {form.id: form for form in reader.forms if form.id}
    for control in reader.orphans:
        if control.form_id in by_id:
            by_id[control.form_id].controls.append(control)
    return Content(reader.forms, " ".join(reader.texts), reader.links, reader.refresh)
