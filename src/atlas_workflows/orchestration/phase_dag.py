"""Builds a phase's DAG: one fat task per step, a form of parameters, a report at the end however it went."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, TaskGroup, get_current_context, task

from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import PhaseRequest, phase_fields
from atlas_workflows.orchestration.actor import actor_of
from atlas_workflows.orchestration.form import filled_in, form
from atlas_workflows.orchestration.notify import on_failure, on_success
from atlas_workflows.orchestration.said import note_driver, say
from atlas_workflows.orchestration.stages import stages_of

if TYPE_CHECKING:
    from uuid import UUID

RUN_ID = "{{ ti.xcom_pull(task_ids='begin', key='phase_run_id') }}"
RETRIES = {"retries": 2, "retry_delay": timedelta(seconds=15)}
# How often Airflow may lose an answer that comes while the question parks: see PhaseApproval.
LOST_ANSWERS = 5
PAGE = """\
## {title}

Runs the steps {steps}, one task each, in groups: {groups}. A failed gate fails its task with what happened and what
next; a task that was killed continues where it stopped at its next attempt. Trigger it with a form or with JSON, for example:

```json
{{"organizations": [], "percent": null, "dry_run": false, "batch_rows": 1000, "rehearse": true, "require_approval": false}}
```

`dry_run` is on unless it is turned off. With it the task `begin` does everything in memory, writes nothing and skips the rest. A setting that
does not exist is refused by name before anything is done. The tab **Report** of a DAG run shows what it found, a dry run
as well; the page **Atlas** in the navigation lists all runs with report, Data Docs and certificates.
`migration_rollback` takes a phase back.
"""


def build_phase_dag(phase: Phase) -> DAG:
    """The DAG of `phase`; nothing is read from a database or the network here."""
    with DAG(
        dag_id=phase.dag_id,
        dag_display_name=phase.title,
        description=f"Phase {phase.alias}: {phase.title}",
        doc_md=PAGE.format(
            title=phase.title,
            steps=", ".join(phase.steps),
            groups=", ".join(stage.name for stage in stages_of(phase.steps)),
        ),
        schedule=None,
        catchup=False,
        max_active_runs=1,
        # A dry run unless somebody turns it off: a form that is sent by mistake must move nothing.
        params=form(phase_fields(), defaults={"dry_run": True}),
        default_args=RETRIES,
        tags=["migration", phase.alias],
        on_failure_callback=on_failure,
        on_success_callback=on_success,
    ) as dag:
        begun = task.short_circuit(task_id="begin")(begin)(phase.name).as_setup()
        last = begun
        for stage in stages_of(phase.steps):
            # The names of tasks stay: they are in people's links, in XComs and in what was run before there were groups.
            with TaskGroup(
                stage.id, group_display_name=stage.name, prefix_group_id=False, tooltip=stage.about
            ):
                for kind in stage.steps:
                    first, following = TASKS_OF_KIND.get(kind, _plain_task)(kind)
                    last >> first
                    last = following
        closing = quiet(task_id="close")(close)(phase_run_id=RUN_ID)
        last >> closing.as_teardown(setups=begun)
    return dag


def begin(phase_name: str) -> bool:
    """Record the phase run; False (nothing follows) after a dry run, which happens here."""
    from atlas_workflows.migration.phases import phase_named
    from atlas_workflows.migration.preflight.checklist import waivable_items
    from atlas_workflows.orchestration.connections import crm_dsn, crm_site
    from atlas_workflows.orchestration.failures import clear_failures
    from atlas_workflows.orchestration.phase_tasks import (
        announce_window,
        begin_phase_run,
    )
    from atlas_workflows.orchestration.progress import task_sink

    context = get_current_context()
    push = context["ti"].xcom_push
    with clear_failures():
        request = PhaseRequest.read(filled_in(context), actor=actor_of(context), waivable=waivable_items())
        begun = begin_phase_run(
            phase_named(phase_name),
            request.scope,
            request.options,
            crm_site(task_sink(push)),
            began=lambda run_id: note_driver(context, str(run_id)),
        )
    push("summary", dict(begun.summary))
    say("The dry run", begun.summary)
    if begun.run_id is None:
        return False
    push("phase_run_id", str(begun.run_id))
    announce_window(begun.run_id, phase_name, actor_of(context), dsn=crm_dsn())
    return True


def step(kind: str, phase_run_id: str) -> dict[str, Any]:
    """Do one step of the recorded run; the result's summary is the task's XCom."""
    from atlas_workflows.migration.recorded import run_step
    from atlas_workflows.orchestration.connections import crm_site
    from atlas_workflows.orchestration.failures import clear_failures, require_passed
    from atlas_workflows.orchestration.progress import task_sink

    sink = task_sink(get_current_context()["ti"].xcom_push)
    with clear_failures():
        result = run_step(known_run(phase_run_id), kind, crm_site(sink))
    say(f"Step {kind}: {result.status}", result.summary)
    require_passed(result, kind)
    return dict(result.summary)


def close(phase_run_id: str) -> dict[str, Any]:
    """Record how the run ended, whatever happened before; a dry run has nothing to record."""
    from atlas_workflows.migration.recorded import conclude_run
    from atlas_workflows.orchestration.connections import crm_site
    from atlas_workflows.orchestration.failures import clear_failures

    if get_current_context()["params"]["dry_run"]:
        return {}
    with clear_failures():
        ended = conclude_run(known_run(phase_run_id), crm_site()).to_json()
    say("The phase run", ended)
    return ended


def plan_ranges(phase_run_id: str) -> list[Any]:
    """Deal the source tables' key ranges out to the run's workers; one mapped task each."""
    from atlas_workflows.orchestration.backfill_tasks import plan_shares
    from atlas_workflows.orchestration.connections import crm_site
    from atlas_workflows.orchestration.failures import clear_failures

    with clear_failures():
        return plan_shares(known_run(phase_run_id), crm_site())


def backfill_ranges(share: list[Any], phase_run_id: str) -> dict[str, Any]:
    """Move the rows of one share of ranges; a killed task goes on at its cursors."""
    from atlas_workflows.orchestration.backfill_tasks import work_share
    from atlas_workflows.orchestration.connections import crm_site
    from atlas_workflows.orchestration.failures import clear_failures
    from atlas_workflows.orchestration.progress import task_sink

    sink = task_sink(get_current_context()["ti"].xcom_push)
    with clear_failures():
        return work_share(known_run(phase_run_id), share, crm_site(sink))


def known_run(noted: str) -> "UUID":
    """The phase run of the current DAG run, its note cleaned away or not."""
    from atlas_workflows.orchestration.connections import crm_dsn
    from atlas_workflows.orchestration.phase_run import run_id_of

    return run_id_of(noted, get_current_context()["dag"].dag_id, dsn=crm_dsn())


def _plain_task(kind: str) -> tuple[Any, Any]:
    """One task does the step. Returns the first and the last task of what the step became."""
    only = quiet(task_id=kind)(step)(kind=kind, phase_run_id=RUN_ID)
    return only, only


def _backfill(kind: str) -> tuple[Any, Any]:
    """Mapped tasks move the ranges; the step itself then finds them done and catches up with what changed."""
    plan = quiet(task_id="plan_ranges")(plan_ranges)(phase_run_id=RUN_ID)
    ranges = quiet(task_id="backfill_ranges")(backfill_ranges).partial(phase_run_id=RUN_ID).expand(share=plan)
    # none_failed: a run that continues after all ranges were moved has an empty plan, which skips the mapped task.
    last = quiet(task_id=kind, trigger_rule="none_failed")(step)(kind=kind, phase_run_id=RUN_ID)
    ranges >> last
    return plan, last


def _approval(kind: str) -> tuple[Any, Any]:
    from atlas_workflows.orchestration.approval import PhaseApproval, reason_asked

    only = PhaseApproval(
        task_id=kind,
        phase_run_id=RUN_ID,
        subject="Finish this phase?",
        body=f"Phase run {RUN_ID}.",
        found_by=("reconcile", "decide", "plan_scheduling"),
        params=reason_asked(),
        retries=LOST_ANSWERS,
    )
    return only, only


# What a task returns is said line by line; the task's own log would show it again as one long line.
quiet = partial(task, show_return_value_in_logs=False)
TASKS_OF_KIND = {"backfill": _backfill, "approve": _approval}
