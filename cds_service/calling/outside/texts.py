"""Outputs that are no tables: StellarPGx, OptiType, HLA-HD, GL strings."""

from __future__ import annotations

import re

from cds_service.calling.outside.values import OutsideCall, rows_of

_STELLAR = re.compile(r"(\w+) Star Allele Calling with StellarPGx")
_SUBSTRING = re.compile(r"HLA-([A-Z0-9]+)\*[0-9:A-Z]+")
_ALLELE = re.compile(r"(?:HLA-)?([A-Z0-9]+)\*([0-9]+(?::[0-9]+)*[A-Z]?)")
_GL = re.compile(r"(?=.*HLA-)(?=.*[\^+])[\w\-*:+^|~/]+")


def read_stellarpgx(text: str, _gene: str) -> list[OutsideCall] | None:
    """StellarPGx: the lines below `Result:`, up to an empty one."""
    title = _STELLAR.search(text)
    if title is None:
        return None
    lines = [line.strip() for line in text.splitlines()]
    if "Result:" not in lines:
        return [OutsideCall(title[1].upper(), "StellarPGx")]
    found: list[str] = []
    for line in lines[lines.index("Result:") + 1 :]:
        if not line and found:
            break
        if line:
            found.append(line.strip("[]'\" "))
    genotypes = tuple(genotype for genotype in found if "*" in genotype)
    remark = "" if genotypes else " ".join(found)
    return [OutsideCall(title[1].upper(), "StellarPGx", genotypes, filter=remark)]


def read_optitype(text: str, _gene: str) -> list[OutsideCall] | None:
    """OptiType: one row with two alleles of A, B and C; of several rows the first is the best."""
    rows = [line.split("\t") for line in text.splitlines() if line.strip()]
    if len(rows) < 2 or not {"A1", "A2", "B1", "B2", "Objective"} <= set(rows[0]):
        return None
    best = dict(zip(rows[0], rows[1], strict=False))
    return [
        OutsideCall(
            f"HLA-{gene}", "OptiType", _typing(gene, best.get(f"{gene}1", ""), best.get(f"{gene}2", ""))
        )
        for gene in ("A", "B", "C")
    ]


def read_hla_hd(text: str, _gene: str) -> list[OutsideCall] | None:
    """HLA-HD: a line for each gene with two alleles; `-` as the second one means homozygous."""
    rows = rows_of(text)
    if not rows or not all(len(row) >= 3 and re.fullmatch(r"[A-Z]+[0-9]*", row[0]) for row in rows):
        return None
    if not any(_SUBSTRING.match(cell) for row in rows for cell in row[1:]):
        return None
    found = []
    for row in rows:
        first, second = row[1], row[1] if row[2] == "-" else row[2]
        found.append(OutsideCall(f"HLA-{row[0]}", "HLA-HD", _typing(row[0], first, second)))
    return found


def read_gl_strings(text: str, _gene: str) -> list[OutsideCall] | None:
    """GL strings, one a line, perhaps behind the name of the sample."""
    found = []
    for line in text.splitlines():
        if not line.strip():
            continue
        sample, _, string = line.strip().rpartition("\t")
        if not _GL.fullmatch(string):
            return None
        genes = dict.fromkeys(f"HLA-{gene}" for gene in _SUBSTRING.findall(string))
        found += [OutsideCall(gene, "GL string", (string,), sample=sample) for gene in genes]
    return found or None


def _typing(gene: str, first: str, second: str) -> tuple[str, ...]:
    """Both alleles as a GL string; nothing unless both are alleles of the gene."""
    names = [_ALLELE.fullmatch(text.strip()) for text in (first, second)]
    if any(name is None or name[1] != gene for name in names):
        return ()
    return ("+".join(f"HLA-{gene}*{name[2]}" for name in names if name),)
