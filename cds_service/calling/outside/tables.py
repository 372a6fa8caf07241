"""Tab separated outputs: PharmCAT's outside calls, Cyrius, Aldy, pypgx."""

from __future__ import annotations

from cds_service.calling.outside.values import OutsideCall, rows_of

_CYRIUS = ["sample", "genotype", "filter"]
_NO_CALLS = frozenset({"", "NONE", "INDETERMINATE", ".", "NA", "N/A", "NO_CALL", "NO CALL", "NOT CALLED"})


def read_cyrius(text: str, _gene: str) -> list[OutsideCall] | None:
    """
    Cyrius: sample, genotype, filter. CYP2D6 only; `;` stands between genotypes it cannot choose from.

    >>> text = "Sample\\tGenotype\\tFilter\\nS1\\t*1/*46;*43/*45\\tMore_than_one_possible_genotype"
    >>> read_cyrius(text, "")[0].genotypes
    ('*1/*46', '*43/*45')
    """
    rows = rows_of(text)
    if not rows or [cell.lower() for cell in rows[0][:3]] != _CYRIUS:
        return None
    found = []
    for row in rows[1:]:
        sample, genotype, remark = (*row, "", "")[:3]
        remark = "" if remark.upper() in ("PASS", "NONE") else remark
        found.append(OutsideCall("CYP2D6", "Cyrius", _split(genotype, ";"), sample=sample, filter=remark))
    return found


def read_aldy(text: str, _gene: str) -> list[OutsideCall] | None:
    """Aldy: one line for each variant of each solution; all solutions of a gene are equally good."""
    rows = rows_of(text)
    heads = [row for row in rows if row[0].lstrip("#") == "Sample" and "Major" in row]
    if not heads:
        return None
    sample, gene, major = (_column(heads[0], name) for name in ("Sample", "Gene", "Major"))
    found: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        if not row[0].startswith("#") and len(row) > max(sample, gene, major):
            found.setdefault((row[sample], row[gene]), {})[row[major]] = None
    return [
        OutsideCall(
            symbol, "Aldy", tuple(name for text in majors for name in _split(text)), sample=name_of_sample
        )
        for (name_of_sample, symbol), majors in found.items()
    ]


def read_pypgx(text: str, gene: str) -> list[OutsideCall] | None:
    """pypgx: the table of results. It does not name the gene: `--outside GENE=FILE` does."""
    rows = [line.split("\t") for line in text.splitlines() if line.strip()]
    if not rows or not {"Genotype", "Phenotype", "Haplotype1", "Haplotype2"} <= set(rows[0]):
        return None
    genotype, phenotype = rows[0].index("Genotype"), rows[0].index("Phenotype")
    return [
        OutsideCall(gene, "pypgx", _split(row[genotype]), _said(row[phenotype]), sample=row[0])
        for row in rows[1:]
        if len(row) > max(genotype, phenotype)
    ]


def read_pharmcat_table(text: str, _gene: str) -> list[OutsideCall] | None:
    """
    PharmCAT's outside calls: gene, diplotype, phenotype, activity score; `#` begins a remark.

    >>> calls = read_pharmcat_table("CYP2D6\\t*1/*3\\nCYP2C9\\t\\t\\t2.0\\nHLA-B\\t\\t*57:01 positive", "")
    >>> [(call.gene, call.genotypes, call.phenotype, call.score) for call in calls]
    [('CYP2D6', ('*1/*3',), '', ''), ('CYP2C9', (), '', '2.0'), ('HLA-B', (), '*57:01 positive', '')]
    """
    found: dict[tuple[str, str, str], list[str]] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if not 2 <= len(cells) <= 4 or not cells[0] or " " in cells[0]:
            return None
        gene, diplotype, phenotype, score = (*cells, "", "")[:4]
        found.setdefault((gene, phenotype, score), []).extend(_split(diplotype))
    return [
        OutsideCall(gene, "outside call", tuple(diplotypes), phenotype, score)
        for (gene, phenotype, score), diplotypes in found.items()
    ]


def _column(head: list[str], name: str) -> int:
    return [cell.lstrip("#") for cell in head].index(name)


def _split(text: str, separator: str = "\n") -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip().upper() not in _NO_CALLS)


def _said(text: str) -> str:
    return "" if text.strip().upper() in _NO_CALLS else text.strip()
