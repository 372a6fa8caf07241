"""Which build of the genome a file counts by: what its header says, and what its reference bases say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from cds_service.core.errors import InputError


class Build(Enum):
    """A build of the human genome."""

    GRCH38 = "GRCh38"
    GRCH37 = "GRCh37"

    @property
    def other(self) -> Build:
        """The one it is not."""
        return Build.GRCH37 if self is Build.GRCH38 else Build.GRCH38


_NAMES = tuple(f"chr{name}" for name in (*range(1, 23), "X", "Y"))
#: Length of each chromosome in bases.
LENGTHS: Mapping[Build, Mapping[str, int]] = {
    Build.GRCH38: dict(
        zip(
            _NAMES,
            (
                248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636,
                138394717, 133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345,
                83257441, 80373285, 58617616, 64444167, 46709983, 50818468, 156040895, 57227415,
            ),
            strict=True,
        )
    ),
    Build.GRCH37: dict(
        zip(
            _NAMES,
            (
                249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022,
                141213431, 135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753,
                81195210, 78077248, 59128983, 63025520, 48129895, 51304566, 155270560, 59373566,
            ),
            strict=True,
        )
    ),
}  # fmt: skip
#: Length of the revised Cambridge sequence. UCSC's hg19 has another one, of 16571 bases.
MITOCHONDRIAL = 16569
#: Version of a chromosome's RefSeq accession by build, where the two differ.
_REFSEQ = {
    "1": ("11", "10"), "2": ("12", "11"), "3": ("12", "11"), "4": ("12", "11"), "5": ("10", "9"),
    "6": ("12", "11"), "7": ("14", "13"), "8": ("11", "10"), "9": ("12", "11"), "10": ("11", "10"),
    "11": ("10", "9"), "12": ("12", "11"), "13": ("11", "10"), "14": ("9", "8"), "15": ("10", "9"),
    "16": ("10", "9"), "17": ("11", "10"), "18": ("10", "9"), "19": ("10", "9"), "20": ("11", "10"),
    "21": ("9", "8"), "22": ("11", "10"), "23": ("11", "10"), "24": ("10", "9"),
}  # fmt: skip
_ACCESSION = re.compile(r"NC_0000(\d\d)\.(\d+)")
_CONTIG = re.compile(r"##contig=<(.*)>\s*$")
_FIELD = re.compile(r'(\w+)=("[^"]*"|[^,]*)')
_WORDS = {
    Build.GRCH38: re.compile(r"grch38|hg38|hs38|b38(?!\d)|gca_000001405\.(?:1[5-9]|2\d)", re.IGNORECASE),
    Build.GRCH37: re.compile(
        r"grch37|hg19|hs37|b37(?!\d)|g1k_v37|gca_000001405\.(?:[1-9]|1[0-4])\b", re.IGNORECASE
    ),
}


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """
    What a header says about the build.

    Args:
        evidence: Build -> what speaks for it.
        by_length: The builds whose lengths of chromosomes the header has; the surest sign.
        mitochondrial: Length of the mitochondrial sequence; None = not said.
    """

    evidence: Mapping[Build, tuple[str, ...]] = field(default_factory=dict)
    by_length: frozenset[Build] = frozenset()
    mitochondrial: int | None = None


def chromosome(name: str) -> str:
    """
    A chromosome's name in the way of the definitions; empty if it is none of them.

    >>> [chromosome(name) for name in ("10", "chr10", "NC_000010.11", "MT", "chrX", "23", "chr10_alt")]
    ['chr10', 'chr10', 'chr10', 'chrM', 'chrX', 'chrX', '']
    """
    accession = _ACCESSION.fullmatch(name)
    if accession:
        short = str(int(accession[1]))
    elif name.upper() in ("NC_012920.1", "NC_012920"):
        short = "M"
    else:
        short = name[3:] if name[:3].lower() == "chr" else name
    short = {"23": "X", "24": "Y", "MT": "M", "25": "M"}.get(short.upper(), short.upper())
    return f"chr{short}" if short in ("X", "Y", "M") or short in map(str, range(1, 23)) else ""


def read_header(lines: Iterable[str]) -> HeaderFacts:
    """What the header lines of a VCF say about the build."""
    evidence: dict[Build, dict[str, None]] = {build: {} for build in Build}
    lengths: set[Build] = set()
    mitochondrial = None
    for line in lines:
        contig = _CONTIG.match(line)
        if contig:
            fields = {key: value.strip('"') for key, value in _FIELD.findall(contig[1])}
            name, length = chromosome(fields.get("ID", "")), fields.get("length", "")
            if name == "chrM" and length.isdecimal():
                mitochondrial = int(length)
            for build in Build:
                if length.isdecimal() and LENGTHS[build].get(name) == int(length):
                    evidence[build][f"length of {name}"] = None
                    lengths.add(build)
                if _is_accession(fields.get("ID", ""), build):
                    evidence[build][f"contig {fields['ID']}"] = None
                if _WORDS[build].search(fields.get("assembly", "")):
                    evidence[build][f"assembly {fields['assembly']}"] = None
        elif line.startswith(("##reference=", "##assembly=")):
            for build in Build:
                if _WORDS[build].search(line):
                    evidence[build][line.strip().lstrip("#")[:120]] = None
    found = {build: tuple(said) for build, said in evidence.items() if said}
    return HeaderFacts(found, frozenset(lengths), mitochondrial)


def _is_accession(name: str, build: Build) -> bool:
    found = _ACCESSION.fullmatch(name)
    versions = _REFSEQ.get(str(int(found[1]))) if found else None
    return bool(found and versions) and found[2] == versions[build is Build.GRCH37]  # type: ignore[index]


def choose_build(facts: HeaderFacts, asked: Build | None) -> tuple[Build, bool]:
    """
    The build to read a file by, and whether anything says so.

    Raises:
        InputError: If the header contradicts itself or what was asked for, with both sides.
    """
    said = set(facts.by_length or facts.evidence)
    if len(set(facts.evidence)) > 1:
        sides = "; ".join(
            f"{build.value}: {', '.join(facts.evidence[build][:3])}" for build in facts.evidence
        )
        raise InputError(f"the header names two builds ({sides}): use a file of one build")
    if asked is not None:
        if said and asked not in said:
            build = next(iter(said))
            told = ", ".join(facts.evidence[build][:3])
            raise InputError(f"--build says {asked.value}, the header says {build.value} ({told})")
        return asked, True
    if said:
        return next(iter(said)), True
    return Build.GRCH38, False


@dataclass(slots=True)
class BaseEvidence:
    """
    How well the reference bases of a file fit, counted while it is read.

    Args:
        agree, disagree: Records at defined positions of the chosen build, with the right and a wrong base.
        here: Records that are a documented variant in the chosen build.
        there: Records that would be one in the other build.
        examples: A few of the disagreeing ones.
    """

    agree: int = 0
    disagree: int = 0
    here: int = 0
    there: int = 0
    examples: list[str] = field(default_factory=list)

    def mismatch(self, example: str) -> None:
        """Count a record with another reference base."""
        self.disagree += 1
        if len(self.examples) < 3:
            self.examples.append(example)


#: So many wrong reference bases, and this share of all, are no accident.
_TOO_MANY, _SHARE = 3, 0.1


def check_bases(build: Build, named: bool, found: BaseEvidence) -> None:
    """
    Refuse a file whose bases are not those of the build.

    Args:
        build: The build it was read by.
        named: Whether the header or the user named it.
        found: What was counted.

    Raises:
        InputError: With the evidence.
    """
    total = found.agree + found.disagree
    if found.disagree >= _TOO_MANY and found.disagree > _SHARE * total:
        examples = "; ".join(found.examples)
        raise InputError(
            f"not a {build.value} file: the reference bases differ at {found.disagree} of {total} "
            f"known positions ({examples})"
        )
    if found.there >= _TOO_MANY and found.there > found.here:
        remedy = "the header must be wrong" if named else f"if it is {build.other.value}, add --build"
        raise InputError(
            f"the file fits {build.other.value} better than {build.value}: "
            f"{found.there} known variants against {found.here}; {remedy}"
        )
