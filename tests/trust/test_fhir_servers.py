"""The list of FHIR servers that may be called, and the ways around it that must not work."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from cds_service.core.errors import InputError
from cds_service.trust.fhir_servers import CommonServers, FhirServerAllowList

LIST = FhirServerAllowList.parse("https://ehr.example.org/fhir, http://127.0.0.1:*, https://b.example:8443")


@pytest.mark.parametrize(
    "url",
    [
        "https://ehr.example.org/fhir",
        "https://ehr.example.org/fhir/",
        "https://ehr.example.org/fhir/R4/tenant-7",
        "https://ehr.example.org:443/fhir",
        "HTTPS://EHR.Example.ORG/fhir",
        "http://127.0.0.1:5080/fhir",
        "http://127.0.0.1",
        "https://b.example:8443",
        "https://b.example:8443/any/path",
    ],
)
def test_listed_servers_are_allowed(url: str) -> None:
    assert LIST.allows(url)


NOT_ALLOWED = [
    "",
    "ehr.example.org/fhir",
    "//ehr.example.org/fhir",
    "http://ehr.example.org/fhir",
    "https://ehr.example.org",
    "https://ehr.example.org/",
    "https://ehr.example.org/FHIR",
    "https://ehr.example.org/fhirs",
    "https://ehr.example.org/fhir.evil",
    "https://ehr.example.org/other",
    "https://ehr.example.org:8443/fhir",
    "https://ehr.example.org:/fhir",
    "https://ehr.example.org:*/fhir",
    "https://ehr.example.org:0443443/fhir",
    "https://ehr.example.org./fhir",
    "https://evil.ehr.example.org/fhir",
    "https://ehr.example.org.evil.net/fhir",
    "https://ehr.example.orgevil/fhir",
    "https://ehr.example.org@evil.net/fhir",
    "https://user:pass@ehr.example.org/fhir",
    "https://evil.net#@ehr.example.org/fhir",
    "https://evil.net\\@ehr.example.org/fhir",
    "https://ehr.example.org\\.evil.net/fhir",
    "https://ehr.example.org/fhir\\..\\admin",
    "https://ehr.example.org/fhir/../admin",
    "https://ehr.example.org/fhir/./x",
    "https://ehr.example.org/fhir/%2e%2e/admin",
    "https://ehr.example.org/fhir/..%2fadmin",
    "https://ehr.example.org/fhir/..;/admin",
    "https://ehr.example.org/fhir?x=/",
    "https://ehr.example.org/fhir#x",
    "https://ehr.example.org//fhir",
    "https://ehr.example.org/fhir//x",
    " https://ehr.example.org/fhir",
    "https://ehr.example.org/fhir\n",
    "https://ehr.example.org/fhir\r\nHost: evil.net",
    "https://ehr.example.org/fh\tir",
    "https://ehr.example.org/fhir\x00",
    "https://ehr。example。org/fhir",
    "https://ehr.examp\u217ce.org/fhir",
    "https://ehr.example.org/f\u0127ir",
    "http://127.1/fhir",
    "http://2130706433/fhir",
    "http://0x7f.0.0.1/fhir",
    "http://127.0.0.1.evil.net/fhir",
    "http://127.0.0.1:80@evil.net/fhir",
    "http://127.0.0.1:99999/fhir",
    "http://127.0.0.1:0/fhir",
    "http://127.0.0.1:*/fhir",
    "http://127.0.0.1:٣٣/fhir",
    "http://localhost/fhir",
    "https://127.0.0.1/fhir",
    "https://b.example",
    "ftp://ehr.example.org/fhir",
    "file:///fhir",
    "https://ehr.example.org/fhir/" + "a/" * 2_000,
]


@pytest.mark.parametrize("url", NOT_ALLOWED)
def test_anything_else_is_refused(url: str) -> None:
    assert not LIST.allows(url)


def test_a_letter_that_only_becomes_ascii_in_lower_case_is_refused() -> None:
    servers = FhirServerAllowList.parse("https://kite.example")
    assert servers.allows("https://KITE.example")
    assert not servers.allows("https://\N{KELVIN SIGN}ite.example")


def test_an_empty_list_allows_nothing() -> None:
    assert not FhirServerAllowList.parse("").allows("https://ehr.example.org/fhir")
    assert not FhirServerAllowList.parse(" , ,").allows("http://127.0.0.1:80")


@pytest.mark.parametrize(
    "text",
    [
        "ehr.example.org",
        "https://",
        "https://ehr.example.org:*",
        "*",
        "https://*.example.org",
        "https://user:pw@ehr.example.org",
        "https://a.example/../b",
    ],
)
def test_an_unclear_entry_is_an_error_that_does_not_show_it(text: str) -> None:
    with pytest.raises(InputError) as error:
        FhirServerAllowList.parse(f"https://ok.example, {text}")
    assert "entry 2 " in str(error.value)
    assert "pw" not in str(error.value)


def test_a_wildcard_port_keeps_the_path() -> None:
    servers = FhirServerAllowList.parse("http://localhost:*/fhir")
    assert servers.allows("http://localhost:1234/fhir/r4")
    assert not servers.allows("http://localhost:1234/admin")


def test_an_address_in_brackets_is_understood() -> None:
    servers = FhirServerAllowList.parse("http://[::1]:*")
    assert servers.allows("http://[::1]:9/fhir")
    assert not servers.allows("http://[::2]:9/fhir")


def test_open_servers_are_named_apart() -> None:
    servers = FhirServerAllowList.parse("http://127.0.0.1:*, https://a.example", "http://127.0.0.1:*")
    assert servers.allows_without_token("http://127.0.0.1:9/fhir")
    assert not servers.allows_without_token("https://a.example")


def test_an_open_server_must_be_allowed_too() -> None:
    assert not FhirServerAllowList.parse("", "http://127.0.0.1:*").allows_without_token("http://127.0.0.1:9")


PIECES = st.sampled_from(
    [
        "https:",
        "http:",
        "//",
        "/",
        "\\",
        "@",
        ":",
        ":443",
        "#",
        "?",
        "%",
        "%2e",
        "..",
        ".",
        ";",
        "fhir",
        "FHIR",
    ]
    + [
        "ehr.example.org",
        "127.0.0.1",
        "evil.net",
        "evil.net@",
        "[::1]",
        " ",
        "\t",
        "\n",
        "*",
        "user",
        "-",
        "_",
    ]
)
TRICKS = st.one_of(
    st.lists(PIECES, max_size=10).map("".join),
    st.lists(PIECES, max_size=6).map(lambda parts: "https://ehr.example.org" + "".join(parts)),
    st.lists(PIECES, max_size=6).map(lambda parts: "https://ehr.example.org/fhir" + "".join(parts)),
    st.lists(PIECES, max_size=6).map(lambda parts: "http://127.0.0.1" + "".join(parts)),
    st.text(max_size=30).map(lambda text: f"https://ehr.example.org{text}"),
    st.text(max_size=30).map(lambda text: f"https://ehr.example.org/fhir{text}"),
    st.text(max_size=10).map(lambda text: f"https://ehr.{text}example.org/fhir"),
)


@given(TRICKS)
@example("https://ehr.example.org/fhir/x")
@example("http://127.0.0.1:8090/fhir")
def test_what_is_allowed_goes_to_a_listed_server_for_every_reader_of_urls(url: str) -> None:
    if not LIST.allows(url):
        return
    standard, third_party = urlsplit(url), parse_url(url)
    host = standard.hostname
    assert host in ("ehr.example.org", "127.0.0.1", "b.example")
    assert third_party.host == host
    assert third_party.auth is None and standard.username is None
    assert (standard.query, standard.fragment, third_party.query, third_party.fragment) == (
        "",
        "",
        None,
        None,
    )
    # urllib3 resolves dot segments before it sends: the path must come out as it went in.
    assert (third_party.path or "") == standard.path
    if host == "ehr.example.org":
        assert f"{standard.path}/".startswith("/fhir/")
        assert (standard.scheme, standard.port) in (("https", None), ("https", 443))


@given(st.text(max_size=60))
def test_any_text_gets_an_answer(url: str) -> None:
    assert LIST.allows(url) in (True, False)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-._~", min_size=1, max_size=20))
def test_below_a_listed_path_plain_steps_are_allowed_unless_they_are_dots(step: str) -> None:
    assert LIST.allows(f"https://ehr.example.org/fhir/{step}") is (set(step) != {"."})


def test_servers_without_tls_are_counted_but_for_this_machine() -> None:
    text = "http://a.example/fhir, https://b.example, http://127.0.0.1:*, http://localhost:9, http://[::1]:9"
    assert FhirServerAllowList.parse(text).unprotected == 1


def test_a_server_that_several_lists_share_is_on_all_of_them() -> None:
    ours = FhirServerAllowList.parse("https://a.example, http://127.0.0.1:*", "http://127.0.0.1:*")
    theirs = FhirServerAllowList.parse("https://a.example/fhir, https://c.example, http://127.0.0.1:9")
    both = CommonServers((ours, theirs))
    assert both.allows("https://a.example/fhir/x")
    assert not both.allows("https://a.example/other")
    assert not both.allows("https://c.example")
    assert both.allows_without_token("http://127.0.0.1:9")
    assert not both.allows_without_token("http://127.0.0.1:10")
    assert not both.allows_without_token("https://a.example/fhir")
