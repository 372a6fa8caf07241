"""What README.md shows is what the program does."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from cds_service.cli import main
from tests.docs.pages import ROOT, block_with, is_shortened, printed_by, text_of

README = "README.md"
SERVER = "http://127.0.0.1:5080"
EXAMPLE = ROOT / "fhir_fixtures" / "hooks" / "pgx-order-select" / "clopidogrel-poor-metabolizer-acs"
CALL = "curl -s -H 'Content-Type: application/json'"


def pretty(value: object) -> str:
    """As `python3 -m json.tool --indent 2` writes it."""
    return json.dumps(value, indent=2) + "\n"


@pytest.fixture
def as_in_a_fresh_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The top folder, and no settings."""
    monkeypatch.chdir(ROOT)
    for name in re.findall(r"PGX_CDS_[A-Z_]+", text_of(README)):
        monkeypatch.delenv(name, raising=False)


# -- the call of the walk-through --


def test_the_example_call_gets_exactly_the_expected_answer(client: FlaskClient) -> None:
    body = (EXAMPLE / "request.json").read_bytes()
    answer = client.post("/cds-services/pgx-order-select", data=body, content_type="application/json")
    assert answer.status_code == 200
    assert pretty(answer.get_json()) == (EXAMPLE / "expected.json").read_text(encoding="utf8")


def test_curl_in_the_readme_sends_the_example_to_the_service() -> None:
    command = block_with(README, CALL).replace("\\\n", " ")
    assert re.findall(r"-d @(\S+)", command) == [str((EXAMPLE / "request.json").relative_to(ROOT))]
    assert re.findall(r"http://\S+", command) == [f"{SERVER}/cds-services/pgx-order-select"]


def test_the_card_in_the_readme_is_the_expected_one_shortened() -> None:
    (shown,) = re.findall(r"^```json\n(.*?)^```$", text_of(README), re.MULTILINE | re.DOTALL)
    assert is_shortened(shown, (EXAMPLE / "expected.json").read_text(encoding="utf8"))


def test_the_example_answers_every_prefetch_template(client: FlaskClient) -> None:
    request = json.loads((EXAMPLE / "request.json").read_bytes())
    services = client.get("/cds-services").get_json()["services"]
    orders = [service for service in services if service["hook"].startswith("order-")]
    assert [set(service["prefetch"]) for service in orders] == [set(request["prefetch"])] * 2


def test_the_example_has_no_name_and_no_birth_date() -> None:
    """With a birth date the answer would change on a birthday: a replacement has a caution by age."""
    text = (EXAMPLE / "request.json").read_text(encoding="utf8")
    assert "birthDate" not in text
    assert '"name"' not in text


def test_discovery_in_the_readme_is_the_real_one_shortened(client: FlaskClient) -> None:
    shown = printed_by(README, f"curl -s {SERVER}/cds-services | python3 -m json.tool --indent 2")
    assert is_shortened(shown, pretty(client.get("/cds-services").get_json()))


def test_the_readme_counts_the_prefetch_templates(client: FlaskClient) -> None:
    service = client.get("/cds-services").get_json()["services"][0]
    assert f"of the {len(service['prefetch'])} prefetch templates" in text_of(README)


# -- commands --


@pytest.mark.usefixtures("as_in_a_fresh_checkout")
@pytest.mark.parametrize("command", ["advise", "read"])
def test_the_output_in_the_readme_is_what_the_command_prints(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = re.findall(rf"^\$ \.venv/bin/pgx-cds ({command} .*)$", text_of(README), re.MULTILINE)
    assert main(line.split()) == 0
    assert printed_by(README, f".venv/bin/pgx-cds {line}").strip() == capsys.readouterr().out.strip()


@pytest.mark.usefixtures("as_in_a_fresh_checkout")
def test_the_readme_has_the_numbers_of_the_knowledge(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["knowledge", "check"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first in text_of(README).splitlines(), f"README.md has other numbers than: {first}"


def commands_named() -> set[tuple[str, ...]]:
    """`pgx-cds` and the words after it, wherever code says so; a file or an option ends them."""
    code = re.findall(r"`[^`\n]*`|^(?:\$ )?\.venv.*$", text_of(README), re.MULTILINE)
    found = (re.findall(r"pgx-cds((?: [a-z]+\b(?![/.=]))+)", line) for line in code)
    return {tuple(words.split()) for line in found for words in line}


def test_commands_are_found_in_the_readme() -> None:
    some = {("serve",), ("advise",), ("read",), ("knowledge", "check"), ("knowledge", "list")}
    assert some <= commands_named()


@pytest.mark.parametrize("words", sorted(commands_named()), ids=" ".join)
def test_every_command_of_the_readme_exists(words: tuple[str, ...]) -> None:
    parsed = words[:2] if words[0] == "knowledge" else words[:1]
    with pytest.raises(SystemExit) as end:
        main([*parsed, "--help"])
    assert end.value.code == 0


def test_an_invented_command_would_be_noticed() -> None:
    with pytest.raises(SystemExit) as end:
        main(["divine", "--help"])
    assert end.value.code == 2


@pytest.mark.parametrize("option", ["--indication", "--dose", "--json", "--patient", "--drug"])
def test_the_options_of_advise_exist(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert option in text_of(README)
    with pytest.raises(SystemExit):
        main(["advise", "--help"])
    assert option in capsys.readouterr().out


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", text_of(README), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


# -- settings --


def test_the_table_of_settings_is_complete() -> None:
    rows = re.findall(r"^\| (`PGX_CDS_[^|]*)\|", text_of(README), re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`(PGX_CDS_[A-Z_]+)`", row)]
    read = set(re.findall(r'"(PGX_CDS_[A-Z_]+)"', text_of("cds_service/settings.py")))
    assert len(listed) == len(set(listed))
    assert set(listed) == read
