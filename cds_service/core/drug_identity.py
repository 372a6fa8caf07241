"""From the codes and names of an ordered drug to its active ingredients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from cds_service.core.delivery import Delivery
from cds_service.core.drug_codes import DrugCodes, Product
from cds_service.core.drug_text import drugs_in_text
from cds_service.core.model import ATC, RXNORM, Coding, Identification, Ingredient, Notice

# Best first: RxNorm, ATC, text.
_WAYS = (Identification.RXNORM, Identification.ATC, Identification.TEXT)
_BY_RXNORM, _BY_ATC, _BY_TEXT = range(3)
_NO_ROUTES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DrugConcept:
    """
    One description of a drug: all its codes and all its names.

    Args:
        codings: Codes of one and the same thing, in any number of systems; systems by their short names.
        texts: Names for people: the text, the displays of the codes.
    """

    codings: tuple[Coding, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DrugIdentity:
    """
    What an ordered drug consists of.

    Args:
        ingredients: Every active ingredient, once.
        identified_by: The weakest way that was needed for any of them. `UNKNOWN`: there are codes or names
            and none is known. `NONE`: there is nothing to go by. A known product without known ingredients
            is `RXNORM` with no ingredients.
        routes: Routes the product is made for; empty = not known.
        strengths: Name of an ingredient -> mg in one piece, where all product codes agree.
        delivery: What the product can deliver, of a single ingredient; None = not known.
        notices: What a reader should know.
    """

    ingredients: tuple[Ingredient, ...] = ()
    identified_by: Identification = Identification.NONE
    routes: frozenset[str] = frozenset()
    strengths: Mapping[str, Decimal] = field(default_factory=dict)
    delivery: Delivery | None = None
    notices: tuple[Notice, ...] = ()


class _Reading(NamedTuple):
    """What one concept says: one tuple of ingredient keys for each code or name that is known."""

    way: int
    sets: tuple[tuple[str, ...], ...] = ()
    products: tuple[Product, ...] = ()
    routes: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        return bool(self.sets)

    @property
    def all(self) -> frozenset[str]:
        return frozenset[str]().union(*self.sets)


def identify_drug(
    whole: DrugConcept, codes: DrugCodes, parts: Iterable[DrugConcept] = (), label: str = ""
) -> DrugIdentity:
    """
    Find the ingredients of a drug from everything that is said of it.

    Every code counts, not the first: an EHR sends the ingredient and the clinical drug side by side, in any
    order. ATC is read where no RxNorm code of a concept is known, and text where no code is. Codes that
    contradict each other give all the ingredients and a notice.

    Args:
        whole: The codes and names of the product.
        codes: The code tables.
        parts: The ingredients, where the sender lists them one by one.
        label: The drug for people, for notices.

    >>> codes = DrugCodes(products={"1": Product(("161", "2670"))}, ingredients={"161": ("161",)},
    ...                   names={"161": "acetaminophen", "2670": "codeine"})
    >>> drug = identify_drug(DrugConcept((Coding("rxnorm", "161"), Coding("rxnorm", "1"))), codes)
    >>> [ingredient.name for ingredient in drug.ingredients], drug.notices
    (['acetaminophen', 'codeine'], ())
    """
    part_readings = [_read(part, codes) for part in parts]
    reading = _read_codes(whole, codes)
    if not reading.known and not (part_readings and all(part.known for part in part_readings)):
        # The name of the whole may tell what neither its codes nor its parts do.
        reading = _read_text(whole, reading, codes)
    readings = (reading, *part_readings)
    if not any(reading.sets for reading in readings):
        return _not_identified(readings, bool(whole.codings or whole.texts or part_readings), label)
    ways = _best_way_to_each(readings)
    products = [product for reading in readings for product in reading.products]
    identified_by = _WAYS[max(ways.values(), default=_BY_RXNORM)]
    return DrugIdentity(
        ingredients=tuple([_ingredient(key, codes) for key in ways]),
        identified_by=identified_by,
        routes=_NO_ROUTES.union(*[one.routes for one in readings], *[one.routes for one in products]),
        strengths=_strengths(products, codes),
        delivery=_delivery(list(ways), products, codes) if identified_by is not Identification.TEXT else None,
        notices=_notices(readings, codes),
    )


def _read(concept: DrugConcept, codes: DrugCodes) -> _Reading:
    reading = _read_codes(concept, codes)
    return reading if reading.known else _read_text(concept, reading, codes)


def _read_codes(concept: DrugConcept, codes: DrugCodes) -> _Reading:
    sets: list[tuple[str, ...]] = []
    products: list[Product] = []
    unknown: list[str] = []
    for coding in concept.codings:
        if coding.system != RXNORM:
            continue
        if product := codes.products.get(coding.code):
            products.append(product)
            sets.append(product.ingredients)
        elif coding.code in codes.ingredients:
            sets.append(codes.ingredients[coding.code])
        elif coding.code in codes.same_as:
            sets.append((codes.same_as[coding.code],))
        else:
            unknown.append(coding.code)
    if sets:
        return _Reading(_BY_RXNORM, tuple(sets), tuple(products))
    found = [coding.code for coding in concept.codings if coding.system == ATC and coding.code in codes.atc]
    routes = frozenset[str]().union(*(codes.atc_routes.get(code, ()) for code in found))
    known = tuple(codes.atc[code] for code in found)
    return _Reading(_BY_ATC, known, routes=routes, unknown=tuple(unknown))


def _read_text(concept: DrugConcept, coded: _Reading, codes: DrugCodes) -> _Reading:
    sets: dict[tuple[str, ...], None] = {}
    for text in dict.fromkeys(concept.texts):
        # One text names all its drugs; two texts are two ways to say the same.
        named = drugs_in_text(text, codes)
        if named:
            sets[tuple(dict.fromkeys(key for name in named for key in name))] = None
    return _Reading(_BY_TEXT, tuple(sets), unknown=coded.unknown)


def _not_identified(readings: Iterable[_Reading], described: bool, label: str) -> DrugIdentity:
    if not described:
        return DrugIdentity()
    notices = (*_unknown_codes(readings), Notice.of("drug-not-recognised", drug=label))
    return DrugIdentity(identified_by=Identification.UNKNOWN, notices=notices)


def _best_way_to_each(readings: Iterable[_Reading]) -> dict[str, int]:
    ways: dict[str, int] = {}
    for reading in readings:
        for keys in reading.sets:
            for key in keys:
                ways[key] = min(ways.get(key, reading.way), reading.way)
    return ways


def _ingredient(key: str, codes: DrugCodes) -> Ingredient:
    return Ingredient(codes.names.get(key, key), key if key.isdigit() else None)


def _strengths(products: Iterable[Product], codes: DrugCodes) -> dict[str, Decimal]:
    stated: dict[str, Decimal | None] = {}
    for product in products:
        for key, strength in zip(product.ingredients, product.strengths, strict=False):
            name = codes.names.get(key, key)
            stated[name] = strength if stated.get(name, strength) == strength else None
    return {name: strength for name, strength in stated.items() if strength is not None}


def _delivery(keys: list[str], products: list[Product], codes: DrugCodes) -> Delivery | None:
    """
    What can be given at a time: pieces of the product, a measured amount, or pieces of any product.

    Without a product there may be no pieces, too; then only the route tells whether it is measured. A product
    that is neither counted nor given by injection may be a solution or not: nothing is known of it.
    """
    if len(keys) != 1:
        return None
    if not products:
        return Delivery(codes.pieces.get(keys[0], ()), chosen=False)
    counted = [product for product in products if product.strength is not None]
    if len({product.strength for product in counted}) == 1:
        pieces = tuple(product.strength for product in counted[:1] if product.strength is not None)
        forms = {product.form for product in counted if product.form}
        others = codes.of_form.get((keys[0], forms.pop()), ()) if len(forms) == 1 else ()
        parts = min(product.parts for product in counted)
        return Delivery(pieces, parts, others=tuple(one for one in others if one not in pieces))
    routes = frozenset[str]().union(*(product.routes for product in products))
    return Delivery() if not counted and routes == {"parenteral"} else None


def _notices(readings: tuple[_Reading, ...], codes: DrugCodes) -> tuple[Notice, ...]:
    notices = _unknown_codes(readings)
    if not _agree(readings):
        every = dict.fromkeys(key for reading in readings for keys in reading.sets for key in keys)
        names = ", ".join(codes.names.get(key, key) for key in every)
        notices = (*notices, Notice.of("drug-codings-disagree", drugs=names))
    return notices


def _unknown_codes(readings: Iterable[_Reading]) -> tuple[Notice, ...]:
    unknown = dict.fromkeys([code for reading in readings for code in reading.unknown])
    return tuple([Notice.of("drug-code-unknown", code=code) for code in unknown])


def _agree(readings: tuple[_Reading, ...]) -> bool:
    """Whether one code of each description covers all its others, and the whole its parts or they it."""
    if len(readings) == 1 and len(readings[0].sets) == 1:
        return True
    if not all(reading.all in map(frozenset, reading.sets) for reading in readings if reading.known):
        return False
    whole = readings[0].all
    parts = frozenset[str]().union(*(reading.all for reading in readings[1:]))
    return not whole or not parts or whole <= parts or parts <= whole
