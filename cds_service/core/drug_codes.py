"""From the code of an ordered product to its active ingredients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Product:
    """
    What a product code stands for.

    Args:
        ingredients: Keys of the base ingredients: RxNorm codes, or the name where RxNorm has no code. Empty
            for a product that exists but whose ingredients are of no concern here.
        routes: Routes its dose form is made for (`oral`, `topical`, ...); empty = the code does not say.
        strengths: mg of each ingredient in one piece (tablet, capsule, ...), in the order of `ingredients`;
            None = not stated in mg. Empty = not something to count.
        parts: Into how many parts a piece may be divided; 1 = it is taken whole.
        form: Dose form of a product that can be counted; empty = not known, or not sold any more.
    """

    ingredients: tuple[str, ...]
    routes: frozenset[str] = frozenset()
    strengths: tuple[Decimal | None, ...] = ()
    parts: int = 1
    form: str = ""

    @property
    def strength(self) -> Decimal | None:
        """Mg in one piece of a product with one ingredient; None for combinations or if not stated."""
        return self.strengths[0] if len(self.strengths) == 1 else None


@dataclass(frozen=True, slots=True)
class DrugCodes:
    """
    All drug code tables.

    An ingredient's key is its RxNorm code, or its name where RxNorm has none (then it is not a number). All
    tables already use the codes that `same_as` leads to; `same_as` is for codes that come from elsewhere.

    Args:
        products: RxNorm code of a clinical or branded drug, brand, pack, component or group -> product.
        ingredients: RxNorm code of an ingredient, salt or ingredient combination -> keys of base ingredients.
        names: Key of a base ingredient -> name, lower case.
        atc: ATC code, level 5 -> keys of base ingredients; combination codes that name one partner only are
            left out.
        by_name: Ingredient name, synonym or brand, as `drug_text.text_key` writes it -> keys of base
            ingredients.
        same_as: Ingredient code -> the code this knowledge base uses for the same substance.
        atc_routes: ATC code of a group of local use -> its routes.
        weak_names: Names of `by_name` that count only if nothing else in a text is a drug (`water`, `talc`).
        longest_name: Number of words of the longest name in `by_name`.
        pieces: Key of a base ingredient -> mg in one piece of the oral products that hold nothing else.
        of_form: The same by key and dose form.
    """

    products: Mapping[str, Product] = field(default_factory=dict)
    ingredients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    atc: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_name: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    same_as: Mapping[str, str] = field(default_factory=dict)
    atc_routes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    weak_names: frozenset[str] = frozenset()
    longest_name: int = 8
    pieces: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)
    of_form: Mapping[tuple[str, str], tuple[Decimal, ...]] = field(default_factory=dict)
