"""`pgx-cds call --fhir` and `--to`: what is written is read back with the same meaning, and whose it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cds_service.calling.caller import Settings
from cds_service.calling.results import GeneCall, Outcome, SampleCalls
from cds_service.calling.run import CallOptions
from cds_service.cards.wording import load_wording
from cds_service.cli import main
from cds_service.commands.call_results import Frame, gene_result, results_of
from cds_service.commands.read import understood
from cds_service.core.definitions import CallingMethod
from cds_service.core.errors import InputError
from cds_service.fhir import writing
from tests.builders import knowledge
from tests.calling.made_vcf import (
    call_person,
    call_text,
    definitions,
    gene_of,
    haplotype,
    lines,
    record,
    text,
)
from tests.commands.test_call import run, vcf
from tests.fhir.writing.test_post_results import TransactionServer

Json = dict[str, Any]
FRAME = Frame(datetime(2026, 11, 21, 12, tzinfo=UTC))
SOFTWARE = writing.Software("pgx-cds", "0.1.0", "0" * 64)
PEOPLE = 6
GENES = sorted(gene for gene, definition in definitions().items() if not definition.research)


def document(calls: SampleCalls, patient: str = "Patient/p1") -> Json:
    report = results_of(calls, patient, FRAME, definitions())
    return writing.write_results(report, codes=knowledge().codes, software=SOFTWARE).document


def read(value: Json) -> list[Json]:
    return understood(value, knowledge(), words())["results"]


@cache
def words() -> Any:
    return load_wording()


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> list[SampleCalls]:
    """People with alleles from all over each gene's table."""
    found = []
    for gene in GENES:
        definition = definitions()[gene]
        names = [allele.name for allele in definition.alleles]
        pairs = [(names[7 * n % len(names)], names[11 * n % len(names)]) for n in range(PEOPLE)]
        single = definition.positions[0].chrom == "chrM"
        copies = [[haplotype(definition, name) for name in pair[: 1 if single else 2]] for pair in pairs]
        found += lines(definition, copies, phased=True)
    content = text(found, [f"s{n}" for n in range(PEOPLE)])
    options = CallOptions(settings=Settings(sex="female"))
    return call_text(tmp_path_factory.mktemp("people"), content, options)


@pytest.mark.parametrize("number", range(PEOPLE))
def test_what_is_written_is_read_back(people: list[SampleCalls], number: int) -> None:
    rows = read(document(people[number]))
    for gene in GENES:
        call = gene_of(people[number], gene)
        assert call.outcome is Outcome.CALLED, gene
        mine = [row for row in rows if row["gene"] == gene]
        # Where the class is a genotype in other words, it is read as one more genotype.
        genotypes = [row for row in mine if row["kind"] == "diplotype"]
        assert genotypes and {row["use"] for row in genotypes} == {"yes"}, gene
        expected = (str(call.diplotypes[0]), call.phenotype, call.activity_score)
        assert {_meaning(row) for row in genotypes} == {expected}
        classes = {row.get("phenotype", "") for row in mine if row["kind"] == "phenotype"}
        assert classes <= {call.phenotype}


def _meaning(row: Json) -> tuple[str, str, str]:
    return row.get("diplotype", ""), row.get("phenotype", ""), row.get("activityScore", "")


def test_every_possibility_of_an_ambiguous_call_is_read_back(tmp_path: Path) -> None:
    definition = definitions()["UGT1A1"]
    copies = [haplotype(definition, name) for name in ("*28", "*80+*37")]
    (calls,) = call_text(tmp_path, text(lines(definition, [copies], phased=False), ["s"]))
    (row,) = [row for row in read(document(calls)) if row["kind"] == "diplotype"]
    assert row["value"] == "*28/*80+*37|*37/*80+*28"


def test_a_gene_without_a_call_is_read_back_as_such(tmp_path: Path) -> None:
    call = call_person(tmp_path, "CYP2C19", record("chr10", 94781859, "C", "A", "0/1"))
    result = gene_result(call, definitions()["CYP2C19"])
    assert result.outcome is writing.Outcome.NO_CALL
    assert "the reference base in the file is not that of the genome" in result.reason
    (row,) = read(document(SampleCalls("s", "GRCh38", (call,))))
    assert not {"diplotype", "phenotype", "activityScore"} & row.keys()
    assert row["notices"] == ["The laboratory reports no result for CYP2C19."]


def test_missing_positions_and_hidden_alleles_are_written(tmp_path: Path) -> None:
    call = call_person(tmp_path, "CYP2C19", without=[94780653])
    result = gene_result(call, definitions()["CYP2C19"])
    assert [str(place) for place in result.missing] == ["NC_000010.11:g.94780653 (rs4986893)"]
    assert result.examined == len(definitions()["CYP2C19"].positions) - 1
    assert result.limits == "Not tested: *3"


def test_calls_for_research_are_not_written_as_results(tmp_path: Path) -> None:
    options = CallOptions(research=frozenset({"CYP2D6"}))
    call = call_person(tmp_path, "CYP2D6", options=options)
    assert call.diplotypes
    result = gene_result(call, definitions()["CYP2D6"])
    assert (result.outcome, result.diplotypes) == (writing.Outcome.NOT_COVERED, ())


