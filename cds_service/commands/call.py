"""`pgx-cds call`: VCF to diplotypes and phenotypes."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from cds_service.core.genes import Gene
from cds_service.curation.definitions import load_definitions
from cds_service.curation.genes import load_genes
from cds_service.resources import knowledge_folder
from cds_service.settings import read_settings

if TYPE_CHECKING:
    from cds_service.calling.quiet import Quiet
    from cds_service.calling.results import GeneCall, SampleCalls
    from cds_service.calling.run import CallOptions

#: The gene that small variants alone do not call, and that one may ask for all the same.
_RESEARCH = "CYP2D6"
_COLUMNS = ("gene", "diplotype", "phenotype", "score", "outcome")
_MOST_FRAGMENTS = 20_000


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "call",
        help="VCF to diplotypes and phenotypes",
        description="Reads a VCF or BCF of GRCh38 or GRCh37. A position the file lacks is missing, never "
        "reference. Exit codes: 0 done, 1 no gene could be called, 2 unusable input.",
    )
    parser.add_argument("file", type=Path, metavar="FILE.vcf[.gz]")
    parser.add_argument(
        "--sample", action="append", default=[], metavar="S", help="only this one; may be repeated"
    )
    parser.add_argument(
        "--outside",
        action="append",
        default=[],
        metavar="[GENE=]CALLS.tsv",
        help="calls of another program, which go before the file's: PharmCAT's outside calls or JSON, "
        "Cyrius, Aldy, StellarPGx, pypgx, OptiType, HLA-HD, GL strings; may be repeated",
    )
    parser.add_argument(
        "--build", choices=("GRCh38", "GRCh37"), help="for files whose header does not say it"
    )
    parser.add_argument(
        "--sex", choices=("female", "male"), default="", help="of the samples, for genes on X"
    )
    parser.add_argument(
        "--absent-is-reference",
        action="store_true",
        help="take positions that the file lacks for the reference; every result says so",
    )
    parser.add_argument(
        f"--research-{_RESEARCH.lower()}",
        action="store_true",
        dest="research",
        help=f"call {_RESEARCH} from small variants, too: for research, not for care",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line for each sample")
    # The C library can die of a damaged file; that must not end in silence.
    parser.set_defaults(run=run, apart="file")


def run(options: argparse.Namespace) -> int:
    """Call the samples of a file and print what was found. Exit 1 if nothing at all could be called."""
    # numpy and cyvcf2 take a moment to load, which no other command should wait for.
    from cds_service.calling.quiet import quiet_library

    with quiet_library() as quiet:
        samples = called_samples(options, quiet)
        show = _show_json if options.json else _show_table
        called = show(samples)
    return 0 if called else 1


def called_samples(options: argparse.Namespace, quiet: Quiet) -> Iterator[SampleCalls]:
    """
    The calls the options ask for.

    Args:
        options: Of the parser above.
        quiet: Where progress is shown, and what the library complains about.
    """
    from cds_service.calling.run import called_results

    folder = (read_settings(os.environ, require_jwt=False).knowledge or knowledge_folder()) / "genes"
    genes = load_genes(folder)
    found = called_results(
        options.file,
        load_definitions(folder),
        genes,
        _call_options(options),
        _progress(quiet.terminal),
        quiet.errors,
    )
    if not options.outside:
        return found
    from cds_service.calling.outside import add_outside, read_outside

    outside = [call for named in options.outside for call in read_outside(*_gene_and_file(named, genes))]
    return add_outside(found, outside, genes)


def _gene_and_file(named: str, genes: Mapping[str, Gene]) -> tuple[Path, str]:
    """`CYP2D6=results.tsv` names a gene before the file."""
    gene, equals, file = named.partition("=")
    return (Path(file), gene) if equals and gene in genes else (Path(named), "")


def _call_options(options: argparse.Namespace) -> CallOptions:
    from cds_service.calling.builds import Build
    from cds_service.calling.caller import Settings
    from cds_service.calling.run import CallOptions

    return CallOptions(
        samples=tuple(dict.fromkeys(options.sample)),
        build=Build(options.build) if options.build else None,
        settings=Settings(options.absent_is_reference, options.sex),
        research=frozenset({_RESEARCH} if options.research else ()),
    )


def _progress(terminal: TextIO) -> Any:
    """A bar on a terminal, else nothing for short work and a line now and then for long one."""
    bar = terminal.isatty()

    def tell(what: str, done: int, total: int) -> None:
        if bar and total:
            filled = 30 * done // total
            end = "\r\033[K" if done == total else ""
            terminal.write(f"\r[{'#' * filled}{'.' * (30 - filled)}] {done}/{total} {what}{end}")
            terminal.flush()
        elif bar or not total:
            terminal.write(f"{chr(13) if bar else ''}{done} {what} read{'' if bar else chr(10)}")
            terminal.flush()

    return tell


def _show_json(samples: Iterator[SampleCalls]) -> bool:
    """JSON Lines. Equal genotypes share their call, so each is written out once."""
    from cds_service.calling.as_json import gene_json, sample_json

    written: dict[int, tuple[GeneCall, bytes]] = {}
    called = False
    for sample in samples:
        parts = []
        for call in sample.genes:
            known = written.get(id(call))
            if known is None:
                if len(written) > _MOST_FRAGMENTS:
                    written.clear()
                known = written[id(call)] = (call, _dumped(gene_json(call)))
            parts.append(known[1])
            called = called or bool(call.diplotypes)
        start = _dumped(sample_json(sample))[:-1]
        sys.stdout.buffer.write(start + b',"genes":[' + b",".join(parts) + b"]}\n")
    sys.stdout.buffer.flush()
    return called


def _dumped(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _show_table(samples: Iterator[SampleCalls]) -> bool:
    from cds_service.calling.words import words

    called = False
    for number, sample in enumerate(samples):
        print(f"{chr(10) if number else ''}sample {sample.sample}, {sample.build}")
        for notice in sample.notices:
            print(f"note: {words(notice)}")
        rows = [_COLUMNS, *(_row(call) for call in sample.genes)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        for call in sample.genes:
            for notice in call.notices:
                print(f"{call.gene}: {words(notice)}")
            if call.missing and call.outcome.value != "not-covered":
                print(f"{call.gene}: {len(call.missing)} positions missing")
        called = called or any(call.diplotypes or call.presence for call in sample.genes)
    return called


def _row(call: GeneCall) -> tuple[str, ...]:
    diplotypes = " or ".join(str(diplotype) for diplotype in call.diplotypes[:3])
    more = f" or {len(call.diplotypes) - 3} others" if len(call.diplotypes) > 3 else ""
    return (call.gene, diplotypes + more, call.phenotype, call.activity_score, call.outcome.value)
