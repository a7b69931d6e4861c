"""Changes fields of the subject's own row, by the step's strategy over what the row says now."""

from typing import Any

from atlas_workflows.integrations.crm.fields import set_fields
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.nodes.actions.update_contact import merged
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    strategy = content.get("merge_strategy", "replace")

    def merge(known: Any, value: Any) -> Any:
        return merged(strategy, known, value)

    told = set_fields(writing, writing.person(), content["fields"], merge)
    return Written({"fields": told}, told)


def build(means: Means) -> CrmAction:
    return CrmAction("update_contact", means.crm, write)
