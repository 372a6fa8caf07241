"""Collects the codes of all samples at the positions of a gene while records pass by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cds_service.calling.codes import DELETED, FIRST_REASON, HIDDEN, SILENT, SINGLE, Reason
from cds_service.calling.panel import GeneSites
from cds_service.calling.sites import Record

if TYPE_CHECKING:
    # Takes a while to load.
    from numpy.typing import NDArray

    Codes = NDArray[np.uint8]
    Phases = NDArray[np.int64]

_OTHER_RECORD = tuple[int, str, tuple[str, ...]]


def sample_codes(alleles: NDArray[np.int32], of_allele: tuple[int, ...], reasons: Codes | None) -> Codes:
    """
    The codes of all samples from one record.

    Args:
        alleles: Samples x copies; -1 = missing, -2 = no such copy.
        of_allele: Code of each allele of the record.
        reasons: Why the genotype of a sample must not be used, 0 = it may; None = all may.

    Returns:
        Samples x 2.
    """
    if of_allele[0] == Reason.MISMATCH:
        return np.full((len(alleles), 2), Reason.MISMATCH, dtype=np.uint8)
    if reasons is None and not of_allele[0] and alleles.shape[1] == 2 and not alleles.any():
        return np.zeros((len(alleles), 2), dtype=np.uint8)
    table = np.array((SINGLE, Reason.NO_CALL, *of_allele, Reason.BROKEN), dtype=np.uint8)
    beyond = len(table) - 1
    numbers = np.where(alleles < -2, beyond, np.minimum(alleles + 2, beyond))
    if numbers.shape[1] == 1:
        codes = np.full((len(numbers), 2), SINGLE, dtype=np.uint8)
        codes[:, 0] = table[numbers[:, 0]]
    else:
        codes = table[numbers[:, :2]]
        if numbers.shape[1] > 2:
            codes[(numbers[:, 2:] > 0).any(axis=1)] = Reason.PLOIDY
    if reasons is not None:
        unusable = (reasons > 0) & (codes[:, 0] != Reason.NO_CALL)
        codes[unusable] = reasons[unusable, None]
    return _whole(codes)


def _whole(codes: Codes) -> Codes:
    """A copy without a base makes the whole genotype unknown, and says why."""
    if codes.max() < SINGLE:
        return codes
    first, second = codes[:, 0], codes[:, 1]
    if (first == SINGLE).any():
        codes[first == SINGLE] = Reason.BROKEN
    half = ((first == Reason.NO_CALL) & (second < FIRST_REASON) & (second != SINGLE)) | (
        (second == Reason.NO_CALL) & (first < FIRST_REASON)
    )
    codes[half] = Reason.HALF_CALL
    unknown = codes.max(axis=1) >= FIRST_REASON
    if unknown.any():
        reasons = np.where(codes >= FIRST_REASON, codes, 0).max(axis=1)
        codes[unknown] = reasons[unknown, None].astype(np.uint8)
    silent = (codes == SILENT).any(axis=1) & ~unknown
    if silent.any():
        whole = silent & ((codes == SILENT) | (codes == SINGLE)).all(axis=1)
        codes[whole] = Reason.ABSENT
        # The other copy has a change that was seen; this one was not looked at for anything else.
        codes[silent & ~whole] = np.where(codes == SILENT, 0, codes)[silent & ~whole]
    return codes


@dataclass(slots=True)
class GeneColumns:
    """
    The codes of all samples at the positions of one gene.

    Args:
        gene: The positions.
        samples: How many samples there are.
    """

    gene: GeneSites
    samples: int
    _codes: dict[int, Codes] = field(default_factory=dict)
    _phases: dict[int, Phases] = field(default_factory=dict)
    _records: dict[int, list[_OTHER_RECORD]] = field(default_factory=dict)

    def add(self, place: int, record: Record, codes: Codes, phases: Phases | None) -> None:
        """
        Put down what a record says about a position.

        Args:
            place: Index of the position.
            record: The record.
            codes: From `sample_codes`.
            phases: Phase set of each sample, 0 = not phased; None = nobody is phased.
        """
        identity = (record.position, record.ref, tuple(sorted(record.alts)))
        seen = self._records.setdefault(place, [])
        if place not in self._codes:
            self._codes[place] = codes
            if phases is not None:
                self._phases[place] = phases
        else:
            # The same variant in two lines has to be the same; different ones are read together.
            merge = _merge_equal if identity in seen else _merge_different
            old, old_phases = self._codes[place], self._phases.get(place)
            nothing = np.zeros(self.samples, dtype=np.int64)
            before, now = (nothing if one is None else one for one in (old_phases, phases))
            # In two lines, "first copy" means the same copy only if both say so.
            same = (before == now) & (now != 0)
            self._codes[place] = merged = merge(old, codes, same)
            from_new = (merged == codes).all(axis=1) & (merged != old).any(axis=1)
            from_old = (merged == old).all(axis=1)
            self._phases[place] = np.where(from_new, now, np.where(from_old, before, np.where(same, now, 0)))
        seen.append(identity)

    def rows(self, *, absent_is_reference: bool) -> Iterator[tuple[Codes, Phases | None]]:
        """The codes of each sample, two for each position, and the phase set of each position."""
        places = range(len(self.gene.sites))
        whole = np.empty((self.samples, len(places), 2), dtype=np.uint8)
        for place in places:
            column = self._codes.get(place)
            if column is None:
                reference = self.gene.sites[place].reference
                whole[:, place] = reference if absent_is_reference else Reason.ABSENT
            else:
                whole[:, place] = column
                if absent_is_reference:
                    whole[:, place][(column == Reason.ABSENT).all(axis=1)] = self.gene.sites[place].reference
        whole[(whole == DELETED).any(axis=2)] = Reason.UNDECIDED
        phases = None
        if self._phases:
            phases = np.zeros((self.samples, len(places)), dtype=np.int64)
            for place, column_phases in self._phases.items():
                phases[:, place] = column_phases
            phases[whole[:, :, 0] == whole[:, :, 1]] = 0
            _sort_unphased(whole, phases == 0)
        else:
            _sort_unphased(whole, None)
        flat = whole.reshape(self.samples, -1)
        for sample in range(self.samples):
            yield flat[sample], None if phases is None else phases[sample]


def _sort_unphased(whole: Codes, unphased: NDArray[np.bool_] | None) -> None:
    """0/1 and 1/0 are the same where nothing is phased; a single copy stays in front."""
    turned = whole[:, :, 0] > whole[:, :, 1]
    if unphased is not None:
        turned &= unphased
    whole[turned] = whole[turned][:, ::-1]


def _merge_equal(old: Codes, new: Codes, phased: NDArray[np.bool_]) -> Codes:
    equal = (np.sort(old, axis=1) == np.sort(new, axis=1)).all(axis=1)
    equal &= ~phased | (old == new).all(axis=1)
    merged = old.copy()
    merged[~equal] = Reason.CONFLICT
    return merged


def _merge_different(old: Codes, new: Codes, phased: NDArray[np.bool_]) -> Codes:
    """Two records about one position: what one of them has beside the reference counts."""
    merged = old.copy()
    nothing = (0, SINGLE)
    old_plain, new_plain = (np.isin(codes, nothing).all(axis=1) for codes in (old, new))
    old_absent = (old == Reason.ABSENT).all(axis=1)
    take_new = old_absent | (old_plain & ~(new == Reason.ABSENT).all(axis=1))
    merged[take_new] = new[take_new]
    keep = take_new | new_plain | (new == Reason.ABSENT).all(axis=1)
    for sample in np.flatnonzero(~keep):
        merged[sample] = _merge_one(tuple(old[sample]), tuple(new[sample]), bool(phased[sample]))
    return merged


def _merge_one(old: tuple[int, ...], new: tuple[int, ...], phased: bool) -> tuple[int, int]:
    """Both records have something beside the reference."""
    unknown = max((code for code in (*old, *new) if code >= FIRST_REASON), default=0)
    if unknown:
        return unknown, unknown
    if sorted(old) == sorted(new) and (not phased or old == new):
        return old[0], old[1]
    if phased:
        pairs = [_merge_copy(a, b) for a, b in zip(old, new, strict=True)]
        if None not in pairs:
            return pairs[0], pairs[1]  # type: ignore[return-value]
        return Reason.CONFLICT, Reason.CONFLICT
    found = [code for code in (*old, *new) if code not in (0, SINGLE)]
    if HIDDEN in found and DELETED in found:
        found.remove(DELETED)
    copies = 1 if SINGLE in (*old, *new) else 2
    if len(found) > copies:
        return Reason.CONFLICT, Reason.CONFLICT
    found += [0] * (copies - len(found)) + [SINGLE] * (2 - copies)
    return found[0], found[1]


def _merge_copy(old: int, new: int) -> int | None:
    """One copy in two records; None if they contradict each other."""
    if {old, new} == {HIDDEN, DELETED}:
        return HIDDEN
    return old if new in (0, old) else new if old == 0 else None
