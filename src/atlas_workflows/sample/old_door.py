"""The old application's door for new leads: finds workflows by its own on/off column, begins executions, and sends their mails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.sample.old_tables import find_tables

# workflow, lead, node
Send = Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True)
class BegunThere:
    """An execution of the old application that was begun and is not over."""

    id: str
    workflow: str
    lead: str
    mails: tuple[str, ...]


@dataclass(slots=True)
class OldDoor:
    """Shape A or B on an autocommit session. What it does is what the legacy doors did, step by step, so that a test can
    let something happen between two of them.
    """

    connection: Connection
    send: Send
    begun: list[BegunThere] = field(default_factory=list)

    def lead_came(self, organization: str, lead: str) -> list[BegunThere]:
        """Look for workflows and begin an execution of each; nothing is sent yet."""
        given = {"organization_id": organization}
        found = [key for (key,) in self.connection.execute(sql("sample/old_app/listening"), given).fetchall()]
        begun = [self._begin(workflow, lead) for workflow in found]
        self.begun += begun
        return begun

    def finish_all(self) -> int:
        """End every execution that was begun: send what it sends, whatever its workflow's column says by now."""
        tables = find_tables(self.connection)
        ended = 0
        while self.begun:
            execution = self.begun.pop(0)
            for node in execution.mails:
                self.send(execution.workflow, execution.lead, node)
            with self.connection.transaction():
                tables.finish(self.connection, execution.id, None, [])
            ended += 1
        return ended

    def _begin(self, workflow_id: str, lead: str) -> BegunThere:
        tables = find_tables(self.connection)
        workflow = tables.read(self.connection, workflow_id)
        assert workflow is not None  # the listing of a moment ago
        execution = str(uuid4())
        with self.connection.transaction():
            tables.start(self.connection, execution, workflow, {"leadId": lead})
        return BegunThere(execution, workflow_id, lead, tuple(_mails(workflow.nodes)))


def _mails(nodes: Any) -> list[str]:
    """Ids of the nodes that send an email."""
    found: list[Mapping[str, Any]] = _drawn(nodes)
    return [str(node["id"]) for node in found if _action(node) == "send_email" and "id" in node]


def _drawn(nodes: Any) -> list[Mapping[str, Any]]:
    """A messy column holds anything."""
    return [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []


def _action(node: Mapping[str, Any]) -> Any:
    data = node.get("data")
    return data.get("actionType") if isinstance(data, dict) else None
