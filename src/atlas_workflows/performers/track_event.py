"""Publishes an event that analytics and other workflows can see."""

from atlas_workflows import exact_json
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    if not scalar(writing.connection, sql("crm/can_emit_events")):
        fact = "Schema atlas is older than the publishing of events."
        raise CrmRefused("configuration", fact, "Run `atlas schema upgrade`.")
    effect, name = writing.effect, content["name"]
    if not name:
        raise CrmRefused("data", "The event has no name.", "See what its template refers to.")
    trigger = {**(content.get("properties") or {}), "name": name, "event": name}
    given = {
        "organization": effect.organization,
        "type": event_type(name),
        "subject": effect.subject,
        "data": exact_json.dumps_text({"trigger": trigger}),
        "key": effect.key,
    }
    return Written({"event": name, "published": scalar(writing.connection, sql("crm/emit_event"), given)})


def event_type(name: str) -> str:
    """The type that triggers and waits hear an event of this name by.

    One that is called like a trigger type happens in the CRM, so saying its name makes none: it goes by a type of its own.
    """
    is_taken = any(name == kind for kind, _ in load_catalogue().triggers)
    return "event" if is_taken else str(name)


def build(means: Means) -> CrmAction:
    return CrmAction("track_event", means.crm, write)
