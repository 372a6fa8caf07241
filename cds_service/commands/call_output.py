"""What `pgx-cds call` prints: JSON Lines, a table, outside calls for PharmCAT, and how far it is."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

from cds_service.core.errors import InputError

if TYPE_CHECKING:
    from cds_service.calling.results import GeneCall, SampleCalls
    from cds_service.calling.run import Progress

_COLUMNS = ("gene", "diplotype", "phenotype", "score", "outcome")
_MOST_FRAGMENTS = 20_000
#: Seconds between two states of the bar, and between two lines where there is no terminal.
_BAR_SECONDS, _LINE_SECONDS = 0.2, 10.0
_BAR = 30
_NOT_COVERED = "not-covered"
#: Why a gene is not read from the file at all.
_NOT_READ = {
    "outside-only": "not called from small variants, give an outside call",
    "not-in-this-build": "not read in this build, or from this mitochondrial sequence",
}
_SIGNS = {True: "positive", False: "negative"}


def progress(terminal: TextIO, clock: Callable[[], float] = time.monotonic) -> Progress:
    """
    Tells how far it is: a bar on a terminal, else a line now and then. Nothing for work that is soon done.

    Args:
        terminal: Where it is shown.
        clock: Seconds.
    """
    bar = terminal.isatty()
    last = clock()

    def tell(what: str, done: int, total: int) -> None:
        nonlocal last
        ended = bar and 0 < total == done
        if clock() - last < (_BAR_SECONDS if bar else _LINE_SECONDS) and not ended:
            return
        last = clock()
        terminal.write(_bar(what, done, total) if bar else f"{_share(done, total)} {what}\n")
        terminal.flush()

    return tell


def _bar(what: str, done: int, total: int) -> str:
    if not total:
        return f"\r{done} {what}\033[K"
    filled = _BAR * done // total
    return "\r\033[K" if done == total else f"\r[{'#' * filled:.<{_BAR}}] {done}/{total} {what}\033[K"


def _share(done: int, total: int) -> str:
    return f"{done} of {total}" if total else str(done)


def show_json(samples: Iterator[SampleCalls]) -> bool:
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
        called = called or anything_called(sample)
        start = _dumped(sample_json(sample))[:-1]
        sys.stdout.buffer.write(start + b',"genes":[' + b",".join(parts) + b"]}\n")
    sys.stdout.buffer.flush()
    return called


def _dumped(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def show_table(samples: Iterator[SampleCalls]) -> bool:
    """A short table a sample, and the notices below it."""
    called = False
    for number, sample in enumerate(samples):
        print(f"{chr(10) if number else ''}{_title(sample)}")
        for line in (*_table(sample), *_remarks(sample)):
            print(line)
        called = called or anything_called(sample)
    return called


def _table(sample: SampleCalls) -> Iterator[str]:
    rows = [_COLUMNS, *(_row(call) for call in sample.genes if call.outcome.value != _NOT_COVERED)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _remarks(sample: SampleCalls) -> Iterator[str]:
    from cds_service.calling.words import words

    for notice in sample.notices:
        yield f"note: {words(notice)}"
    left_out: dict[str, list[str]] = {}
    for call in sample.genes:
        if call.outcome.value == _NOT_COVERED:
            why = next((notice.key for notice in call.notices if notice.key in _NOT_READ), "")
            left_out.setdefault(why, []).append(call.gene)
            continue
        yield from (f"{call.gene}: {words(notice)}" for notice in call.notices)
        if call.missing:
            yield f"{call.gene}: positions that are missing: {len(call.missing)}"
    for why, genes in left_out.items():
        yield f"{_NOT_READ.get(why, 'not in the file')}: {', '.join(genes)}"


def show_outside_calls(samples: Iterator[SampleCalls]) -> bool:
    """
    A table that PharmCAT takes as outside calls. What is ambiguous or has no call stands behind `#`.

    Raises:
        InputError: If there are several samples; the format has no place for their names.
    """
    first, second = next(samples, None), next(samples, None)
    if first is None or second is not None:
        raise InputError("outside calls for PharmCAT are of one sample; name it with --sample")
    for call in first.genes:
        for line in _outside_lines(call):
            print(line)
    return anything_called(first)


def anything_called(sample: SampleCalls) -> bool:
    """Whether any gene of a sample has a result."""
    return any(call.outcome.value in ("called", "ambiguous") for call in sample.genes)


def _outside_lines(call: GeneCall) -> list[str]:
    research = any(notice.key == "research-only" for notice in call.notices)
    if research or call.outcome.value != "called":
        found = " or ".join(map(str, call.diplotypes))
        why = "research" if research else call.outcome.value
        return [f"# {call.gene}\t{why}\t{found}".rstrip()] if found else []
    if call.diplotypes:
        return [f"{call.gene}\t{call.diplotypes[0]}"]
    if call.presence:
        known = [(allele, there) for allele, there in call.presence if there is not None]
        return [f"{call.gene}\t\t{allele} {_SIGNS[there]}" for allele, there in known]
    return [f"{call.gene}\t\t{call.phenotype}\t{call.activity_score}".rstrip()]


def _title(sample: SampleCalls) -> str:
    name = f"sample {sample.sample}" if sample.sample else "a sample without a name"
    return f"{name}, {sample.build}" if sample.build else f"{name}, by outside calls alone"


def _row(call: GeneCall) -> tuple[str, ...]:
    diplotypes = " or ".join(str(diplotype) for diplotype in call.diplotypes[:3])
    more = f" or {len(call.diplotypes) - 3} others" if len(call.diplotypes) > 3 else ""
    return (call.gene, diplotypes + more, call.phenotype, call.activity_score, call.outcome.value)
