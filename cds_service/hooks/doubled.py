"""Whether a JSON document names a field twice: programs on the way may have read the other one."""

from __future__ import annotations

import orjson

from cds_service.hooks.structure import structure_of


def has_doubled_names(structure: bytes, document: object) -> bool:
    """
    Whether an object anywhere in a document has two members of the same name.

    Parsers keep one of them without a word. So the members that were kept, which are the colons of the
    document written again, are counted against those that came.

    Args:
        structure: Of the text that came.
        document: The same, parsed; nested in less than 250 levels.

    >>> texts = (b'{"a": {"a": ":"}}', b'[{"a": 1, "a": 1}]')
    >>> [has_doubled_names(structure_of(text), orjson.loads(text)) for text in texts]
    [False, True]
    """
    return structure.count(b":") != structure_of(orjson.dumps(document)).count(b":")
