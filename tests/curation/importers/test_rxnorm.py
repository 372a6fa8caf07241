"""A small hand-made RxNorm release read into a proposal."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.core.drug_codes import DrugCodes
from cds_service.core.errors import InputError
from cds_service.curation.drug_codes import load_drug_codes
from cds_service.curation.importers.report import Finding, Report
from cds_service.curation.importers.rxnorm import import_rxnorm
from cds_service.resources import knowledge_folder
from tests.builders import knowledge
from tests.curation.importers.releases import conso, rel, release

# Codes above 9,000,000 are of this test; 2670 codeine and 161 acetaminophen are RxNorm's.
CONCEPTS = [
    conso("2670", "IN", "codeine"),
    conso("161", "IN", "acetaminophen"),
    conso("9000001", "IN", "Zzyzumab"),
    conso("9000002", "PIN", "zzyzumab tartrate"),
    conso("9000003", "MIN", "acetaminophen / codeine"),
    conso("9000010", "DF", "Oral Tablet"),
    conso("9000011", "DF", "Injectable Foo"),
    conso("9000012", "DF", "Strange Thing"),
    conso("9000013", "DFG", "Oral Product"),
    conso("9000020", "SCDC", "acetaminophen 300 MG"),
    conso("9000021", "SCDC", "codeine phosphate 7.50 MG"),
    conso("9000022", "SCDC", "zzyzumab 5 MG/ML"),
    conso("9000030", "SCD", "acetaminophen 300 MG / codeine phosphate 7.5 MG Oral Tablet"),
    conso("9000031", "SCD", "zzyzumab 5 MG/ML Injectable Foo"),
    conso("9000032", "SCD", "zzyzumab 5 MG/ML Strange Thing"),
    conso("9000040", "BN", "Codalong"),
    conso("9000041", "SBD", "acetaminophen 300 MG / codeine phosphate 7.5 MG Oral Tablet [Codalong]"),
    conso("9000042", "BPCK", "{10 (acetaminophen 300 MG ... [Codalong]) } Pack [Codalong]"),
    conso("9000050", "SCDG", "codeine Oral Product"),
    conso("9000051", "SCDG", "zzyzumab Oral Product"),
    conso("9000030", "SY", "APAP 300 MG / codeine 7.5 MG tablet"),
    conso("2670", "PT", "Codeine", source="MTHSPL"),
]
RELATIONS = [
    rel("9000002", "form_of", "9000001"),
    rel("9000003", "has_part", "161"),
    rel("9000003", "has_part", "2670"),
    rel("9000020", "has_ingredient", "161"),
    rel("2670", "ingredient_of", "9000021"),  # the same relation, written from the other side
    rel("9000022", "has_ingredient", "9000001"),
    rel("9000030", "consists_of", "9000020"),
    rel("9000030", "consists_of", "9000021"),
    rel("9000030", "has_dose_form", "9000010"),
    rel("9000031", "consists_of", "9000022"),
    rel("9000031", "has_dose_form", "9000011"),
    rel("9000032", "consists_of", "9000022"),
    rel("9000032", "has_dose_form", "9000012"),
    rel("9000040", "tradename_of", "161"),
    rel("9000040", "tradename_of", "2670"),
    rel("9000041", "tradename_of", "9000030"),
    rel("9000041", "has_ingredient", "9000040"),  # a brand is no ingredient
    rel("9000041", "has_dose_form", "9000010"),
    rel("9000042", "contains", "9000041"),
    rel("9000050", "has_ingredient", "2670"),
    rel("9000050", "has_doseformgroup", "9000013"),
    rel("9000051", "has_ingredient", "9000001"),
    rel("9000030", "isa", "9000050"),
]


def read(path: Path, out: Path) -> Report:
    return import_rxnorm(path, knowledge_folder() / "rxnorm", knowledge(), out)


@pytest.fixture(scope="module")
def proposal(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, DrugCodes, Path]:
    place = tmp_path_factory.mktemp("rxnorm")
    report = read(release(place / "release", CONCEPTS, RELATIONS), place / "out")
    return report, load_drug_codes(place / "out/rxnorm"), place / "out"


@pytest.mark.parametrize(
    ("code", "ingredients", "routes", "strengths"),
    [
        pytest.param("9000030", "161,2670", "oral", "300,7.5", id="clinical drug, salt in the component"),
        pytest.param("9000041", "161,2670", "oral", "300,7.5", id="branded drug"),
        pytest.param("9000042", "161,2670", "oral", "", id="pack"),
        pytest.param("9000031", "9000001", "parenteral", "", id="a concentration is no strength of a piece"),
        pytest.param("9000032", "9000001", "", "", id="unknown dose form"),
        pytest.param("9000021", "2670", "", "", id="component of a drug in scope"),
        pytest.param("9000050", "2670", "oral", "", id="group of a drug in scope"),
    ],
)
def test_products_are_followed_to_their_base_ingredients(
    proposal: tuple[Report, DrugCodes, Path], code: str, ingredients: str, routes: str, strengths: str
) -> None:
    rows = dict(
        line.split("\t", 1) for line in (proposal[2] / "rxnorm/products.tsv").read_text("utf8").splitlines()
    )
    assert rows[code].split("\t")[1:] == [ingredients, routes, strengths]
    assert proposal[1].products[code].ingredients == tuple(ingredients.split(","))


def test_groups_of_drugs_out_of_scope_are_left_out(proposal: tuple[Report, DrugCodes, Path]) -> None:
    assert "9000051" not in proposal[1].products
    assert "9000022" not in proposal[1].products


def test_salts_combinations_and_brands_lead_to_base_ingredients(
    proposal: tuple[Report, DrugCodes, Path],
) -> None:
    codes = proposal[1]
    assert codes.ingredients["9000002"] == ("9000001",)
    assert codes.ingredients["9000003"] == ("161", "2670")
    assert codes.products["9000040"].ingredients == ("161", "2670")
    assert codes.by_name["codalong"] == ("161", "2670")


def test_what_is_new_is_told_drug_by_drug(proposal: tuple[Report, DrugCodes, Path]) -> None:
    new = {entry.about: entry.what for entry in proposal[0].of(Finding.NEW)}
    assert new["acetaminophen / codeine"] == "3 in products.tsv: 9000030, 9000041, 9000042"
    assert new["ingredients (PIN)"] == "1 in ingredients.tsv: 9000002"
    assert new["brand names"] == "1 in brands.tsv: 9000040"
    review = {entry.about: entry.what for entry in proposal[0].of(Finding.TO_REVIEW)}
    assert review["Strange Thing"].startswith("the route of this dose form is not known; 1 products")
    assert review["brand names"].startswith("1 new brand names are looked for in free text")
    assert proposal[0].of(Finding.NOT_UNDERSTOOD) == proposal[0].of(Finding.CHANGED) == []


def test_codes_a_release_drops_stay_known(proposal: tuple[Report, DrugCodes, Path]) -> None:
    before = load_drug_codes(knowledge_folder() / "rxnorm")
    assert {code: proposal[1].products[code] for code in before.products} == before.products
    assert {entry.about for entry in proposal[0].of(Finding.GONE)} == {
        "products.tsv", "ingredients.tsv", "brands.tsv",
    }  # fmt: skip


def test_a_release_without_news_leaves_the_tables_as_they_are(tmp_path: Path) -> None:
    known = [conso("2670", "IN", "codeine"), conso("2672", "PIN", "codeine phosphate")]
    path = release(tmp_path / "release", known, [rel("2672", "form_of", "2670")])
    read(path, tmp_path / "out")
    for file in (knowledge_folder() / "rxnorm").glob("*.tsv"):
        assert (tmp_path / "out/rxnorm" / file.name).read_text("utf8") == file.read_text("utf8"), file.name


def product(code: str) -> list[str]:
    lines = (knowledge_folder() / "rxnorm/products.tsv").read_text("utf8").splitlines()
    return next(line.split("\t") for line in lines if line.startswith(f"{code}\t"))


TWO = "993781"  # acetaminophen 300 MG / codeine phosphate 30 MG Oral Tablet
STRENGTHS = {"161": "acetaminophen 300 MG", "2670": "codeine phosphate 30 MG"}


def two_ingredients(tmp_path: Path, parts: dict[str, str]) -> tuple[Report, list[str]]:
    """The import of a release with one product of two or more components, and the row it proposes."""
    names = {"161": "acetaminophen", "2670": "codeine", "1886": "caffeine"}
    concepts = [conso(TWO, "SCD", "the product"), conso("9000010", "DF", "Oral Tablet")]
    relations = [rel(TWO, "has_dose_form", "9000010")]
    for number, (code, component) in enumerate(parts.items()):
        own = str(9000100 + number)
        concepts += [conso(code, "IN", names[code]), conso(own, "SCDC", component)]
        relations += [rel(TWO, "consists_of", own), rel(own, "has_ingredient", code)]
    report = read(release(tmp_path / "release", concepts, relations), tmp_path / "out")
    lines = (tmp_path / "out/rxnorm/products.tsv").read_text("utf8").splitlines()
    return report, next(line.split("\t") for line in lines if line.startswith(f"{TWO}\t"))


def test_the_same_product_is_no_change(tmp_path: Path) -> None:
    report, row = two_ingredients(tmp_path, STRENGTHS)
    assert row == product(TWO)
    assert report.of(Finding.CHANGED) == []


def test_a_strength_that_differs_stays_with_its_ingredient(tmp_path: Path) -> None:
    report, row = two_ingredients(tmp_path, {**STRENGTHS, "2670": "codeine phosphate 60 MG"})
    assert dict(zip(row[2].split(","), row[4].split(","), strict=True)) == {"161": "300", "2670": "60"}
    (entry,) = report.of(Finding.CHANGED)
    assert entry.what.startswith(f"{TWO}, strengths_mg: ")


def test_old_strengths_are_never_kept_beside_new_ingredients(tmp_path: Path) -> None:
    parts = {**STRENGTHS, "1886": "caffeine 30 MG/ML"}
    report, row = two_ingredients(tmp_path, parts)
    assert dict(zip(row[2].split(","), row[4].split(","), strict=True)) == {
        "161": "300",
        "2670": "30",
        "1886": "-",
    }
    assert [entry.what.split(",")[1].split(":")[0].strip() for entry in report.of(Finding.CHANGED)] == [
        "ingredients",
        "strengths_mg",
    ]


@pytest.mark.parametrize(
    ("concept", "relation", "reason"),
    [
        pytest.param("9000060|ENG|broken", "", "2 fields instead of 18", id="a short line"),
        pytest.param(conso("A1", "IN", "x"), "", "no code or no name", id="no code"),
        pytest.param(conso("2670", "BN", "Codeine"), "", "2670 is IN and BN", id="two types"),
        pytest.param(
            conso("9000061", "SCD", "x"), "", "no relation leads from SCD 9000061", id="no ingredient"
        ),
        pytest.param("", "1|2|3", "2 fields instead of 16", id="a short relation"),
        pytest.param(
            "", rel("8888881", "form_of", "8888882"), "which no line of RXNCONSO names", id="no concepts"
        ),
    ],
)
def test_a_broken_line_never_hides_the_others(
    tmp_path: Path, concept: str, relation: str, reason: str
) -> None:
    path = release(tmp_path / "release", [*CONCEPTS, concept], [*RELATIONS, relation])
    report = read(path, tmp_path / "out")
    assert [reason in entry.what for entry in report.of(Finding.NOT_UNDERSTOOD)] == [True]
    assert "9000041" in load_drug_codes(tmp_path / "out/rxnorm").products


def test_relations_in_a_circle_end(tmp_path: Path) -> None:
    circle = [rel("9000060", "tradename_of", "9000061"), rel("9000061", "tradename_of", "9000060")]
    concepts = [conso("9000060", "SBD", "one"), conso("9000061", "SBD", "other")]
    report = read(release(tmp_path / "release", concepts, circle), tmp_path / "out")
    assert len(report.of(Finding.NOT_UNDERSTOOD)) == 2


def test_a_code_for_an_ingredient_without_one_is_for_a_person(tmp_path: Path) -> None:
    lines = (knowledge_folder() / "rxnorm/ingredients.tsv").read_text("utf8").splitlines()
    nameless = next(line.split("\t")[1] for line in lines if line.startswith("\t"))
    path = release(tmp_path / "release", [*CONCEPTS, conso("9000070", "IN", nameless)], RELATIONS)
    report = read(path, tmp_path / "out")
    assert nameless in [entry.about for entry in report.of(Finding.TO_REVIEW)]


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        pytest.param("RXNCONSO.RRF", None, "RXNCONSO.RRF is missing", id="no names"),
        pytest.param("RXNREL.RRF", None, "RXNREL.RRF is missing", id="no relations"),
        pytest.param("RXNCONSO.RRF", "RXCUI,NAME\n", "line 1: .* not 18", id="another format"),
        pytest.param("RXNREL.RRF", conso("1", "IN", "x"), "line 1: 18 fields .* not 16", id="files swapped"),
        pytest.param(
            "RXNCONSO.RRF", conso("1", "IN", "x", source="MSH"), "no line of the source RXNORM", id="UMLS"
        ),
        pytest.param("RXNREL.RRF", rel("1", "isa", "2"), "no relation that is known", id="no relation used"),
    ],
)
def test_what_is_no_release_is_refused_with_a_remedy(
    tmp_path: Path, file: str, content: str | None, words: str
) -> None:
    path = release(tmp_path / "release", CONCEPTS, RELATIONS)
    if content is None:
        (path / "rrf" / file).unlink()
    else:
        (path / "rrf" / file).write_text(content, "utf8")
    with pytest.raises(InputError, match=words) as fault:
        read(path, tmp_path / "out")
    assert "Current Prescribable Content" in str(fault.value)
