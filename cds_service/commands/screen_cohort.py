"""The people of a cohort VCF as lines of an export, chunk by chunk, for `pgx-cds screen --vcf`."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orjson

from cds_service.calling.builds import Build
from cds_service.calling.caller import Settings
from cds_service.calling.quiet import quiet_library
from cds_service.calling.results import GeneCall, Outcome, SampleCalls
from cds_service.calling.run import CallOptions, called_results
from cds_service.calling.vcf import open_vcf
from cds_service.commands.call_results import Frame, results_of
from cds_service.core.codes import GenomicCodes
from cds_service.core.definitions import GeneDefinition
from cds_service.core.errors import InputError
from cds_service.core.genes import Gene
from cds_service.curation.definitions import load_definitions
from cds_service.curation.genes import load_genes
from cds_service.curation.genomic_codes import load_genomic_codes
from cds_service.fhir.writing import write_genotypes

#: Samples of one chunk: what is held at a time. The file is gone through once for each.
CHUNK = 5_000
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
#: Stands for the patient in what is written once for all people with the same call.
_SOMEBODY = "b5a0c9d6-somebody"

#: Told how many chunks are done, and of all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Cohort:
    """
    A VCF of many people, and what is known about them.

    Args:
        file: VCF or BCF.
        knowledge: Knowledge folder.
        patients: Sample -> id of its patient; None = each sample has the name of its patient.
        with_person: Whether the lines say who the people are, because nothing else does.
        build: Build of the file, if the user names it.
        absent_is_reference: Take positions that the file lacks for the reference.
        sex: Of all samples, where `sexes` does not name another; empty = not known.
        sexes: Sample -> `female` or `male`.
    """

    file: Path
    knowledge: Path
    patients: Mapping[str, str] | None = None
    with_person: bool = True
    build: str = ""
    absent_is_reference: bool = False
    sex: str = ""
    sexes: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, str]:
        """What a screening that goes on must find again, besides the files."""
        return {
            "build": self.build,
            "absent_is_reference": str(self.absent_is_reference),
            "sex": self.sex,
            "sexes": " ".join(sorted(f"{sample}={sex}" for sample, sex in self.sexes.items())),
        }


def read_map(path: Path) -> dict[str, str]:
    """
    A table of two columns, sample and id of its patient, set apart by a tab.

    Raises:
        InputError: If a line has other columns, an id is none, or a sample stands there twice.
    """
    found: dict[str, str] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', '') or 'not a readable text'}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        sample, tab, patient = line.partition("\t")
        patient = patient.strip().removeprefix("Patient/")
        if not tab or not sample or not _ID.fullmatch(patient):
            raise InputError(f"{path}:{number}: a line has a sample, a tab and the id of a patient")
        if found.setdefault(sample, patient) != patient:
            raise InputError(f"{path}:{number}: the sample of this line has another patient further up")
    return found


def write_lines(cohort: Cohort, to: Path, workers: int, progress: Progress) -> list[Path]:
    """
    Write the results of all samples as NDJSON, a file for each chunk; chunks that are there already stay.

    Args:
        cohort: Whom.
        to: A folder of ours.
        workers: Processes that call. One that the C library ends is an error, and not the end of this one.
        progress: Told after each chunk.

    Raises:
        InputError: If the file cannot be read, or nobody knows whose a sample is.
    """
    to.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            chunks = list(_chunks(pool.submit(samples_of, cohort).result()))
            files = [to / f"called-{number:06d}.ndjson.gz" for number in range(len(chunks))]
            left = [(samples, file) for samples, file in zip(chunks, files, strict=True) if not file.exists()]
            done = len(files) - len(left)
            progress(done, len(files))
            futures = [pool.submit(write_chunk, cohort, samples, file) for samples, file in left]
            for number, future in enumerate(as_completed(futures), 1):
                future.result()
                progress(done + number, len(files))
        except BrokenProcessPool:
            raise InputError(
                f"{cohort.file}: the library that reads it broke down; the file is damaged"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)
    return files


def samples_of(cohort: Cohort) -> list[str]:
    """
    The samples that have a patient, by the map or by their own name.

    Raises:
        InputError: Of a file that is none, or a sample whose patient nobody knows.
    """
    with quiet_library():
        file = open_vcf(cohort.file)
        file.close()
    for sample in file.samples:
        _patient(cohort, sample)
    return list(file.samples)


def _patient(cohort: Cohort, sample: str) -> str:
    known = cohort.patients
    patient = sample if known is None else known.get(sample, "")
    if not _ID.fullmatch(patient):
        remedy = "--samples names no patient for it" if known is not None else "give a table with --samples"
        raise InputError(f"{cohort.file}: whose is sample '{sample[:80]}'? {remedy}")
    return patient


def _chunks(samples: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(samples), CHUNK):
        yield tuple(samples[start : start + CHUNK])


def write_chunk(cohort: Cohort, samples: tuple[str, ...], to: Path) -> None:
    """
    Call some samples and write their lines. Written beside and then moved: a file under its name is whole.

    Args:
        cohort: Whose file it is.
        samples: Their names.
        to: File.
    """
    parts = _parts(cohort.knowledge)
    options = CallOptions(
        samples=samples,
        build=Build(cohort.build) if cohort.build else None,
        settings=Settings(cohort.absent_is_reference, cohort.sex),
        sexes={sample: cohort.sexes[sample] for sample in samples if sample in cohort.sexes},
    )
    beside = to.with_suffix(".part")
    with quiet_library() as quiet, gzip.open(beside, "wb", compresslevel=1) as out:
        called = called_results(cohort.file, parts.definitions, parts.genes, options, complaints=quiet.errors)
        templates: dict[int, tuple[GeneCall, bytes]] = {}
        for sample in called:
            patient = _patient(cohort, sample.sample)
            if cohort.with_person:
                out.write(orjson.dumps(_person(cohort, sample.sample, patient)) + b"\n")
            for call in sample.genes:
                # Equal genotypes are one object: it is kept beside its lines, so that its id stays its own.
                if id(call) not in templates:
                    templates[id(call)] = (call, _lines(call, sample, parts))
                out.write(templates[id(call)][1].replace(_SOMEBODY.encode(), patient.encode()))
    beside.replace(to)


@dataclass(frozen=True, slots=True)
class _Parts:
    definitions: Mapping[str, GeneDefinition]
    genes: Mapping[str, Gene]
    codes: GenomicCodes


@lru_cache(maxsize=1)
def _parts(knowledge: Path) -> _Parts:
    genes = knowledge / "genes"
    return _Parts(load_definitions(genes), load_genes(genes), load_genomic_codes(knowledge / "codes"))


def _person(cohort: Cohort, sample: str, patient: str) -> dict[str, Any]:
    sex = cohort.sexes.get(sample, cohort.sex)
    return {"resourceType": "Patient", "id": patient, **({"gender": sex} if sex else {})}


def _lines(call: GeneCall, sample: SampleCalls, parts: _Parts) -> bytes:
    """
    The Observation of one call, of somebody: the genotype as `pgx-cds call --fhir` writes it.

    What stands beside it there follows from it (single alleles, class, score) or is for readers (variants).
    """
    if call.outcome is Outcome.NOT_COVERED:
        return b""
    one = SampleCalls(_SOMEBODY, sample.build, (call,), sample.absent_is_reference)
    frame = Frame(issued=datetime.now(UTC).replace(microsecond=0))
    report = results_of(one, f"Patient/{_SOMEBODY}", frame, parts.definitions)
    written = write_genotypes(report, codes=parts.codes)
    named = ({**observation, "id": f"{_SOMEBODY}-{call.gene}"} for observation in written)
    return b"".join(orjson.dumps(observation) + b"\n" for observation in named)
