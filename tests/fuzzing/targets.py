"""
What is fuzzed: for each target, values to try, how bytes become such a value, and what must hold of each.

`check` raises where something is wrong. What the program refuses on purpose is no fault.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import orjson
import structlog
from hypothesis import strategies as st

from cds_service.calling.quiet import quiet_library
from cds_service.commands.apart import in_child
from cds_service.core.diplotype import parse_genotype
from cds_service.core.errors import InputError
from cds_service.core.genotype_values import GenotypeKind
from cds_service.core.phenotype import states_of
from cds_service.fhir.dosage_text import read_dose_text
from cds_service.hooks.definitions import SERVICES
from cds_service.hooks.feedback import read_feedback
from cds_service.hooks.request import parse_request
from cds_service.resources import fixtures_folder, knowledge_folder
from cds_service.screening.person import Judge
from cds_service.screening.shard import Setup, judge_of
from cds_service.settings import Settings
from cds_service.wsgi import build_app
from tests.calling import broken
from tests.calling.made_vcf import definitions, genes, lines, text
from tests.fuzzing.strategies import FHIR_SCALARS, JUNK, mutated, paths
from tests.requests_made import bundle, call, draft, genotype

CORPUS = Path(__file__).parent / "corpus"
TODAY = date(2026, 11, 21)
_HOOKS = sorted({service.hook for service in SERVICES.values()})
_PEOPLE_DRUGS = ("clopidogrel", "codeine", "warfarin", "simvastatin", "carbamazepine", "fluorouracil")


@dataclass(frozen=True, slots=True)
class Target:
    """
    One thing that is fuzzed.

    Args:
        values: What is tried.
        check: Raises if a value is not handled as it should be.
        raw: Bytes -> value; None where bytes alone would hardly ever make one: then `values` reads them.
        seeds: Bytes to begin with.
        here: Where a C library may end the process, `check` does its work in a child; this is the same
            without one, for a process that may be lost.
    """

    values: st.SearchStrategy[Any]
    check: Callable[[Any], None]
    raw: Callable[[bytes], Any] | None = None
    seeds: tuple[bytes, ...] = ()
    here: Callable[[Any], None] | None = None


def kept(name: str) -> tuple[bytes, ...]:
    """The corpus of a target that is kept: files as they are, and the lines of `*.txt`."""
    found: list[bytes] = []
    for path in sorted((CORPUS / name).glob("*")):
        found += path.read_bytes().splitlines() if path.suffix == ".txt" else [path.read_bytes()]
    return tuple(found)


# -- the request, and feedback ---------------------------------------------------------------------


def bodies() -> Target:
    """Bytes of a body, as the parsers of calls and feedback get them."""
    good = json.dumps(call(draft(), results=(genotype("CYP2C19", "*2/*2"),))).encode()
    return Target(st.binary(max_size=300), _check_body, bytes, (good, *kept("bodies")))


def _check_body(body: bytes) -> None:
    for hook in _HOOKS:
        _refused_or_read(partial(parse_request, body, hook))
    _refused_or_read(partial(read_feedback, "pgx-order-select", body))


def _refused_or_read(work: Callable[[], object]) -> None:
    try:
        work()
    except InputError as error:
        assert str(error) and len(str(error)) < 500, "a refusal says what is wrong, and echoes nothing"


def calls() -> Target:
    """Real calls with a few places that are wrong, through the whole service."""
    results = (genotype("CYP2C19", "*2/*2"), genotype("CYP2D6", "*1/*2x2", "g2"))
    base = call(draft(), draft("993781", "rx2", "274663001"), results=results)
    base["prefetch"] |= {"medications": bundle(draft("32937", "m1", status="active", intent="order"))}
    junk = JUNK | FHIR_SCALARS
    _check_call(base)
    return Target(mutated(base, paths(base), junk), _check_call, None)


@cache
def _client() -> Any:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    settings = Settings(require_jwt=False, store_url=f"sqlite:///{mkdtemp()}/store.sqlite")
    return build_app(settings).test_client()


def _check_call(body: Any) -> None:
    for service in SERVICES.values():
        sent = {**body, "hook": service.hook} if isinstance(body, dict) else body
        data = json.dumps(sent).encode()
        answer = _client().post(f"/cds-services/{service.id}", data=data, content_type="application/json")
        assert answer.status_code in (200, 400, 412), answer.status_code
        if answer.status_code == 200:
            for card in answer.get_json()["cards"]:
                assert 0 < len(card["summary"]) < 140


# -- records ---------------------------------------------------------------------------------------


def records() -> Target:
    """Records of the fixture patients with a few places that are wrong, judged for some drugs."""
    found = [_record(path) for path in sorted((fixtures_folder() / "patients").glob("pgx-*.json"))]
    each = [
        mutated(record, paths(record), JUNK | FHIR_SCALARS).map(partial(_named, patient))
        for patient, record in found
    ]
    _judge()
    return Target(st.one_of(each), _check_record, None)


def _record(path: Path) -> tuple[str, list[Any]]:
    resources = [entry["resource"] for entry in json.loads(path.read_bytes())["entry"]]
    return next(r["id"] for r in resources if r["resourceType"] == "Patient"), resources


def _named(patient: str, record: Any) -> tuple[str, Any]:
    return patient, record


@cache
def _judge() -> Judge:
    return judge_of(Setup(knowledge_folder(), None, TODAY, _PEOPLE_DRUGS))


def _check_record(value: tuple[str, Any]) -> None:
    patient, record = value
    # As it would arrive: what is no JSON never gets so far.
    try:
        arrived = orjson.loads(orjson.dumps(record))
    except orjson.JSONEncodeError:
        return
    resources = [item for item in arrived if isinstance(item, dict)]
    for judge in (_judge(), replace(_judge(), drugs=None)):
        person, rows = judge.judge(patient, resources)
        assert person["state"] in ("judged", "consent-denied")
        assert person["fires"] == sum(row["fires"] for row in rows)


# -- texts -----------------------------------------------------------------------------------------

_PIECES = (
    *("*1", "*2", "*4", "*2x2", "*1xN", "*36+*10", "*4.024", "*80+*28", "*57:01", "*15:02:01:01", "*999"),
    *("/", "|", " / ", "+", "~", "^", ",", ";", "(", ")", "[", "]", " or ", " and ", "x2", "x3", "xN", "="),
    *("CYP2D6", "CYP2C19", "HLA-B", "HLA-B*", "heterozygous", "homozygous", "negative", "not detected"),
    *(
        "c.1905+1G>A",
        "rs9923231",
        "C/T",
        "p.Arg144Cys",
        "g.97450058C>T",
        "m.1555A>G",
        "[=];[=]",
        "NC_000001.11:",
    ),
    *(
        "3 copies",
        "copy number",
        "normal",
        "wild type",
        "reference",
        "positive",
        "?",
        "\u2044",
        "\uff0a",
        " ",
    ),
)


def genotypes() -> Target:
    """Texts of genotypes, each read for genes of every method."""
    written = st.lists(st.sampled_from(_PIECES), max_size=9).map("".join) | st.text(max_size=60)
    _genes()
    return Target(written, _check_genotype, _as_text, kept("genotypes"))


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "ignore")


@cache
def _genes() -> tuple[Any, ...]:
    wanted = ("CYP2D6", "CYP2C19", "DPYD", "HLA-B", "VKORC1", "UGT1A1", "MT-RNR1", "G6PD")
    return tuple(_judge().knowledge.genes[name] for name in wanted)


def _check_genotype(written: str) -> None:
    for gene in _genes():
        parsed = parse_genotype(written, gene)
        if parsed.kind is GenotypeKind.DIPLOTYPES:
            assert parsed.diplotypes, "a genotype that was read is there"
            for diplotype in parsed.diplotypes:
                states_of(diplotype, gene)
                if not gene.reference.startswith("*"):
                    continue  # names of variants are written in more ways than they are read
                again = parse_genotype(str(diplotype), gene)
                assert diplotype in again.diplotypes, f"{diplotype} is not read as itself"


_DOSE_PIECES = (
    *(
        "10",
        "1-2",
        "2.5",
        "1/2",
        "one",
        "two",
        "tablet",
        "tablets",
        "mg",
        "mcg",
        "ml",
        "puffs",
        "every",
        "hours",
    ),
    *(
        "4-6",
        "daily",
        "twice",
        "three times",
        "a day",
        "weekly",
        "at bedtime",
        "take",
        "by mouth",
        "prn",
        "max",
    ),
    *(
        "for 3 days",
        "/",
        " per ",
        "x",
        ",",
        ";",
        ".",
        "then",
        "and",
        "q6h",
        "bid",
        "in the morning",
        "%",
        " ",
    ),
)


def doses() -> Target:
    """Texts of dosage instructions."""
    written = st.lists(st.sampled_from(_DOSE_PIECES), max_size=14).map(" ".join) | st.text(max_size=60)
    return Target(written, _check_dose, _as_text, kept("doses"))


def _check_dose(written: str) -> None:
    found = read_dose_text(written)
    assert found.amount is None or found.amount.value >= 0


# -- VCF -------------------------------------------------------------------------------------------


def files() -> Target:
    """Files that are to be a VCF."""
    definition = definitions()["CYP2C19"]
    good = text(lines(definition, [[broken.haplotype(definition, "*2")] * 2], phased=True), ["s"]).encode()
    numbers = st.integers(0, 1_000_000).map(lambda number: broken.mutated(number)[0])
    definitions(), genes(), _folder()
    return Target(numbers, _check_file, bytes, (good, *kept("files")), here=_check_file_here)


@cache
def _folder() -> Path:
    return Path(mkdtemp())


def _check_file(data: bytes) -> None:
    """As the command does it: a file that kills the C library is refused by the parent."""
    try:
        assert in_child(partial(_call_file, data), "file") == 0, "the caller failed, see above"
    except InputError:
        return


def _check_file_here(data: bytes) -> None:
    _call_file(data)


def _call_file(data: bytes) -> int:
    file = _folder() / "fuzzed.vcf"
    file.write_bytes(data)
    with quiet_library():
        broken.check(file, set())
    return 0


#: Targets whose process a C library may end; the program itself does such work in a child.
MAY_DIE = frozenset({"files"})

TARGETS: dict[str, Callable[[], Target]] = {
    made.__name__: made for made in (bodies, calls, records, genotypes, doses, files)
}
