"""`pgx-cds replay`: answers a traced call again, offline, and compares byte for byte."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from cds_service import __version__
from cds_service.core.errors import InputError, PgxCdsError
from cds_service.hooks.repeats import SettledThen
from cds_service.hooks.request import parse_request
from cds_service.hooks.site import SiteProfile, read_site
from cds_service.hooks.trace import Trace, TracedData, read_trace
from cds_service.settings import read_settings
from cds_service.wsgi import build_evaluator, load_knowledge, load_signed, said_of


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("replay", help="answer a traced call again and compare byte for byte")
    parser.add_argument("trace", type=Path, metavar="TRACE.json")
    parser.add_argument("--anyway", action="store_true", help="also with other knowledge than then")
    parser.add_argument(
        "--signoff", type=Path, metavar="FILE", help="if the service answered from signed rules"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """
    Answer again.

    Returns:
        0 the same bytes; 1 other ones, with the difference on standard output.

    Raises:
        InputError: If the file is no trace, or the knowledge is another one (exit code 2).
    """
    trace = read_trace(_bytes(options.trace))
    settings = replace(read_settings(os.environ, require_jwt=False), site=None)
    site = _site(trace)
    knowledge = load_knowledge(settings, site)
    content = said_of(knowledge)
    if options.signoff is not None:
        knowledge, in_use = load_signed(knowledge, settings, options.signoff)
        content = f"{content}, {in_use}"
    if content != trace.knowledge:
        said = f"the call was answered with knowledge {trace.knowledge}; this is {content}"
        if not options.anyway:
            raise InputError(f"{said}. Set PGX_CDS_KNOWLEDGE to that release, or go on with --anyway")
        print(said, file=sys.stderr)
    if trace.version != __version__:
        print(f"the call was answered by pgx-cds {trace.version}; this is {__version__}", file=sys.stderr)
    then = SettledThen(frozenset(trace.settled))
    judge = build_evaluator(
        knowledge, site, lambda _: TracedData(trace.gathered), lambda: trace.today, repeats=then
    )
    try:
        request = replace(parse_request(trace.body, trace.hook), caller=trace.caller)
        answer, fault = orjson.dumps(judge.evaluate(request)), ""
    except PgxCdsError as error:
        answer, fault = b"", type(error).__name__
    if (answer, fault) == (trace.answer, trace.fault):
        print(f"the same, byte for byte: {fault or f'{len(answer)} bytes'}")
        return 0
    sys.stdout.writelines(_difference(trace, answer, fault))
    return 1


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def _site(trace: Trace) -> SiteProfile:
    if not trace.site:
        return read_site(None)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "site.json"
        path.write_text(trace.site, encoding="utf8")
        return read_site(path)


def _difference(trace: Trace, answer: bytes, fault: str) -> list[str]:
    then, now = _lines(trace.answer, trace.fault), _lines(answer, fault)
    found = list(difflib.unified_diff(then, now, "then", "now"))
    return found or ["the same content in other bytes\n"]


def _lines(answer: bytes, fault: str) -> list[str]:
    text = orjson.dumps(orjson.loads(answer), option=orjson.OPT_INDENT_2).decode() if answer else fault
    return [f"{line}\n" for line in text.splitlines()]
