"""Small numbers for what one copy of the genome has at one position of one sample."""

from __future__ import annotations

from enum import IntEnum

#: Codes from 0 on are bases: the reference, the documented alternatives, then others as they are met.
LAST_BASES = 199
#: The base lies inside a deletion that an allele is defined by. Definitions count such a base as reference.
HIDDEN = 230
#: There is no second copy: one X chromosome, mitochondria. Above all bases, so that it sorts behind them.
SINGLE = 240
#: The record speaks about something else; nothing is known from it.
SILENT = 242
#: The base lies inside a deletion of which nothing more is known.
DELETED = 243


class Reason(IntEnum):
    """Why nothing is known at a position. The value is the code of both copies; a higher one is kept."""

    PLOIDY = 244
    BROKEN = 245
    UNDECIDED = 246
    IMBALANCE = 247
    LOW_QUALITY = 248
    FILTERED = 249
    STRUCTURAL = 250
    CONFLICT = 251
    HALF_CALL = 252
    NO_CALL = 253
    MISMATCH = 254
    ABSENT = 255


FIRST_REASON = min(Reason)
