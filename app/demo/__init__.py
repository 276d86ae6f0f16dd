"""The demo client: a third party with pages for testers that speaks only HTTP to the portal."""

from app.demo.client import create_client

__all__ = ["create_client"]
