"""Checks the subject in to an appointment or a booking."""

from atlas_workflows.integrations.crm.bookings import check_in, named
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    return Written(check_in(writing, named(content.get("appointment_id")), content.get("options") or {}))


def build(means: Means) -> CrmAction:
    return CrmAction("check_in", means.crm, write)
