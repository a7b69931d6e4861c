"""Accounts for the executions that the old application had begun and not ended, and parks here what it left waiting."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from atlas_workflows import audit, exact_json
from atlas_workflows.audit import Subject
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.nesting import execution_id
from atlas_workflows.engine.state import state_to_json
from atlas_workflows.legacy.execution.document import read_program
from atlas_workflows.legacy.execution.in_flight import (
    Fate,
    Noted,
    Standing,
    fate_of,
    parked,
    standing,
    start_of,
)
from atlas_workflows.legacy.execution.program import LegacyProgram
from atlas_workflows.migration.cutover.facts import Candidate
from atlas_workflows.migration.cutover.old_format import OldVersion, old_versions
from atlas_workflows.migration.cutover.take_over import Author, keep_version
from atlas_workflows.migration.movement.source import Source
from atlas_workflows.migration.shadow.history import Recorded
from atlas_workflows.migration.shadow.read import Past, read_organizations
from atlas_workflows.worker.messages import json_text

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Account:
    """One execution of the old application and what becomes of it; `why` where it is left to it for a reason of its workflow."""

    workflow: str
    organization: str
    execution: str
    fate: Fate
    why: str

    def to_json(self) -> dict[str, str]:
        """A line of the report."""
        return {
            "workflow": self.workflow, "organization": self.organization, "execution": self.execution,
            "fate": str(self.fate), "why": self.why,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class InFlight:
    """Reads the old side with `reader`, writes here with `writer`. `stopped_at`: when the old application was stopped for good."""

    reader: Connection
    writer: Connection
    source: Source
    author: Author
    now: datetime
    stopped_at: datetime | None = None

    def account_for(self, taken: Sequence[Candidate]) -> Iterator[Account]:
        """Every execution without an end of these workflows, which are executed here now; what can be parked is."""
        past = Past(self.reader, self.source.catalog)
        gyms = read_organizations(self.reader, self.source.catalog)
        for start in range(0, len(taken), AT_ONCE):
            some = {item.source_id: item for item in taken[start : start + AT_ONCE]}
            open_ = list(past.unfinished(list(some)))
            asked = [some[source_id].wanted for source_id in {source_id for source_id, _ in open_}]
            versions = old_versions(self.reader, self.source, asked) if asked else {}
            people = past.people(found.subject for _, found in open_ if found.subject is not None)
            for source_id, found in open_:
                item = some[source_id]
                yield self._account(
                    item, found, versions[item.facts.workflow], self._data(item, found, people, gyms)
                )

    def _data(
        self,
        item: Candidate,
        found: Recorded,
        people: Mapping[str, Mapping[str, Any]],
        gyms: Mapping[str, str],
    ) -> dict[str, Any]:
        organization = item.facts.organization
        contact = people.get(found.subject or "", found.lead)
        named = {"name": gyms[organization]} if organization in gyms else {}
        return {
            "trigger": dict(found.event), "contact": dict(contact), "organization": {"id": organization, **named},
        }  # fmt: skip

    def _account(
        self, item: Candidate, found: Recorded, version: OldVersion, data: Mapping[str, Any]
    ) -> Account:
        about = (item.facts.workflow, item.facts.organization, found.id)
        if version.document is None:
            return Account(*about, Fate.NOT_KNOWN, version.obstacle or Fate.NOT_KNOWN.sentence)
        if found.steps is None:
            return Account(*about, Fate.NOT_KNOWN, "Its table keeps no steps.")
        program = read_program(exact_json.dumps_text(version.document))
        assert program is not None  # it was written a moment ago
        key = execution_id(exact_json.dumps_text(["legacy", item.facts.organization, found.id]))
        notes = [Noted(step.name, step.status, step.at, step.error) for step in found.steps]
        stands = standing(program, start_of(key, found.started_at, data), notes)
        fate = fate_of(stands, found.started_at, self.now, self.stopped_at)
        if fate is Fate.PARKED_HERE:
            self._park(item, found, (program, stands, version.document), data)
        return Account(*about, fate, fate.sentence)

    def _park(
        self,
        item: Candidate,
        found: Recorded,
        standing_in: tuple[LegacyProgram, Standing, Mapping[str, Any]],
        data: Mapping[str, Any],
    ) -> None:
        program, stands, document = standing_in
        subject = found.subject or found.id
        with self.writer.transaction():
            state, due_at = parked(program, stands, data, subject, self.now)
            given = {
                "organization": item.facts.organization, "execution": state.execution, "workflow": item.facts.workflow,
                "version": keep_version(self.writer, item, document, self.author), "subject": subject,
                "anchor": f"legacy:{found.id}", "due_at": due_at, "document": json_text(state_to_json(state)),
                "trigger": json_text(data["trigger"]),
            }  # fmt: skip
            if scalar(self.writer, sql("migration/cutover/park_execution"), given):
                audit.record(
                    self.writer,
                    Subject("workflow_executions", state.execution),
                    actor=self.author.actor,
                    action="park_legacy_execution",
                    reason=f"Execution {found.id} of the old application: {Fate.PARKED_HERE.sentence}",
                    organization_id=item.facts.organization,
                )


def counted(accounts: Sequence[Account]) -> dict[str, int]:
    """How many have each fate."""
    return dict(sorted(Counter(str(item.fate) for item in accounts).items()))
