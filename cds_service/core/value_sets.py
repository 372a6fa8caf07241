"""Named sets of codes: indications, contraindications, drug classes."""

from __future__ import annotations

from dataclasses import dataclass, field

from cds_service.core.model import Coding


@dataclass(frozen=True, slots=True)
class ValueSet:
    """
    A set of codes.

    Args:
        name: As rules refer to it.
        exact: Codes that are members.
        prefixes: `(system, beginning of a code)`, such as `I21` for `I21.3`.
    """

    name: str
    exact: frozenset[Coding] = frozenset()
    prefixes: tuple[tuple[str, str], ...] = field(default=())

    def contains(self, coding: Coding) -> bool:
        """True if the code is a member.

        >>> stroke = ValueSet("stroke", frozenset({Coding("snomed", "422504002")}), (("icd10cm", "I63"),))
        >>> stroke.contains(Coding("icd10cm", "I63.9")), stroke.contains(Coding("icd10cm", "I64"))
        (True, False)
        """
        return coding in self.exact or any(
            coding.system == system and coding.code.startswith(start) for system, start in self.prefixes
        )
