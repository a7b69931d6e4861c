"""Cancels an appointment or a booking."""

from atlas_workflows.integrations.crm.bookings import cancel, named
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means


def write(writing: Writing, content: Content) -> Written:
    return Written(cancel(writing, named(content.get("appointment_id")), content))


def build(means: Means) -> CrmAction:
    return CrmAction("cancel_appointment", means.crm, write)
