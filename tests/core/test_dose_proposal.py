"""A dose for the draft: only where advice and draft are plain, and never more than the advice allows."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.core.actions import Action, DoseAdvice, DoseLimit
from cds_service.core.conditions import Facts
from cds_service.core.delivery import Delivery, Rounding, deliver
from cds_service.core.dose_proposal import propose_dose
from cds_service.core.finding import DoseProposal, Finding
from cds_service.core.match import Outcome
from cds_service.core.model import Administration, Notice, Order, Patient
from tests.builders import knowledge, order, person

HALF = DoseAdvice(Decimal("0.5"), Decimal("0.5"), applies_to="total")
AT_MOST_20 = DoseLimit(Decimal(20), "mg", "day", "maximum")
TABLET = Delivery((Decimal(50),))


def draft(amount: str, unit: str = "mg", per_day: int = 1, delivery: Delivery | None = TABLET) -> Order:
    plain = Administration(Decimal(amount), unit, per_day)
    return order("citalopram", administration=plain, delivery=delivery)


def proposed(
    advice: DoseAdvice,
    ordered: Order,
    action: Action = Action.REDUCE_DOSE,
    who: Patient | None = None,
    **more: object,
) -> DoseProposal | None:
    finding = Finding(
        ordered,
        knowledge().drugs["citalopram"],
        Outcome.GUIDANCE,
        action,
        dose=advice,
        **more,  # type: ignore[arg-type]
    )
    facts = Facts(who or person(), ordered, knowledge().value_sets, {})
    return propose_dose(finding, facts, Rounding()).proposal


def amount(found: DoseProposal | None) -> str:
    assert found is not None
    return str(found.given.amount) if found.given else "none"


def test_one_factor_scales_what_is_given_at_a_time() -> None:
    found = proposed(HALF, draft("100"))
    assert found is not None
    assert (found.share, found.exact, amount(found)) == (Decimal("0.5"), Decimal(50), "50")
    assert found.given is not None
    assert (found.given.count, found.given.piece) == (1, 50)


@pytest.mark.parametrize(
    "advice",
    [
        DoseAdvice(Decimal("0.3"), Decimal("0.8"), applies_to="total"),
        DoseAdvice(Decimal("0.5"), Decimal("0.5"), applies_to="total", basis="steady-state dose"),
        DoseAdvice(Decimal("0.1"), Decimal("0.1"), applies_to="total", days_a_week=3),
        DoseAdvice(Decimal("0.5"), Decimal("0.5"), applies_to="maximum"),
        DoseAdvice(limit=DoseLimit(Decimal(20), "mg", "day", "maximum", below=True)),
        DoseAdvice(limit=DoseLimit(Decimal(80), "mg", "day", "target")),
        DoseAdvice(limit=DoseLimit(Decimal(441), "mg", "dose", "maximum")),
    ],
    ids=["range", "of another dose", "some days", "of the maximum", "below", "target", "each dose"],
)
def test_an_advice_that_is_not_plain_proposes_nothing(advice: DoseAdvice) -> None:
    assert proposed(advice, draft("100")) is None


def test_an_order_that_is_not_plain_gets_no_proposal() -> None:
    assert proposed(HALF, order("citalopram", mg="100")) is None


@pytest.mark.parametrize(
    ("applies_to", "taken", "counts"),
    [("start", None, True), ("start", 30, False), ("initial-then-titrate", None, True),
     ("maintenance", None, False), ("maintenance", 30, True), ("total", None, True), ("total", 30, True)],
)  # fmt: skip
def test_a_factor_counts_for_the_part_of_the_therapy_it_is_about(
    applies_to: str, taken: int | None, counts: bool
) -> None:
    advice = DoseAdvice(Decimal("0.5"), Decimal("0.5"), applies_to=applies_to)
    ordered = order(
        "citalopram",
        administration=Administration(Decimal(100), "mg", 1),
        delivery=TABLET,
        taken_days=taken,
    )
    assert (proposed(advice, ordered) is not None) is counts


def test_a_limit_a_day_is_shared_among_the_administrations() -> None:
    found = proposed(
        DoseAdvice(limit=AT_MOST_20),
        draft("20", per_day=2, delivery=Delivery((Decimal(10),))),
        Action.CAP_DOSE,
    )
    assert amount(found) == "10"
    assert found is not None
    assert found.share is None


def test_the_lower_of_factor_and_limit_counts() -> None:
    both = DoseAdvice(Decimal("0.5"), Decimal("0.5"), AT_MOST_20, "total")
    assert amount(proposed(both, draft("100", delivery=Delivery((Decimal(20),))))) == "20"
    assert amount(proposed(both, draft("20", delivery=Delivery((Decimal(10),))))) == "10"


@pytest.mark.parametrize(
    ("pieces", "parts", "given"),
    [
        ("50", 1, "50"),
        ("100", 1, "none"),
        ("100", 2, "50"),
        ("20", 1, "none"),
        ("24", 1, "48"),
        ("60", 1, "none"),
    ],
)
def test_the_dose_is_rounded_down_to_what_the_product_can_deliver(
    pieces: str, parts: int, given: str
) -> None:
    found = proposed(HALF, draft("100", delivery=Delivery((Decimal(pieces),), parts)))
    assert amount(found) == given
    assert found is not None
    assert found.refused is (given == "none")


def test_without_a_known_product_the_dose_is_told_and_not_offered() -> None:
    found = proposed(HALF, draft("100", delivery=None))
    assert found is not None
    assert (found.exact, found.given, found.refused) == (50, None, False)


def test_a_limit_for_each_kilogram_needs_the_weight() -> None:
    advice = DoseAdvice(limit=DoseLimit(Decimal("0.5"), "mg/kg", "day", "start"), applies_to="start")
    capsules = draft("40", delivery=Delivery((Decimal(5),)))
    child = person(10, weight_kg=Decimal(30))
    assert amount(proposed(advice, capsules, Action.CAP_DOSE, child)) == "15"
    assert proposed(advice, capsules, Action.CAP_DOSE, person(10)) is None


def test_a_dose_for_the_body_surface_is_counted_in_pieces_for_this_person() -> None:
    ordered = draft("1250", "mg/m2", 2, Delivery((Decimal(150),)))
    adult = person(weight_kg=Decimal(70), height_cm=Decimal(175))
    found = proposed(HALF, ordered, who=adult)
    assert amount(found) == "1050"
    assert found is not None
    assert (found.exact, round(found.exact_mg or 0)) == (Decimal(625), 1153)
    told = proposed(HALF, ordered)
    assert told is not None
    assert (told.given, told.refused) == (None, False)


def test_what_is_measured_keeps_its_unit() -> None:
    found = proposed(HALF, draft("400", "mg/m2", delivery=Delivery()))
    assert amount(found) == "200"


@pytest.mark.parametrize(("limit", "given"), [(None, None), (500, "550"), (900, "800")])
def test_an_increase_needs_a_limit_of_its_source_and_stays_below_it(
    limit: int | None, given: str | None
) -> None:
    ceiling = DoseLimit(Decimal(limit), "mg", "day", "target") if limit else None
    advice = DoseAdvice(Decimal(2), Decimal(2), ceiling, "total")
    found = proposed(advice, draft("400", delivery=Delivery((Decimal(50),))), Action.INCREASE_DOSE)
    if given is None:
        assert found is None
    else:
        assert Decimal(amount(found)) <= Decimal(limit or 0)


def test_what_was_tolerated_for_long_is_left_alone() -> None:
    assert proposed(HALF, draft("100"), notices=(Notice.of("taken-for-long"),)) is None


@settings(max_examples=200, deadline=None)
@given(
    st.decimals("0.1", "3000", places=2),
    st.lists(st.decimals("0.1", "500", places=2), max_size=4, unique=True),
    st.sampled_from([1, 2, 4]),
    st.booleans(),
)
def test_rounding_never_raises_a_dose(
    wanted: Decimal, pieces: list[Decimal], parts: int, chosen: bool
) -> None:
    found = deliver(wanted, Delivery(tuple(pieces), parts, chosen), Rounding())
    if found is not None:
        assert 0 < found.amount <= wanted
        assert found.amount >= wanted * Decimal("0.9")
        if found.count is not None and found.piece is not None:
            assert found.amount == found.count * found.piece


def test_no_answer_of_any_rule_leads_to_more_than_it_allows() -> None:
    seen = 0
    sizes = person(weight_kg=Decimal(70), height_cm=Decimal(175))
    answers = {
        (branch.action, branch.dose)
        for drug in knowledge().drugs.values()
        for source in drug.sources.values()
        for rule in source.rules
        for branch in rule.branches
        if branch.dose is not None
    }
    for action, dose in answers:
        for text in ("0.5", "10", "84", "600"):
            found = proposed(
                dose, draft(text, per_day=2, delivery=Delivery((Decimal("2.5"),))), action, sizes
            )
            if found is None or found.given is None:
                continue
            seen += 1
            given, limit = found.given.amount, dose.limit
            assert given < Decimal(text) or action is Action.INCREASE_DOSE
            if dose.low is not None and (found.share is not None or action is Action.INCREASE_DOSE):
                assert given <= Decimal(text) * dose.low
            if limit is not None and limit.unit == "mg" and limit.period == "day" and limit.kind != "target":
                assert given * 2 <= limit.value
    assert seen > 50
