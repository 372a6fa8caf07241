"""What changed in one drug: codes, rules, replacements, tests before the first dose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cds_service.core.knowledge_base import Alternative, Drug, Exclusion, PreTest
from cds_service.curation.change import DRUG, Change, Lead, rest
from cds_service.curation.describe import condition_words, plain
from cds_service.curation.diff_rules import compare_sources

_DRUG = frozenset({"name", "rxcuis", "atc", "sources", "alternatives", "pretests", "local_routes"})
_ALTERNATIVE = frozenset(
    {
        "id",
        "name",
        "rxcuis",
        "ingredients",
        "genes",
        "indication",
        "contraindications",
        "cautions",
        "interactions",
        "rank",
        "atc",
    }
)
_PRETEST = frozenset({"id", "genes", "required", "authority", "when", "show_if_unknown", "test", "cite"})


def compare_drugs(
    old: Mapping[str, Drug], new: Mapping[str, Drug], labels: Mapping[str, str]
) -> Iterator[Change]:
    """
    All changes of all drugs, by name.

    Args:
        old, new: Drugs by name.
        labels: Source id -> label.
    """
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        lead = Lead(DRUG, name, name)
        if before and after:
            yield from _drug(lead, before, after, labels)
        elif after:
            yield lead.say("drug", "", name, f"new drug; {_counts(after)}")
            yield from _drug(lead, _empty(after), after, labels)
        elif before:
            yield lead.say("drug", name, "", f"drug withdrawn; {_counts(before)}")
            yield from _drug(lead, before, _empty(before), labels)


def _counts(drug: Drug) -> str:
    rules = sum(len(source.rules) for source in drug.sources.values())
    return f"rules: {rules}, replacements: {len(drug.alternatives)}, tests: {len(drug.pretests)}"


def _empty(drug: Drug) -> Drug:
    return replace(drug, sources={}, alternatives=(), pretests=())


def _drug(lead: Lead, old: Drug, new: Drug, labels: Mapping[str, str]) -> Iterator[Change]:
    yield from lead.members("RxNorm code", old.rxcuis, new.rxcuis)
    yield from lead.members("ATC code", old.atc, new.atc)
    yield from lead.value("use on skin, eye or mucosa", _local(old), _local(new))
    yield from rest(lead, old, new, _DRUG)
    yield from compare_sources(new.name, old.sources, new.sources, labels)
    yield from _alternatives(lead, old.alternatives, new.alternatives)
    yield from _pretests(lead, old.pretests, new.pretests)


def _local(drug: Drug) -> str:
    return "no card" if drug.local_routes else "as by mouth"


# -- replacements ----------------------------------------------------------------------------------


def _alternatives(lead: Lead, old: Iterable[Alternative], new: Iterable[Alternative]) -> Iterator[Change]:
    before, after = {item.id: item for item in old}, {item.id: item for item in new}
    for ident in sorted(before.keys() | after.keys()):
        then, now = before.get(ident), after.get(ident)
        shown = now or then
        assert shown is not None
        use = condition_words(shown.indication) if shown.indication else "for any use"
        mine = replace(lead, words=f"{lead.words}, replacement {shown.name}, {use}", item=ident)
        if then and now:
            yield from _alternative(mine, then, now)
        elif now:
            yield mine.say("replacement", "", now.name, "added" + _against(now))
        elif then:
            yield mine.say("replacement", then.name, "", "withdrawn")


def _against(item: Alternative) -> str:
    names = [_exclusion(reason) for reason in (*item.contraindications, *item.interactions)]
    return f"; not offered if: {', '.join(names)}" if names else ""


def _alternative(lead: Lead, old: Alternative, new: Alternative) -> Iterator[Change]:
    yield from lead.value("name", old.name, new.name)
    yield from lead.members("RxNorm code", old.rxcuis, new.rxcuis)
    if old.rxcuis == new.rxcuis:
        yield from lead.members("base ingredient", old.ingredients, new.ingredients)
    yield from lead.value("ATC code", old.atc, new.atc)
    yield from lead.members("rules on gene", old.genes, new.genes)
    yield from lead.value(
        "use", *(condition_words(i.indication) if i.indication else "any" for i in (old, new))
    )
    yield from _exclusions(lead, "exclusion", old.contraindications, new.contraindications)
    yield from _exclusions(lead, "caution", old.cautions, new.cautions)
    yield from _exclusions(lead, "interaction", old.interactions, new.interactions)
    yield from lead.value("rank", str(old.rank), str(new.rank))
    yield from rest(lead, old, new, _ALTERNATIVE)


def _exclusions(
    lead: Lead, fact: str, old: Iterable[Exclusion], new: Iterable[Exclusion]
) -> Iterator[Change]:
    yield from lead.members(fact, map(_exclusion, old), map(_exclusion, new))
    then = {_exclusion(item): condition_words(item.when) for item in old}
    for item in new:
        name = _exclusion(item)
        if name in then:
            yield from lead.value(f"meaning of the {fact} {name}", then[name], condition_words(item.when))


def _exclusion(item: Exclusion) -> str:
    return plain(item.name) + (f" ({item.note})" if item.note else "")


# -- tests -----------------------------------------------------------------------------------------


def _pretests(lead: Lead, old: Iterable[PreTest], new: Iterable[PreTest]) -> Iterator[Change]:
    before, after = {item.id: item for item in old}, {item.id: item for item in new}
    for ident in sorted(before.keys() | after.keys()):
        then, now = before.get(ident), after.get(ident)
        shown = now or then
        assert shown is not None
        words = f"{lead.words}, test of {' or '.join(shown.genes)} before the first dose, {shown.authority}"
        mine = replace(lead, words=words, item=ident)
        if then and now:
            yield from _pretest(mine, then, now)
        elif now:
            yield mine.say("test", "", _weight(now), f"added, {_weight(now)} for {_people(now)}")
        elif then:
            yield mine.say("test", _weight(then), "", "withdrawn")


def _pretest(lead: Lead, old: PreTest, new: PreTest) -> Iterator[Change]:
    yield from lead.value("weight", _weight(old), _weight(new))
    yield from lead.members("gene", old.genes, new.genes)
    yield from lead.value("authority", old.authority, new.authority)
    yield from lead.value("people", _people(old), _people(new))
    yield from lead.value("where the record does not tell", _unknown(old), _unknown(new))
    yield from lead.value("test to order", *(" ".join(item.test or ()) for item in (old, new)))
    yield from lead.value("place in the source", old.cite, new.cite)
    yield from rest(lead, old, new, _PRETEST)


def _weight(test: PreTest) -> str:
    return "required" if test.required else "recommended"


def _people(test: PreTest) -> str:
    return condition_words(test.when) if test.when else "everyone"


def _unknown(test: PreTest) -> str:
    return "may be asked for" if test.show_if_unknown else "not asked for"
