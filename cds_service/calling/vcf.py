"""Reads VCF and BCF through cyvcf2: the only module that does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cyvcf2
import numpy as np

from cds_service.calling.builds import HeaderFacts, chromosome, read_header
from cds_service.calling.codes import Reason
from cds_service.calling.quality import QualityRules, below, is_filtered, unbalanced
from cds_service.calling.sites import Record
from cds_service.core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cds_service.calling.columns import Phases

#: The empty block every complete bgzip file ends with.
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_GZIP = b"\x1f\x8b"
_CONTIG_ID = re.compile(r"^##contig=<(?:.*,)?ID=([^,>]+)", re.MULTILINE)
_NUMBERED = (*map(str, range(1, 23)), "X", "Y")
_STYLES = (tuple(f"chr{name}" for name in (*_NUMBERED, "M")), (*_NUMBERED, "MT"))
_PHASED_WITHOUT_NAME = 1
#: FORMAT keys by which a genotype is judged.
_JUDGED = frozenset({"GQ", "MIN_DP", "DP", "AD", "FT"})
#: Numbers of alleles beyond this are no allele of any record.
_MISSING = np.iinfo(np.int32).min
#: Stands where a sample has fewer copies than others.
_NO_COPY = _MISSING + 1
_IMPOSSIBLE = -3


@dataclass(slots=True)
class VcfFile:
    """
    An open file.

    Args:
        path: The file.
        samples: The samples that are read, in the order of the file.
        header: What the header says about the build.
        indexed: Whether regions can be jumped to.
        notices: What is odd about the file, in words.
    """

    path: Path
    samples: tuple[str, ...]
    header: HeaderFacts
    indexed: bool
    notices: list[str]
    _reader: Any
    _contigs: dict[str, list[str]] = field(default_factory=dict)

    def records(self) -> Iterator[tuple[str, Any]]:
        """
        All records with the chromosome in the way of the definitions.

        Raises:
            InputError: If the file breaks off or a line cannot be read.
        """
        names: dict[str, str] = {}
        for variant in _guarded(self._reader, self.path):
            raw = variant.CHROM
            if raw not in names:
                names[raw] = chromosome(raw)
            yield names[raw], variant

    def region(self, chrom: str, first: int, last: int) -> Iterator[Any]:
        """
        The records that overlap a stretch, 1-based inclusive; needs an index.

        Raises:
            InputError: As `records`.
        """
        for name in self._contigs.get(chrom, ()):
            yield from _guarded(self._reader(f"{_quoted(name)}:{first}-{last}"), self.path)

    def close(self) -> None:
        """Give the file back."""
        self._reader.close()


def open_vcf(path: Path, samples: Sequence[str] = ()) -> VcfFile:
    """
    Open a VCF, compressed or not, or a BCF.

    Args:
        path: The file.
        samples: Names of the samples to read; empty = all.

    Raises:
        InputError: If it is none, is cut off, or has no such sample.
    """
    notices: list[str] = []
    _check_whole(path, notices)
    try:
        reader = cyvcf2.VCF(str(path))
        header = str(reader.raw_header)
        present = list(reader.samples)
    except InputError:
        raise
    except Exception as error:  # cyvcf2 raises bare exceptions
        raise InputError(f"{path}: not a readable VCF or BCF ({error})") from None
    _check_samples(path, header, present)
    unknown = [sample for sample in samples if sample not in present]
    if unknown:
        known = ", ".join(present[:5]) + (" ..." if len(present) > 5 else "")
        raise InputError(f"{path}: no sample {', '.join(unknown)}; it has {known}")
    if samples:
        reader.set_samples(list(samples))
        present = list(reader.samples)
    _declare_chromosomes(reader, header)
    file = VcfFile(path, tuple(present), read_header(header.splitlines()), False, notices, reader)
    _use_index(file)
    return file


def _declare_chromosomes(reader: Any, header: str) -> None:
    """
    Name the chromosomes that the header leaves out.

    A broken line of a chromosome that is not in the header is no error to cyvcf2: it goes on with half a
    record and may die of it.
    """
    declared = set(_CONTIG_ID.findall(header))
    styles = [style for style in _STYLES if not declared.isdisjoint(style)] or _STYLES
    for name in (name for style in styles for name in style if name not in declared):
        reader.add_to_header(f"##contig=<ID={name}>")


def _check_whole(path: Path, notices: list[str]) -> None:
    """Refuse what is no file, or a compressed one that breaks off: htslib would read on without a word."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    with path.open("rb") as stream:
        start = stream.read(4)
        if not start:
            raise InputError(f"{path}: the file is empty")
        if start[:2] != _GZIP:
            stream.seek(-1, os.SEEK_END)
            if start[:2] == b"##" and stream.read() != b"\n":
                notices.append("the last line has no end, the file may be cut off")
            return
        if start[3] & 4:
            size = path.stat().st_size
            stream.seek(max(0, size - len(_BGZF_END)))
            if stream.read() != _BGZF_END:
                raise InputError(
                    f"{path}: cut off, the end of the compressed file is missing; get it again whole"
                )
            return
    import gzip  # takes a while to load

    try:
        with gzip.open(path) as plain:
            while plain.read(1 << 20):
                pass
    except (OSError, EOFError) as error:
        raise InputError(f"{path}: cut off or damaged ({error}); get it again whole") from None


