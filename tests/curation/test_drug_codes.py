"""The drug code tables as shipped, and what the loader refuses."""

from __future__ import annotations

import shutil
import time
import tracemalloc
from decimal import Decimal
from pathlib import Path

import pytest

from cds_service.core.drug_codes import DrugCodes
from cds_service.core.drug_identity import DrugConcept, DrugIdentity, identify_drug
from cds_service.core.drug_text import drugs_in_text
from cds_service.core.errors import KnowledgeError
from cds_service.core.model import Coding, Identification
from cds_service.curation.drug_codes import load_drug_codes

FOLDER = Path(__file__).resolve().parents[2] / "knowledge" / "rxnorm"


@pytest.fixture(scope="module")
def codes() -> DrugCodes:
    return load_drug_codes(FOLDER)


def by_code(code: str, codes: DrugCodes) -> DrugIdentity:
    return identify_drug(DrugConcept((Coding("rxnorm", code),)), codes)


def by_name(name: str, codes: DrugCodes) -> DrugIdentity:
    return identify_drug(DrugConcept(texts=(name,)), codes)


def names(drug: DrugIdentity) -> set[str]:
    return {ingredient.name for ingredient in drug.ingredients}


def rxcuis(drug: DrugIdentity) -> set[str | None]:
    return {ingredient.rxcui for ingredient in drug.ingredients}


# Codes that are easy to misread: number, code, its name, its ingredients, its route, what the trap is.
TRAPS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "drug_code_traps.tsv").read_text("utf8").splitlines()[1:]
]
TRAP_IDS = [f"{trap[0]} {trap[5]}" for trap in TRAPS]
# The name of this one is the trap: the code is right here, the name is a slip of an old release.
WRONG_NAME = "42"


@pytest.mark.parametrize(("code", "expected", "route"), [(t[1], t[3], t[4]) for t in TRAPS], ids=TRAP_IDS)
def test_a_code_that_is_easy_to_misread(code: str, expected: str, route: str, codes: DrugCodes) -> None:
    drug = by_code(code, codes)
    assert rxcuis(drug) == set(expected.split())
    assert drug.routes == frozenset(route.split())
    assert (drug.identified_by, drug.notices) == (Identification.RXNORM, ())


@pytest.mark.parametrize(
    ("name", "expected"),
    [pytest.param(trap[2], trap[3], id=f"{trap[0]} {trap[5]}") for trap in TRAPS if trap[0] != WRONG_NAME],
)
def test_the_name_alone_leads_to_the_same_ingredients(name: str, expected: str, codes: DrugCodes) -> None:
    drug = by_name(name, codes)
    assert rxcuis(drug) == set(expected.split())
    assert drug.identified_by is Identification.TEXT


def test_all_traps_are_here() -> None:
    assert [int(trap[0]) for trap in TRAPS] == list(range(1, 48))


def test_the_strength_of_each_ingredient_is_told_apart(codes: DrugCodes) -> None:
    assert by_code("1245441", codes).strengths == {"ezetimibe": Decimal(10), "simvastatin": Decimal(40)}
    assert codes.products["1245441"].strength is None
    assert codes.products["309362"].strength == Decimal(75)


def test_creams_and_solutions_have_no_strength_to_count(codes: DrugCodes) -> None:
    assert [codes.products[code].strengths for code in ("105583", "1791701", "991486")] == [(), (), ()]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("11118", "40254"),  # valproic acid
        ("266856", "40254"),  # divalproex sodium
        ("40254", "40254"),  # valproate
        ("224925", "10402"),  # dronabinol
        ("300195", "117466"),  # tenofovir disoproxil
        ("1721603", "117466"),  # tenofovir alafenamide
        ("1546356", "1037042"),  # dabigatran
        ("8308", "11258"),  # vitamin K1
        ("50121", "41126"),  # fluticasone propionate
        ("2106337", "2106338"),  # amifampridine phosphate
    ],
)
def test_codes_of_one_substance_lead_to_one_code(given: str, expected: str, codes: DrugCodes) -> None:
    assert rxcuis(by_code(given, codes)) == {expected}


def test_what_same_as_leads_to_is_a_known_ingredient_and_an_end(codes: DrugCodes) -> None:
    assert {target for target in codes.same_as.values() if target not in codes.names} == set()
    assert set(codes.same_as) & set(codes.same_as.values()) == set()


def test_no_table_uses_a_code_that_stands_for_another(codes: DrugCodes) -> None:
    tables = (codes.ingredients, codes.atc, codes.by_name)
    used = {key for table in tables for keys in table.values() for key in keys}
    used |= {key for product in codes.products.values() for key in product.ingredients}
    assert used & set(codes.same_as) == set()
    assert used - set(codes.names) == set()