@pytest.mark.parametrize(
    ("gene", "line", "plain", "zygosity"),
    [
        ("CYP2C19", ("chr10", 94781859, "G", "A", "0/1"), "0/0", "heterozygous"),
        ("CYP2C19", ("chr10", 94781859, "G", "A", "1/1"), "0/0", "homozygous"),
        ("G6PD", ("chrX", 154535277, "T", "C", "1"), "0", "hemizygous"),
        ("MT-RNR1", ("chrM", 1555, "A", "G", "1"), "0", "homoplasmic"),
    ],
)
def test_copies_of_a_variant(
    gene: str, line: tuple[str, int, str, str, str], plain: str, zygosity: str, tmp_path: Path
) -> None:
    call = call_person(tmp_path, gene, record(*line), plain=plain)
    (variant,) = gene_result(call, definitions()[gene]).variants
    assert (variant.at and variant.at.position, variant.zygosity) == (line[1], zygosity)
    assert (variant.ref, variant.alt) == (line[2], line[3])


def test_alleles_found_by_presence_are_written() -> None:
    call = GeneCall("HLA-B", Outcome.CALLED, presence=(("*57:01", True),), origin="OptiType")
    (row,) = [r for r in read(document(SampleCalls("s", "", (call,)))) if r["kind"] == "allele-presence"]
    assert (row["phenotype"], row["use"]) == ("*57:01 positive", "yes"), row


def test_every_gene_of_lists_is_among_those_read_back() -> None:
    lists = {g for g, d in definitions().items() if d.method is CallingMethod.VARIANT_LIST}
    assert lists <= set(GENES)


# the command


def test_a_transaction_a_line_of_the_patient_with_the_samples_name(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = vcf(tmp_path, {"CYP2C19": [("*1", "*2"), ("*2", "*2")]}, ["S1", "S2"])
    code, out, _ = run(capfd, file, "--fhir", "--patient", "S2=Patient/7")
    bundles = [json.loads(line) for line in out.splitlines()]
    people = [
        {entry["resource"].get("subject", {}).get("reference") for entry in bundle["entry"]} - {None}
        for bundle in bundles
    ]
    assert (code, people) == (0, [{"Patient/S1"}, {"Patient/7"}])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--patient", "Patient/1"], "several samples"),
        (["--patient", "Patient/1", "--patient", "Patient/2"], "name the sample, too"),
        (["--patient", "S1=Patient/1", "--patient", "S1=Patient/2"], "two patients"),
        (["--patient", "S1=whoever"], "the patient is written Type/id"),
        (["--measured-on", "yesterday"], "no day like 2026-11-03"),
    ],
)
def test_whose_the_results_are_must_be_clear(
    more: list[str], said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = vcf(tmp_path, {"CYP2C19": [("*1", "*2"), ("*2", "*2")]}, ["S1", "S2"])
    code, _, err = run(capfd, file, "--fhir", *more)
    assert code == 2
    assert said in err


@pytest.fixture
def server() -> Iterator[TransactionServer]:
    running = TransactionServer()
    yield running
    running.stop()


def test_results_are_sent_once_and_read_back(
    server: TransactionServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PGX_CDS_FHIR_ALLOW", server.base)
    file = vcf(tmp_path, {"CYP2C9": [("*1", "*3")]}, ["S1"])
    sent = ("--to", server.base, "--patient", "Patient/7")
    code, out, _ = run(capfd, file, *sent)
    kept = len(server.kept)
    assert (code, out) == (0, f"S1: {kept} of {kept} resources stored, {kept} new\n")
    assert run(capfd, file, *sent)[1] == f"S1: {kept} of {kept} resources stored, 0 new\n"
    whole = {"resourceType": "Bundle", "entry": [{"resource": each} for each in server.kept.values()]}
    (row,) = [row for row in read(whole) if row["kind"] == "diplotype"]
    assert (row["diplotype"], row["activityScore"]) == ("*1/*3", "1.0")


@pytest.mark.parametrize(
    ("allowed", "url", "token", "said"),
    [
        ("", "https://ehr.example.org/fhir", "", "not on the list of servers"),
        ("https://ehr.example.org/fhir", "https://ehr.example.org/fhir", "", "without an access token"),
        ("http://ehr.example.org/fhir", "http://ehr.example.org/fhir", "secret", "only sent over https"),
    ],
)
def test_servers_that_are_not_written_to(
    allowed: str,
    url: str,
    token: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PGX_CDS_FHIR_ALLOW", allowed)
    monkeypatch.setenv("PGX_CDS_FHIR_TOKEN", token)
    file = vcf(tmp_path, {"CYP2C9": [("*1", "*3")]}, ["S1"])
    code, out, err = run(capfd, file, "--to", url, "--patient", "Patient/7")
    assert (code, out) == (2, "")
    assert said in err
    assert "secret" not in err


def test_nothing_is_sent_for_a_patient_nobody_named(
    server: TransactionServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PGX_CDS_FHIR_ALLOW", server.base)
    code, _, err = run(capfd, vcf(tmp_path, {"CYP2C9": [("*1", "*3")]}, ["S1"]), "--to", server.base)
    assert (code, server.kept) == (2, {})
    assert "whose is sample S1?" in err


def test_forms_of_output_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["call", str(tmp_path / "x.vcf"), "--json", "--fhir"])


def test_a_patient_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="Type/id"):
        results_of(SampleCalls("s", "GRCh38", ()), "whoever", FRAME, {})
