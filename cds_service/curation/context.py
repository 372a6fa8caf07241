"""What a check of the knowledge looks at, and what it answers with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from cds_service.core.errors import KnowledgeError
from cds_service.core.knowledge_base import Drug, KnowledgeBase, Rule, SourceRules
from cds_service.curation.compile import compile_knowledge
from cds_service.curation.files import read_json

#: Files of a drug's folder that hold something else than rules.
NOT_RULES = frozenset({"drug.json", "alternatives.json", "pretest.json"})


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """
    One thing that is wrong in the knowledge.

    Args:
        file: Path inside the knowledge folder.
        where: Rule id, JSON path or line in it; empty = the whole file.
        what: What is wrong and what to do.

    >>> str(Fault("drugs/a/cpic.json", "a-cpic-normal", "the limit has no unit: add one"))
    'drugs/a/cpic.json: a-cpic-normal: the limit has no unit: add one'
    """

    file: str
    where: str
    what: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.where, self.what) if part)


@dataclass(frozen=True)
class Context:
    """
    The knowledge as files and, if that works, compiled.

    Args:
        documents: Path inside the folder -> content, for each readable JSON file.
        texts: Path -> text of the same files.
        tables: Path -> text of each TSV file.
        unreadable: Path -> why a JSON file cannot be read.
        knowledge: The compiled folder; None if it does not compile.
        not_compiled: Why it does not; empty if it does.
        schemas: Folder of the JSON schemas this program was written for.
        phrases: Language -> key -> words of the cards.
        against: Name of a source text -> its text; phrases must not copy from it.
    """

    documents: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    knowledge: KnowledgeBase | None = None
    not_compiled: str = ""
    schemas: Path = Path()
    phrases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    against: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def rule_files(self) -> Mapping[str, Any]:
        """The files that hold rules."""
        return {
            path: document
            for path, document in self.documents.items()
            if PurePosixPath(path).match("drugs/*/*.json") and PurePosixPath(path).name not in NOT_RULES
        }

    def files_of(self, pattern: str) -> Iterator[tuple[str, Any]]:
        """The readable JSON files whose path fits a pattern such as `drugs/*/pretest.json`."""
        return (item for item in self.documents.items() if PurePosixPath(item[0]).match(pattern))

    @cached_property
    def _folders(self) -> Mapping[str, str]:
        return {document.get("drug", ""): path for path, document in self.files_of("drugs/*/drug.json")}

    def file_of(self, drug: Drug, stem: str) -> str:
        """Path of a file of a compiled drug, such as `cpic` or `alternatives`."""
        folder = PurePosixPath(self._folders.get(drug.name, f"drugs/{drug.name}/drug.json")).parent
        return f"{folder}/{stem}.json"

    def compiled_rules(self) -> Iterator[tuple[str, Drug, SourceRules, Rule]]:
        """Every compiled rule with its file, drug and source; nothing if the folder does not compile."""
        for path, drug, source in self.compiled_sources():
            for rule in source.rules:
                yield path, drug, source, rule

    def compiled_sources(self) -> Iterator[tuple[str, Drug, SourceRules]]:
        """Every compiled source of every drug with its file."""
        for drug in self.knowledge.drugs.values() if self.knowledge else ():
            for stem, source in drug.sources.items():
                yield self.file_of(drug, stem), drug, source


class Check(Protocol):
    """A check. A module with these two names is one."""

    name: str

    def run(self, context: Context) -> Iterator[Fault]:
        """Everything that is wrong."""
        ...


def read_context(
    folder: Path,
    schemas: Path,
    phrases: Mapping[str, Mapping[str, str]],
    against: Mapping[str, str],
) -> Context:
    """
    Read a knowledge folder as far as it can be read.

    Args:
        folder: The folder to check.
        schemas, phrases, against: As in `Context`.

    Raises:
        KnowledgeError: If this is no knowledge folder at all.
    """
    if not (folder / "drugs").is_dir():
        raise KnowledgeError(f"{folder} is no knowledge folder: it has no drugs/")
    documents, texts, unreadable = {}, {}, {}
    for file in sorted(folder.rglob("*.json")):
        path = file.relative_to(folder).as_posix()
        try:
            documents[path] = read_json(file)
            texts[path] = file.read_bytes().decode("utf-8")
        except KnowledgeError as error:
            unreadable[path] = str(error).removeprefix(f"{file}: ")
    tables = {
        file.relative_to(folder).as_posix(): file.read_bytes().decode("utf-8", "replace")
        for file in sorted(folder.rglob("*.tsv"))
    }
    knowledge, reason = _compiled(folder)
    return Context(documents, texts, tables, unreadable, knowledge, reason, schemas, phrases, against)


def _compiled(folder: Path) -> tuple[KnowledgeBase | None, str]:
    try:
        return compile_knowledge(folder), ""
    except KnowledgeError as error:
        return None, str(error).replace(f"{folder}/", "")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError) as error:
        # The reader expects the shape the schemas describe; the schema check says where it is another.
        return None, f"a file has another shape than its schema says ({type(error).__name__}: {error})"
