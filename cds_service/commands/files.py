"""Reading a JSON file that a user named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from cds_service.core.errors import InputError


def read_json_file(path: Path) -> Any:
    """
    The JSON value of a file.

    Raises:
        InputError: If it cannot be read or is not JSON.
    """
    try:
        return orjson.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise InputError(f"{path}: not JSON ({error})") from None
