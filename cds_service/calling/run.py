"""Calls all samples of a file: one pass, then one result a sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cds_service.calling.builds import BaseEvidence, Build, check_bases, choose_build
from cds_service.calling.caller import GeneCaller, Settings
from cds_service.calling.codes import Reason
from cds_service.calling.columns import GeneColumns, sample_codes
from cds_service.calling.panel import GeneSites, Panel, variants_of
from cds_service.calling.quality import QualityRules
from cds_service.calling.results import GeneCall, Outcome, SampleCalls
from cds_service.calling.sites import Record, meaning
from cds_service.calling.vcf import VcfFile, alleles_of, open_vcf, phases_of, reasons_of, record_of
from cds_service.core.definitions import Copies, DefinedPosition, GeneDefinition
from cds_service.core.errors import InputError
from cds_service.core.genes import Gene, Method
from cds_service.core.notice import Notice

#: Told how many steps are done and how many there are; 0 = nobody knows.
Progress = Callable[[str, int, int], None]
_EVERY = 5_000
#: Length of the mitochondrial sequence that the definitions count by.
_RCRS = 16569


@dataclass(frozen=True, slots=True)
class CallOptions:
    """
    What the user chose.

    Args:
        samples: Names of the samples; empty = all of the file.
        build: Build of the file, if the user names it.
        settings: What is said about the samples.
        sexes: Sample -> `female` or `male`, where they differ; goes before that of the settings.
        research: Genes whose calls are for research only and are wanted all the same.
        quality: Limits for genotypes.
    """

    samples: tuple[str, ...] = ()
    build: Build | None = None
    settings: Settings = Settings()
    sexes: Mapping[str, str] = field(default_factory=dict)
    research: frozenset[str] = frozenset()
    quality: QualityRules = QualityRules()


def _no_progress(_what: str, _done: int, _total: int) -> None:
    """Nobody wants to know."""


def _no_complaints() -> Sequence[str]:
    """Nobody listens to the library."""
    return ()


def called_results(
    path: Path,
    definitions: Mapping[str, GeneDefinition],
    genes: Mapping[str, Gene],
    options: CallOptions | None = None,
    progress: Progress = _no_progress,
    complaints: Callable[[], Sequence[str]] = _no_complaints,
) -> Iterator[SampleCalls]:
    """
    Call every sample of a file.

    The whole file is read and its build checked before the first result: nothing is told of a file that turns
    out to count by another build. Results of equal genotypes are one and the same object.

    Args:
        path: VCF or BCF, compressed or not; regions are jumped to if it has an index.
        definitions: How alleles are defined, by gene.
        genes: What alleles mean, by gene.
        options: What the user chose.
        progress: Told how far it is.
        complaints: The errors that the C library has printed so far. It goes on after some of them without
            the records they are about: a file of which it complains while it is read is refused.

    Yields:
        One result a sample, in the order of the file.

    Raises:
        InputError: If the file cannot be read, or its build is not the one it is read by.
    """
    chosen = options or CallOptions()
    file = open_vcf(path, chosen.samples)
    try:
        yield from _Run(file, definitions, genes, chosen, progress, complaints).results()
    except UnicodeDecodeError:  # each field of a record is decoded where it is looked at
        raise InputError(f"{path}: a field of a record is not UTF-8 text, the file must be damaged") from None
    finally:
        file.close()


@dataclass(slots=True)
class _Run:
    file: VcfFile
    definitions: Mapping[str, GeneDefinition]
    genes: Mapping[str, Gene]
    options: CallOptions
    progress: Progress
    complaints: Callable[[], Sequence[str]]
    evidence: BaseEvidence = field(default_factory=BaseEvidence)

    def results(self) -> Iterator[SampleCalls]:
        build, named = choose_build(self.file.header, self.options.build)
        wanted = [d for d in self.definitions.values() if not d.research or d.gene in self.options.research]
        panel = Panel.of([d for d in wanted if self._readable(d, build)], build)
        before = len(self.complaints())
        certain = self.file.header.by_length == {build}
        calls = self._in_regions(panel, certain) if self.file.indexed else self._in_one_pass(panel)
        said = self.complaints()[before:]
        if said:
            raise InputError(f"{self.file.path}: not readable throughout: {said[0]}")
        check_bases(build, named, self.evidence)
        notices = self._notices(build, named)
        others = tuple(self._not_read(gene) for gene in self._not_called(calls))
        for number, sample in enumerate(self.file.samples):
            self.progress("samples", number, len(self.file.samples))
            found = sorted(
                (*(of_gene[number] for of_gene in calls.values()), *others), key=lambda call: call.gene
            )
            absent = self.options.settings.absent_is_reference
            yield SampleCalls(sample, build.value, tuple(found), absent, notices)

    def _readable(self, definition: GeneDefinition, build: Build) -> bool:
        """hg19 of UCSC has another mitochondrial sequence, by which the positions mean something else."""
        if definition.positions[0].chrom != "chrM":
            return True
        length = self.file.header.mitochondrial
        return length == _RCRS or (length is None and build is Build.GRCH38)

    def _notices(self, build: Build, named: bool) -> tuple[Notice, ...]:
        notices = [Notice.of("file", words=words) for words in self.file.notices]
        if not named:
            notices.append(Notice.of("build-assumed", build=build.value))
        if build is Build.GRCH37:
            notices.append(Notice.of("lifted"))
        return tuple(notices)

    def _not_called(self, calls: Mapping[str, Any]) -> list[Gene]:
        """Genes the file says nothing about because nobody reads them from small variants."""
        typed = (
            g
            for g in self.genes.values()
            if g.method is Method.ALLELE_PRESENCE or g.symbol in self.definitions
        )
        return [gene for gene in typed if gene.symbol not in calls]

    def _not_read(self, gene: Gene) -> GeneCall:
        definition = self.definitions.get(gene.symbol)
        key = "outside-only" if definition is None or definition.research else "not-in-this-build"
        return GeneCall(gene.symbol, Outcome.NOT_COVERED, notices=(Notice.of(key, gene=gene.symbol),))

    # reading

    def _in_regions(self, panel: Panel, certain: bool) -> dict[str, list[GeneCall]]:
        """Gene by gene by way of the index; only one gene's bases are kept at a time."""
        calls = {}
        if not certain:
            self._look_for_other_build(panel)
        for number, (gene, sites) in enumerate(panel.genes.items()):
            self.progress("genes", number, len(panel.genes))
            columns = GeneColumns(sites, len(self.file.samples))
            last_read = 0
            for first, last in sites.regions():
                for variant in self.file.region(sites.chrom, first, last):
                    # A record that reaches into two regions comes twice.
                    if not last_read or variant.start >= last_read:
                        self._take(variant, sites.chrom, [(columns, sites.touched(variant.POS, variant.end))])
                last_read = last
            calls[gene] = self._call(columns)
        self.progress("genes", len(panel.genes), len(panel.genes))
        return calls

    def _in_one_pass(self, panel: Panel) -> dict[str, list[GeneCall]]:
        """Every record of the file."""
        columns = {gene: GeneColumns(sites, len(self.file.samples)) for gene, sites in panel.genes.items()}
        other = variants_of(self.definitions.values(), panel.build.other)
        for number, (chrom, variant) in enumerate(self.file.records(), 1):
            if number % _EVERY == 0:
                self.progress("records", number, 0)
            if not chrom:
                continue
            position = variant.POS
            touched = list(panel.touched(chrom, position, variant.end))
            if touched:
                self._take(variant, chrom, [(columns[s.definition.gene], places) for s, places in touched])
            elsewhere = other.get((chrom, position))
            if elsewhere is not None:
                self._count_other(variant, elsewhere)
        calls = {}
        for number, gene in enumerate(panel.genes):
            self.progress("genes", number, len(panel.genes))
            calls[gene] = self._call(columns.pop(gene))
        return calls

    def _look_for_other_build(self, panel: Panel) -> None:
        """Where the header does not tell the lengths: known variants at the places of the other build."""
        for (chrom, position), site in variants_of(self.definitions.values(), panel.build.other).items():
            for variant in self.file.region(chrom, position, position):
                if variant.start + 1 == position:
                    self._count_other(variant, site)

    def _count_other(self, variant: Any, site: DefinedPosition) -> None:
        if variant.REF.upper() == site.ref and any(alt.upper() in site.alts for alt in variant.ALT):
            self.evidence.there += 1

    def _take(self, variant: Any, chrom: str, targets: Sequence[tuple[GeneColumns, range]]) -> None:
        """Put down what a record says."""
        record = record_of(variant)
        told = [
            (columns, place, codes)
            for columns, places in targets
            for place in places
            if (codes := self._meaning(record, columns.gene, place, places, chrom)) is not None
        ]
        if not told:
            return
        formats = frozenset(variant.FORMAT)
        genotypes = alleles_of(variant) if "GT" in formats else None
        if genotypes is None:
            return
        alleles = genotypes[:, :-1]
        reasons = reasons_of(variant, formats, alleles, self.options.quality)
        phases = phases_of(variant, formats, genotypes)
        for columns, place, of_allele in told:
            columns.add(place, record, sample_codes(alleles, of_allele, reasons), phases)

    def _meaning(
        self, record: Record, gene: GeneSites, place: int, places: range, chrom: str
    ) -> tuple[int, ...] | None:
        site = gene.sites[place]
        codes = meaning(record, site, [gene.sites[other] for other in places])
        if codes is None:
            return None
        if codes[0] == Reason.MISMATCH:
            seen, expected = record.ref[:20], site.expected[:20]
            self.evidence.mismatch(
                f"{chrom}:{record.position} has {seen}, {site.defined.name} expects {expected}"
            )
        elif record.position <= site.start <= record.last:
            self.evidence.agree += 1
            self.evidence.here += any(0 < code < site.documented for code in codes[1:])
        return codes

    # calling

    def _call(self, columns: GeneColumns) -> list[GeneCall]:
        """The gene's call of each sample; equal genotypes are called once."""
        sites = columns.gene
        definition = sites.definition
        settings = self.options.settings
        callers = {"": GeneCaller.of(definition, self.genes[definition.gene], sites.sites, settings)}
        sexes: Mapping[str, str] = {}
        if definition.copies is Copies.X_LINKED and self.options.sexes:
            sexes = self.options.sexes
            for sex in set(sexes.values()):
                callers[sex] = replace(callers[""], settings=replace(settings, sex=sex))
        known: dict[tuple[str, bytes], GeneCall] = {}
        unphased = [0] * len(sites.sites)
        calls = []
        rows = columns.rows(absent_is_reference=settings.absent_is_reference)
        for sample, (codes, phases) in zip(self.file.samples, rows, strict=True):
            sex = sexes.get(sample, "")
            key = (sex, codes.tobytes() if phases is None else codes.tobytes() + phases.tobytes())
            call = known.get(key)
            if call is None:
                call = callers[sex].call(codes.tolist(), unphased if phases is None else phases.tolist())
                known[key] = call
            calls.append(call)
        return calls
