"""Books an appointment or a class for the subject."""

from atlas_workflows.expressions.values import number
from atlas_workflows.integrations.crm.bookings import book
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.staff import need_member
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction
from atlas_workflows.performers.means import Means
from atlas_workflows.performers.moments import instant


def write(writing: Writing, content: Content) -> Written:
    person, starts_at = writing.person(), instant(writing, content.get("starts_at"), "starts_at")
    length = content.get("duration_minutes")
    minutes = number(length)
    if length is not None and (minutes is None or not 0 < minutes <= 1440):
        raise CrmRefused("data", "duration_minutes is no length of a day at most.", "Give minutes.")
    staff = content.get("staff_id")
    if staff:
        staff = need_member(writing.connection, writing.crm, writing.effect.organization, staff).id
    given = {"appointment_type": content.get("appointment_type"), "staff": staff or None}
    given["options"] = content.get("options")
    return Written(book(writing, person, given, starts_at, None if minutes is None else int(minutes)))


def build(means: Means) -> CrmAction:
    return CrmAction("book_appointment", means.crm, write)
