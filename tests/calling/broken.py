"""
Makes broken VCFs, each from its own number, and calls them.

    python -m tests.calling.broken FIRST LAST FOLDER

calls the files FIRST to LAST - 1 in a process of its own, which a fault of the C library may end, and prints
a line for each: its number and what became of it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from cds_service.calling.quiet import quiet_library
from cds_service.calling.results import Outcome
from cds_service.calling.run import called_results
from cds_service.commands.apart import in_child
from cds_service.core.errors import InputError
from tests.calling.made_vcf import definitions, gene_of, genes, haplotype, keys, lines, text

SEED = 5
GENES = {"CYP2C19": ("*2", "*17"), "UGT1A1": ("*1", "*80+*28"), "TPMT": ("*1", "*3A"), "CYP3A5": ("*1", "*3")}
Rows = list[list[str]]
Mutation = Callable[[Rows, random.Random], object]


def rows() -> Rows:
    found = []
    for gene, pair in GENES.items():
        definition = definitions()[gene]
        copies = [haplotype(definition, name) for name in pair]
        found += [line.split("\t") for line in lines(definition, [copies], phased=True)]
    return found


def _cell(column: int, *values: str) -> Mutation:
    def change(table: Rows, chance: random.Random) -> None:
        for row in chance.sample(table, 3):
            row[column : column + 1] = [chance.choice(values)]

    return change


def _shuffle_columns(table: Rows, chance: random.Random) -> None:
    order = list(range(10))
    chance.shuffle(order)
    for row in table if chance.random() < 0.5 else chance.sample(table, 3):
        row[:] = [row[place] for place in order if place < len(row)]


def _shuffle_rows(table: Rows, chance: random.Random) -> None:
    chance.shuffle(table)


def _cut_row(table: Rows, chance: random.Random) -> None:
    row = chance.choice(table)
    del row[chance.randrange(1, 10) :]


def _more_columns(table: Rows, chance: random.Random) -> None:
    chance.choice(table).extend(["0/1"] * chance.randrange(1, 4))


def _huge_info(table: Rows, chance: random.Random) -> None:
    chance.choice(table)[7] = "NOTE=" + "x" * chance.choice((10, 70_000, 2_000_000))


def _double(table: Rows, chance: random.Random) -> None:
    row = list(chance.choice(table))
    row[9] = chance.choice(("0/0", "0/1", "1/1", "./."))
    table.append(row)


def _wrong_ref(table: Rows, chance: random.Random) -> None:
    for row in chance.sample(table, chance.randrange(1, 4)):
        row[3] = "".join(chance.choice("ACGTN") for _ in row[3])


def _bytes(table: Rows, chance: random.Random) -> None:
    row = chance.choice(table)
    column = chance.randrange(10)
    row[column] = "".join(chr(chance.choice((0, 7, 34, 44, 59, 61, 124, 200, 9731))) for _ in range(5))


def _drop(table: Rows, chance: random.Random) -> None:
    for row in chance.sample(table, len(table) // 3):
        table.remove(row)


MUTATIONS: tuple[Mutation, ...] = (
    _cell(0, "chr10_alt", "", "10", "chrUn", "chr99", "*"),
    _cell(1, "0", "-4", "1e3", "", "99999999999", "2147483647", "x"),
    _cell(3, "", ".", "N", "<DEL>", "ACGTACGTACGT" * 50, "acgt", "R"),
    _cell(4, "", ".", "<NON_REF>", "<*>", "*", "<DEL>", "N", "A,A,A", ",", "<CN0>", "]chr1:5]A", "G" * 5000),
    _cell(5, "x", "-1", "inf", "nan"),
    _cell(6, "", "q10", "q10;LowQual", "PASS;PASS", "0"),
    _cell(7, "", "END=5", "END=x", "END=999999999", "NOTE", "=;=", ";;;", "SVTYPE=DEL;SVLEN=-5000"),
    _cell(8, "", "GQ", "GT:GT", "PS:GT", "GT:AD:DP:GQ:PS:FT", "XX", "GT:XX"),
    _cell(9, "", ".", "./.", "0", "1", "0/", "/1", "0/9", "a/b", "0/1/1", "-1/0", "0|1|", "99999/0", "0\\1"),
    _cell(9, "0/1:.:.", "0/1:9,9:x", "0/1:1", "./1", "0|.", "1|0", "::::"),
    _shuffle_columns, _shuffle_rows, _cut_row, _more_columns, _huge_info, _double, _wrong_ref, _bytes, _drop,
)  # fmt: skip
CONTIGS = "".join(f"##contig=<ID=chr{name}>\n" for name in (2, 6, 7, 10))


def mutated(number: int) -> tuple[bytes, set[str]]:
    """A broken file, and the genes with a wrong reference base beside a known position."""
    chance = random.Random(f"{SEED}-{number}")
    table = rows()
    for _ in range(chance.choice((1, 1, 2, 4))):
        if len(table) > 10:
            chance.choice(MUTATIONS)(table, chance)
    content = text(("\t".join(row) for row in table), ["s"])
    if chance.random() < 0.5:
        content = content.replace("##FILTER", f"{CONTIGS}##FILTER", 1)
    if chance.random() < 0.1:
        header, newline, rest = content.partition("\n")
        content = chance.choice(
            (rest, header, content.replace("##FORMAT=<ID=GT", "##FORMAT=<ID=G"), content[9:])
        )
    data = content.encode("utf-8", "replace")
    if chance.random() < 0.1:
        data = data[: chance.randrange(len(data))]
    return data, _mistaken(table)


def _mistaken(table: Rows) -> set[str]:
    """Genes of which a whole, plain line has another reference base than the genome."""
    sites = {
        (site.chrom, str(site.position)): (gene, site.ref)
        for gene in GENES
        for site in definitions()[gene].positions
    }
    found = set()
    for row in table:
        gene, ref = sites.get((row[0], row[1]) if len(row) == 10 else ("", ""), ("", ""))
        if (
            gene
            and set(row[3]) <= set("ACGT")
            and row[3]
            and not (row[3].startswith(ref) or ref.startswith(row[3]))
        ):
            found.add(gene)
    return found


def check(file: Path, mistaken: set[str]) -> str:
    """What became of a file: `refused`, or `called`."""
    try:
        with quiet_library() as quiet:
            results = list(called_results(file, definitions(), genes(), complaints=quiet.errors))
    except InputError as error:
        assert "\n" not in str(error)
        assert str(file) in str(error) or "GRCh3" in str(error)
        return "refused"
    for sample in results:
        for gene in mistaken:
            assert gene_of(sample, gene).outcome in (Outcome.NO_CALL, Outcome.NOT_COVERED), gene
        for call in sample.genes:
            assert call.outcome is not Outcome.NO_CALL or call.notices or call.missing
            if call.outcome is Outcome.CALLED and call.untestable:
                assert "not-testable" in keys(call)
    return "called"


def _tell(file: Path, mistaken: set[str]) -> int:
    print(check(file, mistaken), flush=True)
    return 0


def main(first: int, last: int, folder: Path) -> int:
    """Call the files one by one; ends at the first that is neither refused nor rightly called."""
    # Read once, before the children.
    definitions(), genes()
    for number in range(first, last):
        data, mistaken = mutated(number)
        file = folder / f"{number}.vcf"
        file.write_bytes(data)
        print(number, end=" ", flush=True)
        try:
            # As the command does it: what kills the C library ends in an error.
            if in_child(partial(_tell, file, mistaken), str(file)):
                return 1
        except InputError:
            print("broke-down", flush=True)
        file.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
