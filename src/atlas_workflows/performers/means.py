"""What performers work with: the ways out of this process, made once by the wiring."""

from dataclasses import dataclass

from atlas_workflows.integrations.credentials import Vault
from atlas_workflows.integrations.egress import Egress
from atlas_workflows.integrations.twilio import TWILIO_URL
from atlas_workflows.performers.crm_action import CrmDesk
from atlas_workflows.performers.mail import MailServer


@dataclass(frozen=True, slots=True)
class Means:
    """None: there is no such way out here, and what needs it says so."""

    egress: Egress
    mail: MailServer | None = None
    crm: CrmDesk | None = None
    vault: Vault | None = None
    twilio_url: str = TWILIO_URL
