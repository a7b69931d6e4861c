"""Creates a task about the subject for somebody of the team, its owner where nobody is named."""

from atlas_workflows.integrations.crm.people import Person
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.staff import need_member
from atlas_workflows.integrations.crm.work import create_task
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means
from atlas_workflows.performers.moments import after, instant


def write(writing: Writing, content: Content) -> Written:
    person = writing.person()
    due = instant(writing, content.get("due_at"), "due_at") or after(writing, content.get("due_in"), "due_in")
    assignee = _assignee(writing, person, content.get("assigned_to"))
    return Written({"task_id": create_task(writing, person, content, assignee, due), "assigned_to": assignee})


def _assignee(writing: Writing, person: Person, named: str | None) -> str | None:
    """The subject's owner may have left the team; then the task is nobody's, as it was before."""
    owner = person.value("assigned_to")
    if not (named or owner):
        return None
    try:
        return need_member(
            writing.connection, writing.crm, writing.effect.organization, str(named or owner)
        ).id
    except CrmRefused:
        if named:
            raise
        return None


def build(means: Means) -> CrmAction:
    return CrmAction("create_task", means.crm, write)
