"""What changed in the rules on tumours: uses, rules, tests, replacements, each as a whole sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cds_service.core.tumour_rules import TumourKnowledge
from cds_service.curation.change import DRUG, Change, Lead
from cds_service.curation.describe_tumour import tumour_facts
from cds_service.curation.files import read_json

#: Where the files stand.
TUMOURS = "tumour/drugs/"


def compare_tumours(old: TumourKnowledge | None, new: TumourKnowledge | None) -> Iterator[Change]:
    """All changes of all drugs, by name. Markers are compared as their file stands."""
    before, after = old.drugs if old else {}, new.drugs if new else {}
    for name in sorted({*before, *after}):
        then, now = tumour_facts(before.get(name)), tumour_facts(after.get(name))
        lead = Lead(DRUG, name, f"{name}, tumour")
        for place in sorted({*then, *now}):
            yield from lead.value(place, then.get(place, ""), now.get(place, ""))


def tumour_of(name: str, *folders: Path) -> str:
    """The drug a file is about, in the first folder that has it."""
    path = next(folder / name for folder in folders if (folder / name).exists())
    return str(read_json(path)["drug"])
