"""The pages for people, taken apart: code blocks, links, lines of prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "docs/registration.md",
    "docs/operations.md",
    "docs/deploy.md",
    "docs/site-profile.md",
    "docs/knowledge-format.md",
    "docs/vcf.md",
    "docs/screening.md",
    "knowledge/README.md",
    "knowledge/CHANGES.md",
)
_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)|^\[[^\]]+\]: (\S+)", re.MULTILINE)
_CUT = "..."


def text_of(page: str) -> str:
    """A page as it stands."""
    return (ROOT / page).read_text(encoding="utf8")


def blocks(page: str) -> list[str]:
    """The contents of all fenced code blocks."""
    return re.findall(r"^```[a-z]*\n(.*?)^```$", text_of(page), re.MULTILINE | re.DOTALL)


def block_with(page: str, beginning: str) -> str:
    """The one code block that begins so."""
    (found,) = [block for block in blocks(page) if block.startswith(beginning)]
    return found


def printed_by(page: str, command: str) -> str:
    """What a page shows as the output of a command."""
    return block_with(page, f"$ {command}\n").partition("\n")[2]


def prose(page: str) -> Iterator[tuple[int, str]]:
    """Lines outside code blocks, tables and indented examples, with their numbers."""
    fenced = False
    for number, line in enumerate(text_of(page).splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith(("|", "    ")):
            yield number, line


def links(page: str) -> list[Path]:
    """The files of the repository that a page links to."""
    targets = [one or other for one, other in _LINK.findall(text_of(page))]
    return [(ROOT / page).parent / target for target in targets if "://" not in target]


def is_shortened(short: str, whole: str) -> bool:
    """
    Whether a text is the whole one with lines left out, each gap marked by a line of dots.

    >>> is_shortened("a\\n  ...\\nd", "a\\nb\\nc\\nd"), is_shortened("a\\nd", "a\\nb\\nd")
    (True, False)
    """
    pattern = ""
    for line in short.splitlines():
        pattern += r"(?:.*\n)+?" if line.strip() == _CUT else re.escape(line) + r"\n"
    return re.fullmatch(pattern, whole.rstrip("\n") + "\n") is not None
