"""A person of whom it is noted which facts were looked at: what nobody looked at cannot change an answer."""

from __future__ import annotations

from dataclasses import fields

from cds_service.core.model import Ingredient, Patient

_FACTS = frozenset(field.name for field in fields(Patient))


class AskedPatient(Patient):
    """
    A patient that notes each fact that is looked at.

    A judgement depends on nothing else of the record: made again with other values of the facts it did not
    look at, it comes out the same. So those need not be fetched.

    Args:
        known: What is known so far.
        asked: Takes up the names of the fields of `Patient` that were looked at.

    >>> asked = set()
    >>> person = AskedPatient(Patient(age_days=7305, sex="female"), asked)
    >>> person.age_years == 20, sorted(asked)
    (True, ['age_days'])
    """

    def __init__(self, known: Patient, asked: set[str]) -> None:
        object.__setattr__(self, "_known", known)
        object.__setattr__(self, "_asked", asked)

    def __getattribute__(self, name: str) -> object:
        """A field of the known person; that it was looked at is noted."""
        if name not in _FACTS:
            return object.__getattribute__(self, name)
        object.__getattribute__(self, "_asked").add(name)
        return getattr(object.__getattribute__(self, "_known"), name)

    def with_medications(self, more: tuple[Ingredient, ...]) -> Patient:
        """See `Patient`; the list itself counts as looked at only when somebody reads it."""
        known: Patient = object.__getattribute__(self, "_known")
        return self._noting(known.with_medications(more))

    def without_medication(self, name: str) -> Patient:
        """See `Patient`."""
        known: Patient = object.__getattribute__(self, "_known")
        return self._noting(known.without_medication(name))

    def _noting(self, known: Patient) -> AskedPatient:
        return AskedPatient(known, object.__getattribute__(self, "_asked"))
