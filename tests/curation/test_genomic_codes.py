from pathlib import Path

import pytest

from cds_service.core.codes import GeneName, TestCode
from cds_service.core.errors import KnowledgeError
from cds_service.core.genes import Method
from cds_service.curation.genomic_codes import LOINC, load_genomic_codes, load_site_tests
from tests.builders import knowledge

FOLDER = Path(__file__).parents[2] / "knowledge" / "codes"
CODES = load_genomic_codes(FOLDER)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("84413-4", TestCode("genotype")),
        ("69548-6", TestCode("variant")),
        ("79714-2", TestCode("phenotype", ("CYP2C19",))),
        ("50956-2", TestCode("presence", ("HLA-B",), "*57:01")),
        ("13303-3", TestCode("typing", ("HLA-A", "HLA-B", "HLA-C"))),
        ("85337-4", TestCode("biomarker", ("ESR1",))),
    ],
)
def test_a_loinc_test_code_has_its_meaning(code: str, meaning: TestCode) -> None:
    assert CODES.tests[(LOINC, code)] == meaning


def test_codes_of_low_confidence_are_not_matched() -> None:
    listed = (FOLDER / "loinc_pgx.tsv").read_text("utf8")
    assert "79717-5" in listed
    assert (LOINC, "79717-5") not in CODES.tests


def test_the_tables_have_the_expected_sizes() -> None:
    assert (len(CODES.tests), len(CODES.answers), len(CODES.symbols)) == (83, 54, 58)


def test_a_gene_code_leads_to_the_symbol_and_back() -> None:
    assert CODES.gene_by_hgnc["3012"] == "DPYD"
    assert CODES.hgnc_by_gene["DPYD"] == "3012"


@pytest.mark.parametrize(
    ("words", "gene", "term"),
    [
        ("Poor Metabolizer", "CYP2C19", "Poor Metabolizer"),
        ("poor metaboliser", "CYP2C19", "Poor Metabolizer"),
        ("CYP2D6 ultra-rapid metabolizer (HCC)", "CYP2D6", "Ultrarapid Metabolizer"),
        ("Phenotype: Poor Metabolizer", "CYP2D6", "Poor Metabolizer"),
        ("Likely intermediate metabolizer", "CYP2C19", "Likely Intermediate Metabolizer"),
        ("Likely intermediate metabolizer", "TPMT", "Possible Intermediate Metabolizer"),
        ("High activity", "TPMT", "Normal Metabolizer"),
        ("High activity", "CYP2C19", ""),
        ("Slow acetylator", "NAT2", "Poor Metabolizer"),
        ("UM", "CYP2D6", "Ultrarapid Metabolizer"),
        ("Not Detected", "HLA-B", "negative"),
        ("QNS", "CYP2D6", "no call"),
        ("See scanned report.", "NUDT15", "document"),
        ("no poor metabolizer", "CYP2C19", ""),
    ],
)
def test_words_of_an_answer_become_a_term(words: str, gene: str, term: str) -> None:
    assert CODES.term(words, gene) == term


def test_every_class_of_every_gene_is_known_however_it_is_spelled() -> None:
    """Of genes of variants, and where a class is a genotype (`-1639 AA`), it is read as one."""
    forms = ("{}", "{g} {}", "{g}: {}", "{} (HCC)", "Predicted phenotype: {}", "{g} {} phenotype")
    by_class = [g for g in knowledge().genes.values() if g.method is not Method.VARIANT_STATUS]
    wrong = []
    for gene in by_class:
        for term in (one for one in gene.phenotypes if not any(sign.isdigit() for sign in one)):
            british = term.replace("Metabolizer", "metaboliser").replace("Ultrarapid", "Ultra-rapid")
            for words in (term, term.lower(), term.upper(), british):
                for text in (form.format(words, g=gene.symbol) for form in forms):
                    if CODES.term(text, gene.symbol) != term:
                        wrong.append(f"{gene.symbol} {text!r}: {CODES.term(text, gene.symbol)!r}")
    assert wrong == []


def test_the_old_word_for_normal_is_known_as_old() -> None:
    assert CODES.term("Extensive metabolizer") == "Normal Metabolizer"
    assert CODES.is_old("Extensive metabolizer")
    assert not CODES.is_old("Normal metabolizer")


@pytest.mark.parametrize(
    ("name", "genes"),
    [
        ("CYP2C19 GENOTYPE", ("CYP2C19",)),
        ("Cytochrome P450 2D6 geno", ("CYP2D6",)),
        ("CYP2C9/VKORC1 PANEL", ("CYP2C9", "VKORC1")),
        ("HER2 IHC, TUMOR", ("ERBB2",)),
        ("BCR-ABL1 TRANSCRIPT", ("BCR", "ABL1")),
        ("BCR-ABL1 KINASE DOMAIN MUTATION ANALYSIS", ("ABL1",)),
        ("HEMOGLOBIN A1C", ()),
    ],
)
def test_a_test_name_names_genes(name: str, genes: tuple[str, ...]) -> None:
    assert CODES.genes_named(name) == genes


def test_a_name_for_one_variant_gives_the_variant() -> None:
    assert CODES.named("FACTOR V LEIDEN MUTATION") == GeneName(("F5",), "Factor V Leiden")


def test_letters_outside_ascii_match_nothing_and_raise_nothing() -> None:
    assert CODES.genes_named("\u017flco1b1 \u212aRAS") == ()


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("CYP2D6 ACTIVITY SCORE", {"score"}),
        ("TPMT ENZYME ACTIVITY", {"enzyme"}),
        ("EGFR MUTATION ANALYSIS, CTDNA", {"sequencing", "somatic"}),
        ("CYP3A5 GENOTYPE, DONOR", {"genotype", "donor"}),
    ],
)
def test_the_words_of_a_test_name_tell_its_kind(name: str, kinds: set[str]) -> None:
    assert CODES.test_kinds(name) == kinds


def test_a_site_adds_and_overrides_test_codes(tmp_path: Path) -> None:
    path = tmp_path / "tests.tsv"
    rows = ("code\tname\tgene\tkind", "X1\tHER2\tERBB2\ttumour marker", "X2\tB\tBRCA1; BRCA2\tsequencing")
    path.write_text("\n".join(rows))
    tests = load_site_tests(path, "urn:oid:1.2.3")
    codes = load_genomic_codes(FOLDER, {**tests, (LOINC, "84413-4"): TestCode("panel")})
    assert codes.tests[("urn:oid:1.2.3", "X1")] == TestCode("tumour marker", ("ERBB2",))
    assert codes.tests[("urn:oid:1.2.3", "X2")] == TestCode("sequencing", ("BRCA1", "BRCA2"))
    assert codes.tests[(LOINC, "84413-4")] == TestCode("panel")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code\tkind\nX\tgenotype\n", "column gene is missing"),
        ("code\tgene\tkind\nX\tTPMT\tgenotyp\n", "kind that no reader knows"),
        ("code\tgene\tkind\nX\tTPMT\tgenotype\nX\tTPMT\tphenotype\n", "two meanings"),
        ("code\tgene\tkind\n\tTPMT\tgenotype\n", "needs a code"),
        ("code\tgene\tkind\nX\tTPMT\tgenotype\tmore\n", "4 cells under 3"),
    ],
)
def test_a_faulty_site_table_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "tests.tsv"
    path.write_text(text)
    with pytest.raises(KnowledgeError, match=words):
        load_site_tests(path, "urn:oid:1.2.3")


def test_a_missing_table_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"hgnc\.tsv"):
        load_genomic_codes(tmp_path)
