"""A table of look-ups beside the rules. It is hand-made: A4 and A5 differ from the rules on purpose."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from cds_service.cli import main
from cds_service.core.actions import Action, DoseAdvice, DoseLimit
from cds_service.core.conditions import Range, SingleDose
from cds_service.core.errors import KnowledgeError
from cds_service.core.knowledge_base import Branch, KnowledgeBase, LaterStep, ResultKey, Rule
from cds_service.curation.compare_answers import differences
from cds_service.curation.compare_differences import read_explanations
from cds_service.curation.compare_rules import Place, read_populations, rule_for
from cds_service.curation.compare_table import LookUp, TheirAnswer, label_of, read_lookups
from cds_service.curation.compare_words import action_meant, limits_meant
from cds_service.curation.compile import compile_knowledge
from cds_service.resources import knowledge_folder

HERE = Path(__file__).parent
TABLE, BRANCHES = HERE / "lookups.tsv", HERE / "lookup_branches.tsv"

HALF = DoseAdvice(Decimal("0.5"), Decimal("0.5"), applies_to="start")


def lookup(*answers: TheirAnswer, strength: str = "Strong") -> LookUp:
    return LookUp("R1", "cpic", "somedrug", "", "CYP2D6=0.5", {"CYP2D6": "0.5"}, strength, answers)


def their(words: str, condition: str = "", *, later: bool = False, **dose: str) -> TheirAnswer:
    low = Decimal(dose["factor"]) if "factor" in dose else None
    return TheirAnswer(
        frozenset(words.split()), condition, later, low, low, dose.get("which", ""), dose.get("limit", "")
    )


def rule(*branches: Branch, strength: str = "Strong") -> Rule:
    return Rule("r", ({"CYP2D6": ResultKey(scores=(Range(up_to=Decimal(1)),))},), branches, strength=strength)


def found(theirs: LookUp, ours: Rule, place: Place | None = None) -> list[tuple[str, str, str]]:
    return [(item.field, item.theirs, item.ours) for item in differences(theirs, ours, place or Place())]


# -- one look-up, one rule -------------------------------------------------------------------------


def test_equal_answers_give_no_difference() -> None:
    theirs = lookup(their("reduce_dose monitor", factor="0.5", which="start"))
    assert found(theirs, rule(Branch(Action.REDUCE_DOSE, dose=HALF))) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (their("avoid"), ("action", "avoid", "reduce dose")),
        (their("reduce_dose", factor="0.25"), ("factor", "0.25", "0.5")),
        (their("reduce_dose", factor="0.5", which="maintenance"), ("which dose", "maintenance", "start")),
        (their("reduce_dose", factor="0.5", limit="max 20 mg/day"), ("limit", "maximum 20 mg a day", "none")),
        (their("reduce_dose", factor="0.5", limit="max 50% of it"), ("limit", "max 50% of it", "none")),
    ],
    ids=["action", "factor", "which dose", "limit", "limit nobody can read"],
)
def test_each_field_is_compared(answer: TheirAnswer, expected: tuple[str, str, str]) -> None:
    assert expected in found(lookup(answer), rule(Branch(Action.REDUCE_DOSE, dose=HALF)))


def test_a_limit_below_a_value_is_not_a_limit_at_it() -> None:
    ours = DoseAdvice(limit=DoseLimit(Decimal(20), "mg", "day", "maximum"), applies_to="maximum")
    theirs = lookup(their("dose_limit", limit="max <20 mg/day"))
    assert found(theirs, rule(Branch(Action.CAP_DOSE, dose=ours))) == [
        ("limit", "maximum below 20 mg a day", "maximum 20 mg a day")
    ]


def test_the_strength_is_compared_and_no_recommendation_is_none() -> None:
    silent = rule(Branch(Action.NO_RECOMMENDATION), strength="No recommendation")
    assert found(lookup(their("no_recommendation"), strength=""), silent) == []
    assert found(lookup(their("no_recommendation"), strength="Optional"), silent) == [
        ("strength", "Optional", "none")
    ]


def test_a_condition_meets_the_branch_with_its_label() -> None:
    ours = rule(Branch(Action.STANDARD), Branch(Action.AVOID, SingleDose(), label="single-dose"))
    assert found(lookup(their("standard"), their("avoid", "single-dose")), ours) == []


def test_a_condition_without_a_branch_gets_what_holds_in_all_other_cases() -> None:
    theirs = lookup(their("standard"), their("avoid", "single-dose"))
    assert found(theirs, rule(Branch(Action.STANDARD))) == [("action @ single-dose", "avoid", "standard")]


def test_a_condition_only_the_rule_has_is_a_difference() -> None:
    ours = rule(Branch(Action.STANDARD), Branch(Action.AVOID, SingleDose(), label="single-dose"))
    assert found(lookup(their("standard")), ours) == [("action @ single-dose", "none", "avoid")]


def test_a_later_step_that_is_missing_is_a_difference() -> None:
    theirs = lookup(their("standard"), their("avoid", "no-response", later=True))
    assert found(theirs, rule(Branch(Action.STANDARD))) == [("action @ later no-response", "avoid", "none")]


def test_another_drug_or_less_of_it_is_one_answer_of_a_rule() -> None:
    theirs = lookup(their("alternative"), their("reduce_dose", "drug-still-needed", later=True, factor="0.5"))
    assert found(theirs, rule(Branch(Action.REDUCE_OR_SWITCH, dose=HALF))) == []


def test_a_population_may_be_a_later_step_of_the_rules() -> None:
    ours = rule(Branch(Action.AVOID, later=(LaterStep("no-alternative", Action.MONITOR),)))
    place = Place("", "no-alternative")
    assert found(lookup(their("caution")), ours, place) == []
    assert found(lookup(their("avoid")), ours, place) == [("action", "avoid", "monitor")]


def test_a_rule_without_the_later_step_answers_for_the_population_as_for_everyone() -> None:
    ours = rule(Branch(Action.AVOID))
    assert found(lookup(their("avoid", "drug-naive")), ours, Place("", "no-alternative")) == []


def test_a_step_of_its_own_beats_the_step_that_stands_for_the_population() -> None:
    later = LaterStep("no-alternative", Action.MONITOR), LaterStep("side-effects-occur", Action.AVOID)
    theirs = lookup(their("caution", "drug-naive"), their("avoid", "side-effects-occur", later=True))
    assert found(theirs, rule(Branch(Action.AVOID, later=later)), Place("", "no-alternative")) == []
    milder = lookup(their("monitor", "side-effects-occur", later=True))
    assert found(milder, rule(Branch(Action.AVOID, later=later)), Place("", "no-alternative")) == [
        ("action @ later side-effects-occur", "monitor", "avoid")
    ]


# -- words -----------------------------------------------------------------------------------------


def test_of_several_words_the_one_that_changes_most_is_meant() -> None:
    assert action_meant(frozenset({"monitor", "avoid", "alternative"})) is Action.AVOID
    assert action_meant(frozenset({"standard", "caution"})) is Action.MONITOR
    assert action_meant(frozenset({"other"})) is None


def test_two_limits_in_one_text_are_two() -> None:
    assert limits_meant("start 5 mg/day; max 10 mg/day") == (
        DoseLimit(Decimal(5), "mg", "day", "start"),
        DoseLimit(Decimal(10), "mg", "day", "maximum"),
    )


def test_a_condition_is_spelled_like_a_label() -> None:
    assert label_of("age_below_65;tablets") == "age-below-65-tablets"


# -- files -----------------------------------------------------------------------------------------


def test_old_rows_are_no_look_ups() -> None:
    assert [item.record for item in read_lookups(TABLE, BRANCHES)].count("A6") == 0


def test_a_table_without_a_column_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    table.write_text("rec_id\tsource\nA1\tCPIC\n", "utf8")
    with pytest.raises(KnowledgeError, match="column drug"):
        list(read_lookups(table))


def test_an_explanation_needs_a_reason(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="without a reason"):
        read_explanations(explanations(tmp_path, "cpic\t*\t*\t*\t*\t*\t*\t "))


def test_every_population_of_the_list_is_one_of_the_rules() -> None:
    listed = read_populations(knowledge_folder() / "lookup_populations.tsv").values()
    sources = [source for drug in shipped().drugs.values() for source in drug.sources.values()]
    known = {"", *(population.id for source in sources for population in source.populations)}
    assert [places for places in listed if not known & {place.population for place in places}] == []


def test_the_shipped_explanations_can_be_read() -> None:
    assert all(len(row.reason) > 20 for row in read_explanations(knowledge_folder() / "differences.tsv"))


# -- the command -----------------------------------------------------------------------------------


@cache
def shipped() -> KnowledgeBase:
    return compile_knowledge(knowledge_folder())


def explanations(folder: Path, *rows: str) -> Path:
    path = folder / "differences.tsv"
    head = "source\tdrug\tpopulation\tlookup\tfield\ttheirs\tours\treason"
    path.write_text("\n".join((head, *rows)) + "\n", "utf8")
    return path


def run(differing: Path, *options: str) -> int:
    return main(["knowledge", "compare", str(TABLE), "--differences", str(differing), *options])


A4_STEP = "cpic\tcapecitabine\t*\tDPYD=1.5\taction @ *\tnone\t*\tthe table is shortened"
A4_FACTOR = "cpic\tcapecitabine\t*\tDPYD=*\tfactor\t0.25\t0.5\tthe table is wrong on purpose"
A5_LIMIT = "cpic\t*\tgeneral\t*\tlimit\tmaximum 40 *\tmaximum 20 *\tthe table is wrong on purpose"


def test_what_nobody_explained_is_told_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(explanations(tmp_path, A4_STEP, A5_LIMIT), "--branches", str(BRANCHES)) == 1
    lines = capsys.readouterr().out.splitlines()
    line = "CPIC capecitabine, DPYD 1.5: factor 0.25 in the table, 0.5 here (A4, capecitabine-cpic-dpyd-1-5)"
    assert line in lines
    assert "6 look-ups compared: 4 equal" in lines
    assert "  1 differ and are explained" in lines
    assert "  1 differ without an explanation" in lines
    assert "2 look-ups not covered" in lines


def test_nothing_left_to_explain_is_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = explanations(tmp_path, A4_STEP, A4_FACTOR, A5_LIMIT)
    assert run(file, "--branches", str(BRANCHES), "--reasons") == 0
    assert "    2 the table is wrong on purpose" in capsys.readouterr().out.splitlines()


def test_an_explanation_of_nothing_is_told_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needless = "cpic\tabacavir\t*\t*\taction\tavoid\tstandard\tthere was a time"
    elsewhere = "cpic\tsiponimod\t*\t*\taction\tavoid\tstandard\tthe table has no such drug"
    rows = (A4_STEP, A4_FACTOR, A5_LIMIT, needless, elsewhere)
    assert run(explanations(tmp_path, *rows), "--branches", str(BRANCHES)) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if "fits no difference" in line]
    row = needless.rpartition("\t")[0].replace("\t", " | ")
    assert told == [f"line 5 of the explanations fits no difference any more: {row}"]


def test_a_look_up_without_a_rule_may_be_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gap = "cpic\tnosuchdrug\t*\t*\tlook-up\tstated\tnot covered\tthe drug is invented"
    assert run(explanations(tmp_path, A4_STEP, A4_FACTOR, A5_LIMIT, gap), "--branches", str(BRANCHES)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "nosuchdrug" in line] == []
    assert lines[-2:] == ["2 look-ups not covered", "  1 of them are explained"]


def test_an_explained_gap_that_has_a_rule_by_now_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gap = "cpic\tabacavir\tgeneral\t*\tlook-up\tstated\tnot covered\tthere was a time"
    assert run(explanations(tmp_path, A4_STEP, A4_FACTOR, A5_LIMIT, gap), "--branches", str(BRANCHES)) == 1
    assert "line 5 of the explanations fits no difference any more" in capsys.readouterr().out


def test_each_allele_finds_its_own_rules_of_one_guideline_body() -> None:
    for allele in ("*15:02", "*15:11"):
        text = f"{allele} positive"
        theirs = LookUp("R1", "dpwg", "carbamazepine", "", f"HLA-B={text}", {"HLA-B": text}, "", ())
        found_rule, _ = rule_for(theirs, shipped(), {"": (Place(),)})
        assert found_rule.id == f"carbamazepine-dpwg-hla-b-{allele[1:].replace(':', '-')}-positive"


def test_statements_with_conditions_need_the_file_of_branches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(explanations(tmp_path))
    assert "give the file of branches (A3)" in capsys.readouterr().out
