"""
What calling a VCF costs, against a plain cyvcf2 read of the same file.

    python -m benchmarks.vcf [SAMPLES ...]

Writes files of 1, 10, 100 and 1,000 made people (every gene, unphased, alleles drawn with a fixed seed),
calls them with the command, and reads them with a script that does nothing but ask cyvcf2 for the genotypes.
Both run in processes of their own, in turn, so that a slow moment of the machine meets both. Wall time,
processor time and peak memory include the start of Python. A call is told as a ratio to the read.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cds_service.core.definitions import GeneDefinition
from cds_service.curation.definitions import load_definitions
from cds_service.resources import knowledge_folder

SAMPLES = (1, 10, 100, 1_000)
ROUNDS = 5
SEED = 20261121
_READ = """
import sys, cyvcf2
for variant in cyvcf2.VCF(sys.argv[1]):
    if "GT" in variant.FORMAT:
        variant.genotype.array()
"""
_HEADER = """##fileformat=VCFv4.2
##contig=<ID=chr1,length=248956422>
{contigs}##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{samples}
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a process: seconds by the clock and of the processor, and peak memory in MiB."""

    wall: float
    cpu: float
    memory: float


def run(counts: Sequence[int] = SAMPLES, rounds: int = ROUNDS) -> dict[str, Any]:
    """
    Measure and print a table of ratios.

    Args:
        counts: Numbers of samples.
        rounds: How often each is run; medians are told.

    Returns:
        `rows`, one for each number of samples, and `further_sample_ms`, what one more sample costs.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {count: write_people(Path(folder) / f"{count}.vcf", count) for count in counts}
        jobs = [(count, job) for count in counts for job in ("call", "read")]
        runs: dict[tuple[int, str], list[Run]] = {job: [] for job in jobs}
        environment = _environment(folder)
        for count, job in jobs[:2]:
            _timed(_command(job, files[count]), environment)
        for _ in range(rounds):
            for count, job in jobs:
                runs[count, job].append(_timed(_command(job, files[count]), environment))
    rows = [_row(count, runs[count, "call"], runs[count, "read"]) for count in counts]
    found = {"rows": rows, "further_sample_ms": _further(rows), "rounds": rounds}
    _show(found)
    return found


def write_people(path: Path, count: int) -> Path:
    """A file of `count` people with every position of every gene, in the order of the genome."""
    chance = random.Random(SEED)
    definitions = load_definitions(knowledge_folder() / "genes")
    columns = [column for one in definitions.values() for column in _columns(one, count, chance)]
    columns.sort(key=lambda column: (column[0], column[1]))
    contigs = dict.fromkeys(column[0] for column in columns if column[0] != "chr1")
    with path.open("w", encoding="utf-8") as stream:
        names = "\t".join(f"S{number}" for number in range(count))
        stream.write(_HEADER.format(contigs="".join(f"##contig=<ID={c}>\n" for c in contigs), samples=names))
        stream.writelines(line for *_, line in columns)
    return path


def _columns(definition: GeneDefinition, count: int, chance: random.Random) -> Iterator[tuple[str, int, str]]:
    """The records of a gene. Most copies are the first alleles of the table, as in life."""
    alleles = definition.alleles
    weights = [1 / (place + 1) ** 2 for place in range(len(alleles))]
    people = [chance.choices(alleles, weights, k=2) for _ in range(count)]
    single = definition.positions[0].chrom == "chrM"
    for site in definition.positions:
        genotypes = []
        for pair in people:
            codes = sorted(site.states.index(one.bases.get(site.position, (site.ref,))[0]) for one in pair)
            genotypes.append(str(codes[0]) if single else f"{codes[0]}/{codes[1]}")
        start = f"{site.chrom}\t{site.position}\t.\t{site.ref}\t{','.join(site.alts)}\t.\tPASS\t.\tGT\t"
        yield site.chrom, site.position, start + "\t".join(genotypes) + "\n"


def _command(job: str, file: Path) -> list[str]:
    if job == "read":
        return [sys.executable, "-c", _READ, str(file)]
    return [sys.executable, "-m", "cds_service.cli", "call", str(file), "--json"]


def _environment(folder: str) -> dict[str, str]:
    """Compiled modules are kept, as every installation has them, even where this process keeps none."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": folder}


def _timed(command: list[str], environment: dict[str, str]) -> Run:
    """Run a process to its end; its children count."""
    began = time.perf_counter()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[2]} ended with {process.returncode}")
    scale = 1 << 10 if sys.platform != "darwin" else 1 << 20
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / scale)


def _row(count: int, calls: Sequence[Run], reads: Sequence[Run]) -> dict[str, Any]:
    call, read = (_median(runs) for runs in (calls, reads))
    return {
        "samples": count,
        "call_wall_s": round(call.wall, 3),
        "read_wall_s": round(read.wall, 3),
        "wall_ratio": round(statistics.median(c.wall / r.wall for c, r in zip(calls, reads, strict=True)), 2),
        "call_cpu_s": round(call.cpu, 3),
        "read_cpu_s": round(read.cpu, 3),
        "cpu_ratio": round(statistics.median(c.cpu / r.cpu for c, r in zip(calls, reads, strict=True)), 2),
        "fastest_wall_s": round(min(run.wall for run in calls), 3),
        "call_mib": round(call.memory, 1),
        "read_mib": round(read.memory, 1),
    }


def _median(runs: Sequence[Run]) -> Run:
    return Run(
        statistics.median(run.wall for run in runs),
        statistics.median(run.cpu for run in runs),
        statistics.median(run.memory for run in runs),
    )


def _further(rows: Sequence[dict[str, Any]]) -> float | None:
    """Milliseconds of the processor for one more sample, between the largest and the smallest file."""
    first, last = rows[0], rows[-1]
    more = last["samples"] - first["samples"]
    return round((last["call_cpu_s"] - first["call_cpu_s"]) / more * 1000, 3) if more else None


def _show(found: dict[str, Any]) -> None:
    heads = ("samples", "wall, x read", "CPU, x read", "wall s", "CPU s", "MiB", "MiB, x read")
    print("  ".join(f"{head:>12}" for head in heads))
    for row in found["rows"]:
        memory = round(row["call_mib"] / row["read_mib"], 2)
        keys = ("samples", "wall_ratio", "cpu_ratio", "call_wall_s", "call_cpu_s", "call_mib")
        print("  ".join(f"{cell:>12}" for cell in (*(row[key] for key in keys), memory)))
    if found["further_sample_ms"] is not None:
        print(f"each further sample: {found['further_sample_ms']} ms of the processor")


if __name__ == "__main__":
    result = run(tuple(map(int, sys.argv[1:])) or SAMPLES)
    folder = Path("test-artifacts")
    folder.mkdir(exist_ok=True)
    (folder / "bench-vcf.json").write_text(json.dumps(result, indent=2), encoding="utf-8")