def _check_samples(path: Path, header: str, present: Sequence[str]) -> None:
    if not present:
        raise InputError(f"{path}: no sample in it; a VCF with genotypes is needed")
    twice = (
        sorted({name for name in present if present.count(name) > 1})
        if len(set(present)) < len(present)
        else []
    )
    if twice:
        raise InputError(f"{path}: two samples have the name {', '.join(twice[:3])}; give each its own")
    columns = header.rstrip("\n").rpartition("\n")[2].split("\t")
    if columns[:5] != ["#CHROM", "POS", "ID", "REF", "ALT"]:
        raise InputError(
            f"{path}: the columns are not those of a VCF; the line must begin with #CHROM POS ID REF ALT"
        )


def _use_index(file: VcfFile) -> None:
    """Use an index if it is there and not older than the file, and the names of chromosomes are known."""
    for suffix in (".csi", ".tbi"):
        index = Path(f"{file.path}{suffix}")
        if not index.is_file():
            continue
        if index.stat().st_mtime < file.path.stat().st_mtime:
            file.notices.append(f"the index {index.name} is older than the file and was not used")
            return
        try:
            names = list(file._reader.seqnames)
        except Exception:  # cyvcf2 raises bare exceptions where an index cannot be read
            file.notices.append(f"the index {index.name} cannot be read and was not used")
            return
        for name in names:
            if chromosome(name):
                file._contigs.setdefault(chromosome(name), []).append(name)
        file.indexed = bool(file._contigs)
        return


def _quoted(name: str) -> str:
    return f"{{{name}}}" if ":" in name else name


def _guarded(records: Any, path: Path) -> Iterator[Any]:
    count, iterator = 0, iter(records)
    while True:
        try:
            variant = next(iterator)
        except StopIteration:
            return
        except Exception as error:  # cyvcf2 raises bare exceptions
            raise InputError(
                f"{path}: record {count + 1} of those read cannot be understood ({error})"
            ) from None
        count += 1
        yield variant


def record_of(variant: Any) -> Record:
    """The part of a record that is the same for all samples."""
    alts = tuple(alt.upper() if alt[:1].isalpha() else alt for alt in variant.ALT)
    return Record(variant.POS, variant.REF.upper(), tuple(alt for alt in alts if alt != "."), variant.end)


def alleles_of(variant: Any) -> NDArray[np.int32] | None:
    """
    Samples x (copies, phase): numbers of alleles, -1 = missing, -2 = no copy; None = not readable.

    Read from htslib's own numbers. cyvcf2's array has 16 bits for each, in which allele 65536 would be 0, the
    reference.
    """
    try:
        raw: NDArray[np.int32] | None = variant.format("GT", int)
    except Exception:  # cyvcf2 raises bare exceptions for genotypes it cannot read
        return None
    if raw is None or raw.ndim != 2 or not raw.shape[1]:
        return None
    found = np.empty((len(raw), raw.shape[1] + 1), dtype=np.int32)
    alleles = found[:, :-1]
    np.right_shift(raw, 1, out=alleles)
    alleles -= 1
    if raw.min(initial=0) < 0:
        alleles[raw < 0] = _IMPOSSIBLE
        alleles[raw == _MISSING] = -1
        alleles[raw == _NO_COPY] = -2
    found[:, -1] = raw[:, 1] & 1 if raw.shape[1] > 1 else 0
    return found


def phases_of(variant: Any, formats: frozenset[str], genotypes: NDArray[np.int32]) -> Phases | None:
    """Phase set of each sample, 0 = not phased; None if nobody is phased. `formats` are the FORMAT keys."""
    phased = genotypes[:, -1] == 1
    if genotypes.shape[1] < 3 or not phased.any():
        return None
    names = np.full(len(genotypes), _PHASED_WITHOUT_NAME, dtype=np.int64)
    stated = _numbers(variant, formats, "PS")
    if stated is not None:
        column = stated.reshape(len(names), -1)[:, 0].astype(np.int64)
        names = np.where(column > _MISSING, column + 2, names)
    return np.where(phased, names, 0)


def reasons_of(
    variant: Any, formats: frozenset[str], alleles: NDArray[np.int32], rules: QualityRules
) -> NDArray[np.uint8] | None:
    """Why the genotype of each sample must not be used, 0 = it may; None if all may."""
    filters = variant.FILTERS
    if filters and is_filtered(filters):
        return np.full(len(alleles), Reason.FILTERED, dtype=np.uint8)
    if formats.isdisjoint(_JUDGED):
        return None
    reasons = np.zeros(len(alleles), dtype=np.uint8)
    low = below(_numbers(variant, formats, "GQ"), rules.quality)
    depth = _numbers(variant, formats, "MIN_DP")
    shallow = below(_numbers(variant, formats, "DP") if depth is None else depth, rules.depth)
    for mask in (low, shallow):
        if mask is not None:
            reasons[mask] = Reason.LOW_QUALITY
    doubtful = unbalanced(alleles[:, :2], _numbers(variant, formats, "AD"), rules)
    if doubtful is not None:
        reasons[doubtful] = Reason.IMBALANCE
    if "FT" in formats:
        texts = variant.format("FT")
        if texts is not None:
            bad = [is_filtered(str(text).split(";")) for text in texts]
            reasons[np.array(bad)] = Reason.FILTERED
    return reasons if reasons.any() else None


def _numbers(variant: Any, formats: frozenset[str], key: str) -> NDArray[np.int32] | None:
    if key not in formats:
        return None
    try:
        found = variant.format(key)
    except Exception:  # cyvcf2 raises bare exceptions where header and values differ in type
        return None
    if found is None or found.dtype.kind not in "if":
        return None
    if found.dtype.kind == "f":
        found = np.where(np.isfinite(found), found, -1)
    numbers: NDArray[np.int32] = found.astype(np.int32)
    return numbers
