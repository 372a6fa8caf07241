"""`pgx-cds call`: VCF to diplotypes and phenotypes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cds_service.commands.call_output import progress, show_json, show_outside_calls, show_table
from cds_service.commands.call_sexes import read_ped, sexes_of
from cds_service.core.definitions import GeneDefinition
from cds_service.core.errors import InputError
from cds_service.core.genes import Gene
from cds_service.curation.definitions import load_definitions
from cds_service.curation.genes import load_genes
from cds_service.resources import knowledge_folder
from cds_service.settings import read_settings

if TYPE_CHECKING:
    from cds_service.calling.outside import OutsideCall
    from cds_service.calling.quiet import Quiet
    from cds_service.calling.results import SampleCalls
    from cds_service.calling.run import CallOptions

#: The gene that small variants alone do not call, and that one may ask for all the same.
_RESEARCH = "CYP2D6"


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "call",
        help="VCF to diplotypes and phenotypes",
        description="Reads a VCF or BCF of GRCh38 or GRCh37. A position the file lacks is missing, never "
        "reference. Exit codes: 0 done, 1 no gene could be called, 2 unusable input.",
    )
    parser.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE.vcf[.gz]",
        help="may be left out where --outside has all results",
    )
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
        "--sex",
        action="append",
        default=[],
        metavar="[S=]female|male",
        help="for genes on X, of all samples or of one; may be repeated",
    )
    parser.add_argument(
        "--ped", type=Path, metavar="FILE", help="sexes of the samples in a pedigree file (PED, FAM)"
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
    _add_output(parser)
    # The C library can die of a damaged file; that must not end in silence.
    parser.set_defaults(run=run, apart="file")


def _add_output(parser: Any) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line for each sample")
    form.add_argument("--fhir", action="store_true", help="one FHIR transaction a line for each sample")
    form.add_argument(
        "--pharmcat", action="store_true", help="outside calls for PharmCAT, of a single sample"
    )
    form.add_argument(
        "--to",
        default="",
        metavar="URL",
        help="send the transactions to a FHIR server of PGX_CDS_FHIR_ALLOW; the access token is taken from "
        "PGX_CDS_FHIR_TOKEN",
    )
    parser.add_argument(
        "--patient",
        action="append",
        default=[],
        metavar="[S=]Patient/ID",
        help="whose the results are, for --fhir and --to; may be repeated with names of samples",
    )
    parser.add_argument("--laboratory", default="", metavar="NAME", help="who reports, for --fhir and --to")
    parser.add_argument(
        "--measured-on", default="", metavar="DAY", help="when the specimen was taken: 2026-11-03"
    )


def run(options: argparse.Namespace) -> int:
    """Call the samples of a file and print what was found. Exit 1 if nothing at all could be called."""
    # numpy and cyvcf2 take a moment to load, which no other command should wait for.
    from cds_service.calling.quiet import quiet_library

    # There is no linear algebra here, and its threads take longer to start than the calling takes.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if options.file is None and not options.outside:
        raise InputError("give a VCF, or the calls of another program with --outside")
    settings = read_settings(os.environ, require_jwt=False)
    knowledge = settings.knowledge or knowledge_folder()
    definitions, genes = load_definitions(knowledge / "genes"), load_genes(knowledge / "genes")
    with quiet_library() as quiet:
        samples = called_samples(options, quiet, definitions, genes)
        if options.fhir or options.to:
            from cds_service.commands.call_fhir import send, show_fhir, written_samples

            written = written_samples(samples, options, definitions, knowledge)
            done = send(written, options.to, settings) if options.to else show_fhir(written)
        elif options.pharmcat:
            done = show_outside_calls(samples)
        else:
            done = show_json(samples) if options.json else show_table(samples)
    return 0 if done else 1


def called_samples(
    options: argparse.Namespace,
    quiet: Quiet,
    definitions: Mapping[str, GeneDefinition],
    genes: Mapping[str, Gene],
) -> Iterator[SampleCalls]:
    """
    The calls the options ask for.

    Args:
        options: Of the parser above.
        quiet: Where progress is shown, and what the library complains about.
        definitions: How alleles are defined, by gene.
        genes: What alleles mean, by gene.
    """
    if options.file is None:
        from cds_service.calling.outside import only_outside

        return only_outside(_outside(options, genes), genes, tuple(options.sample))
    from cds_service.calling.run import called_results

    found = called_results(
        options.file,
        definitions,
        genes,
        _call_options(options),
        progress(quiet.terminal),
        quiet.errors,
    )
    if not options.outside:
        return found
    from cds_service.calling.outside import add_outside

    return add_outside(found, _outside(options, genes), genes)


def _outside(options: argparse.Namespace, genes: Mapping[str, Gene]) -> list[OutsideCall]:
    from cds_service.calling.outside import read_outside

    return [call for named in options.outside for call in read_outside(*_gene_and_file(named, genes))]


def _gene_and_file(named: str, genes: Mapping[str, Gene]) -> tuple[Path, str]:
    """`CYP2D6=results.tsv` names a gene before the file."""
    gene, equals, file = named.partition("=")
    return (Path(file), gene) if equals and gene in genes else (Path(named), "")


def _call_options(options: argparse.Namespace) -> CallOptions:
    from cds_service.calling.builds import Build
    from cds_service.calling.caller import Settings
    from cds_service.calling.run import CallOptions

    sexes = read_ped(options.ped) if options.ped else {}
    named, of_all = sexes_of(options.sex)
    return CallOptions(
        samples=tuple(dict.fromkeys(options.sample)),
        build=Build(options.build) if options.build else None,
        settings=Settings(options.absent_is_reference, of_all),
        sexes={**sexes, **named},
        research=frozenset({_RESEARCH} if options.research else ()),
    )
