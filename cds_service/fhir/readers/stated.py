"""What a value states about one gene, before date, status and laboratory are put to it."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from cds_service.core.codes import GenomicCodes
from cds_service.core.evidence import Origin, ReportedResult, ResultKind, Use
from cds_service.core.model import Notice
from cds_service.fhir.readers import notices
from cds_service.fhir.readers.answer import Answer
from cds_service.fhir.readers.frame import Frame
from cds_service.fhir.readers.lexicon import Lexicon
from cds_service.fhir.readers.meaning import Meaning


class Value(NamedTuple):
    """A value and the test it belongs to: all that the reader of a shape may look at."""

    lexicon: Lexicon
    meaning: Meaning
    answer: Answer

    @property
    def codes(self) -> GenomicCodes:
        """The code tables."""
        return self.lexicon.codes

    def coded_term(self) -> str:
        """The term of the first code that the answer tables know, or empty."""
        answers = self.codes.answers
        return next((answers[code] for code in self.answer.codes if code in answers), "")

    def term(self, gene: str) -> str:
        """The term of the answer, its code before its words, or empty."""
        return self.coded_term() or (
            self.lexicon.term(self.answer.first, gene).term if self.answer.texts else ""
        )


class Stated(NamedTuple):
    """One statement; the fields are those of `ReportedResult`. An origin of None is that of the test."""

    kind: ResultKind
    text: str
    use: Use = Use.YES
    origin: Origin | None = None
    allele: str = ""
    present: bool | None = None
    zygosity: str = ""
    score: Decimal | None = None
    limits: str = ""
    significance: str = ""
    notices: tuple[Notice, ...] = ()
    implied: bool = False


class Attributed(NamedTuple):
    """A statement, the gene it is about, and what is known of its subject."""

    gene: str
    said: Stated
    subject: Subject


class Subject(NamedTuple):
    """
    What statements are about, as far as it is known from the test.

    Args:
        genes: The genes, usually one.
        by_name: Gene or kind was recognised from a name only.
        notices: What did not fit together on the way.
        certain: False if gene and value contradict each other; then nothing may drive a finding.
        origin: Where the DNA comes from.
        donor: The test name says that a donor was tested.
        foreign: Genes without any knowledge here that are stated beside `genes`.
    """

    genes: tuple[str, ...] = ()
    by_name: bool = False
    notices: tuple[Notice, ...] = ()
    certain: bool = True
    origin: Origin = Origin.GERMLINE
    donor: bool = False
    foreign: tuple[str, ...] = ()


def result_of(frame: Frame, subject: Subject, gene: str, said: Stated) -> ReportedResult:
    """Put a statement into its frame. What the status forbids stays forbidden."""
    use = said.use
    if use is Use.YES and not subject.certain:
        use = Use.CONTEXT
    if frame.use is not Use.YES and use is not Use.NO:
        use = frame.use
    remarks = subject.notices + said.notices if subject.notices else said.notices
    if frame.status_unknown:
        remarks = (*remarks, notices.status_unknown(gene))
    return ReportedResult(
        gene,
        said.kind,
        said.text,
        frame.source,
        use,
        said.origin or subject.origin,
        said.allele,
        said.present,
        said.zygosity,
        said.score,
        frame.measured_on,
        frame.laboratory,
        frame.limits or said.limits,
        subject.by_name,
        False,
        frame.donor or subject.donor,
        said.significance,
        remarks,
        said.implied,
        own_tissue=frame.own_tissue,
        liquid=frame.liquid,
    )
