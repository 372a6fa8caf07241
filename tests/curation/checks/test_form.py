"""Files can be read, are written in one way, and ids stand in order and once."""

from __future__ import annotations

from pathlib import Path

from cds_service.curation.checks import canonical_form, readable
from tests.curation.checks.small import ALTERNATIVES, RULES, change, found


def test_the_small_folder_is_readable_and_canonical(folder: Path) -> None:
    assert found(readable, folder) == []
    assert found(canonical_form, folder) == []


def test_a_file_that_is_no_json_is_said(folder: Path) -> None:
    (folder / RULES).write_text('{"drug": ', "utf8")
    unreadable, not_compiled = sorted(found(readable, folder), key=len)
    assert unreadable.startswith(f"{RULES}: not readable as JSON")
    assert not_compiled.startswith(f"the folder does not compile: {RULES}: ")


def test_a_key_that_stands_twice_is_said(folder: Path) -> None:
    (folder / "release.json").write_text('{"released": "2026-01-01", "released": "2026-01-02"}', "utf8")
    assert "release.json: the key 'released' stands twice in one object" in found(readable, folder)


def test_what_stops_the_compiler_is_said(folder: Path) -> None:
    change(folder, RULES, lambda d: d["rules"][0].update(population="nobody"))
    (fault,) = found(readable, folder)
    assert "there is no population 'nobody'" in fault
    assert str(folder) not in fault


def test_another_shape_is_a_fault_and_no_crash(folder: Path) -> None:
    change(folder, RULES, lambda d: d.update(rules=[1]))
    (fault,) = found(readable, folder)
    assert fault.startswith("the folder does not compile: ")


def test_a_file_in_another_form_is_said_with_its_line(folder: Path) -> None:
    path = folder / RULES
    path.write_text(path.read_text("utf8").replace('"cite": "R1"', '"cite":"R1"', 1), "utf8")
    (fault,) = found(canonical_form, folder)
    assert fault.startswith(f"{RULES}: line ")


def test_line_ends_of_tables_are_looked_at(folder: Path) -> None:
    table = folder / "value_sets" / "value_sets.tsv"
    for text in (table.read_text("utf8").rstrip("\n"), table.read_text("utf8") + "\n"):
        table.write_text(text, "utf8")
        assert [fault.partition(":")[0] for fault in found(canonical_form, folder)] == [
            "value_sets/value_sets.tsv"
        ]


def test_rules_out_of_order_are_said(folder: Path) -> None:
    change(folder, RULES, lambda d: d["rules"].reverse())
    faults = found(canonical_form, folder)
    assert f"{RULES}: slowol-cpic-poor: rules are sorted by id; put it before slowol-cpic-rapid" in faults
    assert len(faults) == 3


def test_an_id_that_stands_in_two_files_is_said(folder: Path) -> None:
    change(folder, ALTERNATIVES, lambda d: d["alternatives"][0].update(id="slowol-cpic-poor"))
    (fault,) = found(canonical_form, folder)
    assert fault == f"{RULES}: slowol-cpic-poor: the id stands in {ALTERNATIVES}, too; give this one another"
