"""Begins failing executions anew with the old meaning, in the checkpoint that would have ended them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.rollout.evaluation import evaluation
from atlas_workflows.rollout.known import FALLBACK
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.store.rows import places, told_of
from atlas_workflows.worker.fallback import beginning_again, may_fall_back
from atlas_workflows.worker.messages import json_text
from atlas_workflows.worker.model import Place, Turn


def falling_back(connection: Connection, turns: Sequence[Turn]) -> dict[Place, int]:
    """The versions on which failing executions may begin anew; their entries of the queue are locked."""
    asked = [turn.claimed.place for turn in turns if may_fall_back(turn)]
    if not asked:
        return {}
    found = connection.execute(sql("engine/fallbacks"), {"executions": places(asked)}).fetchall()
    allowed = {organization: _is_allowed(connection, organization) for organization, _, _ in found}
    return {(organization, execution): to for organization, execution, to in found if allowed[organization]}


def fall_back(connection: Connection, turns: Sequence[Turn], versions: dict[Place, int]) -> None:
    """Begin these executions anew on their versions."""
    days = sorted({turn.claimed.started_at for turn in turns if turn.claimed.started_at is not None})
    fallen = [_fallen(turn, versions[turn.claimed.place]) for turn in turns]
    given = {"fallen": json_text(fallen), "told": json_text(told_of(turns)), "days": days}
    connection.execute(sql("engine/fall_back"), given)


def _is_allowed(connection: Connection, organization: str) -> bool:
    store = PostgresFlags(connection)
    return evaluation(store, FALLBACK.key, UUID(organization), now=datetime.now(UTC)).value is True


def _fallen(turn: Turn, version: int) -> dict[str, Any]:
    claimed, letter = turn.claimed, turn.letter
    assert letter is not None  # it fails
    return {
        "organization_id": claimed.organization,
        "execution_id": claimed.execution,
        "started_at": claimed.started_at,
        "workflow_id": claimed.workflow,
        "from_version": claimed.version,
        "to_version": version,
        "recorded": claimed.recorded + len(turn.steps),
        "document": beginning_again(turn),
        "node_id": letter.node,
        "error_class": letter.cause,
        "message": letter.message,
    }
