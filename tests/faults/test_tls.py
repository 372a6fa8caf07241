"""A FHIR server must prove who it is before it sees a token."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.fakes import FakeFhirServer
from tests.faults.conftest import NOT_CHECKED, RIGHT, SELECT, NewService, authorization, order_select
from tests.requests_made import call, draft, genotype, patient

ALLOWED = "https://127.0.0.1:*/fhir"


def certificate(folder: Path, name: x509.GeneralName) -> Path:
    """A self-signed certificate with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "FHIR server of a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Certificates for the right and for another name."""
    names = {"right": x509.IPAddress(ip_address("127.0.0.1")), "wrong": x509.DNSName("ehr.example.org")}
    found = {}
    for key, name in names.items():
        folder = tmp_path / key
        folder.mkdir()
        found[key] = certificate(folder, name)
    return found


def encrypted(file: Path) -> FakeFhirServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = FakeFhirServer([patient(), genotype("CYP2C19", "*2/*2")])
    server.use_tls(context)
    return server


@pytest.fixture
def right(files: dict[str, Path]) -> Iterator[FakeFhirServer]:
    with encrypted(files["right"]) as running:
        yield running


def test_a_certificate_of_the_sites_own_authority_is_accepted(
    new_service: NewService, right: FakeFhirServer, files: dict[str, Path]
) -> None:
    service = new_service(fhir_allow=ALLOWED, fhir_ca=files["right"], deadline_fetch_ms=2_000)
    assert order_select(service, right.base).summaries == [RIGHT]


def test_a_certificate_of_nobody_we_know_is_refused_before_anything_is_sent(
    new_service: NewService, right: FakeFhirServer
) -> None:
    answer = order_select(new_service(fhir_allow=ALLOWED), right.base)
    assert answer.summaries == [NOT_CHECKED]
    assert right.requests == []


def test_a_certificate_for_another_name_is_refused_before_anything_is_sent(
    new_service: NewService, files: dict[str, Path]
) -> None:
    with encrypted(files["wrong"]) as server:
        service = new_service(fhir_allow=ALLOWED, fhir_ca=files["wrong"])
        assert order_select(service, server.base).summaries == [NOT_CHECKED]
        assert server.requests == []


def test_an_address_listed_with_tls_is_not_called_without(
    new_service: NewService, right: FakeFhirServer
) -> None:
    service = new_service(fhir_allow=ALLOWED)
    body = {**call(draft(), results=None), "fhirServer": right.base.replace("https:", "http:")}
    body["fhirAuthorization"] = authorization()
    assert service.post(SELECT, json=body).status_code == 412
    assert right.requests == []
