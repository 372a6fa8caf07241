"""A cohort VCF gets the rows its results would get as FHIR, alone or beside an export."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cds_service.calling.run import called_results
from cds_service.cli import main
from cds_service.commands import screen_cohort
from cds_service.commands.call_results import Frame, results_of
from cds_service.commands.screen_cohort import Cohort, read_map, samples_of, write_chunk, write_lines
from cds_service.core.errors import InputError
from cds_service.curation.genomic_codes import load_genomic_codes
from cds_service.fhir.writing import Software, write_results
from cds_service.resources import knowledge_folder
from cds_service.screening.run import Export
from tests.calling.made_vcf import definitions, genes, haplotype, lines, text
from tests.screening.conftest import TODAY, Resource, Result, Row, export, in_turn, screened, setup

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
#: Of each gene the diplotypes of three people; G6PD has a call for the one whose sex is known.
MADE = {
    "CYP2C19": (("*2", "*2"), ("*1", "*17"), ("*38", "*38")),
    "CYP2C9": (("*1", "*3"), ("*1", "*1"), ("*2", "*2")),
    "DPYD": (("Reference", "c.1905+1G>A (*2A)"), ("Reference", "Reference"), ("Reference", "Reference")),
    "NUDT15": (("*1", "*3"), ("*1", "*1"), ("*3", "*3")),
    "SLCO1B1": (("*1", "*15"), ("*1", "*1"), ("*5", "*5")),
    "TPMT": (("*1", "*3A"), ("*1", "*1"), ("*1", "*2")),
    "UGT1A1": (("*1", "*80+*28"), ("*1", "*1"), ("*28", "*28")),
    "VKORC1": (("rs9923231 reference (C)", "rs9923231 variant (T)"),) * 3,
    "G6PD": (("B (reference)", "B (reference)"), ("A- 202A_376G", "A- 202A_376G"), ("B (reference)",) * 2),
}
SAMPLES = ("s1", "s2", "s3")
DRUGS = (
    "clopidogrel",
    "capecitabine",
    "azathioprine",
    "simvastatin",
    "warfarin",
    "irinotecan",
    "rasburicase",
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found: list[str] = []
    for gene, pairs in MADE.items():
        definition = definitions()[gene]
        people = [[haplotype(definition, allele) for allele in pair] for pair in pairs]
        found += lines(definition, people, phased=False)
    path = tmp_path_factory.mktemp("cohort") / "cohort.vcf"
    path.write_text(
        text(sorted(found, key=lambda line: (line.split("\t")[0], int(line.split("\t")[1]))), SAMPLES)
    )
    return path


def cohort(file: Path, **more: object) -> Cohort:
    return Cohort(file, knowledge_folder(), **more)  # type: ignore[arg-type]


def called(given: Cohort, to: Path, *chunks: tuple[str, ...]) -> list[Path]:
    """As `write_lines` does it, in this process."""
    to.mkdir(exist_ok=True)
    files = [to / f"{number}.ndjson.gz" for number in range(len(chunks))]
    for samples, path in zip(chunks, files, strict=True):
        write_chunk(given, samples, path)
    return files


def screened_cohort(given: Cohort, out: Path, *chunks: tuple[str, ...], beside: Path | None = None) -> Result:
    from cds_service.screening.run import run

    more = list(beside.glob("*.ndjson")) if beside else []
    source = Export((given.file,), lambda to: [*more, *called(given, to, *chunks)], given.said)
    done = run(source, out, setup(*(() if beside else DRUGS)), in_turn, lambda *_: None)
    people, findings = (pq.read_table(out / name).to_pylist() for name in ("people", "findings"))
    return Result(sorted(people, key=repr), sorted(findings, key=repr), done)


@pytest.fixture(scope="module")
def whole(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return screened_cohort(cohort(file), tmp_path_factory.mktemp("whole") / "out", SAMPLES)


def as_fhir(file: Path) -> Iterator[Resource]:
    """The transactions of `pgx-cds call --fhir`, every resource of them."""
    codes = load_genomic_codes(knowledge_folder() / "codes")
    frame = Frame(issued=datetime.now(UTC).replace(microsecond=0))
    for sample in called_results(file, definitions(), genes()):
        report = results_of(sample, f"Patient/{sample.sample}", frame, definitions())
        written = write_results(report, codes=codes, software=Software("pgx-cds", "1", ""))
        yield {"resourceType": "Patient", "id": sample.sample}
        for entry in written.document["entry"]:
            yield {**entry["resource"], "id": entry["fullUrl"].removeprefix("urn:uuid:")}


def test_the_rows_are_those_of_the_same_results_as_fhir(file: Path, tmp_path: Path, whole: Result) -> None:
    resources = json.loads(json.dumps(list(as_fhir(file))).replace("urn:uuid:", "Observation/"))
    wanted = screened(export(resources, tmp_path / "export"), tmp_path / "out", *DRUGS)
    assert sum(row["fires"] for row in wanted.findings) >= 6
    assert whole.findings == wanted.findings
    assert whole.people == wanted.people
    assert {row["patient"] for row in whole.people} == set(SAMPLES)


def test_the_size_of_chunks_changes_nothing(file: Path, tmp_path: Path, whole: Result) -> None:
    parts = screened_cohort(cohort(file), tmp_path / "out", ("s1", "s2"), ("s3",))
    assert (parts.people, parts.findings) == (whole.people, whole.findings)
    assert not (tmp_path / "out" / "made").exists()


def test_beside_an_export_the_orders_of_the_person_are_judged(file: Path, tmp_path: Path) -> None:
    person = [
        {"resourceType": "Patient", "id": "p1", "birthDate": "1950-01-01", "gender": "female"},
        {
            "resourceType": "MedicationRequest",
            "id": "m1",
            "status": "active",
            "intent": "order",
            "subject": {"reference": "Patient/p1"},
            "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "32968"}]},
        },
    ]
    folder = export(person, tmp_path / "export")
    named = cohort(file, patients={"s1": "p1", "s2": "p2", "s3": "p3"}, with_person=False)
    found = screened_cohort(named, tmp_path / "out", SAMPLES, beside=folder)
    (row,) = [row for row in found.findings if row["fires"]]
    assert (row["patient"], row["age_band"], row["drug"]) == ("p1", "65-79", "clopidogrel")
    assert "*2/*2" in row["results"]
    assert found.done.cut.without_person == 2


def test_a_known_sex_is_used_and_told(file: Path, tmp_path: Path) -> None:
    (path,) = called(cohort(file, sexes={"s2": "male"}), tmp_path, ("s2",))
    found = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert found[0] == {"resourceType": "Patient", "id": "s2", "gender": "male"}
    (g6pd,) = [r for r in found if "G6PD" in json.dumps(r)]
    assert "hemizygous" in g6pd["valueCodeableConcept"]["text"]


def test_chunks_that_are_there_are_not_called_again(file: Path, tmp_path: Path) -> None:
    (tmp_path / "called-000000.ndjson.gz").write_bytes(b"there")
    told: list[tuple[int, int]] = []
    files = write_lines(cohort(file), tmp_path, 1, lambda *step: told.append(step))
    assert [path.read_bytes() for path in files] == [b"there"]
    assert told == [(1, 1)]


def test_a_sample_without_a_patient_is_refused_before_anything_is_called(file: Path) -> None:
    with pytest.raises(InputError, match="whose is sample 's2'"):
        samples_of(cohort(file, patients={"s1": "p1"}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("s1 p1\n", "a sample, a tab"),
        ("s1\tp 1\n", "a sample, a tab"),
        ("s1\tp1\ns1\tp2\n", "another patient"),
    ],
)
def test_a_table_of_samples_that_is_none_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "map.tsv"
    path.write_text(content)
    with pytest.raises(InputError, match=said):
        read_map(path)


def test_a_table_of_samples_is_read(tmp_path: Path) -> None:
    path = tmp_path / "map.tsv"
    path.write_text("# sample\tpatient\ns1\tPatient/p1\ns1\tp1\n\ns2\tp2\n")
    assert read_map(path) == {"s1": "p1", "s2": "p2"}


def test_what_a_vcf_cannot_say_is_asked_for(
    capsys: pytest.CaptureFixture[str], file: Path, tmp_path: Path
) -> None:
    assert main(["screen", "--vcf", str(file), "--out", str(tmp_path / "out")]) == 2
    assert "a VCF names no orders" in capsys.readouterr().err
    assert main(["screen", "--out", str(tmp_path / "out")]) == 2


@pytest.mark.slow
def test_the_command_calls_in_chunks(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: Result
) -> None:
    monkeypatch.setattr(screen_cohort, "CHUNK", 2)
    out = tmp_path / "out"
    command = ["screen", "--vcf", str(file), "--drugs", ",".join(DRUGS), "--out", str(out), "--workers", "1"]
    assert main([*command, "--today", TODAY.isoformat()]) == 0
    rows: list[Row] = pq.read_table(out / "findings").to_pylist()
    assert sorted(rows, key=repr) == whole.findings
