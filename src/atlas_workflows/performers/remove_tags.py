"""Takes tags from the subject."""

from atlas_workflows.integrations.crm.tagging import remove_tags
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    tags = remove_tags(writing, writing.person(), content["tags"])
    return Written({"tags": tags}, {"tags": tags})


def build(means: Means) -> CrmAction:
    return CrmAction("remove_tags", means.crm, write)
