"""Kinds of files: compressed, indexed, BCF, names of chromosomes, several samples, broken ones; builds."""

from __future__ import annotations

import gzip
import os
from collections.abc import Sequence
from pathlib import Path

import cyvcf2
import pytest

from cds_service.calling.builds import Build, read_header
from cds_service.calling.caller import Settings
from cds_service.calling.quiet import quiet_library
from cds_service.calling.results import Outcome, SampleCalls
from cds_service.calling.run import CallOptions, called_results
from cds_service.core.definitions import DefinedPosition
from cds_service.core.errors import InputError
from tests.calling.made_index import bgzip, write_indexed
from tests.calling.made_vcf import (
    HEADER,
    call_text,
    definitions,
    gene_of,
    genes,
    haplotype,
    keys,
    lines,
    named,
    person,
    record,
    sites,
    text,
)

GENES = ("DPYD", "UGT1A1", "TPMT", "CYP3A5", "NAT2", "CYP2C19", "CYP2C9", "SLCO1B1", "NUDT15", "RYR1", "G6PD")
#: Some diplotype of each gene.
MADE = {
    "DPYD": ("Reference", "c.1905+1G>A (*2A)"),
    "UGT1A1": ("*1", "*80+*28"),
    "TPMT": ("*1", "*3A"),
    "CYP3A5": ("*3", "*3"),
    "NAT2": ("*4", "*5"),
    "CYP2C19": ("*2", "*17"),
    "CYP2C9": ("*1", "*3"),
    "SLCO1B1": ("*1", "*15"),
    "NUDT15": ("*1", "*3"),
    "RYR1": ("Reference", "c.97A>G"),
    "G6PD": ("B (reference)", "A- 202A_376G"),
}


def whole(phased: bool = True) -> str:
    """One sample with a diplotype of every gene."""
    found = []
    for gene, pair in MADE.items():
        definition = definitions()[gene]
        found += lines(definition, [[haplotype(definition, name) for name in pair]], phased=phased)
    return text(sorted(found, key=lambda line: (line.split("\t")[0], int(line.split("\t")[1]))), ["s"])


def called(file: Path, options: CallOptions | None = None) -> list[SampleCalls]:
    return list(called_results(file, definitions(), genes(), options))


def diplotypes(calls: SampleCalls) -> dict[str, list[str]]:
    return {gene: named(gene_of(calls, gene)) for gene in MADE}


@pytest.fixture(scope="module")
def expected() -> dict[str, list[str]]:
    return {gene: ["/".join(pair)] for gene, pair in MADE.items()}


def test_a_plain_file(tmp_path: Path, expected: dict[str, list[str]]) -> None:
    assert diplotypes(call_text(tmp_path, whole())[0]) == expected


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: bgzip(data)[0]], ids=["gzip", "bgzip"])
def test_a_compressed_file(tmp_path: Path, pack, expected: dict[str, list[str]]) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "made.vcf.gz"
    file.write_bytes(pack(whole().encode()))
    assert diplotypes(called(file)[0]) == expected


def test_an_indexed_file_gives_the_same(tmp_path: Path, expected: dict[str, list[str]]) -> None:
    file = write_indexed(tmp_path / "made.vcf.gz", whole())
    (calls,) = called(file)
    assert diplotypes(calls) == expected
    plain = call_text(tmp_path, whole())[0]
    assert calls.genes == plain.genes


def test_a_block_that_reaches_over_regions_counts_in_each(tmp_path: Path) -> None:
    block = record("chr1", 97000000, "T", "<NON_REF>", "0/0", more="END=98000000")
    file = write_indexed(tmp_path / "made.vcf.gz", text([block], ["s"]))
    call = gene_of(called(file)[0], "DPYD")
    assert (named(call), call.missing) == (["Reference/Reference"], ())


def test_an_outdated_index_is_not_used_and_said_so(tmp_path: Path, expected: dict[str, list[str]]) -> None:
    file = write_indexed(tmp_path / "made.vcf.gz", whole())
    os.utime(file.with_name("made.vcf.gz.tbi"), (1, 1))
    (calls,) = called(file)
    assert diplotypes(calls) == expected
    assert "older than the file" in str(calls.notices)


