"""From codes and names to ingredients, with tables small enough to see through."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.core.drug_codes import DrugCodes, Product
from cds_service.core.drug_identity import DrugConcept, DrugIdentity, identify_drug
from cds_service.core.drug_text import drugs_in_text, text_key
from cds_service.core.model import Coding, Identification, Ingredient, Notice

CODES = DrugCodes(
    products={
        "100": Product(("1",), frozenset({"oral"}), (Decimal(50),)),
        "101": Product(("1",), frozenset({"oral"}), (Decimal(25),)),
        "120": Product(("1", "2"), frozenset({"oral"}), (Decimal(300), Decimal(30))),
        "130": Product(("1", "3"), frozenset({"topical"})),
        "199": Product((), frozenset({"oral"})),
    },
    ingredients={"1": ("1",), "2": ("2",), "3": ("3",), "11": ("1",), "12": ("1", "2")},
    names={"1": "alphadrug", "2": "betadrug", "3": "gammadrug", "deltadrug": "deltadrug", "4": "water"},
    atc={"A01AA01": ("1",), "A01AA51": ("1", "2"), "S01AA01": ("deltadrug",)},
    by_name={
        "alphadrug": ("1",),
        "alphadrug sodium": ("1",),
        "betadrug": ("2",),
        "gammadrug": ("3",),
        "deltadrug": ("deltadrug",),
        "water": ("4",),
        "combibrand": ("1", "2"),
        "night combibrand": ("3",),
    },
    same_as={"91": "1"},
    atc_routes={"S01AA01": frozenset({"ophthalmic"})},
    weak_names=frozenset({"water"}),
    longest_name=2,
)


def rx(*codes: str) -> tuple[Coding, ...]:
    return tuple(Coding("rxnorm", code) for code in codes)


def identify(*codings: Coding, text: str = "") -> DrugIdentity:
    return identify_drug(DrugConcept(codings, (text,) if text else ()), CODES, label=text)


def names(drug: DrugIdentity) -> list[str]:
    return [ingredient.name for ingredient in drug.ingredients]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (("100",), ["alphadrug"]),
        (("1",), ["alphadrug"]),
        (("11",), ["alphadrug"]),
        (("12",), ["alphadrug", "betadrug"]),
        (("91",), ["alphadrug"]),
        (("1", "100"), ["alphadrug"]),
        (("100", "1"), ["alphadrug"]),
        (("1", "120"), ["alphadrug", "betadrug"]),
        (("120", "2"), ["alphadrug", "betadrug"]),
        (("1", "2", "120"), ["alphadrug", "betadrug"]),
        (("100", "unheard-of"), ["alphadrug"]),
    ],
    ids=" ".join,
)
def test_all_codes_of_one_drug_make_one_set_of_ingredients(
    codes: tuple[str, ...], expected: list[str]
) -> None:
    drug = identify(*rx(*codes))
    assert (names(drug), drug.identified_by, drug.notices) == (expected, Identification.RXNORM, ())


@pytest.mark.parametrize("codes", [("1", "2"), ("120", "130"), ("100", "3")], ids=" ".join)
def test_codes_that_contradict_each_other_give_all_ingredients_and_a_notice(codes: tuple[str, ...]) -> None:
    drug = identify(*rx(*codes))
    single = {name for code in codes for name in names(identify(*rx(code)))}
    assert set(names(drug)) == single
    assert drug.notices == (Notice.of("drug-codings-disagree", drugs=", ".join(names(drug))),)


def test_an_ingredient_carries_its_code() -> None:
    assert identify(*rx("120")).ingredients == (Ingredient("alphadrug", "1"), Ingredient("betadrug", "2"))


def test_an_ingredient_without_a_code_goes_by_its_name() -> None:
    assert identify(Coding("atc", "S01AA01")).ingredients == (Ingredient("deltadrug", None),)


def test_atc_is_read_where_rxnorm_says_nothing() -> None:
    drug = identify(*rx("unheard-of"), Coding("atc", "A01AA51"))
    assert (names(drug), drug.identified_by) == (["alphadrug", "betadrug"], Identification.ATC)
    assert drug.notices == (Notice.of("drug-code-unknown", code="unheard-of"),)


def test_atc_adds_nothing_to_rxnorm() -> None:
    drug = identify(*rx("3"), Coding("atc", "A01AA51"))
    assert (names(drug), drug.identified_by, drug.notices) == (["gammadrug"], Identification.RXNORM, ())


def test_text_is_read_where_no_code_is_known() -> None:
    drug = identify(*rx("unheard-of"), Coding("http://example.org/drugs", "1"), text="Betadrug 30 mg")
    assert (names(drug), drug.identified_by) == (["betadrug"], Identification.TEXT)


def test_text_adds_nothing_to_a_known_code() -> None:
    assert names(identify(*rx("1"), text="Betadrug 30 mg")) == ["alphadrug"]


def test_a_code_of_another_system_is_not_looked_up_as_rxnorm() -> None:
    assert identify(Coding("http://example.org/drugs", "100")).identified_by is Identification.UNKNOWN


@pytest.mark.parametrize("codings", [rx("unheard-of"), (Coding("atc", "Z99ZZ99"),), ()])
def test_what_no_table_knows_is_unknown(codings: tuple[Coding, ...]) -> None:
    drug = identify(*codings, text="Miracle cure")
    assert (drug.ingredients, drug.identified_by) == ((), Identification.UNKNOWN)
    assert Notice.of("drug-not-recognised", drug="Miracle cure") in drug.notices


def test_nothing_said_is_no_drug() -> None:
    assert identify() == DrugIdentity(identified_by=Identification.NONE)


def test_a_known_product_without_known_ingredients_is_not_an_unknown_code() -> None:
    drug = identify(*rx("199"), text="Betadrug")
    assert (drug.ingredients, drug.identified_by, drug.notices) == ((), Identification.RXNORM, ())


def test_routes_are_those_of_the_products() -> None:
    assert identify(*rx("1", "100")).routes == {"oral"}
    assert identify(*rx("100", "130")).routes == {"oral", "topical"}
    assert identify(Coding("atc", "S01AA01")).routes == {"ophthalmic"}


def test_strengths_are_told_by_ingredient() -> None:
    assert identify(*rx("120", "1")).strengths == {"alphadrug": Decimal(300), "betadrug": Decimal(30)}


def test_two_strengths_of_one_ingredient_are_no_strength() -> None:
    assert identify(*rx("100", "101")).strengths == {}


# -- a product and its ingredients one by one ------------------------------------------------


NOTHING = DrugConcept()


def parts(*concepts: DrugConcept, whole: DrugConcept = NOTHING) -> DrugIdentity:
    return identify_drug(whole, CODES, concepts)


def test_ingredients_listed_one_by_one_do_not_contradict_each_other() -> None:
    drug = parts(DrugConcept(rx("1")), DrugConcept(rx("2")))
    assert (names(drug), drug.notices) == (["alphadrug", "betadrug"], ())


def test_the_weakest_way_that_was_needed_counts() -> None:
    drug = parts(DrugConcept(rx("1")), DrugConcept(texts=("betadrug",)))
    assert (names(drug), drug.identified_by) == (["alphadrug", "betadrug"], Identification.TEXT)


def test_a_better_way_to_the_same_ingredient_is_the_one_that_counts() -> None:
    drug = parts(DrugConcept(texts=("alphadrug",)), whole=DrugConcept(rx("100")))
    assert drug.identified_by is Identification.RXNORM


def test_parts_may_say_more_than_the_whole_or_less() -> None:
    more = parts(DrugConcept(rx("1")), DrugConcept(rx("2")), whole=DrugConcept(rx("100")))
    less = parts(DrugConcept(rx("1")), whole=DrugConcept(rx("120")))
    assert (names(more), more.notices) == (["alphadrug", "betadrug"], ())
    assert (names(less), less.notices) == (["alphadrug", "betadrug"], ())


def test_parts_that_are_not_in_the_whole_are_a_contradiction() -> None:
    drug = parts(DrugConcept(rx("3")), whole=DrugConcept(rx("120")))
    assert names(drug) == ["alphadrug", "betadrug", "gammadrug"]
    assert [notice.key for notice in drug.notices] == ["drug-codings-disagree"]


def test_a_part_that_is_not_known_sends_us_to_the_name_of_the_whole() -> None:
    drug = parts(DrugConcept(rx("1")), DrugConcept(rx("0")), whole=DrugConcept(texts=("alphadrug/betadrug",)))
    assert names(drug) == ["alphadrug", "betadrug"]


def test_the_name_of_the_whole_is_not_read_where_its_parts_are_known() -> None:
    drug = parts(DrugConcept(rx("1")), whole=DrugConcept(texts=("gammadrug set",)))
    assert (names(drug), drug.identified_by) == (["alphadrug"], Identification.RXNORM)


# -- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALPHADRUG 50 MG PO TABS", [("1",)]),
        ("alphadrug sodium", [("1",)]),
        ("desalphadrug 50 mg", []),
        ("alphadrugs", []),
        ("x-alphadrug", []),
        ("Alphadrug-Betadrug 5-325 mg", [("1",), ("2",)]),
        ("alphadrug-er 50 mg", [("1",)]),
        ("6-alphadrug", [("1",)]),
        ("alphadrug/betadrug", [("1",), ("2",)]),
        ("alphadrug, alphadrug sodium", [("1",)]),
        ("Combibrand", [("1", "2")]),
        ("Night Combibrand", [("3",)]),
        ("alphadrug [Betadrug Blue]", [("1",)]),
        ("alphadrug [Betadrug Blue", [("1",)]),
        ("alphadrug (for patients taking betadrug)", [("1",)]),
        ("alphadrug (betadrug)", [("1",), ("2",)]),
        ("alphadrug in water", [("1",)]),
        ("water", [("4",)]),
        ("", []),
        ("  ", []),
        ("-", []),
    ],
)
def test_names_in_a_label(text: str, expected: list[tuple[str, ...]]) -> None:
    assert list(drugs_in_text(text, CODES)) == expected


def test_a_name_beyond_the_length_of_a_label_is_not_looked_for() -> None:
    assert drugs_in_text("x " * 300 + "alphadrug", CODES) == ()


def test_two_texts_that_say_the_same_do_not_contradict_each_other() -> None:
    drug = identify_drug(DrugConcept(texts=("Alphadrug 50 mg", "alphadrug", "no name")), CODES)
    assert (names(drug), drug.notices) == (["alphadrug"], ())


@given(st.text())
def test_any_text_has_a_key_that_is_its_own_key(text: str) -> None:
    assert text_key(text_key(text)) == text_key(text)


@given(st.text(alphabet="abdeghlmprtuw-/()[] 50", max_size=60))
def test_drugs_in_text_never_finds_a_drug_twice(text: str) -> None:
    found = drugs_in_text(text, CODES)
    assert len(set(found)) == len(found)
