"""The frequencies as shipped."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

from cds_service.curation.frequencies import Frequencies, Frequency, load_frequencies
from cds_service.resources import knowledge_folder
from tests.builders import knowledge

LARGEST_FOLDER = 2_000_000


def shipped() -> Frequencies:
    return load_frequencies(knowledge_folder(), knowledge().genes)


def sums(rows: tuple[Frequency, ...]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for one in rows:
        found[one.gene, one.group] += one.share
    return found


def test_the_numbers_are_pinned() -> None:
    tables = shipped()
    assert Counter(one.gene for one in tables.alleles) == {
        "CYP2B6": 130, "CYP2C19": 133, "CYP2C9": 204, "CYP2D6": 683, "CYP3A5": 27, "DPYD": 13,
    }  # fmt: skip
    assert Counter(one.gene for one in tables.results) == {
        "CYP2B6": 48, "CYP2C19": 72, "CYP2C9": 54, "CYP2D6": 198, "CYP3A5": 35,
    }  # fmt: skip
    assert len(tables.studies) == 555


def test_alleles_and_results_of_a_group_add_up_to_everyone() -> None:
    tables = shipped()
    whole = {key: share for key, share in sums(tables.alleles).items() if key[0] != "DPYD"}
    assert {key: share for key, share in whole.items() if abs(share - 1) > Decimal("0.03")} == {}
    assert {
        key: share for key, share in sums(tables.results).items() if abs(share - 1) > Decimal("0.03")
    } == {}


def test_results_follow_from_the_alleles() -> None:
    """Hardy and Weinberg: carriers of two such alleles are the square of their share of chromosomes."""
    tables, alleles = shipped(), knowledge().genes["CYP2C19"].alleles
    none: dict[str, Decimal] = defaultdict(Decimal)
    for one in tables.alleles:
        if one.gene == "CYP2C19" and alleles[one.name].function == "No function":
            none[one.group] += one.share
    poor = {
        one.group: one.share
        for one in tables.results
        if (one.gene, one.name) == ("CYP2C19", "Poor Metabolizer")
    }
    assert len(poor) == 9
    assert {
        group: share for group, share in poor.items() if abs(none[group] ** 2 - share) > Decimal("0.002")
    } == {}


def test_single_facts() -> None:
    shares = {(one.gene, one.name, one.group): one.share for one in shipped().alleles}
    assert shares["CYP2C19", "*2", "East Asian"] == Decimal("0.283523")
    assert shares["DPYD", "c.1679T>G (*13)", "gnomAD South Asian"] == 0
    assert ("CYP2C19", "*9", "Central/South Asian") not in shares


def test_the_folder_stays_small() -> None:
    files = (knowledge_folder() / "frequencies").iterdir()
    assert 100_000 < sum(path.stat().st_size for path in files) < LARGEST_FOLDER
