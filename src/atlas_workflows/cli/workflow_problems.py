"""What is wrong with a definition, as a table and as JSON."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from atlas_workflows.cli.terminal import without_controls
from atlas_workflows.graph.model import Problem, Severity

_COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def problem_as_json(problem: Problem) -> dict[str, Any]:
    """The fields of a problem under the names that scripts rely on."""
    return {
        "code": problem.code,
        "severity": problem.severity.value,
        "message": problem.message,
        "remedy": problem.remedy,
        "node": problem.node,
        "field": problem.field,
    }


def show_problems(problems: list[Problem]) -> None:
    """Print a table of them, where there are any."""
    if not problems:
        return
    table = Table("", "where", "problem and what to do", show_lines=True)
    for problem in problems:
        kind = f"[{_COLOURS[problem.severity]}]{problem.severity.value}[/]\n{problem.code}"
        where = "\n".join(filter(None, (problem.node, problem.field)))
        advice = f"{escape(problem.message)}\n[dim]{escape(problem.remedy)}[/]"
        table.add_row(kind, without_controls(escape(where)), without_controls(advice))
    Console().print(table)


def verdict(problems: list[Problem]) -> str:
    """Valid or not, with rich's markup."""
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    if errors:
        return f"[bold red]not valid: {errors} {'error' if errors == 1 else 'errors'}[/]"
    return "[bold green]valid[/]"
