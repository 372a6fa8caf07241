"""
Calls made from `/openapi.json`, against what it promises: `by_schema SECONDS FOLDER`.

The application runs in this process. Bodies fit the document or break it on purpose; each answer has to have
a status, type, headers and form the document names, and never says that the service failed.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import schemathesis
import structlog
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cds_service.settings import Settings
from cds_service.wsgi import build_app

#: The others ask for strictness: bodies that break the document are read as far as they can be, on purpose.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_AT_ONCE = 25


def operations(app: Any) -> Iterator[Any]:
    """Every operation the document of an application names."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    for found in schema.get_all_operations():
        yield found.ok()


def try_calls(operation: Any, count: int, number: int, note: Any) -> None:
    """
    Make calls of one operation.

    Args:
        operation: Of `operations`.
        count: How many, of each kind.
        number: Other numbers make other calls.
        note: Told of each call: the call, its status and its seconds. A broken promise raises.
    """
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @seed(number)
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            derandomize=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def check(case: Any) -> None:
            began = time.process_time()
            answer = case.call_and_validate(checks=CHECKS)
            note(case, str(answer.status_code), time.process_time() - began)

        with suppress(Unsatisfiable):  # an operation without parameters has nothing that could be wrong
            check()


def main(seconds: float, folder: Path) -> None:
    """Go round all operations until the time is over; what was found is in `openapi.json` of the folder."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    app = build_app(Settings(require_jwt=False, store_url=f"sqlite:///{mkdtemp()}/store.sqlite"))
    end = time.monotonic() + seconds
    found: dict[str, Any] = {"executions": 0, "faults": {}, "statuses": {}, "slowest_ms": 0.0, "slowest": ""}

    def note(case: Any, status: str, took: float) -> None:
        found["executions"] += 1
        found["statuses"][status] = found["statuses"].get(status, 0) + 1
        if 1000 * took > found["slowest_ms"]:
            found["slowest_ms"] = round(1000 * took, 1)
            (folder / "openapi-slowest").write_text(case.as_curl_command()[:4000], encoding="utf-8")
            found["slowest"] = str(folder / "openapi-slowest")

    number = 0
    all_operations = list(operations(app))
    while time.monotonic() < end:
        for operation in all_operations:
            number += 1
            try:
                try_calls(operation, _AT_ONCE, number, note)
            except Exception as error:  # whatever it is, the promise of the document was broken
                first = (
                    f"{operation.label}: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
                )
                if first not in found["faults"]:
                    name = f"openapi-fault-{len(found['faults'])}.txt"
                    (folder / name).write_text(str(error), encoding="utf-8")
                    found["faults"][first] = name
            if time.monotonic() > end:
                break
    (folder / "openapi.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]))
