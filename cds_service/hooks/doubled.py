"""Whether a JSON document names a field twice: programs on the way may have read the other one."""

from __future__ import annotations

_CONTAINERS = frozenset({dict, list})
_ALL_ELSE = bytes(char for char in range(256) if char not in b'":')


def has_doubled_names(text: bytes, document: object) -> bool:
    """
    Whether an object anywhere in a document has two members of the same name.

    Parsers keep one of them without a word. So the members that were kept are counted against the colons
    outside texts, which are as many as there were members.

    Args:
        text: Valid JSON.
        document: The same, parsed.

    >>> import json
    >>> [has_doubled_names(text, json.loads(text)) for text in (b'{"a": {"a": ":"}}', b'[{"a": 1, "a": 1}]')]
    [False, True]
    """
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    quotes_and_colons = text.translate(None, _ALL_ELSE)
    outside = b"".join(quotes_and_colons.split(b'"')[::2])
    return outside.count(b":") != _members(document)


def _members(document: object) -> int:
    """How many members all objects of a document have together."""
    found = 0
    waiting = [document]
    while waiting:
        container = waiting.pop()
        if type(container) is dict:
            found += len(container)
            waiting += [item for item in container.values() if type(item) in _CONTAINERS]
        elif type(container) is list:
            waiting += [item for item in container if type(item) in _CONTAINERS]
    return found
