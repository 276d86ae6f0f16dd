"""The templates without the house: an application that renders them, and a reader of pages."""

from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, render_template, url_for
from flask_babel import Babel, get_locale
from jinja2 import StrictUndefined

from app.brand import Brand
from app.brand.description import Description
from app.web import brand as bank_look
from app.web import formats, messages, qr
from app.web.locale import LABELS
from app.web.unindented import Unindented
from tests.support.sample_pages import samples

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = sorted(path.name for path in (ROOT / "translations").iterdir() if path.is_dir())
DASH = " \N{EN DASH} "  # between the parts of a title
LINKED = Brand(
    Description.model_validate(
        {
            "help": "https://bank.example/help",
            "phone": "+44 20 7946 0958",
            "forgotten_password": "https://bank.example/password",
            "accessibility": "https://bank.example/accessibility",
            "legal": [{"label": "Privacy", "url": "https://bank.example/privacy"}],
        }
    )
)
"""The shipped look with every link that a bank may put in."""


class Site:
    """Renders pages in a language; a name that a template only guesses is an error."""

    def __init__(
        self,
        translations: Path,
        brand: Brand = LINKED,
        labels: Mapping[str, str] = LABELS,
    ) -> None:
        self.language = "en"
        self.labels = labels
        self.app = Flask(
            "pages",
            template_folder=str(ROOT / "templates"),
            static_folder=str(ROOT / "static"),
        )
        self.app.jinja_env.undefined = StrictUndefined
        self.app.jinja_env.add_extension(Unindented)
        formats.register(self.app, timezone="Europe/Prague")
        Babel(
            self.app,
            locale_selector=lambda: self.language,
            default_translation_directories=str(translations),
        )
        self.app.jinja_env.globals.update(
            bank_name=brand.description.name or "Demo Bank",
            leaving_ends=True,
            warning_seconds=60,
            live_address="http://localhost:8080",
            portal_host="localhost:8080",
            qr_svg=qr.qr_svg,
            texts_of=messages.text,
            csrf_token=lambda: "csrf-1",
            static_url=lambda path: url_for("static", filename=path, v="0"),
        )
        bank_look.register(self.app, brand)
        self.app.context_processor(self._present)
        for name in ("index", "sms", "sms_json", "push", "push_json", "move_clock", "lift_block"):
            self.app.add_url_rule(f"/demo/{name}", f"testers.{name}")

    def render(self, template: str, language: str = "en", **values: object) -> str:
        """Return a template with these values."""
        self.language = language
        with self.app.test_request_context():
            return render_template(template, **values)

    def show(self, template: str, language: str = "en", **values: object) -> "Page":
        """Return the page that a template gives with these values."""
        return Page(self.render(template, language, **values))

    def _present(self) -> dict[str, object]:
        code = get_locale().language
        return {
            "language": code,
            "direction": get_locale().text_direction,
            "languages": [
                {"code": each, "label": label, "url": f"?lang={each}", "current": each == code}
                for each, label in self.labels.items()
            ],
        }

    def sample(self, name: str, language: str = "en", **changes: object) -> "Page":
        """Return a page with its sample data."""
        template, values = samples()[name]
        return self.show(template, language, **values | changes)


def compile_translations(folder: Path) -> None:
    """Compile every catalogue of the tree into a folder."""
    for source in ROOT.glob("translations/*/LC_MESSAGES/messages.po"):
        target = folder / source.relative_to(ROOT / "translations").with_suffix(".mo")
        target.parent.mkdir(parents=True)
        with source.open("rb") as given, target.open("wb") as compiled:
            write_mo(compiled, read_po(given))


class Page(HTMLParser):
    """A page as a list of elements and texts; complains where they are not well formed."""

    VOID = frozenset(
        {"meta", "link", "input", "path", "circle", "rect", "br", "hr", "img", "source"}
    )

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.title = ""
        self.texts: list[str] = []
        self.feed(html)
        assert not self.stack, f"left open: {self.stack}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"twice in one <{tag}>: {names}"
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack, f"</{tag}> closes nothing"
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] == "title":
            self.title += data
        elif data.strip():
            self.texts.append(" ".join(data.split()))

    def find(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        """Return the elements with these attributes; `class_` is the class."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            found
            for name, found in self.elements
            if name == tag and wanted.items() <= found.items()
        ]

    @property
    def answers(self) -> list[dict[str, str | None]]:
        """The buttons of the page's own form; not those of the dialog above it."""
        return [each for each in self.find("button", name="action") if "form" not in each]

    def one(self, tag: str, **attributes: str) -> dict[str, str | None]:
        """Return the only element with these attributes."""
        (found,) = self.find(tag, **attributes)
        return found

    @property
    def text(self) -> str:
        """What the page says, as one line."""
        return " ".join(self.texts)
