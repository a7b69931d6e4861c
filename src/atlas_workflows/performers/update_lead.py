"""Changes fields of the subject's lead record."""

from atlas_workflows.integrations.crm.fields import set_fields
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    told = set_fields(writing, writing.lead(), content["fields"])
    return Written({"fields": told}, told)


def build(means: Means) -> CrmAction:
    return CrmAction("update_lead", means.crm, write)