def test_a_damaged_index_does_no_harm(tmp_path: Path, expected: dict[str, list[str]]) -> None:
    file = write_indexed(tmp_path / "made.vcf.gz", whole())
    index = file.with_name("made.vcf.gz.tbi")
    index.write_bytes(index.read_bytes()[:20])
    try:
        assert diplotypes(called(file)[0]) == expected
    except InputError as error:
        assert "index" in str(error)


def test_a_damaged_block_of_an_indexed_file_is_refused(tmp_path: Path) -> None:
    # The library would end the region there, as if the file had no more records.
    file = write_indexed(tmp_path / "made.vcf.gz", whole())
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20] = bytes(20)
    file.write_bytes(bytes(data))
    index = file.with_name("made.vcf.gz.tbi")
    os.utime(index, (index.stat().st_mtime + 60,) * 2)
    with pytest.raises(InputError, match="not readable throughout"), quiet_library() as quiet:
        list(called_results(file, definitions(), genes(), complaints=quiet.errors))


def test_a_broken_line_of_a_chromosome_the_header_lacks_is_refused(tmp_path: Path) -> None:
    broken = record("chr10", 94781859, "G", "A", "a/b")
    with pytest.raises(InputError, match="cannot be understood"):
        call_text(tmp_path, text(person("CYP2C19", broken), ["s"]))


def test_a_bcf(tmp_path: Path, expected: dict[str, list[str]]) -> None:
    source = tmp_path / "made.vcf"
    contigs = "".join(f"##contig=<ID={site.chrom}>\n" for site in _first_positions())
    source.write_text(whole().replace("##FILTER", f"{contigs}##FILTER", 1), "utf8")
    reader = cyvcf2.VCF(str(source))
    records = list(reader)
    writer = cyvcf2.Writer(str(tmp_path / "made.bcf"), reader, mode="wb")
    for one in records:
        writer.write_record(one)
    writer.close()
    assert diplotypes(called(tmp_path / "made.bcf")[0]) == expected


def _first_positions() -> list[DefinedPosition]:
    """One for each chromosome that the header does not name yet."""
    found = {definition.positions[0].chrom: definition.positions[0] for definition in definitions().values()}
    return [site for chrom, site in found.items() if chrom != "chr1"]


@pytest.mark.parametrize("name", [("chr", ""), ("chr", "Chr")])
def test_names_of_chromosomes_with_and_without_prefix(
    tmp_path: Path, name: tuple[str, str], expected: dict[str, list[str]]
) -> None:
    renamed = whole().replace(f"\n{name[0]}", f"\n{name[1]}").replace("ID=chr1", f"ID={name[1]}1")
    assert diplotypes(call_text(tmp_path, renamed)[0]) == expected
    file = write_indexed(tmp_path / "made.vcf.gz", renamed)
    assert diplotypes(called(file)[0]) == expected


def test_accessions_as_names_of_chromosomes(tmp_path: Path) -> None:
    content = text([line.replace("chr10", "NC_000010.11") for line in person("CYP2C19")], ["s"])
    header = content.replace("##FILTER", "##contig=<ID=NC_000010.11>\n##FILTER", 1)
    assert named(gene_of(call_text(tmp_path, header)[0], "CYP2C19")) == ["*38/*38"]


def people() -> str:
    definition = definitions()["CYP2C19"]
    pairs = [("*1", "*2"), ("*2", "*2"), ("*1", "*1"), ("*1", "*2")]
    records = lines(
        definition, [[haplotype(definition, one) for one in pair] for pair in pairs], phased=False
    )
    return text(records, ["a", "b", "c", "d"])


def test_every_sample_is_called_in_order(tmp_path: Path) -> None:
    results = call_text(tmp_path, people())
    assert [(one.sample, named(gene_of(one, "CYP2C19"))) for one in results] == [
        ("a", ["*1/*2"]),
        ("b", ["*2/*2"]),
        ("c", ["*1/*1"]),
        ("d", ["*1/*2"]),
    ]


def test_equal_genotypes_share_one_result(tmp_path: Path) -> None:
    first, *_, last = call_text(tmp_path, people())
    assert gene_of(first, "CYP2C19") is gene_of(last, "CYP2C19")


