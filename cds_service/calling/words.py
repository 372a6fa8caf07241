"""The notices of calling in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cds_service.core.notice import Notice

#: Of longer lists the rest is counted.
_LISTED = 12

_WORDS: Mapping[str, str] = {
    "absent-is-reference": "positions the file lacks were taken for the reference (--absent-is-reference)",
    "all-variants": "all variants found: {variants}",
    "assumed-in-trans": "not known which variants lie together; the worst way was assumed",
    "build-assumed": "nothing in the file names the build; {build} was assumed",
    "by-one-position": "no allele could be called; by {position} alone",
    "cannot-be-excluded": "fits the same unphased bases, though less likely: {diplotypes}",
    "extra-position": "{position}: {bases}",
    "file": "{words}",
    "heteroplasmic": "more than one base at {positions}: heteroplasmy is not read",
    "lifted": "GRCh37 positions of the file were lifted to GRCh38",
    "more-common": "unphased; {diplotype} is the most common of what fits, also possible: {others}",
    "no-allele-fits": "no allele of the table explains these bases",
    "not-in-this-build": "{gene} is not read in this build, or from this mitochondrial sequence",
    "not-testable": "not testable without the missing positions: {alleles}",
    "one-copy-of-two": "one base where there must be two copies",
    "one-or-two-copies": "equal bases on X: one copy or two, which is not known without the sex",
    "outside": "called by {tool}",
    "outside-differs": "the file's own bases give {diplotypes}; the outside call counts",
    "outside-only": "{gene} is not called from small variants; give an outside call",
    "outside-phenotype-differs": "the outside call says {stated}, its alleles mean {derived}",
    "outside-unknown": "the outside call '{text}' has no sure meaning",
    "outside-filtered": "{tool} marks its call: {filter}",
    "phenotypes-differ": "the possible results differ: {phenotypes}",
    "reference-differs": "no call: the reference base in the file is not that of the genome at {positions}",
    "required-missing": "no call without {positions}",
    "research-only": "{gene} from small variants, without copies and hybrids: for research, not for care",
    "sex-contradicts": "no call: two different bases on X at {positions}, but one copy is stated",
    "structural-change": "no call: a structural change reaches over {positions}; give an outside call",
    "tag-differs": "cause and tag of {allele} do not agree; the cause counts",
    "tag-only": "only the tag of {allele} was looked at; the cause should be tested",
    "tier1-missing": "of the minimum panel of AMP these are missing: {positions}",
    "undocumented": "a base that no allele has: {bases} (taken as {policy})",
    "unseen-broken": "the genotype is not a possible one at {positions}",
    "unseen-conflict": "two lines contradict each other at {positions}",
    "unseen-filtered": "marked by a filter at {positions}",
    "unseen-half-call": "only half a genotype at {positions}",
    "unseen-imbalance": "the reads do not support the genotype at {positions}",
    "unseen-low-quality": "too low a quality or depth at {positions}",
    "unseen-no-call": "no genotype at {positions}",
    "unseen-ploidy": "more than two copies at {positions}",
    "unseen-undecided": "cannot be decided at {positions}",
}


def words(notice: Notice) -> str:
    """
    A notice as one sentence.

    >>> words(Notice.of("not-testable", alleles="*3"))
    'not testable without the missing positions: *3'
    """
    return _WORDS[notice.key].format(**dict(notice.slots))


def some(names: Sequence[str]) -> str:
    """
    Names in a row; of many, the first ones and how many more there are.

    >>> some(["*2", "*3"]), some([f"*{n}" for n in range(1, 15)])[-16:]
    ('*2, *3', '*12 and 2 others')
    """
    listed = ", ".join(names[:_LISTED])
    return listed if len(names) <= _LISTED else f"{listed} and {len(names) - _LISTED} others"


def known_keys() -> frozenset[str]:
    """Keys that have words."""
    return frozenset(_WORDS)
