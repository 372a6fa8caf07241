"""Numbers as they stand in knowledge files."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from cds_service.core.errors import KnowledgeError


def decimal(text: Any, where: str) -> Decimal:
    """A clinical number, which is written as a string so that no digit is lost."""
    if not isinstance(text, str):
        raise KnowledgeError(f'{where}: numbers are written as strings, such as "0.75"')
    try:
        return Decimal(text)
    except InvalidOperation:
        raise KnowledgeError(f"{where}: '{text}' is not a number") from None
