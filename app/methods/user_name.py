"""The form that asks who somebody is: a segment and a user name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.bank.base import USERNAME, Organization
from app.methods.base import Again, Form
from app.store.flows import Flow
from app.texts import Texts

MAX_KEPT = 256
"""Characters of a refused user name that are shown again."""


@dataclass(frozen=True)
class Identity:
    """What was typed, well-formed; whether anybody has that name is another question."""

    username: str
    organization_id: str


class Segments(Protocol):
    """Who knows the segments: the bank, as operators configured them."""

    def organizations(self) -> Sequence[Organization]:
        """Return the segments; exactly one is the default."""


@dataclass(frozen=True)
class UserName:
    """Offers the segments and reads the answer."""

    segments: Segments
    texts: Texts

    def data(self, flow: Flow, language: str) -> dict[str, object]:
        """Return the segments, with the one chosen before or the default, and a name so far."""
        words = self.texts.words(language)
        known = sorted(self.segments.organizations(), key=lambda organization: organization.order)
        typed = (flow.problem or {}).get("values", {}).get("organization")
        wanted = typed or flow.organization_id
        chosen = wanted if any(o.id == wanted for o in known) else None
        organizations = [
            {
                "id": o.id,
                "name": words.text(o.name_key) or o.id,
                "default": o.default,
                "selected": o.id == chosen if chosen else o.default,
            }
            for o in known
        ]
        return {"organizations": organizations, "username": flow.username or ""}

    def read(self, form: Form) -> Identity | Again:
        """Read the form, or say which field is wrong; nothing counts as an attempt."""
        known = {o.id: o for o in self.segments.organizations()}
        username = form.get("username").strip()
        organization = form.get("organization") or next(o.id for o in known.values() if o.default)
        if organization not in known:
            return Again("organization_invalid", "organization", {"username": username[:MAX_KEPT]})
        kept = username if len(username) <= MAX_KEPT else ""  # never another name than was typed
        values = {"username": kept, "organization": organization}
        if not username:
            return Again("username_empty", "username", values)
        if USERNAME.fullmatch(username) is None:
            return Again("username_invalid", "username", values)
        return Identity(username, organization)
