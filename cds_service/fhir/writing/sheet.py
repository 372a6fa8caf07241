"""What all resources of one report share: the person, the sample, the date, and how things are coded."""

from __future__ import annotations

from collections.abc import Sequence

from cds_service.core.codes import GenomicCodes
from cds_service.fhir.values import LOINC
from cds_service.fhir.writing import ig
from cds_service.fhir.writing.ig import Built
from cds_service.fhir.writing.ledger import Ledger
from cds_service.fhir.writing.results import GeneResult, SampleResults

_ANSWER_LIST = "LA"


class Sheet:
    """
    Where one report is written.

    Args:
        report: The results.
        codes: The code tables; all codes of genes, classes and answers come from there.
    """

    def __init__(self, report: SampleResults, codes: GenomicCodes) -> None:
        self.report = report
        self.codes = codes
        self.ledger = Ledger(report.patient, report.specimen, report.sample)
        self._answers: dict[str, str] = {}
        for code, term in sorted(codes.answers.items()):
            if code.startswith(_ANSWER_LIST):
                self._answers.setdefault(term, code)
        self._tests = {
            (test.kind, test.genes[0], test.allele): code
            for (system, code), test in sorted(codes.tests.items())
            if system == LOINC and len(test.genes) == 1
        }

    # -- codes --

    def answer(self, term: str, text: str = "") -> Built:
        """A term of the answer tables with its LOINC answer code; as text alone if it has none."""
        return ig.concept(LOINC, self._answers.get(term, ""), text=text or term)

    def coded_answer(self, term: str) -> Built | None:
        """The same for an element that takes nothing but codes; None if there is no code."""
        return self.answer(term, term.capitalize()) if term in self._answers else None

    def gene(self, symbol: str) -> Built:
        """A gene by its HGNC code and symbol."""
        number = self.codes.hgnc_by_gene.get(symbol, "")
        return ig.concept(ig.GENE_NAMES, f"HGNC:{number}" if number else "", symbol, symbol)

    def test(self, kind: str, gene: str, words: str, allele: str = "") -> Built:
        """The test of one gene: its own LOINC code if there is one, else its name."""
        return ig.concept(LOINC, self._tests.get((kind, gene, allele), ""), text=words)

    # -- resources --

    def studied(self, symbol: str) -> Built:
        """The component that names the gene."""
        return component(ig.GENE_STUDIED, self.gene(symbol))

    def observation(
        self,
        result: GeneResult,
        code: Built,
        *,
        profile: str = "",
        notes: Sequence[str] = (),
        ordinal: int = 0,
        **elements: object,
    ) -> str:
        """
        Enter an Observation about a gene.

        Args:
            result: The gene's result.
            code: The test.
            profile: The profile of the guide it follows; empty if the guide has none for it.
            notes: Remarks.
            ordinal: See `Ledger.add`.
            elements: All else; empty ones are left out.

        Returns:
            Its address.
        """
        day = result.measured_on or self.report.measured_on
        made: Built = {
            "resourceType": "Observation",
            "meta": ig.profile(profile) if profile else None,
            "status": "final",
            "category": ig.CATEGORIES,
            "code": code,
            "effectiveDateTime": day.isoformat() if day else None,
            "method": {"text": self.report.method} if self.report.method else None,
            "note": [{"text": note} for note in notes if note],
            **self.person(),
            **elements,
        }
        return self.ledger.add(without_empty(made), ordinal=ordinal)

    def person(self) -> Built:
        """Whose, from which sample, reported by whom and when."""
        report = self.report
        sample = {"display": report.sample, "identifier": {"value": report.sample}} if report.sample else {}
        specimen = {"reference": report.specimen, **({"display": report.sample} if report.sample else {})}
        return {
            "subject": {"reference": report.patient},
            "issued": report.issued.isoformat(timespec="seconds"),
            "performer": [{"display": report.laboratory}] if report.laboratory else [],
            "specimen": specimen if report.specimen else sample,
        }


def component(code: str, value: Built | str) -> Built:
    """A component with a LOINC code and a concept or a text."""
    kind = "valueString" if isinstance(value, str) else "valueCodeableConcept"
    return {"code": ig.loinc(code), kind: value}


def references(addresses: Sequence[str]) -> list[Built]:
    """References to other entries."""
    return [{"reference": address} for address in addresses]


def without_empty(resource: Built) -> Built:
    """The resource without elements that have no value; FHIR forbids empty ones."""
    return {name: value for name, value in resource.items() if value not in (None, "", [], {})}
