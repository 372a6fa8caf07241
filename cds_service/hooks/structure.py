"""What is left of a JSON document without its texts, numbers and words: brackets and colons."""

from __future__ import annotations

_ALL_ELSE = bytes(char for char in range(256) if char not in b'[]{}":')


def structure_of(text: bytes) -> bytes:
    """
    The brackets and colons outside texts, in their order.

    By a few passes over the bytes, each in C: many times as fast as a walk through the parsed document.

    Args:
        text: Valid JSON.

    >>> structure_of(b'{"a": ["]", {"b:c": "\\\\"{"}]}')
    b'{:[{:}]}'
    """
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Every second part between quotes is a text.
    return b"".join(text.translate(None, _ALL_ELSE).split(b'"')[::2])
