"""The links in what people read lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "web/*.md")
    for page in ROOT.glob(pattern)
)

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_LINK = re.compile(
    r"\]\(<?([^()\s>]+)>?(?: \"[^\"]*\")?\)"  # [words](target "title")
    r"|^\[[^\]]+\]: (\S+)"  # [words]: target
    r"|(?:href|src)=\"([^\"]+)\"",
    re.MULTILINE,
)
_HEADING = re.compile(r"^#+ (.+?) *#*$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z]+:")


def links(page: Path) -> Iterator[tuple[str, str]]:
    """Yield file and anchor of each link to something of ours; either may be ""."""
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    for found in _LINK.finditer(text):
        target = next(filter(None, found.groups()))
        if not _ELSEWHERE.match(target) and not target.startswith("/"):
            path, _, anchor = target.partition("#")
            yield path, anchor


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings as GitHub makes them; the second of a name ends in -1."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found: dict[str, int] = {}
    made = set()
    for heading in _HEADING.findall(text):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        made.add(f"{name}-{found[name]}" if name in found else name)
        found[name] = found.get(name, 0) + 1
    return made


def astray(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere."""
    wrong = []
    for path, anchor in links(page):
        target = (page.parent / path).resolve() if path else page
        is_there = target.exists() and target.is_relative_to(
            ROOT if page.is_relative_to(ROOT) else page.parent
        )
        if not is_there or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            wrong.append(f"{path}#{anchor}" if anchor else path)
    return wrong


@pytest.mark.parametrize("page", PAGES)
def test_no_link_leads_nowhere(page: str) -> None:
    assert astray(ROOT / page) == []


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# One\n\n## It's `here`, [there](x)\n\n# One\n")
    page = tmp_path / "page.md"
    page.write_text(
        "# Top\n[a](other.md) [b](other.md#its-here-there) [c](#top) [d](https://e.example/x)\n"
        "[e](other.md#one-1) [f](gone.md) [g](other.md#two) [h](#bottom) ![i](gone.webp)\n"
        '`[code](gone.py)`\n<img src="gone.svg">\n[j]: gone.txt\n'
    )
    assert astray(page) == ["gone.md", "other.md#two", "#bottom", "gone.webp", "gone.svg", "gone.txt"]


def test_there_are_pages() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/adr/0009-timeline-storage.md"} <= set(PAGES)


def test_the_tests_that_show_how_safe_it_is_are_there() -> None:
    page = (ROOT / "docs/explanation/security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[^`]+)::(test_\w+)`", page)
    assert len(named) > 20
    for path, name in named:
        assert re.search(rf"^(?:async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), name
    rows = re.findall(r"^\| API\d+ .*\|$", page, re.MULTILINE)
    assert len(rows) == 10
    assert all("`tests/" in row for row in rows)
