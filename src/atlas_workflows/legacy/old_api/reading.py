"""A document of the old API to a definition, by the one translation that there is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.graph.catalogue import Catalogue
from atlas_workflows.graph.codec import to_json
from atlas_workflows.graph.limits import MAX_NAME_LENGTH
from atlas_workflows.graph.model import Node, Trigger, Workflow
from atlas_workflows.legacy.old_api.remarks import TOLD, Remark, of_change, of_reason
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import LegacyWorkflow, Tenancy, Translation
from atlas_workflows.legacy.translate import translate

IN_JSON = ("nodes", "edges", "variables", "trigger_config", "settings")
SECRET = Remark(
    "SECRET_IN_CLEAR", None, "A secret stands there in clear; v1 stores none. Keep it as a credential or a webhook of v2."
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class About:
    """Of which workflow a document is."""

    id: str
    organization: str
    name: str
    description: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What a document means; `definition` is None where it is refused, and `refused` says for what."""

    definition: Mapping[str, Any] | None
    refused: tuple[Remark, ...]
    told: tuple[Remark, ...]


def read_document(document: Mapping[str, Any], about: About, catalogue: Catalogue) -> Read:
    """The definition that a document stands for. Refused where something of it would get lost or mean something else."""
    tenancy = Tenancy(frozenset({about.organization}))
    # With a holder, as an earlier version has one: what the history says about triggers is not looked up for what is new.
    record = LegacyWorkflow(
        "A", "workflows", about.id, about.organization, _columns(document), holder=about.id
    )  # fmt: skip
    found = translate(record, tenancy, catalogue)
    refused = _refused(found)
    told = tuple(of_reason(each) for each in found.reasons if each.code in TOLD)
    told += tuple(of_change(each) for each in found.changes)
    if refused or found.workflow is None:
        return Read(None, refused or (Remark("UNREADABLE", None, "No workflow can be read from it."),), told)
    told += _assumed(document, found.workflow) + _unread(found.workflow)
    return Read(to_json(_named(found.workflow, about)), (), told)


def _assumed(document: Mapping[str, Any], workflow: Workflow) -> tuple[Remark, ...]:
    settings = document.get("settings")
    if isinstance(settings, dict) and settings.get("timezone"):
        return ()
    fact = f"No time zone was sent: {workflow.settings.timezone} is used, as ever."
    return (Remark(ReasonCode.TIMEZONE_ASSUMED.value, "settings.timezone", fact),)


def _unread(workflow: Workflow) -> tuple[Remark, ...]:
    """Settings that no field takes: kept, and nothing reads them."""
    steps: list[Node | Trigger] = [*workflow.triggers, *workflow.nodes]
    kept = [(step.id, step.parameters.get("extra")) for step in steps]
    return tuple(
        Remark("NOT_READ", f"nodes.{named}", f"Kept, and nothing reads it: {', '.join(sorted(extra))[:200]}.")
        for named, extra in kept
        if isinstance(extra, dict) and extra
    )


def _columns(document: Mapping[str, Any]) -> dict[str, str | None]:
    columns: dict[str, str | None] = {"name": "x", "status": "draft"}
    columns |= {name: dumps_text(document[name]) for name in IN_JSON if name in document}
    return columns | {"trigger_type": document.get("trigger_type")}


def _refused(found: Translation) -> tuple[Remark, ...]:
    refused = tuple(of_reason(each) for each in found.reasons if each.code not in TOLD)
    secrets = tuple(replace(SECRET, field=each.path) for each in found.secrets)
    if found.workflow is not None and found.holds_secret and not secrets:
        secrets = (SECRET,)
    return secrets + refused


def _named(workflow: Workflow, about: About) -> Workflow:
    """Names are taken as they were sent: nobody guesses here that one was escaped too often."""
    return replace(
        workflow, name=about.name[:MAX_NAME_LENGTH], description=about.description, tags=about.tags
    )
