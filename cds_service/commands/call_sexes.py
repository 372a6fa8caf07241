"""The sexes of samples, for genes of which a person has one copy or two."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cds_service.core.errors import InputError

SEXES = ("female", "male")
#: How pedigree files write them; everything else is not known.
_CODES = {"1": "male", "2": "female"}


def sexes_of(given: Iterable[str]) -> tuple[dict[str, str], str]:
    """
    Read `--sex`: `female` for all samples, `S1=male` for one of them.

    Returns:
        Sex by sample, and that of all others; empty = not said.

    Raises:
        InputError: It is none of the two words, or two things are said of all.

    >>> sexes_of(["S1=male", "female"])
    ({'S1': 'male'}, 'female')
    """
    by_sample: dict[str, str] = {}
    of_all = ""
    for one in given:
        sample, equals, sex = one.rpartition("=")
        if sex not in SEXES:
            raise InputError(f"--sex: '{sex}' is neither {' nor '.join(SEXES)}")
        if not equals and of_all not in ("", sex):
            raise InputError("--sex: name the samples where the sexes differ: S1=male")
        if equals:
            by_sample[sample] = sex
        else:
            of_all = sex
    return by_sample, of_all


def read_ped(path: Path) -> dict[str, str]:
    """
    The sexes in a pedigree file: family, sample, father, mother, sex (1 = male, 2 = female), and more.

    Raises:
        InputError: If it cannot be read, or a line has fewer columns.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', '') or 'not a readable text'}") from None
    found = {}
    for number, line in enumerate(lines, 1):
        cells = line.split()
        if not cells or line.startswith("#"):
            continue
        if len(cells) < 5:
            raise InputError(f"{path}:{number}: a line of a pedigree file has five columns or more")
        if cells[4] in _CODES:
            found[cells[1]] = _CODES[cells[4]]
    return found
