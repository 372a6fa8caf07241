"""The published package of the Genomics Reporting guide, fetched once and kept in pytest's cache."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tarfile
import tempfile
import urllib.request
from pathlib import Path

import pytest

from tests.fhir.writing.ig_checker import Guide

_NAME, _VERSION = "hl7.fhir.uv.genomics-reporting", "3.0.0"
_SHA512 = "XNjaWxZ7ZJ3pb7FuMxNqgGjPtssigYADLNEOcAYRV2niLABCMapDdIjPy+exTfCCZGd6SOuvezNizbCtAze3IA=="
_REGISTRY = "https://registry.npmjs.org"
_SECONDS = 30


@pytest.fixture(scope="session")
def guide_folder(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the snapshots; tests that need it are skipped where the registry is out of reach."""
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)  # a run may do without
    place = tmp_path_factory.mktemp("guide") if cache is None else cache.mkdir(f"{_NAME}-{_VERSION}")
    folder = place / "package"
    if not folder.is_dir():
        try:
            archive = _download()
        except OSError as fault:
            pytest.skip(f"npm package {_NAME} {_VERSION} is out of reach ({fault}): profiles are not checked")
        _unpack(archive, folder)
    return folder


@pytest.fixture(scope="session")
def guide(guide_folder: Path) -> Guide:
    return Guide(guide_folder)


def _download() -> bytes:
    registry = os.environ.get("NPM_CONFIG_REGISTRY", _REGISTRY).rstrip("/")
    with urllib.request.urlopen(f"{registry}/{_NAME}/-/{_NAME}-{_VERSION}.tgz", timeout=_SECONDS) as answer:
        archive: bytes = answer.read()
    assert base64.b64encode(hashlib.sha512(archive).digest()).decode() == _SHA512, "another package came"
    return archive


def _unpack(archive: bytes, folder: Path) -> None:
    """Into a folder beside it first, so that a broken run leaves nothing half done."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        with tarfile.open(fileobj=io.BytesIO(archive)) as members:
            members.extractall(scratch, filter="data")
        if not folder.is_dir():
            (Path(scratch) / "package").rename(folder)
