"""Adds to, subtracts from or sets the lead's score as it is now, within 0 and 100, and notes it in the history of scores."""

from atlas_workflows.expressions.values import number
from atlas_workflows.integrations.crm.links import link_to, whose
from atlas_workflows.integrations.crm.people import Person
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    lead, points = writing.lead(), number(content["value"])
    if points is None:
        raise CrmRefused("data", "The points are no number.", "Give a number.")
    column, known = lead.table.need("score"), number(lead.value("score")) or 0
    wanted = {"add": known + points, "subtract": known - points}.get(content.get("operation", "add"), points)
    score = int(min(max(wanted, 0), 100))
    writing.update(lead.table, lead.row, {column: score})
    _remember(writing, lead, int(known), score)
    return Written({"score": score, "before": int(known)}, {"score": score})


def _remember(writing: Writing, lead: Person, before: int, after: int) -> None:
    table = writing.crm.find("lead_score_history")
    if table is None or before == after:
        return
    said = {
        "previous_score": before, "new_score": after, "score_change": after - before,
        "change_reason": "workflow", "triggered_by": "workflow",
    }  # fmt: skip
    known = {name: value for name, value in said.items() if name in table.columns}
    writing.insert(table, {**whose(writing, table), **link_to(writing, table, lead), **known})


def build(means: Means) -> CrmAction:
    return CrmAction("update_lead_score", means.crm, write)
