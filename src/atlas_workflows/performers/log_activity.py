"""Writes an entry into the subject's history."""

from atlas_workflows.integrations.crm.work import log_activity
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    kind, description = content["activity_type"], content.get("description")
    return Written({"activity_id": log_activity(writing, writing.person(), kind, description)})


def build(means: Means) -> CrmAction:
    return CrmAction("log_activity", means.crm, write)
