"""Moves the subject to another stage: its own row where that has one, else its lead record."""

from atlas_workflows.integrations.crm.references import referred
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    person = writing.record_with("stage")
    wanted = {"stage": content["stage"], "pipeline": content.get("pipeline")}
    values = {person.table.need(word): value for word, value in wanted.items() if value}
    values = {column: referred(writing, column, value) for column, value in values.items()}
    writing.update(person.table, person.row, values)
    return Written({"stage": content["stage"]}, {"stage": content["stage"]})


def build(means: Means) -> CrmAction:
    return CrmAction("change_stage", means.crm, write)
