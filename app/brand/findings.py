"""What is wrong with the folder of a brand, and what could be better."""

from collections.abc import Sequence
from dataclasses import dataclass, field

ENOUGH = 4.5
"""Contrast of text that everybody can read (WCAG 1.4.3, level AA)."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """How well one colour is read on another."""

    scheme: str
    front: str
    back: str
    ratio: float

    @property
    def is_enough(self) -> bool:
        """Tell whether everybody can read it."""
        return self.ratio >= ENOUGH

    def __str__(self) -> str:
        return f"{self.scheme}: {self.front} on {self.back} has {self.ratio:.2f}:1, not {ENOUGH}:1"


@dataclass(slots=True)
class Findings:
    """What was found while a folder was read."""

    faults: list[str] = field(default_factory=list)
    """With one of these there is no brand."""

    warnings: list[str] = field(default_factory=list)
    """What the bank should look at."""

    contrasts: Sequence[Contrast] = ()
    """Every pair of colours that a page may show, where it can be computed."""

    @property
    def unreadable(self) -> list[str]:
        """Return the pairs that not everybody can read."""
        return [str(each) for each in self.contrasts if not each.is_enough]
