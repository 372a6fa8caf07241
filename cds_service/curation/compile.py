"""Compiles the folder `knowledge/` into one frozen value with a content hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from cds_service.core.codes import TestCode
from cds_service.core.delivery import Rounding
from cds_service.core.drug_codes import DrugCodes
from cds_service.core.drug_text import text_key
from cds_service.core.errors import KnowledgeError
from cds_service.core.genes import Gene
from cds_service.core.knowledge_base import Drug, Implication, KnowledgeBase
from cds_service.core.phenoconversion import Conversion
from cds_service.curation.calculators import load_calculators
from cds_service.curation.conditions_in import named_measures
from cds_service.curation.drug_codes import load_drug_codes
from cds_service.curation.drugs import DrugReader
from cds_service.curation.files import read_json
from cds_service.curation.follow_up import load_follow_up
from cds_service.curation.genes import load_genes
from cds_service.curation.genomic_codes import load_genomic_codes
from cds_service.curation.germline import load_germline
from cds_service.curation.measures import load_measures
from cds_service.curation.persons import load_allergy_classes, load_specialists
from cds_service.curation.phenoconversion import (
    load_pairs,
    load_perpetrators,
    load_steps,
    load_substrates,
)
from cds_service.curation.tumour import load_tumour
from cds_service.curation.value_sets import load_computed, load_value_sets


def compile_knowledge(
    folder: Path, site_tests: Mapping[tuple[str, str], TestCode] | None = None
) -> KnowledgeBase:
    """
    Read and check all files once.

    Args:
        folder: A knowledge folder.
        site_tests: Local test codes of a site, `(system, code)` -> meaning.

    Raises:
        KnowledgeError: If a file is missing or malformed, or files contradict each other.
    """
    genes = load_genes(folder / "genes")
    drug_codes = load_drug_codes(folder / "rxnorm")

    def base(code: str) -> tuple[str, ...]:
        return drug_codes.ingredients.get(code, (code,))

    value_sets = load_value_sets(folder / "value_sets", base)
    computed = load_computed(folder / "value_sets", frozenset(value_sets))
    release = read_json(folder / "release.json")
    calculators = load_calculators(folder / "calculators", frozenset(genes), frozenset(value_sets))
    local_routes = frozenset(release["local_routes"])
    reader = DrugReader(frozenset(genes), value_sets, computed, local_routes, base, frozenset(calculators))
    drugs = {}
    for path in sorted((folder / "drugs").iterdir()):
        if path.is_dir():
            drug = reader.read(path)
            drugs[drug.name] = drug
    implications = _implications(read_json(folder / "implications.json"))
    _check_implications(drugs, implications)
    return KnowledgeBase(
        genes=genes,
        drugs=drugs,
        drug_by_rxcui=_by_rxcui(drugs, drug_codes),
        combinations=_combinations(drugs, drug_codes),
        value_sets=value_sets,
        implications=implications,
        codes=replace(load_genomic_codes(folder / "codes", site_tests or {}), classes=_classes(genes)),
        drug_codes=drug_codes,
        content_hash=content_hash(folder),
        released=release["released"],
        perpetrators=load_perpetrators(folder / "phenoconversion", base),
        conversion=Conversion(genes, load_steps(folder / "phenoconversion", genes)),
        substrates=load_substrates(folder / "phenoconversion", base),
        allergy_classes=load_allergy_classes(folder, frozenset(value_sets)),
        specialists=load_specialists(folder),
        follow_up=load_follow_up(folder, drugs),
        rounding=_rounding(release["dose_rounding"]),
        local_routes=local_routes,
        pairs=load_pairs(folder / "phenoconversion", drugs),
        calculators=calculators,
        measures=load_measures(folder / "codes" / "measures.tsv", _measures_used(folder, genes)),
        tumour=load_tumour(folder / "tumour", reader, drugs),
        germline=load_germline(folder / "germline", frozenset(value_sets)),
        source_labels={
            item["id"]: item["label"] for item in read_json(folder / "sources" / "sources.json")["sources"]
        },
    )


def _rounding(value: Mapping[str, Any]) -> Rounding:
    return Rounding(Decimal(value["most_lost"]), value["most_pieces"])


def with_site_tests(
    knowledge: KnowledgeBase, folder: Path, site_tests: Mapping[tuple[str, str], TestCode]
) -> KnowledgeBase:
    """The same knowledge with the local test codes of another site; the rest is shared, not read again."""
    codes = load_genomic_codes(folder / "codes", site_tests)
    return replace(knowledge, codes=replace(codes, classes=knowledge.codes.classes))


def _measures_used(folder: Path, genes: Mapping[str, Gene]) -> frozenset[str]:
    """What conditions of any file, and genes with a measured activity, ask for."""
    documents = (read_json(path) for path in sorted(folder.rglob("*.json")) if "schema" not in path.parts)
    asked = {name for document in documents for name in named_measures(document)}
    return frozenset(asked | {gene.activity.what for gene in genes.values() if gene.activity})


def _classes(genes: Mapping[str, Gene]) -> dict[str, frozenset[str]]:
    """Which phenotype terms each gene has, for readers of statements about several genes."""
    return {symbol: frozenset(gene.phenotypes) for symbol, gene in genes.items()}


def content_hash(folder: Path) -> str:
    """
    SHA-256 over the names and bytes of all files, in order; the same content gives the same hash
    anywhere.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in (".json", ".tsv"):
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(b"\0")
            digest.update(path.read_bytes())
            digest.update(b"\0")
    return digest.hexdigest()


def _bases(drug: Drug, codes: DrugCodes) -> list[tuple[str, ...]]:
    """The base ingredients of each code of a drug; a drug without a code is looked up by its name."""
    if not drug.rxcuis:
        return [(code,) for code in codes.by_name.get(text_key(drug.name), ())]
    return [codes.ingredients.get(code, (code,)) for code in drug.rxcuis]


def _by_rxcui(drugs: Mapping[str, Drug], codes: DrugCodes) -> dict[str, str]:
    found: dict[str, str] = {}
    for drug in drugs.values():
        for ingredients in _bases(drug, codes):
            if len(ingredients) != 1:
                continue
            other = found.setdefault(ingredients[0], drug.name)
            if other != drug.name:
                raise KnowledgeError(f"RxNorm code {ingredients[0]} belongs to both {other} and {drug.name}")
    return found


def _combinations(drugs: Mapping[str, Drug], codes: DrugCodes) -> dict[frozenset[str], str]:
    return {
        frozenset(ingredients): drug.name
        for drug in drugs.values()
        for ingredients in _bases(drug, codes)
        if len(ingredients) > 1
    }


def _implications(value: Mapping[str, Any]) -> dict[str, Implication]:
    harm, tolerated = value["harm"], value.get("tolerated_after_days", {})
    unknown = sorted(set(tolerated) - set(harm))
    if unknown:
        listed = ", ".join(unknown)
        raise KnowledgeError(f"implications.json: tolerated_after_days names {listed}, which harm lacks")
    return {key: Implication(key, grade, tolerated.get(key)) for key, grade in harm.items()}


def _check_implications(drugs: Mapping[str, Drug], implications: Mapping[str, Implication]) -> None:
    seen: set[str] = set()
    for drug in drugs.values():
        for source in drug.sources.values():
            for rule in source.rules:
                if rule.id in seen:
                    raise KnowledgeError(f"rule id {rule.id} stands twice")
                seen.add(rule.id)
                if rule.implication and rule.implication not in implications:
                    raise KnowledgeError(f"rule {rule.id}: implications.json has no '{rule.implication}'")