@pytest.mark.parametrize(("pair", "single"), [("10831", ("10180", "10829")), ("284635", ("41126", "36117"))])
def test_a_combination_code_is_its_parts(pair: str, single: tuple[str, ...], codes: DrugCodes) -> None:
    assert codes.ingredients[pair] == single


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("B01AC04", {"clopidogrel"}),
        ("B01AC06", {"aspirin"}),
        ("J01GB10", {"ribostamycin"}),  # has no RxNorm code
        ("R07AX32", {"elexacaftor", "tezacaftor", "ivacaftor"}),
        ("J05AR13", {"abacavir", "dolutegravir", "lamivudine"}),
        ("L01BC53", {"tegafur", "gimeracil", "oteracil"}),
    ],
)
def test_an_atc_code_names_all_its_ingredients(code: str, expected: set[str], codes: DrugCodes) -> None:
    assert {codes.names[key] for key in codes.atc[code]} == expected


@pytest.mark.parametrize("code", ["N02AA59", "C10BA02", "A10BH51", "L01XE", "J05AF"])
def test_combinations_known_by_one_partner_and_groups_are_left_out(code: str, codes: DrugCodes) -> None:
    assert code not in codes.atc


def test_an_atc_group_of_local_use_gives_the_route(codes: DrugCodes) -> None:
    drug = identify_drug(DrugConcept((Coding("atc", "S01AA11"),)), codes)
    assert (names(drug), drug.routes) == ({"gentamicin"}, {"ophthalmic"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MERCAPTOPURINE 50 MG PO TABS", {"mercaptopurine"}),
        ("HYDROCODONE-ACETAMINOPHEN 5-325 MG PO TABS", {"hydrocodone", "acetaminophen"}),
        ("co-trimoxazole 480 mg", {"sulfamethoxazole", "trimethoprim"}),
        ("flucloxacillin 500 mg capsules", {"floxacillin"}),
        ("Paracetamol 500 mg / Codein", {"acetaminophen"}),
        ("5-FU 500 mg IV", {"fluorouracil"}),
        ("Plavix 75 mg", {"clopidogrel"}),
        ("warfarin sodium 5 mg", {"warfarin"}),
        ("amiodarone in glucose 5 %", {"amiodarone"}),
        ("glucose 5 % infusion", {"glucose"}),
        ("Lamictal Green (For Patients Taking Carbamazepine and Not Taking Valproate)", {"lamotrigine"}),
        ("metformin (Glucophage)", {"metformin"}),
        ("asciminib 40 mg", {"asciminib"}),
        ("levobupivacaine 5 mg/ml", set()),
        ("hydroxychloroquine sulfate 200 mg", {"hydroxychloroquine"}),
        ("hydroxy-chloroquine 200 mg", set()),
        ("fosphenytoin", {"fosphenytoin"}),
        ("escitalopram", {"escitalopram"}),
        ("dexmethylphenidate", {"dexmethylphenidate"}),
        ("deutetrabenazine", {"deutetrabenazine"}),
        ("dihydrocodeine", {"dihydrocodeine"}),
        ("thrive every day", set()),
        ("homeopathic remedy", set()),
    ],
)
def test_drugs_named_in_a_label(text: str, expected: set[str], codes: DrugCodes) -> None:
    assert names(by_name(text, codes)) == expected


def test_a_product_without_ingredients_of_interest_is_known(codes: DrugCodes) -> None:
    bare = next(code for code, product in codes.products.items() if not product.ingredients)
    assert by_code(bare, codes) == DrugIdentity(
        identified_by=Identification.RXNORM, routes=codes.products[bare].routes
    )


@pytest.mark.parametrize("label", ["Tylenol #3", "TYLENOL #4", "Tylenol No. 2", "Tylenol w/ codeine #3"])
def test_a_brand_with_a_number_has_the_drug_the_number_stands_for(label: str, codes: DrugCodes) -> None:
    assert {key for name in drugs_in_text(label, codes) for key in name} == {"161", "2670"}


def test_how_much_is_known_is_pinned(codes: DrugCodes) -> None:
    counts = {
        "products": len(codes.products),
        "ingredients": len(codes.ingredients),
        "atc": len(codes.atc),
        "names": len(codes.by_name),
        "same as": len(codes.same_as),
    }
    assert counts == {"products": 34371, "ingredients": 4512, "atc": 596, "names": 8523, "same as": 7}


def test_loading_is_quick_and_small() -> None:
    best = min(_cpu_seconds_to_load() for _ in range(3))
    tracemalloc.start()
    kept = load_drug_codes(FOLDER)
    size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept.products
    assert best < 0.25
    assert (size < 12e6, peak < 16e6) == (True, True)


def _cpu_seconds_to_load() -> float:
    start = time.process_time()
    load_drug_codes(FOLDER)
    return time.process_time() - start


def test_the_tables_stay_under_three_megabytes() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.tsv")) < 3_000_000


