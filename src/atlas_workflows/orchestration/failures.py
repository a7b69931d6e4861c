"""Turns our errors into Airflow's: what a retry may mend is retried, what it cannot fails at once and clearly."""

from collections.abc import Iterator
from contextlib import contextmanager

from atlas_workflows.errors import AtlasError, DatabaseError, PermissionMissing
from atlas_workflows.migration.step import StepResult, StepStatus

# A server that was away may be back at the next attempt; a missing privilege will not appear by itself.
WORTH_RETRYING = (DatabaseError,)
NEVER_RETRIED = (PermissionMissing,)


def is_worth_retrying(error: AtlasError) -> bool:
    """Whether a later attempt may succeed without anybody doing anything."""
    passes = error.attributes.get("passes", True)
    return isinstance(error, WORTH_RETRYING) and not isinstance(error, NEVER_RETRIED) and bool(passes)


@contextmanager
def clear_failures() -> Iterator[None]:
    """An AtlasError inside ends the task with fact and remedy; without retries where they are in vain."""
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    try:
        yield
    except AtlasError as error:
        message = f"{error.fact} What next: {error.remedy}"
        raise (AirflowException if is_worth_retrying(error) else AirflowFailException)(message) from error


def require_passed(result: StepResult, step: str) -> None:
    """A step that failed or waits fails its task at once: repeating it would find the same."""
    if result.status in (StepStatus.FAILED, StepStatus.WAITING):
        from airflow.sdk.exceptions import AirflowFailException

        said = result.problem or f"Step {step} did not pass."
        raise AirflowFailException(
            f"{said} What next: {result.remedy or 'read the report of this phase run.'}"
        )
