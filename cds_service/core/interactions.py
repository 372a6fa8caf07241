"""Other drugs on the way a drug takes through the body, told beside an advice and never instead of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cds_service.core.model import Notice
from cds_service.core.phenoconversion import Influence, Phase

#: Weak effects are not told: they change levels too little to act on.
_TOLD = ("strong", "moderate")
#: More than this on one card nobody reads.
_MOST = 2


@dataclass(frozen=True, slots=True)
class Substrate:
    """
    An enzyme or transporter that a drug depends on.

    Args:
        gene: Symbol, or the name of a group of enzymes.
        major: True if most of the drug goes this way.
        inhibited, induced: What becomes likelier where it works less, or more: `toxicity`, `less-effect`, or
            empty where little changes.
    """

    gene: str
    major: bool
    inhibited: str
    induced: str


def interactions(
    substrates: Iterable[Substrate], influences: Iterable[Influence], told: Mapping[str, str]
) -> Iterator[Notice]:
    """
    Notices about drugs that change an enzyme the ordered drug depends on, the strongest first.

    Args:
        substrates: The enzymes the ordered drug depends on.
        influences: What other drugs do in this person.
        told: Gene -> drug that the advice itself already speaks of.
    """
    found = []
    present = tuple(influences)
    for way in substrates:
        for one in present:
            cause = one.cause
            if cause.gene != way.gene or cause.strength not in _TOLD or one.phase is Phase.GONE:
                continue
            harm = way.inhibited if cause.effect == "inhibitor" else way.induced
            if harm and told.get(way.gene) != cause.drug:
                found.append((_TOLD.index(cause.strength), not way.major, cause.drug, harm, cause))
    seen: set[str] = set()
    for _, _, drug, harm, cause in sorted(found, key=lambda item: item[:4]):
        if drug not in seen and len(seen) < _MOST:
            seen.add(drug)
            yield Notice.of(
                f"interaction-{harm}", drug=drug, enzyme=cause.gene, kind=f"{cause.strength}-{cause.effect}"
            )
