"""The check of the definitions of alleles: a good folder, and one with each fault."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cds_service.curation.checks import definitions
from cds_service.curation.context import Fault, read_context
from cds_service.curation.definitions import load_definitions
from cds_service.resources import knowledge_folder
from tests.curation.checks.small import SCHEMAS, change, write_small

GENE = "genes/GENA"
CALLING: Mapping[str, Any] = {
    "method": "named-alleles",
    "reference": "*1",
    "undocumented": "no-call",
    "copies": "two",
    "source": "made up",
}
HEADER = "chrom\tposition\tref\talts\twindow\trsid\tgrch37\tgrch37_ref\tflags\n"
POSITIONS = HEADER + "chr1\t100\tA\tG\t\trs1\t90\t\t\nchr1\t200\tCT\tC\tCTT\t\t190\t\trequired\n"
DEFINITIONS = "allele\tposition\tbases\n*1\t\t\n*2\t100\tG\n*17\t100\tA | G\n*17\t200\tC\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = write_small(tmp_path / "knowledge")
    change(made, f"{GENE}/gene.json", lambda d: d.update(calling=dict(CALLING)))
    (made / GENE / "positions.tsv").write_text(POSITIONS, "utf8")
    (made / GENE / "definitions.tsv").write_text(DEFINITIONS, "utf8")
    return made


def faults(folder: Path) -> list[Fault]:
    return list(definitions.run(read_context(folder, SCHEMAS, {}, {})))


def edited(folder: Path, file: str, old: str, new: str) -> list[str]:
    path = folder / GENE / file
    text = path.read_text("utf8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf8")
    return [str(fault) for fault in faults(folder)]


def test_definitions_that_fit_have_no_fault(folder: Path) -> None:
    assert faults(folder) == []


def test_the_shipped_definitions_fit() -> None:
    assert list(definitions.run(read_context(knowledge_folder(), SCHEMAS, {}, {}))) == []


def test_every_gene_with_definitions_is_pinned() -> None:
    found = load_definitions(knowledge_folder() / "genes")
    assert {gene: (len(one.positions), len(one.alleles)) for gene, one in found.items()} == {
        "ABCG2": (1, 2), "CACNA1S": (2, 3), "CFTR": (93, 104), "CYP2B6": (48, 47), "CYP2C19": (35, 36),
        "CYP2C9": (84, 88), "CYP2D6": (156, 171), "CYP3A4": (42, 45), "CYP3A5": (5, 6), "CYP4F2": (20, 22),
        "DPYD": (83, 84), "G6PD": (171, 185), "IFNL3": (1, 2), "MT-RNR1": (21, 25), "NAT2": (47, 59),
        "NUDT15": (18, 21), "RYR1": (313, 339), "SLCO1B1": (35, 46), "TPMT": (43, 46), "UGT1A1": (4, 9),
        "VKORC1": (1, 2),
    }  # fmt: skip


def test_every_position_has_its_place_in_grch37() -> None:
    found = load_definitions(knowledge_folder() / "genes")
    assert [site.name for one in found.values() for site in one.positions if site.grch37 is None] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("definitions.tsv", "*2\t100", "*2\t101", "positions.tsv has no such position"),
        ("definitions.tsv", "*2\t100\tG", "*2\t100\tT", "'T' is neither ref nor in alts there"),
        ("definitions.tsv", "*17\t200\tC\n", "*17\t100\tG\n", "stands twice"),
        ("definitions.tsv", "*2\t100", "*99\t100", "alleles.tsv has no '*99'"),
        ("definitions.tsv", "*17\t100\tA | G\n*17\t200\tC\n", "*17\t100\tG\n", "have the same bases"),
        ("definitions.tsv", "*1\t\t\n", "", "the first allele must be *1"),
        ("definitions.tsv", "allele\tposition", "allele\tplace", "column position is missing"),
        ("positions.tsv", "100\tA\tG", "100\tA\tN", "'N' is no sequence of A, C, G and T"),
        ("positions.tsv", "100\tA\tG", "100\tA\tA", "or is the reference"),
        ("positions.tsv", "chr1\t200", "chr1\t99", "sort the rows by position"),
        ("positions.tsv", "chr1\t200", "chr2\t200", "must be on one chromosome"),
        ("positions.tsv", "CTT", "GTT", "the window does not begin with the reference bases"),
        ("positions.tsv", "100\tA\tG\t\t", "100\tA\tG\tACCC\t", ""),
        ("positions.tsv", "chr1\t200\tCT\tC\tCTT", "chr1\t101\tCT\tC\tCTT", "positions.tsv has no such"),
        ("positions.tsv", "required", "needed", "unknown flag needed"),
        ("positions.tsv", "\t90\t", "\t90a\t", "'90a' is no 1-based position"),
        ("gene.json", '"undocumented": "no-call"', '"undocumented": "guess"', "correct the form first"),
        ("gene.json", '"copies"', '"coppies"', "unknown key coppies"),
    ],
)
def test_a_fault_is_told(folder: Path, file: str, old: str, new: str, said: str) -> None:
    found = edited(folder, file, old, new)
    assert said in " ".join(found)
    assert bool(found) == bool(said)


def test_windows_that_contradict_each_other_are_told(folder: Path) -> None:
    found = edited(folder, "positions.tsv", "100\tA\tG\t\t", "100\tA\tG\tA" + "C" * 100 + "G\t")
    assert "reference base" in " ".join(found)


def test_tables_without_rules_of_calling_are_told(folder: Path) -> None:
    change(folder, f"{GENE}/gene.json", lambda d: d.pop("calling"))
    assert [fault.file for fault in faults(folder)] == [f"{GENE}/positions.tsv", f"{GENE}/definitions.tsv"]


def test_missing_tables_are_told(folder: Path) -> None:
    (folder / GENE / "positions.tsv").unlink()
    assert "positions.tsv: the file is missing" in str(faults(folder)[0])


def test_a_list_of_variants_needs_an_order_of_all_functions(folder: Path) -> None:
    def as_list(document: dict[str, Any]) -> None:
        document["calling"].update(method="variant-list", worst_first=["No function"])

    change(folder, f"{GENE}/gene.json", as_list)
    assert "'worst_first' lacks the function" in " ".join(str(fault) for fault in faults(folder))
