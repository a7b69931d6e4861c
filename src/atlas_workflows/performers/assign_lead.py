"""Makes somebody of the team the subject's owner, and tells them in the CRM where it keeps notifications."""

from atlas_workflows.integrations.crm.contact import names_of
from atlas_workflows.integrations.crm.notifications import notify
from atlas_workflows.integrations.crm.staff import need_member
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    person = writing.record_with("assigned_to")
    owner = need_member(writing.connection, writing.crm, writing.effect.organization, content["user_id"])
    column = person.table.need("assigned_to")
    writing.update(person.table, person.row, {column: owner.id})
    if content.get("notify_assignee"):
        notify(
            writing,
            [owner.id],
            "A lead was assigned to you",
            names_of(person).get("name", ""),
        )
    return Written({"assigned_to": owner.id}, {"assigned_to": owner.id})


def build(means: Means) -> CrmAction:
    return CrmAction("assign_lead", means.crm, write)
