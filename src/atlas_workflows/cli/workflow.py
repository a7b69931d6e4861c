"""`atlas workflow …`: validate workflow files, execute them in memory, and write translated ones as files."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from atlas_workflows import exact_json
from atlas_workflows.cli.workflow_execution import Wishes, play, played_as_json
from atlas_workflows.cli.workflow_file import UnreadableFile, read_document
from atlas_workflows.cli.workflow_library import load_workflow
from atlas_workflows.cli.workflow_problems import problem_as_json, show_problems, verdict
from atlas_workflows.cli.workflow_publication import add_to
from atlas_workflows.cli.workflow_trace import show_trace
from atlas_workflows.graph.model import Problem, Severity
from atlas_workflows.graph.validate import is_valid, problems_of
from atlas_workflows.nodes.catalogue import load_catalogue

app = typer.Typer(
    no_args_is_help=True, help="Validate, execute, export, publish, pause and archive workflows."
)

add_to(app)


@app.callback()
def workflow() -> None:
    """Validate, execute, export, publish, pause and archive workflows."""


@app.command("validate")
def validate_file(
    file: Annotated[Path, typer.Argument(help="A workflow as JSON; - reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Say what is wrong with a workflow: exit 0 when it is valid (warnings allowed), 2 when not."""
    problems = _problems_in(file)
    valid = is_valid(problems)
    if as_json:
        print(exact_json.dumps_text({"valid": valid, "problems": [problem_as_json(p) for p in problems]}))
    else:
        show_problems(problems)
        Console().print(f"{escape(str(file))}: {verdict(problems)}", highlight=False)
    raise typer.Exit(0 if valid else 2)


@app.command("execute")
def execute_file(
    file: Annotated[Path, typer.Argument(help="A workflow as JSON; - reads standard input.")],
    input_file: Annotated[
        Path, typer.Option("--input", help="JSON object with contact, trigger, organization, …")
    ],
    events: Annotated[
        Path | None,
        typer.Option(help="JSON lines: time (without offset in the workflow's zone), type, subject, data."),
    ] = None,
    at: Annotated[str | None, typer.Option(help="ISO time of the start; now where left out.")] = None,
    fail: Annotated[list[str] | None, typer.Option(help="NODE:ATTEMPTS that fail; may be repeated.")] = None,
    trigger: Annotated[
        str | None, typer.Option(help="Id of the trigger; the first one where left out.")
    ] = None,
    workflows: Annotated[
        Path | None, typer.Option(help="Folder of the workflow files that this one starts.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Execute although the trigger would not have fired.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Execute a workflow on a virtual clock: effects are planned, never performed; waits pass at once.

    Input: an object with the roots of paths (contact, trigger, organization, variables, …). An object without
    contact, lead, client and trigger is taken as both the contact and the trigger's data. Where the trigger would not
    have fired on it, the outcome is not_started and says why.
    """
    found = load_workflow(file)
    played = play(found, Wishes(input_file, events, at, tuple(fail or ()), trigger, workflows, anyway))
    if as_json:
        print(exact_json.dumps_text(played_as_json(played)))
    else:
        show_trace(found, played, Console())


@app.command("export")
def export_files(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where the files go; made if it is missing.")
    ],
    workflow: Annotated[
        list[str] | None, typer.Argument(metavar="[WORKFLOW]...", help="Ids; without any: all workflows.")
    ] = None,
    organization: Annotated[str | None, typer.Option(help="Only workflows of this organization.")] = None,
    dsn: Annotated[str | None, typer.Option("--dsn", help="The CRM database; default ATLAS_CRM_DSN.")] = None,
) -> None:
    """Write translated workflows as files, to be looked at, validated and executed. Secrets stay references."""
    from atlas_workflows.cli.workflow_export import export
    from atlas_workflows.site import crm_site

    count = export(crm_site(dsn).dsn, folder, organization, workflow or [])
    print(f"{count} {'workflow' if count == 1 else 'workflows'} in {folder}.")


def _problems_in(file: Path) -> list[Problem]:
    try:
        document = read_document(file)
    except UnreadableFile as error:
        return [Problem("UNREADABLE_FILE", Severity.ERROR, error.fact, error.remedy)]
    return problems_of(document, load_catalogue())
