"""The wheel carries all that a checkout has: built, installed elsewhere, and asked the same questions."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
# Folder of the checkout -> folder in the wheel.
SHIPPED = {
    "cds_service": "cds_service",
    "knowledge": "cds_service/_knowledge",
    "fhir_fixtures": "cds_service/_fixtures",
}
WHERE = "from cds_service import resources as r; print(r.knowledge_folder()); print(r.fixtures_folder())"
PATIENT = ROOT / "fhir_fixtures" / "patients" / "pgx-stent.json"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tracked files: nothing is built in the checkout, and no leftover gets into the wheel."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files belong to the project")
    copy = tmp_path_factory.mktemp("source")
    names = _run(["git", "ls-files", "-z"], ROOT).split("\0")
    for name in (name for name in names if (ROOT / name).is_file()):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((ROOT / name).read_bytes())
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    dist = tmp_path_factory.mktemp("dist")
    _run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", dist, source], dist)
    [built] = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of a fresh environment that has the wheel, and borrows the libraries of this one."""
    home = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(home, with_pip=False)
    options = ["--no-deps", "--no-index"]
    _run([sys.executable, "-m", "pip", "--python", home / "bin" / "python", "install", *options, wheel], home)
    # A folder named in a .pth file is added without reading the .pth files in it: the checkout stays out.
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf8")
    return home / "bin"


def test_every_file_of_the_package_and_its_data_is_in_the_wheel(source: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    expected = {
        f"{inside}/{name}": data
        for outside, inside in SHIPPED.items()
        for name, data in _texts(source / outside).items()
    }
    assert sorted(expected.keys() - carried.keys()) == []
    assert [name for name, data in expected.items() if carried[name] != data] == []


def test_the_wheel_carries_nothing_else(source: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    places = {inside: source / outside for outside, inside in SHIPPED.items()}
    assert [name for name in names if not _origin(name, places).is_file()] == []


def test_the_licence_and_the_notice_travel_with_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = {Path(name).name for name in archive.namelist() if ".dist-info/licenses/" in name}
    assert carried == {"LICENSE", "NOTICE"}


def test_an_installed_wheel_uses_its_own_data(source: Path, installed: Path, tmp_path: Path) -> None:
    knowledge, fixtures = map(Path, _run([installed / "python", "-c", WHERE], tmp_path).splitlines())
    assert knowledge.is_relative_to(installed.parent)
    assert fixtures.is_relative_to(installed.parent)
    assert _texts(knowledge) == _texts(source / "knowledge")
    assert _texts(fixtures) == _texts(source / "fhir_fixtures")


@pytest.mark.parametrize(
    "question",
    [("knowledge", "list"), ("advise", "--patient", str(PATIENT), "--drug", "clopidogrel", "--json")],
    ids=["knowledge list", "advise"],
)
def test_the_wheel_answers_as_the_checkout_does(
    question: tuple[str, ...], installed: Path, tmp_path: Path
) -> None:
    answer = _run([installed / "pgx-cds", *question], tmp_path)
    assert "clopidogrel" in answer
    assert answer == _run([Path(sys.executable).parent / "pgx-cds", *question], tmp_path)


def test_a_checkout_uses_the_folders_beside_the_package(tmp_path: Path) -> None:
    knowledge, fixtures = _run([sys.executable, "-c", WHERE], tmp_path).splitlines()
    assert [Path(knowledge), Path(fixtures)] == [ROOT / "knowledge", ROOT / "fhir_fixtures"]


def _origin(name: str, places: dict[str, Path]) -> Path:
    # The longest place that fits: the data folders lie inside the package.
    inside = max((place for place in places if name.startswith(place + "/")), key=len)
    return places[inside] / name.removeprefix(inside + "/")


def _texts(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _run(command: Sequence[str | Path], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
