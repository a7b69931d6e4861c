"""Tells somebody of the team: in the CRM where it keeps notifications, else by e-mail."""

from dataclasses import dataclass, replace

import psycopg
from psycopg_pool import PoolTimeout

from atlas_workflows.db.connect import Connection
from atlas_workflows.integrations.crm.notifications import notifications_of, notify
from atlas_workflows.integrations.crm.people import find_person
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.staff import Member, members, told_members
from atlas_workflows.integrations.crm.tables import Crm
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.performers.crm_action import Content, CrmAction, CrmDesk
from atlas_workflows.performers.means import Means
from atlas_workflows.performers.send_email import SendEmail
from atlas_workflows.performers.unavailable import Unavailable
from atlas_workflows.worker.model import Answer, Dispatch, Refused
from atlas_workflows.worker.ports import Performer

_NO_SLACK = "Slack is not connected here: post to its incoming webhook with the step Send webhook."


@dataclass(frozen=True, slots=True)
class NotifyTeam:
    """`mail` None: only what the CRM itself shows can be told."""

    desk: CrmDesk
    mail: SendEmail | None
    concurrency: int = 8
    kind: str = "notify_team"

    def may_repeat(self, effect: Dispatch) -> bool:
        """Where the CRM shows it: it is written under the key. An e-mail is delivered twice."""
        try:
            return self._is_shown(effect)
        except (psycopg.Error, PoolTimeout):
            return False

    def perform(self, effect: Dispatch) -> Answer:
        """Tell them."""
        if effect.content.get("channel") == "slack":
            return Refused("configuration", _NO_SLACK, may_retry=False)
        try:
            if self._is_shown(effect):
                return CrmAction(self.kind, self.desk, _write).perform(effect)
            told = self.desk.read(lambda connection, crm: _told(connection, crm, effect))
        except CrmRefused as cause:
            return Refused(cause.cause, str(cause), may_retry=cause.may_retry)
        except (psycopg.Error, PoolTimeout) as cause:
            return self.desk.meaning(cause)
        return self._mailed(effect, [member.email for member in told if member.email])

    def _is_shown(self, effect: Dispatch) -> bool:
        wanted = effect.content.get("channel", "internal") == "internal"
        return wanted and self.desk.read(lambda _, crm: notifications_of(crm) is not None)

    def _mailed(self, effect: Dispatch, addresses: list[str]) -> Answer:
        if self.mail is None:
            asked = effect.content.get("channel") == "email"
            why = (
                "No mail server is set"
                if asked
                else "The CRM keeps no notifications, and no mail server is set"
            )
            said = f"{why}: set ATLAS_SMTP_URL."
            return Refused("configuration", said, may_retry=False)
        if not addresses:
            return Refused("data", "The CRM has no e-mail address of whom to tell.", may_retry=False)
        content = {
            "to": addresses[0], "bcc": addresses[1:], "html": False, "body": effect.content["message"],
            "subject": effect.content.get("title") or "Notification from a workflow",
        }  # fmt: skip
        return self.mail.perform(replace(effect, content=content))


def _write(writing: Writing, content: Content) -> Written:
    asked = writing.effect
    effect = Dispatch(asked.organization, "", asked.key, asked.kind, 0, content, subject=asked.subject)
    told = _told(writing.connection, writing.crm, effect)
    notify(writing, [member.id for member in told], content.get("title"), content["message"])
    return Written({"told": [member.id for member in told]})


def _told(connection: Connection, crm: Crm, effect: Dispatch) -> list[Member]:
    """Raises CrmRefused where there is nobody to tell."""
    person = find_person(connection, crm, effect.organization, effect.subject)
    owner = None if person is None else person.value("assigned_to")
    team = members(connection, crm, effect.organization)
    told = told_members(team, effect.content.get("to"), None if owner is None else str(owner))
    if not told:
        named = str(effect.content.get("to") or "the subject's owner")[:80]
        raise CrmRefused("data", f"Nobody of the team is {named}.", "Name a person, an address or a role.")
    return told


def build(means: Means) -> Performer:
    if means.crm is None:
        return Unavailable("notify_team", "No CRM database is named: set ATLAS_CRM_DSN.")
    return NotifyTeam(means.crm, None if means.mail is None else SendEmail(means.mail))
