"""Changes fields of an opportunity, the subject's latest open one where none is named."""

from atlas_workflows.integrations.crm.opportunities import update_opportunity
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    key = content.get("opportunity_id") or None
    return Written({"opportunity_id": update_opportunity(writing, writing.person(), key, content["fields"])})


def build(means: Means) -> CrmAction:
    return CrmAction("update_opportunity", means.crm, write)
