"""Every relative link in the README and under docs leads somewhere; the README stays short; no page names a machine's path."""

import re
from pathlib import Path

import pytest

from atlas_workflows.settings import ROOT

README = ROOT / "README.md"
PAGES = (README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
COMMANDS = ("./atlas demo", "./atlas test")
MOST_LINES, COMMANDS_BY = 150, 25

_CODE_BLOCK = re.compile(r"^ *(```|~~~).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# Folders of one machine: whoever reads the page does not have them. System folders that every machine has may be named.
_MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:work|home|root|tmp|Users|mnt|private)/\w[\w./-]*")


def links(text: str) -> list[str]:
    """Targets of the links of a page, those in code left out."""
    return _LINK.findall(_CODE.sub("", _CODE_BLOCK.sub("", text)))


def anchors(text: str) -> set[str]:
    """The names that a page's headings can be linked by, as GitHub makes them."""
    headings = _HEADING.findall(_CODE_BLOCK.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    """Relative links of `page` that lead to no file, or to no heading of a page."""
    return [
        link for link in links(page.read_text()) if not re.match(r"\w+:", link) and not _leads(page, link)
    ]


def _leads(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors(target.read_text())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_path_of_one_machine(page: Path) -> None:
    assert _MACHINE_PATH.findall(page.read_text()) == []


@pytest.mark.parametrize("folder", ["how-to", "reference", "runbooks"])
def test_every_page_is_in_the_index_of_its_folder(folder: str) -> None:
    index = ROOT / "docs" / folder / "README.md"
    linked = {link.partition("#")[0] for link in links(index.read_text())}
    pages = {path.name for path in index.parent.iterdir() if path.is_file()} - {index.name}
    assert pages
    assert pages <= linked


def test_readme_is_short_and_begins_with_its_two_commands() -> None:
    lines = README.read_text().splitlines()
    assert len(lines) <= MOST_LINES
    top = "\n".join(lines[:COMMANDS_BY])
    assert all(command in top for command in COMMANDS)


def test_the_check_finds_what_is_broken(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "[gone](gone.md) [out](https://example.com) `[code](code.md)`\n```\n[block](block.md)\n```\n"
    )
    assert broken(page) == ["gone.md"]
    assert _MACHINE_PATH.findall("see /home/ana/atlas and /var/lib/x, https://a.example/work/b") == [
        "/home/ana/atlas"
    ]
    assert anchors("# Hold an organization back\n## `a.b`: c\n") == {"hold-an-organization-back", "ab-c"}
