"""Writes bgzip files and tabix indexes without a tool: both are small enough to be made by hand."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_BLOCK = 4000
#: Span of one entry of the linear index, as a power of two.
_LINEAR = 14


def bgzip(data: bytes, block: int = _BLOCK) -> tuple[bytes, list[int]]:
    """The compressed bytes, and where the block of each stretch of `block` bytes begins."""
    parts, starts, size = [], [], 0
    for first in range(0, len(data), block):
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        chunk = data[first : first + block]
        packed = packer.compress(chunk) + packer.flush()
        head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(packed) + 25)
        parts.append(head + packed + struct.pack("<II", zlib.crc32(chunk), len(chunk)))
        starts.append(size)
        size += len(parts[-1])
    return b"".join([*parts, _END]), starts


def write_indexed(path: Path, content: str) -> Path:
    """A bgzip file with its tabix index beside it."""
    data = content.encode()
    packed, starts = bgzip(data)
    path.write_bytes(packed)
    places, offset = [], 0
    for line in content.splitlines(keepends=True):
        length = len(line.encode())
        if not line.startswith("#"):
            places.append((line, _virtual(offset, starts), _virtual(offset + length, starts)))
        offset += length
    path.with_name(f"{path.name}.tbi").write_bytes(bgzip(_tabix(places))[0])
    return path


def _virtual(offset: int, starts: list[int]) -> int:
    block, inside = divmod(offset, _BLOCK)
    return starts[block] << 16 | inside if block < len(starts) else starts[-1] << 16 | _BLOCK


def _tabix(places: Iterable[tuple[str, int, int]]) -> bytes:
    bins: dict[str, dict[int, list[tuple[int, int]]]] = {}
    linear: dict[str, dict[int, int]] = {}
    for line, start, end in places:
        chrom, position, _, ref, *_, info = line.split("\t")[:8]
        first = int(position) - 1
        ends = [int(item[4:]) for item in info.split(";") if item.startswith("END=")]
        last = ends[0] if ends else first + len(ref)
        bins.setdefault(chrom, {}).setdefault(_bin(first, last), []).append((start, end))
        for window in range(first >> _LINEAR, (last - 1 >> _LINEAR) + 1):
            linear.setdefault(chrom, {}).setdefault(window, start)
    names = b"".join(name.encode() + b"\0" for name in bins)
    parts = [b"TBI\1", struct.pack("<8i", len(bins), 2, 1, 2, 0, ord("#"), 0, len(names)), names]
    for name, of_bin in bins.items():
        parts.append(struct.pack("<i", len(of_bin)))
        for number, chunks in of_bin.items():
            parts.append(struct.pack("<Ii", number, len(chunks)))
            parts += [struct.pack("<QQ", *chunk) for chunk in chunks]
        windows = linear[name]
        parts.append(struct.pack("<i", max(windows) + 1))
        before = 0
        for window in range(max(windows) + 1):
            before = windows.get(window, before)
            parts.append(struct.pack("<Q", before))
    return b"".join(parts)


def _bin(first: int, end: int) -> int:
    """The smallest bin that holds a stretch, as the specification of the index gives it."""
    last = end - 1
    for shift, offset in ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)):
        if first >> shift == last >> shift:
            return offset + (first >> shift)
    return 0
