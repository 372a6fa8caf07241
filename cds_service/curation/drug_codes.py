"""Reads `knowledge/rxnorm/` into the drug code tables, and refuses what is malformed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from sys import intern
from typing import TypeVar

from cds_service.core.drug_codes import DrugCodes, Product
from cds_service.core.drug_text import text_key
from cds_service.core.errors import KnowledgeError

_HEADERS = {
    "products.tsv": ("rxcui", "tty", "ingredients", "routes", "strengths_mg"),
    "ingredients.tsv": ("rxcui", "name", "tty", "ingredients"),
    "brands.tsv": ("rxcui", "brand", "ingredients"),
    "atc.tsv": ("atc", "ingredients", "routes"),
    "synonyms.tsv": ("name", "ingredients"),
    "same_as.tsv": ("rxcui", "same_as", "why"),
    "weak_names.tsv": ("name",),
    "divisible.tsv": ("rxcui", "name", "parts", "source"),
    "forms.tsv": ("rxcui", "form"),
}
_PRODUCT_TYPES = frozenset(("SCD", "SBD", "GPCK", "BPCK", "SCDC", "SCDF", "SCDG", "SBDC", "SBDF", "SBDG"))
_INGREDIENT_TYPES = frozenset({"IN", "PIN", "MIN"})
_Value = TypeVar("_Value")


def load_drug_codes(folder: Path) -> DrugCodes:
    """
    Read all drug code tables.

    Args:
        folder: The folder with the nine files that its README describes.

    Returns:
        The tables. Every ingredient key in them is the one that `same_as.tsv` leads to.

    Raises:
        KnowledgeError: A file is missing, or a row is malformed, repeated, or names an ingredient that
            `ingredients.tsv` does not have. The message gives the file and the line.
    """
    return _Tables(folder).build()


class _Tables:
    """The tables while they are read. Most product codes repeat another's content and share its product."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.same_as: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.ingredients: dict[str, tuple[str, ...]] = {}
        self.products: dict[str, Product] = {}
        self.by_name: dict[str, tuple[str, ...]] = {}
        self.atc: dict[str, tuple[str, ...]] = {}
        self.atc_routes: dict[str, frozenset[str]] = {}
        self.weak: set[str] = set()

    def build(self) -> DrugCodes:
        self._read("same_as.tsv", self._same_as)
        # Names of ingredients come before brands: a brand spelled like an ingredient must not hide it.
        self._read("ingredients.tsv", self._base_ingredient)
        self._read("ingredients.tsv", self._other_ingredient)
        self._read("synonyms.tsv", self._synonym)
        self._read_products()
        self._read("divisible.tsv", self._divisible)
        self._read("forms.tsv", self._form)
        self._read("brands.tsv", self._brand)
        self._read("atc.tsv", self._atc)
        self._read("weak_names.tsv", self._weak_name)
        longest = max((key.count(" ") + 1 for key in self.by_name), default=1)
        return DrugCodes(
            self.products, self.ingredients, self.names, self.atc, self.by_name, self.same_as,
            self.atc_routes, frozenset(self.weak), longest, _pieces(self.products.values()),
            _pieces_of_forms(self.products.values()),
        )  # fmt: skip

    # -- files -------------------------------------------------------------------------------

    def _read(self, name: str, take: Callable[[list[str]], None]) -> None:
        width = len(_HEADERS[name])
        for number, line in self._lines(name):
            row = line.split("\t")
            if len(row) != width:
                raise self._fault(name, number, f"{len(row)} fields instead of {width}")
            try:
                take(row)
            except ValueError as fault:
                raise self._fault(name, number, str(fault)) from None

    def _lines(self, name: str) -> Iterator[tuple[int, str]]:
        try:
            lines = (self.folder / name).read_text("utf8").split("\n")
        except (OSError, UnicodeDecodeError) as fault:
            raise KnowledgeError(f"{self.folder / name} cannot be read: {fault}") from fault
        if tuple(lines[0].split("\t")) != _HEADERS[name]:
            raise self._fault(name, 1, f"the header must be {' '.join(_HEADERS[name])}")
        if lines[-1]:
            raise self._fault(name, len(lines), "the last line is cut off (no line end)")
        return enumerate(lines[1:-1], start=2)

    def _fault(self, name: str, number: int, what: str) -> KnowledgeError:
        return KnowledgeError(f"{self.folder / name} line {number}: {what}")

    # -- rows --------------------------------------------------------------------------------

    def _same_as(self, row: list[str]) -> None:
        _put(self.same_as, _code(row[0]), _code(row[1]))

    def _base_ingredient(self, row: list[str]) -> None:
        code, name, kind, bases = row
        if kind not in _INGREDIENT_TYPES:
            raise ValueError(f"the type {kind!r} is none of an ingredient")
        if not name or name != name.lower():
            raise ValueError("the name must be given in lower case")
        if bases:
            return
        key = _code(code) if code else name
        _put(self.names, intern(key), name)
        own = (self.same_as.get(key, key),)
        if code:
            self.ingredients[key] = own
        self._name(name, own)

    def _other_ingredient(self, row: list[str]) -> None:
        code, name, kind, bases = row
        if bases:
            keys = self._keys(bases)
            _put(self.ingredients, _code(code), keys)
            if kind != "MIN":  # the names of a combination are found one by one
                self._name(name, keys)

    def _synonym(self, row: list[str]) -> None:
        self._name(row[0], self._keys(row[1]))

    def _brand(self, row: list[str]) -> None:
        code, name, listed = row
        keys = self._keys(listed) if listed else ()
        if code:
            _put(self.products, _code(code), Product(keys))
        if name and keys:
            self._name(name, keys)

    def _atc(self, row: list[str]) -> None:
        code, listed, routes = row
        if len(code) != 7:
            raise ValueError(f"{code!r} is no ATC code of level 5")
        _put(self.atc, code, self._keys(listed))
        if routes:
            self.atc_routes[code] = frozenset(routes.split(","))

    def _weak_name(self, row: list[str]) -> None:
        key = text_key(row[0])
        if key not in self.by_name:
            raise ValueError(f"{row[0]!r} is no name of a drug")
        self.weak.add(key)

    def _divisible(self, row: list[str]) -> None:
        code, parts = row[0], row[2]
        product = self.products.get(code)
        if product is None or product.strength is None or product.parts > 1:
            raise ValueError(f"{code!r} is no product of one strength, or stands here twice")
        if not (parts.isascii() and parts.isdigit() and int(parts) > 1):
            raise ValueError(f"{parts!r} is no number of parts")
        self.products[code] = replace(product, parts=int(parts))

    def _form(self, row: list[str]) -> None:
        code, form = row
        product = self.products.get(code)
        if product is None or product.strength is None or product.form or not form:
            raise ValueError(f"{code!r} is no product of one strength, or stands here twice")
        self.products[code] = replace(product, form=form)

    def _name(self, name: str, keys: tuple[str, ...]) -> None:
        key = text_key(name)
        if not key:
            raise ValueError("a name without a letter")
        self.by_name.setdefault(key, keys)

    # -- products, the long table ------------------------------------------------------------

    def _read_products(self) -> None:
        shared: dict[str, Product] = {}
        products = self.products
        for number, line in self._lines("products.tsv"):
            code, _, rest = line.partition("\t")
            product = shared.get(rest)
            if product is None:
                try:
                    product = shared[rest] = self._product(rest)
                except ValueError as fault:
                    raise self._fault("products.tsv", number, str(fault)) from None
            if code in products or not (code.isascii() and code.isdigit()):
                raise self._fault("products.tsv", number, f"{code!r} is no RxNorm code, or stands here twice")
            products[code] = product

    def _product(self, rest: str) -> Product:
        fields = rest.split("\t")
        if len(fields) != 4:
            raise ValueError(f"{len(fields) + 1 if rest else 1} fields instead of 5")
        kind, listed, routes, strengths = fields
        if kind not in _PRODUCT_TYPES:
            raise ValueError(f"the type {kind!r} is none of a product")
        keys = self._keys(listed) if listed else ()
        amounts = tuple(_amount(text) for text in strengths.split(",")) if strengths else ()
        if amounts and len(amounts) != listed.count(",") + 1:
            raise ValueError("as many strengths as ingredients are needed")
        if len(amounts) != len(keys):
            amounts = ()  # two codes of one substance were joined: which strength is its is not clear
        return Product(keys, frozenset(routes.split(",") if routes else ()), amounts)

    def _keys(self, listed: str) -> tuple[str, ...]:
        keys = [intern(key) for key in listed.split(",")]
        for key in keys:
            if key not in self.names:
                raise ValueError(f"the ingredient {key!r} is not in ingredients.tsv")
        return tuple(dict.fromkeys(self.same_as.get(key, key) for key in keys))


def _pieces(products: Iterable[Product]) -> dict[str, tuple[Decimal, ...]]:
    found: dict[str, set[Decimal]] = {}
    for product in products:
        if product.strength is not None and "oral" in product.routes:
            found.setdefault(product.ingredients[0], set()).add(product.strength)
    return {key: tuple(sorted(strengths)) for key, strengths in found.items()}


def _pieces_of_forms(products: Iterable[Product]) -> dict[tuple[str, str], tuple[Decimal, ...]]:
    found: dict[tuple[str, str], set[Decimal]] = {}
    for product in products:
        if product.strength is not None and product.form:
            found.setdefault((product.ingredients[0], product.form), set()).add(product.strength)
    return {key: tuple(sorted(strengths)) for key, strengths in found.items()}


def _put(table: dict[str, _Value], key: str, value: _Value) -> None:
    if key in table:
        raise ValueError(f"{key!r} stands here twice")
    table[key] = value


def _code(text: str) -> str:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is no RxNorm code")
    return text


def _amount(text: str) -> Decimal | None:
    if text == "-":
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"the strength {text!r} is no number") from None
    if not (amount.is_finite() and amount > 0):
        raise ValueError(f"the strength {text!r} is no amount")
    return amount
