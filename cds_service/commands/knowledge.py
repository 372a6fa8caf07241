"""`pgx-cds knowledge`: the curation tools."""

from __future__ import annotations

from typing import Any

from cds_service.commands import (
    knowledge_check,
    knowledge_compare,
    knowledge_frequency,
    knowledge_import,
    knowledge_look,
    knowledge_sign,
)


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("knowledge", help="the curation tools")
    tools = parser.add_subparsers(dest="tool", required=True, metavar="TOOL")
    for module in (
        knowledge_check,
        knowledge_look,
        knowledge_compare,
        knowledge_sign,
        knowledge_import,
        knowledge_frequency,
    ):
        module.add_to(tools)
