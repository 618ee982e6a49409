"""One word for each thing: what docs/reference/words.md rules out stands in nothing that people read."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reference/words.md"
DOCUMENTS = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]

_ROW = re.compile(r"^\| (?!We say)[^|]+\| [^|]+\| ([^|]+) \|$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->|/\*.*?\*/|(?<!:)//[^\n]*|<style>.*?</style>", re.DOTALL)


def ruled_out() -> list[str]:
    return [phrase.strip().lower() for row in _ROW.findall(PAGE.read_text()) for phrase in row.split(",")]


def spoken(source: str) -> Iterator[str]:
    """Yield the texts of a Python module that are no documentation of it."""
    tree = ast.parse(source)
    documentation = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            if isinstance(statement, ast.Expr):
                documentation.add(id(statement.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def texts() -> Iterator[tuple[Path, str]]:
    """Yield all that people read: documents, pages, and the messages of the server and the command line."""
    for page in DOCUMENTS:
        if page != PAGE and "adr" not in page.parts:
            yield page, page.read_text()
    for page in (ROOT / "web/src").rglob("*"):
        if page.suffix in {".svelte", ".ts"}:
            yield page, _COMMENT.sub("", page.read_text())
    for module in (ROOT / "src").rglob("*.py"):
        for text in spoken(module.read_text()):
            yield module, text


def test_nothing_that_people_read_has_a_word_that_is_ruled_out() -> None:
    phrases = ruled_out()
    assert len(phrases) > 30
    found = [
        f"{place.relative_to(ROOT)}: {phrase}"
        for place, text in texts()
        for phrase in phrases
        if phrase in " ".join(text.lower().split())
    ]
    assert not found, "\n".join(sorted(set(found)))
