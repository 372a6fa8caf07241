"""From the relations of an RxNorm release to the rows of `rxnorm/products.tsv` and `ingredients.tsv`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from cds_service.curation.importers.rrf import Release

CLINICAL = ("SCD", "SBD", "GPCK", "BPCK")
GROUPS = ("SCDC", "SCDF", "SCDG", "SBDC", "SBDF", "SBDG")
INGREDIENTS = ("IN", "PIN", "MIN")
#: What leads from a type to its ingredients, in this order; the first that leads anywhere counts.
_WAYS = {
    "PIN": ("form_of",),
    "MIN": ("has_part",),
    "SCDC": ("has_ingredient",),
    "SCDF": ("has_ingredient",),
    "SCDG": ("has_ingredient",),
    "SCD": ("consists_of", "has_ingredients"),
    "SBD": ("tradename_of", "consists_of"),
    "SBDC": ("tradename_of",),
    "SBDF": ("tradename_of",),
    "SBDG": ("tradename_of",),
    "GPCK": ("contains",),
    "BPCK": ("contains", "tradename_of"),
    "BN": ("tradename_of",),
}
_DEEPEST = 6
#: Words of a dose form -> route; the first that occurs counts.
_ROUTES = (
    ("sublingual", "sublingual/buccal"), ("buccal", "sublingual/buccal"), ("oral cream", "oromucosal"),
    ("oral gel", "oromucosal"), ("oral ointment", "oromucosal"), ("oral paste", "oromucosal"),
    ("mouthwash", "oromucosal"), ("toothpaste", "oromucosal"), ("chewing gum", "oral"),
    ("lozenge", "oromucosal"), ("oral spray", "oromucosal"), ("muco", "oromucosal"),
    ("gingival", "oromucosal"), ("periodontal", "oromucosal"), ("oral", "oral"), ("pill", "oral"),
    ("transdermal", "transdermal"), ("ophthalmic", "ophthalmic"), ("intraocular", "ophthalmic"),
    ("otic", "otic"), ("nasal", "nasal"), ("inhal", "inhalation"), ("rectal", "rectal"), ("enema", "rectal"),
    ("vaginal", "vaginal"), ("intrauterine", "intrauterine"), ("intravesical", "intravesical"),
    ("intraperitoneal", "intraperitoneal"), ("intratracheal", "intratracheal"),
    ("irrigation", "irrigation"), ("implant", "implant"), ("injec", "parenteral"), ("syringe", "parenteral"),
    ("cartridge", "parenteral"), ("intravenous", "parenteral"), ("intrathecal", "parenteral"),
    ("topical", "topical"), ("shampoo", "topical"), ("soap", "topical"), ("medicated", "topical"),
    ("paste", "topical"), ("powder spray", "topical"), ("tablet", "oral"), ("capsule", "oral"),
)  # fmt: skip
_COUNTED = ("tablet", "capsule", "lozenge", "film", "suppository", "troche", "wafer")
_STRENGTH = re.compile(r"(\d+(?:\.\d+)?) MG")


def base_ingredients(code: str, release: Release) -> tuple[str, ...]:
    """
    The base ingredients behind a code, in order of their names; empty if no relation leads to one.

    A salt is followed to its base. What a brand is sold as is followed to the clinical drug it names.
    """
    found = dict.fromkeys(_walk(code, release, _DEEPEST))
    return tuple(sorted(found, key=lambda base: (release.names[base].lower(), base)))


def _walk(code: str, release: Release, depth: int) -> Iterator[str]:
    kind = release.types.get(code)
    if kind == "IN":
        yield code
    if depth == 0 or kind not in _WAYS:
        return
    for relation in _WAYS[kind]:
        bases = [
            base
            for other in release.related(code, relation)
            if release.types[other] != "BN"
            for base in _walk(other, release, depth - 1)
        ]
        if bases:
            yield from bases
            return


def routes(code: str, release: Release) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Routes of a product by its dose forms, and the dose forms that name no route that is known."""
    found: set[str] = set()
    unknown: set[str] = set()
    for form in _forms(code, release, _DEEPEST):
        name = release.names[form].lower()
        route = next((route for word, route in _ROUTES if word in name), "")
        (found if route else unknown).add(route or release.names[form])
    return tuple(sorted(found)), tuple(sorted(unknown))


def _forms(code: str, release: Release, depth: int) -> Iterator[str]:
    own = release.related(code, "has_dose_form") or release.related(code, "has_doseformgroup")
    if own or depth == 0:
        yield from own
        return
    for relation in ("contains", "tradename_of"):
        for other in release.related(code, relation):
            yield from _forms(other, release, depth - 1)


def strengths(code: str, bases: tuple[str, ...], release: Release) -> str:
    """
    Strength of each ingredient in mg, in the order of `bases`, `-` where it is not stated in mg.

    Empty unless the product is a piece one can count and every component has one ingredient of its own.
    """
    clinical = code
    if release.types[code] == "SBD":
        clinical = next(iter(release.related(code, "tradename_of")), code)
    forms = [release.names[form].lower() for form in _forms(code, release, _DEEPEST)]
    components = release.related(clinical, "consists_of")
    if not forms or not all(any(word in form for word in _COUNTED) for form in forms):
        return ""
    found: dict[str, str] = {}
    for component in components:
        parts = base_ingredients(component, release)
        if len(parts) != 1 or parts[0] in found:
            return ""
        match = _STRENGTH.search(release.names[component])
        plain = match and release.names[component].endswith(match.group(0))
        found[parts[0]] = f"{Decimal(match.group(1)).normalize():f}" if match and plain else "-"
    if set(found) != set(bases) or set(found.values()) <= {"-"}:
        return ""
    return ",".join(found[base] for base in bases)
