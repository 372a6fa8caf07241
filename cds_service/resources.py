"""Where the data folders stand: inside an installed wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

from cds_service.core.errors import PgxCdsError

_PACKAGE = Path(__file__).resolve().parent


def knowledge_folder() -> Path:
    """
    The shipped knowledge folder (`genes/`, `drugs/`, `sources/` and the rest).

    Returns:
        An absolute path to an existing folder.

    Raises:
        PgxCdsError: The package was installed without its data.
    """
    return _data_folder("_knowledge", "knowledge")


def fixtures_folder() -> Path:
    """
    The shipped synthetic patients and example hook calls (`patients/`, `hooks/`, `vcf/`).

    Returns:
        An absolute path to an existing folder.

    Raises:
        PgxCdsError: The package was installed without its data.
    """
    return _data_folder("_fixtures", "fhir_fixtures")


def _data_folder(packaged: str, beside: str) -> Path:
    # Plain paths and not importlib.resources: an editable install does not find the data packages by name.
    for folder in (_PACKAGE / packaged, _PACKAGE.parent / beside):
        if folder.is_dir():
            return folder
    raise PgxCdsError(
        f"The folder {packaged} is missing from {_PACKAGE}: install the wheel again, "
        f"or run from a checkout that has {beside}/ beside the package."
    )
