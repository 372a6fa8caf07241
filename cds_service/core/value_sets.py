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
    _starts: dict[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts: dict[str, tuple[str, ...]] = {}
        for system, start in self.prefixes:
            starts[system] = (*starts.get(system, ()), start)
        object.__setattr__(self, "_starts", starts)

    def contains(self, coding: Coding) -> bool:
        """True if the code is a member.

        >>> stroke = ValueSet("stroke", frozenset({Coding("snomed", "422504002")}), (("icd10cm", "I63"),))
        >>> stroke.contains(Coding("icd10cm", "I63.9")), stroke.contains(Coding("icd10cm", "I64"))
        (True, False)
        """
        return coding in self.exact or coding.code.startswith(self._starts.get(coding.system, ()))

    def contains_any(self, codings: frozenset[Coding]) -> bool:
        """True if at least one of the codes is a member."""
        if not self.exact.isdisjoint(codings):
            return True
        for system, starts in self._starts.items():
            for coding in codings:
                if coding.system == system and coding.code.startswith(starts):
                    return True
        return False
