"""Sample pages in a browser, without a portal: as the templates give them, with no scripts."""

from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

from tests.support.pages import ROOT, Site

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def serve(page: Page, site: Site, language: str) -> None:
    """Answer `http://pages.test/<name of a sample>` in this language."""

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.endswith(".js"):
            route.fulfill(body="", content_type="text/javascript")
        elif path.startswith("/static/"):
            route.fulfill(path=ROOT / path[1:])
        else:
            html = site.sample(path[1:], language).html
            route.fulfill(body=html, content_type="text/html; charset=utf-8")

    page.route("**/*", answer)


def visit(page: Page, name: str) -> None:
    """Go to a sample."""
    page.goto(f"http://pages.test/{name}")
