"""Results as a transaction that may be sent any number of times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson
from fhir.resources.R4B.bundle import Bundle

from cds_service.core.codes import GenomicCodes
from cds_service.fhir.writing.genotypes import write_gene
from cds_service.fhir.writing.ig import GENOTYPE, Built
from cds_service.fhir.writing.ledger import Entry
from cds_service.fhir.writing.recommendations import write_recommendation
from cds_service.fhir.writing.regions import write_region, write_study
from cds_service.fhir.writing.report import write_device, write_provenance, write_report
from cds_service.fhir.writing.results import SampleResults, Software
from cds_service.fhir.writing.sheet import Sheet


@dataclass(frozen=True, slots=True)
class WrittenResults:
    """
    A transaction Bundle.

    Args:
        document: The Bundle as JSON objects.
    """

    document: dict[str, Any]

    def as_bytes(self) -> bytes:
        """The Bundle as JSON; the same results give the same bytes."""
        return orjson.dumps(self.document)

    @property
    def resources(self) -> tuple[dict[str, Any], ...]:
        """What the Bundle holds, without the addresses."""
        return tuple(entry["resource"] for entry in self.document["entry"])


def write_results(report: SampleResults, *, codes: GenomicCodes, software: Software) -> WrittenResults:
    """
    Write the results of one sample as a Genomics Reporting (STU3) transaction.

    Every entry is a conditional create: its identifier follows from the patient, the sample and what the
    entry says, not from when it was written. To send the same results again creates nothing; a result that
    changed becomes a new resource beside the old one, which nobody overwrites.

    Args:
        report: The results.
        codes: The code tables; genes and answers without a code are written in words.
        software: Who writes.

    Returns:
        The Bundle, checked against the R4B models.

    Raises:
        InputError: A recommendation rests on no result of the report.
    """
    sheet = Sheet(report, codes)
    results: list[str] = []
    evidence: dict[str, list[str]] = {}
    for result in report.genes:
        written = write_gene(sheet, result)
        results += written
        evidence.setdefault(result.gene, []).extend(written[:1])
    regions = [write_region(sheet, result) for result in report.genes]
    advised = [write_recommendation(sheet, each, evidence) for each in report.recommendations]
    study = write_study(sheet)
    results = _once(_with_parts(sheet, results) + regions + [implication for implication, _ in advised])
    tasks = _once(task for _, task in advised if task)
    whole = write_report(sheet, results, tasks, study)
    write_provenance(sheet, [whole, *results, *tasks], write_device(sheet, software))
    return WrittenResults(_checked([_posted(entry) for entry in sheet.ledger.entries]))


def write_genotypes(report: SampleResults, *, codes: GenomicCodes) -> list[Built]:
    """
    The genotypes alone, for records that stay with us: an Observation for each gene that was called or not.

    They are built as `write_results` builds them, but not checked against the models, which takes most of its
    time, and name nothing that is not written: no single alleles, no variants.
    """
    sheet = Sheet(report, codes)
    for result in report.genes:
        write_gene(sheet, replace(result, variants=()))
    built = (entry.resource for entry in sheet.ledger.entries)
    return [
        {key: value for key, value in each.items() if key != "derivedFrom"}
        for each in built
        if _says_genotype(each)
    ]


def _says_genotype(resource: Built) -> bool:
    return any(coding.get("code") == GENOTYPE for coding in resource["code"].get("coding", ()))


def _with_parts(sheet: Sheet, results: list[str]) -> list[str]:
    """The results, each behind the Observations it was derived from."""
    by_address = {entry.address: entry.resource for entry in sheet.ledger.entries}
    found: list[str] = []
    for address in results:
        behind = by_address[address].get("derivedFrom", ())
        found += [reference["reference"] for reference in behind]
        found.append(address)
    return found


def _once(addresses: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(addresses))


def _posted(entry: Entry) -> Built:
    return {
        "fullUrl": entry.address,
        "resource": entry.resource,
        "request": {
            "method": "POST",
            "url": entry.resource["resourceType"],
            "ifNoneExist": entry.condition,
        },
    }


def _checked(entries: list[Built]) -> dict[str, Any]:
    """The Bundle as the R4B models write it; an element they do not know is a fault of ours."""
    model = Bundle.model_validate({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    found: dict[str, Any] = orjson.loads(model.model_dump_json())
    return found
