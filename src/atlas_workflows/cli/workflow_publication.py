"""`atlas workflow publish|pause|resume|archive`: what becomes of a workflow and of its executions under way."""

from dataclasses import asdict
from typing import Annotated

import typer

from atlas_workflows.cli.airflow_follows import follow_in_airflow
from atlas_workflows.cli.execution_words import show
from atlas_workflows.cli.support import Actor, AsJson, Dsn, Organization, Reason, an_id, print_json, session
from atlas_workflows.cli.workflow_problems import problem_as_json, show_problems
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.recurring.audience.publishing import Asks, audiences_asked
from atlas_workflows.site import utc_now
from atlas_workflows.store.following import Followed, follow
from atlas_workflows.store.publication import (
    AtArchive,
    Changed,
    DraftInvalid,
    Published,
    Running,
    archive,
    pause,
    publish,
    read_workflow,
    resume,
)
from atlas_workflows.store.steering import By

Workflow = Annotated[str, typer.Argument(metavar="WORKFLOW", help="The workflow's id.")]


def publish_draft(
    workflow: Workflow,
    organization: Organization,
    revision: Annotated[int, typer.Option(metavar="N", help="The draft's revision as you read it.")],
    by: Actor,
    reason: Reason,
    running: Annotated[
        Running,
        typer.Option(
            help="Executions under way finish on their version, or follow where their place still exists."
        ),
    ] = Running.FINISH,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Publish the draft as a new version. Refused where the draft has moved on since that revision, or has errors."""
    owner, named = an_id(organization, "organization"), an_id(workflow, "workflow")
    with session(dsn) as connection:
        draft = read_workflow(connection, owner, named)
        asked = audiences_asked(connection, owner, draft.definition, utc_now())
        try:
            done = publish(connection, owner, named, revision, load_catalogue(), By(by, reason))
        except DraftInvalid as refusal:
            _complain(refusal, as_json=as_json)
            raise
        told = list(follow(connection, owner, named, done.version)) if running is Running.FOLLOW else []
        airflow = follow_in_airflow(connection, owner, named, done.status)
    _tell_published(done, told, asked, airflow, as_json=as_json)


def pause_workflow(
    workflow: Workflow,
    organization: Organization,
    by: Actor,
    reason: Reason,
    drain: Annotated[bool, typer.Option("--drain", help="Executions under way go on to their end.")] = False,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Let nothing of a workflow start. Executions under way are held where they are, their unsent effects too."""
    with session(dsn) as connection:
        owner, named = an_id(organization, "organization"), an_id(workflow, "workflow")
        changed = pause(connection, owner, named, By(by, reason), drain=drain)
        airflow = follow_in_airflow(connection, owner, named, changed.status)
    _tell(
        changed,
        airflow,
        "executions under way go on to their end"
        if drain
        else f"{changed.executions} executions under way are held",
        as_json=as_json,
    )


def resume_workflow(
    workflow: Workflow,
    organization: Organization,
    by: Actor,
    reason: Reason,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Let a paused workflow start again; what was held goes on, waits that are over at once."""
    with session(dsn) as connection:
        owner, named = an_id(organization, "organization"), an_id(workflow, "workflow")
        changed = resume(connection, owner, named, By(by, reason))
        airflow = follow_in_airflow(connection, owner, named, changed.status)
    _tell(changed, airflow, f"{changed.executions} held executions go on", as_json=as_json)


def archive_workflow(
    workflow: Workflow,
    organization: Organization,
    by: Actor,
    reason: Reason,
    running: Annotated[
        AtArchive | None,
        typer.Option(help="What becomes of executions under way; needed where there are any."),
    ] = None,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Let nothing of a workflow start any more, for good."""
    with session(dsn) as connection:
        owner, named = an_id(organization, "organization"), an_id(workflow, "workflow")
        changed = archive(connection, owner, named, By(by, reason), running)
        airflow = follow_in_airflow(connection, owner, named, changed.status)
    fate = "are cancelled" if running is AtArchive.CANCEL else "finish"
    _tell(changed, airflow, f"{changed.executions} executions under way {fate}", as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Add the commands to `atlas workflow`."""
    for name, command in (
        ("publish", publish_draft),
        ("pause", pause_workflow),
        ("resume", resume_workflow),
        ("archive", archive_workflow),
    ):
        app.command(name)(command)


def _tell_published(
    done: Published, told: list[Followed], asked: list[Asks], airflow: str | None, *, as_json: bool
) -> None:
    staying = [each for each in told if each.obstacle is not None]
    if as_json:
        problems = [problem_as_json(problem) for problem in done.problems]
        print_json(
            asdict(done)
            | {
                "problems": problems,
                "followed": len(told) - len(staying),
                "staying": [asdict(each) for each in staying],
                "airflow": airflow,
                "audiences": [asdict(each) for each in asked],
            }
        )
        return
    what = "is published" if done.is_new else "was published as it is before"
    print(f"{done.name}: version {done.version} {what}; it is {done.status}.")
    if airflow is not None:
        print(airflow)
    if done.problems:
        show(f"  {problem.severity.value} {problem.code}: {problem.message}" for problem in done.problems)
    show(each.sentence for each in asked)
    if told:
        print(f"{len(told) - len(staying)} executions under way follow it.")
    show(
        f"  {each.execution} about {each.subject} finishes on version {each.version}: {each.obstacle}"
        for each in staying
    )


def _tell(changed: Changed, airflow: str | None, fate: str, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(changed) | {"airflow": airflow})
        return
    print(f"{changed.name} is {changed.status}; {fate}.")
    if airflow is not None:
        print(airflow)


def _complain(refusal: DraftInvalid, *, as_json: bool) -> None:
    if as_json:
        print_json({"valid": False, "problems": [problem_as_json(problem) for problem in refusal.problems]})
    else:
        show_problems(refusal.problems)
