"""Publishes an event that analytics and other workflows can see."""

from atlas_workflows import exact_json
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    if not scalar(writing.connection, sql("crm/can_emit_events")):
        fact = "Schema atlas is older than the publishing of events."
        raise CrmRefused("configuration", fact, "Run `atlas schema upgrade`.")
    effect, name = writing.effect, content["name"]
    trigger = {**(content.get("properties") or {}), "name": name, "event": name}
    given = {
        "organization": effect.organization,
        "type": "event",
        "subject": effect.subject,
        "data": exact_json.dumps_text({"trigger": trigger}),
        "key": effect.key,
    }
    return Written({"event": name, "published": scalar(writing.connection, sql("crm/emit_event"), given)})


def build(means: Means) -> CrmAction:
    return CrmAction("track_event", means.crm, write)
