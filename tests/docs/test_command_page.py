"""The page of commands has every command, every word of it, and says which must be given."""

from typing import Annotated

import pytest
import typer
import typer.main

from atlas_workflows.cli.app import COMMANDS, load_command
from atlas_workflows.cli.command_page import LEFT_OUT, command_page


@pytest.fixture(scope="module")
def page() -> str:
    return command_page({name: load_command(name) for name in COMMANDS})


def test_every_command_has_its_section(page: str) -> None:
    missing = [name for name in COMMANDS if f"\n## {name}\n" not in page]
    assert missing == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_of_a_command_is_there(page: str, name: str) -> None:
    command = load_command(name)
    members = {f"{name} {key}": item for key, item in getattr(command, "commands", {}).items()}
    for path, member in (members or {name: command}).items():
        section = page.split(f"./atlas {path}", 1)[1].split("\n##", 1)[0]
        options = [
            word
            for item in member.params
            if item.name not in LEFT_OUT
            for word in item.opts
            if word[:1] == "-"
        ]
        assert [word for word in options if f"`{word}`" not in section] == []


app = typer.Typer()


@app.command()
def make(
    place: Annotated[str, typer.Argument(metavar="PLACE")],
    by: Annotated[str, typer.Option(help="a|b")],
    rows: Annotated[int, typer.Option(help="How many.")] = 5,
    quick: Annotated[bool, typer.Option("--quick/--slow")] = True,
    kept_back: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Make it."""
    print(place, by, rows, quick, kept_back)


def test_defaults_bars_and_required_words_are_shown() -> None:
    command = typer.main.get_command(app)
    page = command_page({"make": command})
    assert "    ./atlas make PLACE [OPTIONS]\n\nMake it.\n" in page
    assert "| `--by` VALUE | a\\|b (required) |" in page
    assert "| `--rows` VALUE | How many. (default: 5) |" in page
    assert "| `--quick`, `--slow` | (default: on) |" in page
    assert "kept-back" not in page


def test_statuses_are_explained(page: str) -> None:
    assert all(f"\n| {status} | " in page for status in (0, 1, 2, 3, 4, 130))
