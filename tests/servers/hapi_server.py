"""HAPI FHIR's JPA server on a database in memory, from the libraries on Maven Central."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.processes import NoServerError, cache_folder, fetch, started

SOURCES = Path(__file__).parent / "hapi"
_MAIN = "TestFhirServer"
#: 290 MB from Maven Central, once.
_FETCH_SECONDS = 400
#: 45 s on two cores; it creates its database and reads all definitions of FHIR R4.
_START_SECONDS = 240
#: The start is over before the better compiler and collector would pay.
_JAVA_OPTIONS = ("-Xmx1200m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


@contextmanager
def hapi() -> Iterator[str]:
    """
    Run the server.

    Yields:
        Its FHIR base URL.

    Raises:
        NoServerError: If Java, Maven or the libraries cannot be had.
    """
    java = _program("java")
    path = _class_path()
    with started([java, *_JAVA_OPTIONS, "-cp", path, _MAIN], SOURCES, _START_SECONDS) as base:
        yield base


def _class_path() -> str:
    """The libraries in Maven's own repository, and the compiled main class in our cache folder."""
    folder = cache_folder("hapi", [SOURCES / "pom.xml", SOURCES / f"{_MAIN}.java"])
    folder.mkdir(exist_ok=True)
    path = f"{folder}:{_libraries(folder)}"
    compiled = fetch(
        [_program("javac"), "-nowarn", "-d", str(folder), "-cp", path, str(SOURCES / f"{_MAIN}.java")],
        folder,
        _START_SECONDS,
    )
    assert compiled.returncode == 0, compiled.stderr[-2000:]
    return path


def _libraries(folder: Path) -> str:
    """Asked of Maven every time: its repository may have been emptied since. Checksums must agree."""
    listed = folder / "libraries.txt"
    goal = ["dependency:build-classpath", f"-Dmdep.outputFile={listed}", "-Dmdep.regenerateFile=true"]
    command = [_program("mvn"), "-B", "-q", "-C", "-f", str(SOURCES / "pom.xml"), *goal]
    done = fetch(command, folder, _FETCH_SECONDS)
    if done.returncode != 0:
        why = next((line for line in done.stdout.splitlines() if "ERROR" in line), "no message")
        raise NoServerError(f"Maven could not get the libraries: {why[:300]}")
    return listed.read_text("utf8").strip()


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NoServerError(f"no {name} here")
    return found