@pytest.mark.parametrize("samples", [("b",), ("b", "a")])
def test_samples_can_be_chosen(tmp_path: Path, samples: Sequence[str]) -> None:
    results = call_text(tmp_path, people(), CallOptions(samples=tuple(samples)))
    assert sorted(one.sample for one in results) == sorted(samples)
    found = {one.sample: named(gene_of(one, "CYP2C19")) for one in results}
    assert found["b"] == ["*2/*2"]


# files that cannot be used


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("nothing of the kind\n", "not a readable VCF"),
        (text([], []).replace("\tFORMAT", ""), "no sample in it"),
        (text([], ["s", "s"]), ""),
        (HEADER, ""),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        call_text(tmp_path, content)


def test_an_unknown_sample_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no sample x; it has a, b, c, d"):
        call_text(tmp_path, people(), CallOptions(samples=("x",)))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        called(tmp_path / "none.vcf")


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: bgzip(data)[0]], ids=["gzip", "bgzip"])
@pytest.mark.parametrize("cut", [20, 200, 2000])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, pack, cut: int) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "made.vcf.gz"
    file.write_bytes(pack(whole().encode())[:-cut])
    with pytest.raises(InputError, match="cut off"):
        called(file)


def test_a_last_line_without_end_is_told(tmp_path: Path) -> None:
    (calls,) = call_text(tmp_path, whole()[:-1])
    assert "may be cut off" in str(calls.notices)


@pytest.mark.parametrize("column", [0, 3, 4])
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, column: int) -> None:
    """Found by fuzzing: the command ended with a traceback."""
    head, _, last = whole().rstrip("\n").rpartition("\n")
    fields = [field.encode() for field in last.split("\t")]
    fields[column] = b"c\x98"
    file = tmp_path / "file.vcf"
    file.write_bytes(head.encode() + b"\n" + b"\t".join(fields) + b"\n")
    with quiet_library() as quiet, pytest.raises(InputError, match="not UTF-8|not readable|understood"):
        list(called_results(file, definitions(), genes(), complaints=quiet.errors))


def test_a_line_without_enough_columns_is_refused(tmp_path: Path) -> None:
    broken = text([*person("CYP2C19")[:3], "chr10\t94762000\t.\tA"], ["s"])
    with pytest.raises(InputError, match="cannot be understood"):
        call_text(tmp_path, broken)


# builds


def as_grch37(content: str, *, header: str = "##reference=hg19.fa\n") -> str:
    """The same sample in GRCh37 coordinates: its bases there, its reference there."""
    places = {(s.chrom, s.position): s for one in definitions().values() for s in one.positions}
    moved = []
    for line in content.splitlines():
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        site = places[cells[0], int(cells[1])]
        cells[1] = str(site.grch37)
        if site.grch37_ref:
            cells[3], cells[4] = site.grch37_ref, site.ref
            cells[9] = cells[9].translate(str.maketrans("01", "10"))
        moved.append("\t".join(cells))
    plain = HEADER.replace("##contig=<ID=chr1,length=248956422>\n", header)
    return text(sorted(moved, key=lambda line: (line.split("\t")[0], int(line.split("\t")[1]))), ["s"], plain)


def test_a_grch37_file_that_says_so_is_lifted(tmp_path: Path, expected: dict[str, list[str]]) -> None:
    (calls,) = call_text(tmp_path, as_grch37(whole()))
    assert (diplotypes(calls), calls.build) == (expected, "GRCh37")
    assert "lifted" in str(calls.notices)


def test_a_grch37_file_that_the_user_names_is_lifted(tmp_path: Path, expected: dict[str, list[str]]) -> None:
    options = CallOptions(build=Build.GRCH37)
    assert diplotypes(call_text(tmp_path, as_grch37(whole(), header=""), options)[0]) == expected


def test_an_indexed_grch37_file_is_lifted(tmp_path: Path, expected: dict[str, list[str]]) -> None:
    content = as_grch37(whole(), header="##contig=<ID=chr1,length=249250621>\n")
    assert diplotypes(called(write_indexed(tmp_path / "made.vcf.gz", content))[0]) == expected


