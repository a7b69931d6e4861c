"""Adds tags to the subject."""

from atlas_workflows.integrations.crm.tagging import add_tags
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    only = bool(content.get("replace_existing"))
    tags = add_tags(writing, writing.person(), content["tags"], only=only)
    return Written({"tags": tags}, {"tags": tags})


def build(means: Means) -> CrmAction:
    return CrmAction("add_tags", means.crm, write)
