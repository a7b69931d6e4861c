"""Which phase run a DAG run drives: the note of its first task, or what the database knows once that note is gone."""

from uuid import UUID

# What a template gives for an XCom that is not there.
NO_NOTE = ("None", "")
OPEN = ("running", "waiting")


def run_id_of(noted: str, dag_id: str, *, dsn: str) -> UUID:
    """The run that was noted; where XComs were cleaned (`airflow db clean`) meanwhile, the phase's newest one if it is open.

    A DAG run is the only one of its phase at a time. Raises PhaseRefused where no run is open.
    """
    if noted not in NO_NOTE:
        return UUID(noted)
    from atlas_workflows.db.connect import connect
    from atlas_workflows.errors import PhaseRefused
    from atlas_workflows.migration.phases import all_phases
    from atlas_workflows.migration.runs.records import latest_runs

    phase = next(item for item in all_phases() if item.dag_id == dag_id)
    with connect(dsn, application_name="atlas-begin", autocommit=True) as connection:
        runs = latest_runs(connection, phase.name, limit=1)
    if not runs or runs[0].status not in OPEN:
        state = f"the newest one is {runs[0].status}" if runs else "there is none"
        raise PhaseRefused(
            f"The XComs of this DAG run were cleaned, so it is not known which phase run it drives; {state}.",
            remedy="Trigger the DAG again with the same form: a run that is unfinished is continued.",
        )
    return runs[0].id
