"""From the code of an ordered product to its active ingredients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Product:
    """A product code: its ingredients (RxNorm ingredient codes, base form) and routes (`oral`, `topical`, ...)."""

    ingredients: tuple[str, ...]
    routes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DrugCodes:
    """
    All drug code tables.

    Args:
        products: RxNorm code of a clinical or branded drug, pack, component or group -> product.
        ingredients: RxNorm code of an ingredient, salt or ingredient combination -> base ingredient codes.
        names: Base ingredient code -> name, lower case.
        atc: ATC code, level 5 -> base ingredient codes; combination codes that name one partner only are left out.
        by_name: Ingredient name, synonym or brand in lower case -> base ingredient codes.
        same_as: Ingredient code -> the code this knowledge base uses for the same substance.
    """

    products: Mapping[str, Product] = field(default_factory=dict)
    ingredients: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    atc: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_name: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    same_as: Mapping[str, str] = field(default_factory=dict)
