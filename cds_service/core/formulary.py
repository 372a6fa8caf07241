"""What a site has and prefers among replacements that fit a person equally well."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Formulary:
    """
    A site's own choice; it never makes a drug fit that does not.

    Args:
        preferred: Names or RxNorm codes in the order they should come, the cheapest first for instance.
        not_stocked: Names or RxNorm codes of what the site does not have.
    """

    preferred: tuple[str, ...] = ()
    not_stocked: frozenset[str] = frozenset()

    def lacks(self, names: Iterable[str]) -> bool:
        """True if the site does not have a drug, given by its name and codes."""
        return not self.not_stocked.isdisjoint(names)

    def place(self, names: Iterable[str]) -> int:
        """Where a drug stands in the order of preference; drugs that are not listed come after all others.

        >>> Formulary(("ticagrelor", "613391")).place(["prasugrel", "613391"]), Formulary().place(["x"])
        (1, 0)
        """
        known = set(names)
        return next((at for at, one in enumerate(self.preferred) if one in known), len(self.preferred))