@pytest.mark.parametrize("header", ["", "##contig=<ID=chr1,length=248956422>\n", "##reference=GRCh38.fa\n"])
@pytest.mark.parametrize("indexed", [True, False])
def test_a_grch37_file_that_does_not_say_so_is_refused(tmp_path: Path, header: str, indexed: bool) -> None:
    content = as_grch37(whole(), header=header)
    if indexed and "length" in header:
        pytest.skip("lengths of chromosomes are believed where reading everything would be the only proof")
    with pytest.raises(InputError, match="GRCh37|reference bases"):
        if indexed:
            called(write_indexed(tmp_path / "made.vcf.gz", content))
        else:
            call_text(tmp_path, content)


def test_a_grch38_file_that_says_grch37_is_refused(tmp_path: Path) -> None:
    content = whole().replace("248956422", "249250621")
    with pytest.raises(InputError, match="GRCh38 better than GRCh37|reference bases"):
        call_text(tmp_path, content)


def test_a_wrong_build_is_refused_even_where_absent_is_reference(tmp_path: Path) -> None:
    variants = [line for line in as_grch37(whole(), header="").splitlines() if not line.endswith("0|0")]
    options = CallOptions(settings=Settings(absent_is_reference=True))
    with pytest.raises(InputError, match="fits GRCh37 better than GRCh38: .* add --build"):
        call_text(tmp_path, "\n".join(variants) + "\n", options)


def test_a_header_of_two_builds_is_refused_with_both(tmp_path: Path) -> None:
    content = whole().replace("##FILTER", "##contig=<ID=chr2,length=243199373>\n##FILTER", 1)
    with pytest.raises(InputError, match="GRCh38: length of chr1; GRCh37: length of chr2"):
        call_text(tmp_path, content)


def test_the_user_cannot_overrule_the_header(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--build says GRCh37, the header says GRCh38"):
        call_text(tmp_path, whole(), CallOptions(build=Build.GRCH37))


def test_many_wrong_reference_bases_are_refused_with_examples(tmp_path: Path) -> None:
    swap = str.maketrans("ACGT", "TGCA")
    wrong = [
        "\t".join((*(c := line.split("\t"))[:3], c[3].translate(swap), *c[4:])) for line in person("RYR1")
    ]
    with pytest.raises(
        InputError, match=r"not a GRCh38 file: the reference bases differ at \d+ of \d+ .*chr19:"
    ):
        call_text(tmp_path, text(wrong, ["s"]))


def test_one_wrong_reference_base_costs_its_gene_only(tmp_path: Path) -> None:
    content = whole().replace("chr10\t94781859\trs4244285\tG", "chr10\t94781859\trs4244285\tC")
    (calls,) = call_text(tmp_path, content)
    wrong = gene_of(calls, "CYP2C19")
    assert (wrong.outcome, keys(wrong)) == (Outcome.NO_CALL, {"reference-differs"})
    assert named(gene_of(calls, "TPMT")) == ["*1/*3A"]


def test_an_unnamed_build_is_said_to_be_assumed(tmp_path: Path) -> None:
    (calls,) = call_text(tmp_path, whole().replace(",length=248956422", ""))
    assert (calls.build, [notice.key for notice in calls.notices]) == ("GRCh38", ["build-assumed"])


@pytest.mark.parametrize(
    ("line", "build"),
    [
        ("##reference=file:///data/human_g1k_v37.fasta", Build.GRCH37),
        ("##reference=GRCh38_full_analysis_set_plus_decoy_hla.fa", Build.GRCH38),
        ("##contig=<ID=10,length=135534747>", Build.GRCH37),
        ("##contig=<ID=chrX,length=156040895,assembly=x>", Build.GRCH38),
        ("##contig=<ID=NC_000010.10>", Build.GRCH37),
        ('##contig=<ID=1,assembly="b37">', Build.GRCH37),
    ],
)
def test_headers_that_name_a_build(line: str, build: Build) -> None:
    assert set(read_header([line]).evidence) == {build}


def test_mitochondria_of_ucsc_hg19_are_not_read(tmp_path: Path) -> None:
    lengths = "##contig=<ID=chr1,length=249250621>\n##contig=<ID=chrM,length=16571>\n"
    header = HEADER.replace("##contig=<ID=chr1,length=248956422>\n", lengths)
    places = sites(definitions()["MT-RNR1"])
    records = [record("chrM", site.position, site.ref, ",".join(site.alts), "0") for site in places]
    (calls,) = call_text(tmp_path, text(records, ["s"], header))
    assert keys(gene_of(calls, "MT-RNR1")) == {"not-in-this-build"}
