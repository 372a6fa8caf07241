"""Allergies on record against a replacement: the drug itself, or a drug of the same class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cds_service.core.model import RXNORM, Coding, Notice, Patient
from cds_service.core.value_sets import ValueSet


@dataclass(frozen=True, slots=True)
class AllergyClass:
    """
    Drugs of which an allergy to one speaks against the others.

    Args:
        name: The set of its members, and of codes for an allergy to the class.
        excludes: True if a member must not be offered; False if it is offered with a caution.
        words: How allergy lists name the class, lower case.
    """

    name: str
    excludes: bool
    words: tuple[str, ...] = ()


def own_allergy(name: str, codes: Iterable[str], patient: Patient) -> bool:
    """True if the drug itself, by a code or its name, is on the allergy list."""
    listed = {allergy.rxcui for allergy in patient.allergies if allergy.rxcui}
    return bool(listed & set(codes)) or name in {allergy.name for allergy in patient.allergies}


def class_allergies(
    codes: Iterable[str],
    patient: Patient,
    classes: Iterable[AllergyClass],
    value_sets: Mapping[str, ValueSet],
) -> Iterator[tuple[bool, Notice]]:
    """
    For each class of which both the drug and an allergy on record are members: does it exclude, and why.

    Args:
        codes: RxNorm codes of the drug's base ingredients.
        patient: The person.
        classes: All classes.
        value_sets: The members.
    """
    members = frozenset(Coding(RXNORM, code) for code in codes)
    named = frozenset(Coding(RXNORM, a.rxcui) for a in patient.allergies if a.rxcui) | patient.allergy_codes
    for group in classes:
        contains = value_sets[group.name].contains
        if any(map(contains, members)) and (any(map(contains, named)) or _says(patient, group)):
            yield group.excludes, Notice.of("exclusion-allergy-class")


def _says(patient: Patient, group: AllergyClass) -> bool:
    """True if an allergy names the class: whole words, in the singular or with an s."""
    named = "|".join(map(re.escape, group.words))
    return bool(named) and any(
        re.search(rf"(?<!\w)(?:{named})s?(?!\w)", text) for text in patient.allergy_texts
    )
