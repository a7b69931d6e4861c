"""Opens an opportunity for the subject."""

from atlas_workflows.integrations.crm.opportunities import create_opportunity
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    return Written({"opportunity_id": create_opportunity(writing, writing.person(), content)})


def build(means: Means) -> CrmAction:
    return CrmAction("create_opportunity", means.crm, write)
