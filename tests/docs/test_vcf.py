"""The page about VCF files: its example is what the command prints, its numbers are those of the program."""

from __future__ import annotations

import re

import pytest

from cds_service.calling.quality import GOOD_FILTERS, QualityRules
from cds_service.cli import main
from cds_service.core.definitions import CallingMethod
from tests.calling.made_vcf import definitions
from tests.calling.test_reference_materials import FACTS, LINES
from tests.docs.pages import ROOT, printed_by, text_of

PAGE = "docs/vcf.md"


def test_the_example_is_what_the_command_prints(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("PGX_CDS_KNOWLEDGE", raising=False)
    (line,) = re.findall(r"^\$ \.venv/bin/pgx-cds (.*)$", text_of(PAGE), re.MULTILINE)
    assert main(line.split()) == 0
    assert printed_by(PAGE, f".venv/bin/pgx-cds {line}") == capfd.readouterr().out


def test_every_option_is_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["call", "--help"])
    options = set(re.findall(r"(--[a-z][a-z0-9-]+)", capsys.readouterr().out)) - {"--help"}
    assert {option for option in options if f"`{option}" not in text_of(PAGE)} == set()


def test_the_limits_of_quality_are_those_of_the_program() -> None:
    rules, page = QualityRules(), text_of(PAGE)
    assert f"| GQ | {rules.quality} or more |" in page
    assert f"| DP (MIN_DP in a block) | {rules.depth} or more |" in page
    assert f"AD, from {rules.judged} reads on" in page
    assert f"{rules.share:.0%}".replace("%", " %") in page
    assert f"{rules.pure:.0%}".replace("%", " %") in page
    assert all(f"`{name}`" in page for name in GOOD_FILTERS if name)


def test_the_numbers_are_those_of_the_definitions() -> None:
    positions = sum(len(one.positions) for one in definitions().values())
    alleles = sum(len(one.alleles) for one in definitions().values())
    assert f"{len(definitions())} genes, {positions:,} positions, {alleles:,} alleles" in text_of(PAGE)
    assert f"{len(FACTS)} consensus diplotypes of {len(LINES)} reference cell lines" in text_of(PAGE)


def test_lists_of_variants_are_named() -> None:
    lists = sorted(g for g, one in definitions().items() if one.method is CallingMethod.VARIANT_LIST)
    assert f"**Lists of variants** ({', '.join(lists)})" in text_of(PAGE)
