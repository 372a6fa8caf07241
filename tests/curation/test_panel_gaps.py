"""What a panel cannot see."""

from __future__ import annotations

import gzip
from decimal import Decimal
from functools import cache
from pathlib import Path

import orjson
import pytest

from cds_service.cli import main
from cds_service.core.errors import InputError
from cds_service.curation.definitions import load_definitions
from cds_service.curation.frequencies import load_frequencies
from cds_service.curation.panel_file import read_panel
from cds_service.curation.panel_gaps import GeneGaps, Panel, panel_gaps
from cds_service.resources import knowledge_folder
from tests.builders import knowledge

DEFINITIONS = cache(lambda: load_definitions(knowledge_folder() / "genes"))
FREQUENCIES = cache(lambda: load_frequencies(knowledge_folder(), knowledge().genes))


def gaps(panel: Panel) -> dict[str, GeneGaps]:
    return {one.gene: one for one in panel_gaps(panel, knowledge().genes, DEFINITIONS(), FREQUENCIES())}


def read(path: Path, text: str, name: str = "panel.tsv", **more: bool) -> Panel:
    file = path / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return read_panel(file, knowledge().genes, DEFINITIONS(), **more)


def test_two_alleles_of_cyp2c9_miss_the_african_ones(tmp_path: Path) -> None:
    found = gaps(read(tmp_path, "CYP2C9 *2\nCYP2C9 *3\n"))["CYP2C9"]
    unseen = {one.allele: one for one in found.unseen}
    assert found.seen == ("*2", "*3")
    assert {"*5", "*6", "*8", "*11"} <= set(unseen)
    top = unseen["*8"].groups[0]
    assert (top.group, top.share) == ("Sub-Saharan African", Decimal("0.075847"))
    assert next(iter(found.missed)) == "Sub-Saharan African"
    assert found.people["Sub-Saharan African"] == 1 - (1 - found.missed["Sub-Saharan African"]) ** 2
    assert found.missed["European"] < Decimal("0.01")


def test_the_four_european_variants_of_dpyd_miss_one(tmp_path: Path) -> None:
    panel = read(tmp_path, "DPYD *2A\nDPYD *13\nDPYD c.2846A>T\nDPYD HapB3\n")
    first = gaps(panel)["DPYD"].unseen[0]
    assert (first.allele, first.read_as) == ("c.557A>G", "Reference")
    assert "recalled" in first.groups[0].source


def test_the_position_of_an_allele_is_enough_to_see_it(tmp_path: Path) -> None:
    found = gaps(read(tmp_path, "rs4244285\n"))["CYP2C19"]
    assert "*2" in found.seen
    assert {"*3": "*1", "*17": "*1"}.items() <= {one.allele: one.read_as for one in found.unseen}.items()


def test_the_spread_of_studies_stands_beside_the_number_of_the_group() -> None:
    found = gaps(Panel({"CYP2C19": frozenset({"*3"})}))["CYP2C19"]
    second = next(one for one in found.unseen if one.allele == "*2")
    asian = next(group for group in second.groups if group.group == "Central/South Asian")
    assert asian.studies > 20
    assert asian.lowest is not None and asian.highest is not None
    assert asian.lowest < asian.share < asian.highest


@pytest.mark.parametrize("name", ["panel.vcf", "panel.vcf.gz"])
@pytest.mark.parametrize(("place", "grch37"), [("94781859", False), ("96541616", True)])
def test_the_records_of_a_vcf_are_the_positions(tmp_path: Path, name: str, place: str, grch37: bool) -> None:
    text = f"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n10\t{place}\t.\tG\tA\n1\t5\t.\tC\tT\n"
    assert read(tmp_path, text, name, grch37=grch37) == Panel(positions=frozenset({("chr10", 94781859)}))


@pytest.mark.parametrize("text", ["", "CYP2C19 *999\n", "NOGENE *2\n", "rs1\n"])
def test_what_names_nothing_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        read(tmp_path, text)


def test_the_command_prints_a_table_or_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    panel = tmp_path / "panel.tsv"
    panel.write_text("CYP2C9 *2\n# and no more\n")
    assert main(["coverage", "--panel", str(panel)]) == 0
    assert "reads *8 (decreased function) as *1" in capsys.readouterr().out
    assert main(["coverage", "--panel", str(panel), "--json"]) == 0
    (gene,) = orjson.loads(capsys.readouterr().out)
    assert (gene["gene"], gene["seen"]) == ("CYP2C9", ["*2"])
    assert main(["coverage", "--panel", str(tmp_path / "none.tsv")]) == 2
