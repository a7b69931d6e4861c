"""Every command that a page shows is one that there is, with options that it has and everything that it asks for."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from atlas_workflows.cli.app import COMMANDS, load_command
from atlas_workflows.settings import ROOT

PAGES = (
    ROOT / "README.md",
    *sorted(
        path for name in ("how-to", "runbooks", "reference") for path in (ROOT / "docs" / name).rglob("*.md")
    ),
)
GENERATED = ("cli.md",)  # has every option, no example
_BLOCK = re.compile(r"^ *```[a-z]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_END = re.compile(r"\s(?:#|<|>|2>|\||&|;).*")  # of the command: a comment, another file, another command
_PLACE = re.compile(r"…|\.\.\.|\[OPTIONS\]")  # for what one thinks of oneself


def commands(text: str) -> list[str]:
    """The commands in the blocks of a page, continued lines joined."""
    lines = [
        line.strip() for block in _BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()
    ]
    found = [line.removeprefix("$ ") for line in lines if line.removeprefix("$ ").startswith("./atlas ")]
    return [_END.sub("", line) for line in found if not _PLACE.search(line)]


def fault(command: str) -> str | None:
    """What is wrong with the words of a command; files that it names need not be there."""
    name, *words = shlex.split(command)[1:]
    if name not in COMMANDS:
        return f"There is no command {name}."
    found: Any = load_command(name)
    try:
        context = found.make_context(name, list(words))
        while hasattr(found, "resolve_command"):
            name, found, words = found.resolve_command(context, [*context._protected_args, *context.args])
            context = found.make_context(name, words, parent=context)
    except Exception as error:
        if not hasattr(error, "format_message"):  # typer brings a click of its own, with errors of its own
            raise
        told = str(error.format_message())
        return None if "does not exist" in told else told
    return None


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.name not in GENERATED],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_the_commands_of_a_page_are_right(page: Path) -> None:
    faults = {command: fault(command) for command in commands(page.read_text())}
    assert {command: told for command, told in faults.items() if told is not None} == {}


def test_a_wrong_command_is_found() -> None:
    shown = commands(
        "```\n./atlas limits list --organization ID # all\n./atlas no-such\n./atlas up …\n  ./atlas \\\n  retention --days 3\n```"
    )
    assert shown == [
        "./atlas limits list --organization ID",
        "./atlas no-such",
        "./atlas    retention --days 3",
    ]
    assert fault(shown[0]) is None
    assert "no-such" in str(fault(shown[1]))
    assert "--days" in str(fault(shown[2]))
    assert "Missing" in str(fault("./atlas game-day"))
