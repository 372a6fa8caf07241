"""What the report counts, and how it is written."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

from cds_service.core.audit_entry import AuditEntry, CardEntry
from cds_service.hooks.ports import Feedback
from cds_service.reports.charts import draw
from cds_service.reports.page import page, tables_as_csv
from cds_service.reports.usage import HeldBackLine, Usage, usage

SERVICE = "pgx-order-select"


def card(number: int, drug: str = "drugA", *rules: str, genes: tuple[str, ...] = ("GENE1",)) -> CardEntry:
    return CardEntry(f"card-{number}", drug, "warning", drug, genes, "avoid", rules or ("rule-a",))


def entry(number: int, *cards: CardEntry, at: str = "2026-11-16", unit: str = "Ward 3") -> AuditEntry:
    outcome = "cards" if cards else "silent"
    return AuditEntry(f"id-{number}", f"{at}T10:00:00.000Z", SERVICE, outcome, unit=unit, cards=cards)


def answer(number: int, outcome: str = "accepted", reason: str = "", at: str = "2026-11-16") -> Feedback:
    return Feedback(SERVICE, f"card-{number}", outcome, f"{at}T11:00:00Z", reason=reason)


def counted(report: Usage, kind: str) -> dict[str, tuple[int, int, int]]:
    return {line.name: (line.shown, line.accepted, line.overridden) for line in report.tables[kind]}


def test_cards_are_counted_by_rule_drug_gene_unit_and_week() -> None:
    entries = [
        entry(1, card(1), card(2, "drugB", "rule-b", "rule-c", genes=("GENE1", "GENE2"))),
        entry(2, card(3), at="2026-11-23", unit=""),
        entry(3),
    ]
    report = usage(entries, [answer(1), answer(2, "overridden", "too-late")], [])
    assert report.calls == {"cards": 2, "silent": 1}
    assert (report.total.shown, report.total.accepted, report.total.overridden) == (3, 1, 1)
    assert counted(report, "rule") == {"rule-a": (2, 1, 0), "rule-b": (1, 0, 1), "rule-c": (1, 0, 1)}
    assert counted(report, "drug") == {"drugA": (2, 1, 0), "drugB": (1, 0, 1)}
    assert counted(report, "gene") == {"GENE1": (3, 1, 1), "GENE2": (1, 0, 1)}
    assert counted(report, "unit") == {"Ward 3": (2, 1, 1), "not known": (1, 0, 0)}
    assert counted(report, "week") == {"2026-W47": (2, 1, 1), "2026-W48": (1, 0, 0)}
    assert report.tables["drug"][1].reasons == {"too-late": 1}


def test_a_repeated_call_counts_its_card_once_and_the_last_answer_counts() -> None:
    given = [answer(1, "overridden", at="2026-11-16"), answer(1, "accepted", at="2026-11-17")]
    report = usage([entry(1, card(1)), entry(2, card(1))], reversed(given), [])
    assert (report.total.shown, report.total.accepted, report.total.overridden) == (1, 1, 0)


def test_no_answer_is_neither_accepted_nor_overridden() -> None:
    (line,) = usage([entry(1, card(1))], [], []).tables["rule"]
    assert (line.rate, line.percent) == (None, "")


def of(ehr: str, tenant: str, number: int) -> AuditEntry:
    return replace(entry(number, card(number)), caller=ehr, tenant=tenant)


def test_cards_are_counted_by_ehr_and_each_answers_for_its_own_alone() -> None:
    entries = [of("https://one", "", 1), of("https://two", "north", 2), of("https://two", "south", 3)]
    given = [
        replace(answer(1), caller="https://one"),
        replace(answer(2), caller="https://two", tenant="north"),
        replace(answer(3, "overridden"), caller="https://one"),
    ]
    report = usage(entries, given, [])
    assert counted(report, "ehr") == {
        "https://one": (1, 1, 0),
        "https://two, north": (1, 1, 0),
        "https://two, south": (1, 0, 0),
    }


def test_an_answer_of_which_nobody_noted_the_ehr_counts() -> None:
    assert usage([of("https://one", "", 1)], [answer(1)], []).total.accepted == 1


def test_answers_to_cards_outside_the_report_count_for_nothing() -> None:
    assert usage([entry(1, card(1))], [answer(9)], []).total.accepted == 0


def test_notices_are_no_advice_and_are_counted_apart() -> None:
    notice = CardEntry("card-9", "drugUnknown", "info")
    report = usage([entry(1, notice)], [], [])
    assert (report.total.shown, report.notices) == (0, {"drugUnknown": 1})


def test_rules_that_are_followed_seldom_are_named_if_enough_people_answered() -> None:
    entries = [entry(n, card(n)) for n in range(10)]
    few = [entry(n, card(n, "drugB", "rule-b")) for n in range(10, 14)]
    feedback = [answer(n, "accepted" if n < 4 else "overridden") for n in range(14)]
    report = usage([*entries, *few], feedback, [])
    assert [(line.name, line.percent) for line in report.low] == [("rule-a", "40%")]
    assert usage(entries[:9], feedback, []).low == []


def test_what_happened_to_the_audit_itself_is_no_call() -> None:
    erased = AuditEntry("id-1", "2026-11-16T10:00:00.000Z", "audit", "erased", note="3 entries")
    assert usage([erased], [], []).empty


# -- how it is written --


def test_an_empty_store_gives_an_honest_page_without_figures() -> None:
    text = page(usage([], [], []))
    assert "There is no call on record for these days." in text
    assert "<img" not in text
    assert "%" not in re.sub(r"<style>.*</style>", "", text, flags=re.DOTALL)
    assert draw(usage([], [], [])) == ()


def test_calls_without_a_card_have_no_pictures_and_no_rate() -> None:
    text = page(usage([entry(1)], [], []))
    assert "1 calls: 1 silent." in text
    assert "<img" not in text


def test_pictures_have_words_beside_them_and_are_the_same_for_the_same_figures() -> None:
    report = usage([entry(1, card(1))], [answer(1)], [])
    charts = draw(report)
    assert [chart.title for chart in charts] == ["Cards by week", "Cards by rule, the 1 most frequent"]
    assert "2026-W47" in charts[0].alt
    assert "rule-a" in charts[1].alt
    assert draw(report) == charts


def test_names_that_come_from_elsewhere_stay_text() -> None:
    report = usage([entry(1, card(1), unit="<script>alert(1)</script>")], [], [])
    assert "<script>" not in page(report)
    strange = usage([entry(1, card(1), unit="=HYPERLINK(1)")], [], [])
    assert "\n'=HYPERLINK(1),1" in tables_as_csv(strange)["unit.csv"]


def test_tables_are_csv_with_the_same_figures() -> None:
    held = [HeldBackLine("silent-rule", "rule-z", 7)]
    files = tables_as_csv(usage([entry(1, card(1))], [answer(1, "overridden", "cds-not-applicable")], held))
    (line,) = csv.DictReader(io.StringIO(files["rule.csv"]))
    assert line == {
        "rule": "rule-a",
        "shown": "1",
        "accepted": "0",
        "overridden": "1",
        "answered": "1",
        "follow rate": "0.000",
        "reasons": "cds-not-applicable: 1",
    }
    assert files["held-back.csv"] == "reason,rule,cards\nsilent-rule,rule-z,7\n"
    assert set(files) == {
        *("rule.csv", "drug.csv", "gene.csv", "unit.csv", "ehr.csv", "week.csv"),
        *("calls.csv", "notices.csv", "held-back.csv"),
    }


def test_what_was_held_back_is_shown_or_is_not_for_the_reader() -> None:
    held = [HeldBackLine("silent-rule", "rule-z", 7)]
    assert "rule-z" in page(usage([entry(1)], [], held))
    assert "made and not shown" not in page(usage([entry(1)], [], None))
