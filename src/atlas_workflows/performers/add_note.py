"""Adds a note about the subject."""

from atlas_workflows.integrations.crm.work import add_note
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    return Written({"note_id": add_note(writing, writing.person(), content["text"])})


def build(means: Means) -> CrmAction:
    return CrmAction("add_note", means.crm, write)
