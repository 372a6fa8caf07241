"""`pgx-cds call --fhir` and `--to`: calls as FHIR transactions, printed or sent."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from cds_service import __version__
from cds_service.calling.results import SampleCalls
from cds_service.commands.call_output import anything_called
from cds_service.commands.call_results import Frame, results_of
from cds_service.core.definitions import GeneDefinition
from cds_service.core.errors import InputError
from cds_service.curation.compile import content_hash
from cds_service.curation.genomic_codes import load_genomic_codes
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.writing import Software, Source, WrittenResults, post_results, write_results
from cds_service.settings import Settings
from cds_service.trust.fhir_servers import FhirServerAllowList, is_protected

TOKEN = "PGX_CDS_FHIR_TOKEN"
_LOOPBACK = "http://127.0.0.1:*,http://localhost:*,http://[::1]:*"
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
#: Seconds for one transaction; a server takes its time to store a hundred resources.
_PATIENCE = 120
#: Files beyond this many bytes are named in the Provenance without a hash: reading them twice takes too long.
_HASHED = 256 << 20


def written_samples(
    samples: Iterator[SampleCalls],
    options: argparse.Namespace,
    definitions: Mapping[str, GeneDefinition],
    knowledge: Path,
) -> Iterator[tuple[SampleCalls, WrittenResults]]:
    """
    Each sample with its transaction.

    Args:
        samples: The calls.
        options: `patient`, `laboratory`, `measured_on`, `file`, `outside` and `to` of the command.
        definitions: By gene.
        knowledge: The knowledge folder, for its codes and its hash.

    Raises:
        InputError: It is not clear whose a sample is, or nothing was called.
    """
    named = [file.rpartition("=")[2] for file in options.outside]
    files = [*([options.file] if options.file else []), *map(Path, named)]
    frame = Frame(
        issued=datetime.now(UTC).replace(microsecond=0),
        sources=tuple(_source(file) for file in files),
        laboratory=options.laboratory,
        measured_on=_day(options.measured_on),
    )
    codes = load_genomic_codes(knowledge / "codes")
    software = Software("pgx-cds", __version__, content_hash(knowledge))
    whose = Owners.of(options.patient, guess=not options.to)
    for number, sample in enumerate(samples):
        patient = whose.of_sample(sample.sample, number)
        report = results_of(sample, patient, frame, definitions)
        yield sample, write_results(report, codes=codes, software=software)


class Owners:
    """Which patient a sample is of."""

    def __init__(self, by_sample: Mapping[str, str], only: str, guess: bool) -> None:
        self._by_sample, self._only, self._guess = by_sample, only, guess

    @classmethod
    def of(cls, given: list[str], *, guess: bool) -> Owners:
        """
        Read `--patient`: `Patient/7` for a single sample, `S1=Patient/7` for one of several.

        Args:
            given: As written.
            guess: A sample nobody named a patient for is of the patient of its own name.
        """
        pairs = [one.rpartition("=") for one in given]
        single = [patient for _, equals, patient in pairs if not equals]
        if len(single) > 1 or (single and len(pairs) > 1):
            raise InputError("--patient: name the sample, too, where there are several: S1=Patient/7")
        by_sample = {sample: patient for sample, equals, patient in pairs if equals}
        if len(by_sample) + len(single) < len(pairs):
            raise InputError("--patient: a sample has two patients")
        return cls(by_sample, single[0] if single else "", guess)

    def of_sample(self, sample: str, number: int) -> str:
        """
        The patient of the sample that is the `number`th, from 0.

        Raises:
            InputError: Nobody said, and it may not be guessed.
        """
        if self._only:
            if number:
                raise InputError("--patient names one patient, but there are several samples")
            return self._only
        if sample in self._by_sample:
            return self._by_sample[sample]
        if self._guess and _ID.fullmatch(sample):
            return f"Patient/{sample}"
        raise InputError(f"whose is sample {sample}? Say it with --patient {sample}=Patient/ID")


def show_fhir(written: Iterator[tuple[SampleCalls, WrittenResults]]) -> bool:
    """Print a transaction a line; True if anything was called."""
    called = False
    for sample, results in written:
        sys.stdout.buffer.write(results.as_bytes() + b"\n")
        called = called or anything_called(sample)
    sys.stdout.buffer.flush()
    return called


def send(written: Iterator[tuple[SampleCalls, WrittenResults]], url: str, settings: Settings) -> bool:
    """
    Send the transactions one by one and say what became of each.

    Returns:
        True if everything is on the server now.

    Raises:
        FhirFetchError: The server may not be called, or refused a transaction. What was sent before stays;
            it is safe to send all of it again.
    """
    token = os.environ.get(TOKEN) or None
    servers = FhirServerAllowList.parse(settings.fhir_allow, _LOOPBACK)
    if servers.allows(url) and token is not None and not is_protected(url):
        raise InputError(f"{TOKEN} is only sent over https")
    if servers.allows(url) and token is None and not servers.allows_without_token(url):
        raise InputError(f"set {TOKEN}: only servers on this machine are called without an access token")
    complete = True
    for sample, results in written:
        posted = post_results(
            results,
            url,
            token=token,
            allows=servers.allows,
            deadline=Deadline.after(_PATIENCE, time.monotonic),
            verify=str(settings.fhir_ca) if settings.fhir_ca else True,
        )
        there = sum(outcome.there for outcome in posted.outcomes)
        print(f"{sample.sample}: {there} of {len(posted.outcomes)} resources stored, {posted.created} new")
        complete = complete and posted.complete
    return complete


def _source(file: Path) -> Source:
    try:
        if file.stat().st_size > _HASHED:
            return Source(file.name)
        with file.open("rb") as stream:
            return Source(file.name, hashlib.file_digest(stream, "sha256").hexdigest())
    except OSError:
        # Whoever opens the file to read it says what is wrong with it.
        return Source(file.name)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"--measured-on: '{text}' is no day like 2026-11-03") from None
