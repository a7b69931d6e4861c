"""How the old application's stand-in sends its mails: over SMTP, with the lead's address and first name filled in."""

import smtplib
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import urlsplit

from atlas_workflows.db.connect import Connection
from atlas_workflows.sample.old_tables import find_tables
from atlas_workflows.sample.people import Lead

SENDER = "old-application@localhost"


@dataclass(slots=True)
class OldPost:
    """What `OldDoor` calls to send. `people` are the leads it may meet."""

    connection: Connection
    mail_url: str
    people: Iterable[Lead]
    sent: int = 0
    _by_id: dict[str, Lead] = field(init=False)

    def __post_init__(self) -> None:
        self._by_id = {lead.id: lead for lead in self.people}

    def send(self, workflow_id: str, lead_id: str, node_id: str) -> None:
        """Send one mail of a workflow as it stands in its row."""
        workflow = find_tables(self.connection).read(self.connection, workflow_id)
        config = _config(workflow.nodes if workflow else None, node_id)
        server = urlsplit(self.mail_url)
        with smtplib.SMTP(server.hostname or "", server.port or 25, timeout=30) as session:
            session.send_message(_message(config, self._by_id[lead_id]))
        self.sent += 1


def _message(config: dict[str, Any], lead: Lead) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = SENDER, lead.email
    message["Subject"] = _filled(config.get("subject"), lead)
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="localhost")
    message.set_content(_filled(config.get("body"), lead))
    return message


def _filled(text: Any, lead: Lead) -> str:
    return " ".join(str(text or "").replace("{{firstName}}", lead.first_name).splitlines())


def _config(nodes: Any, node_id: str) -> dict[str, Any]:
    found = next(
        (node for node in nodes or () if isinstance(node, dict) and str(node.get("id")) == node_id), {}
    )
    data = found.get("data")
    config = data.get("config") if isinstance(data, dict) else None
    return config if isinstance(config, dict) else {}
