"""Merging a draft with the one that somebody else saved meanwhile; and who has it open."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.preconditions import tag_of
from atlas_workflows.api.manners.problems import HttpProblem, invalid
from atlas_workflows.api.manners.routing import EDITS, READS, api_router
from atlas_workflows.api.routes.drafts import standing_of, validity
from atlas_workflows.api.schemas.merges import Here, Merge, MergeDecision, Presence, ToMerge
from atlas_workflows.exact_json import loads
from atlas_workflows.graph.merge import merge
from atlas_workflows.store.drafts import Present, earlier_draft, note_presence, read_presence

ROUTER = api_router("drafts")
Editor = Annotated[Tenant, Depends(EDITS)]
Reader = Annotated[Tenant, Depends(READS)]


@ROUTER.post("/workflows/{workflow}/draft/merge", response_model=Merge)
def merge_draft(editor: Editor, workflow: UUID, body: ToMerge) -> Response:
    """Your draft and the one that is there, merged by ids and paths since the revision that you read. Nothing is stored.

    What both changed is in `conflicts`; there is a `definition` once each is decided. Save it with the ETag of this answer.
    """
    found = standing_of(editor, workflow)
    with editor.reading() as connection:
        ancestor = earlier_draft(connection, found, body.ancestor)
    if ancestor is None:
        raise HttpProblem(
            "conflict", f"Revision {body.ancestor} of the draft is not kept.", field="ancestor",
            remedy="Read the draft and make your change in it again: the last 50 are kept, for 30 days.",
        )  # fmt: skip
    merged = merge(ancestor, body.definition, loads(found.definition), _decisions(body.decisions))
    if merged.unused:
        raise invalid("decisions", f"There is no conflict at {merged.unused[0][:200]!r}.", "Leave it out; read `conflicts`.")  # fmt: skip
    told = {
        "workflow": found.id, "revision": found.revision, "ancestor": body.ancestor, "definition": merged.document,
        "conflicts": [asdict(each) for each in merged.conflicts],
        **({"valid": None, "problems": []} if merged.conflicts else validity(merged.document)),
    }  # fmt: skip
    return reply(Merge, told, headers={"ETag": tag_of(found.revision)})


@ROUTER.get("/workflows/{workflow}/draft/presence", response_model=Presence)
def list_presence(reader: Reader, workflow: UUID) -> Response:
    """Who has the draft open: has said so within the last 30 seconds."""
    named = reader.require("workflows", "workflow", workflow)
    with reader.reading() as connection:
        return _present(read_presence(connection, reader.organization, named))


@ROUTER.put("/workflows/{workflow}/draft/presence", response_model=Presence)
def announce_presence(editor: Editor, workflow: UUID, body: Here) -> Response:
    """You have the draft open. Say so every ten seconds or so; it is believed for 30. It changes nothing, and needs no If-Match."""
    named = editor.require("workflows", "workflow", workflow)
    with editor.reading() as connection:
        return _present(note_presence(connection, editor.organization, named, editor.caller.name, body.page))


def _present(found: list[Present]) -> Response:
    return reply(Presence, {"items": found})


def _decisions(given: list[MergeDecision]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in given:
        if each.at in found:
            raise invalid("decisions", f"{each.at[:200]!r} is decided twice.", "Keep one of them.")
        found[each.at] = each.take.value
    return found