# -- what is refused -------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A complete, tiny set of tables."""
    tables = {
        "products.tsv": "rxcui\ttty\tingredients\troutes\tstrengths_mg\n9\tSCD\t1,2\toral\t10,-\n",
        "ingredients.tsv": "rxcui\tname\ttty\tingredients\n1\tone\tIN\t\n2\ttwo\tIN\t\n3\tone salt\tPIN\t1\n",
        "brands.tsv": "rxcui\tbrand\tingredients\n8\tOnetwo\t1,2\n",
        "atc.tsv": "atc\tingredients\troutes\nA01AA01\t1\t\n",
        "synonyms.tsv": "name\tingredients\nuno\t1\n",
        "same_as.tsv": "rxcui\tsame_as\twhy\n",
        "weak_names.tsv": "name\ntwo\n",
        "divisible.tsv": "rxcui\tname\tparts\tsource\n",
        "forms.tsv": "rxcui\tform\n",
    }
    for name, text in tables.items():
        (tmp_path / name).write_text(text, "utf8")
    return tmp_path


def test_a_complete_folder_is_read(folder: Path) -> None:
    codes = load_drug_codes(folder)
    assert codes.products["9"].strengths == (Decimal(10), None)
    assert codes.by_name == {
        "one": ("1",), "two": ("2",), "one salt": ("1",), "uno": ("1",), "onetwo": ("1", "2"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("file", "row", "complaint"),
    [
        ("products.tsv", "7\tSCD\t1\toral", "4 fields instead of 5"),
        ("products.tsv", "7\tXYZ\t1\toral\t", "'XYZ' is none of a product"),
        ("products.tsv", "7\tSCD\t4\toral\t", "'4' is not in ingredients.tsv"),
        ("products.tsv", "7\tSCD\t1,\toral\t", "'' is not in ingredients.tsv"),
        ("products.tsv", "7\tSCD\t1\toral\tten", "'ten' is no number"),
        ("products.tsv", "7\tSCD\t1\toral\t-10", "'-10' is no amount"),
        ("products.tsv", "7\tSCD\t1\toral\tNaN", "'NaN' is no amount"),
        ("products.tsv", "7\tSCD\t1\toral\t10,20", "as many strengths as ingredients"),
        ("products.tsv", "9\tSCD\t1,2\toral\t", "'9' is no RxNorm code, or stands here twice"),
        ("products.tsv", "nine\tSCD\t1,2\toral\t", "'nine' is no RxNorm code"),
        ("products.tsv", "7", "1 fields instead of 5"),
        ("ingredients.tsv", "4\tfour\tINN\t", "'INN' is none of an ingredient"),
        ("ingredients.tsv", "4\tFour\tIN\t", "lower case"),
        ("ingredients.tsv", "4\t\tIN\t", "lower case"),
        ("ingredients.tsv", "4x\tfour\tIN\t", "'4x' is no RxNorm code"),
        ("ingredients.tsv", "1\tone again\tIN\t", "'1' stands here twice"),
        ("ingredients.tsv", "4\tfour salt\tPIN\t5", "'5' is not in ingredients.tsv"),
        ("brands.tsv", "8\tOther\t1", "'8' stands here twice"),
        ("atc.tsv", "A01AA\t1\t", "'A01AA' is no ATC code of level 5"),
        ("atc.tsv", "A01AA01\t2\t", "'A01AA01' stands here twice"),
        ("synonyms.tsv", "--\t1", "a name without a letter"),
        ("same_as.tsv", "1\tone\tslip", "'one' is no RxNorm code"),
        ("weak_names.tsv", "nothing", "'nothing' is no name of a drug"),
        ("divisible.tsv", "7\tseven\t2\ta label", "'7' is no product of one strength"),
        ("forms.tsv", "7\toral tablet", "'7' is no product of one strength"),
        ("divisible.tsv", "9\tonetwo\t2\ta label", "'9' is no product of one strength"),
    ],
)
def test_a_malformed_row_is_refused_with_file_and_line(
    file: str, row: str, complaint: str, folder: Path
) -> None:
    path = folder / file
    text = path.read_text("utf8")
    path.write_text(f"{text}{row}\n", "utf8")
    line = text.count("\n") + 1
    with pytest.raises(KnowledgeError) as fault:
        load_drug_codes(folder)
    assert str(fault.value).startswith(f"{path} line {line}: ")
    assert complaint in str(fault.value)


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "atc.tsv").unlink()
    with pytest.raises(KnowledgeError, match="atc.tsv cannot be read"):
        load_drug_codes(folder)


def test_another_header_is_refused(folder: Path) -> None:
    (folder / "atc.tsv").write_text("atc\tingredient\troutes\n", "utf8")
    with pytest.raises(KnowledgeError, match="line 1: the header must be atc ingredients routes"):
        load_drug_codes(folder)


def test_a_file_that_was_cut_off_is_refused(folder: Path) -> None:
    (folder / "atc.tsv").write_text("atc\tingredients\troutes\nA01AA01\t1\t", "utf8")
    with pytest.raises(KnowledgeError, match="line 2: the last line is cut off"):
        load_drug_codes(folder)


def test_the_shipped_tables_are_readable_from_any_place(tmp_path: Path) -> None:
    copy = shutil.copytree(FOLDER, tmp_path / "elsewhere")
    assert load_drug_codes(copy) == load_drug_codes(FOLDER)
