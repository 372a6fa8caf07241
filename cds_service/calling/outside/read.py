"""Reads a file of outside calls, whichever program wrote it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from cds_service.calling.outside.pharmcat_json import read_pharmcat_json
from cds_service.calling.outside.tables import read_aldy, read_cyrius, read_pharmcat_table, read_pypgx
from cds_service.calling.outside.texts import read_gl_strings, read_hla_hd, read_optitype, read_stellarpgx
from cds_service.calling.outside.values import OutsideCall, Reader
from cds_service.core.errors import InputError

#: Tried in this order; PharmCAT's table is the least particular one.
READERS: tuple[Reader, ...] = (
    read_pharmcat_json,
    read_stellarpgx,
    read_cyrius,
    read_aldy,
    read_pypgx,
    read_optitype,
    read_hla_hd,
    read_gl_strings,
    read_pharmcat_table,
)
_LARGEST = 64 << 20


def read_outside(path: Path, gene: str = "") -> list[OutsideCall]:
    """
    All calls of a file.

    Args:
        path: A text, or the archive that pypgx writes.
        gene: What the user says the file is about; for formats that do not name the gene.

    Raises:
        InputError: If the file cannot be read, is of no known format, or does not say which gene it is about.
    """
    text, in_archive = _text(path)
    gene = gene or in_archive
    for reader in READERS:
        found = reader(text, gene)
        if found is not None:
            if any(not call.gene for call in found):
                raise InputError(f"{path}: the file does not name the gene; write --outside GENE={path}")
            return found
    raise InputError(f"{path}: no format of outside calls that is known; see docs/vcf.md")


def _text(path: Path) -> tuple[str, str]:
    """The text of a file, and the gene an archive of pypgx is about."""
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path}: too large for a file of outside calls")
        if not zipfile.is_zipfile(path):
            return path.read_text("utf-8-sig"), ""
        with zipfile.ZipFile(path) as archive:
            names = {name.rpartition("/")[2]: name for name in archive.namelist()}
            if not {"metadata.txt", "data.tsv"} <= names.keys():
                raise InputError(f"{path}: an archive without metadata.txt and data.tsv")
            if archive.getinfo(names["data.tsv"]).file_size > _LARGEST:
                raise InputError(f"{path}: too large for a file of outside calls")
            metadata = archive.read(names["metadata.txt"]).decode("utf-8").splitlines()
            told = dict(line.split("=", 1) for line in metadata if "=" in line)
            return archive.read(names["data.tsv"]).decode("utf-8"), told.get("Gene", "")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a readable text ({error})") from None
