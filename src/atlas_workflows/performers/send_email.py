"""Sends an e-mail over SMTP. The effect's key is its Message-ID; a provider that was reached and fell silent leaves it unclear."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate, parseaddr
from typing import Any
from urllib.parse import quote

from atlas_workflows.performers.mail import MailServer, Post
from atlas_workflows.performers.means import Means
from atlas_workflows.performers.unavailable import Unavailable
from atlas_workflows.worker.model import Answer, Dispatch, Performed, Refused
from atlas_workflows.worker.ports import Performer

_UNSUPPORTED = {
    "template_id": "Stored templates cannot be sent yet.",
    "ab_test": "Variants of an e-mail cannot be sent yet.",
    "send_at": "Sending at a later time is done by a wait before it.",
}
_UNHEEDED = ("track_opens", "track_clicks")  # sent all the same; the step's output says that it was not done
_ADDRESS = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")


@dataclass(slots=True)
class SendEmail:
    """Sends through one mail server."""

    server: MailServer
    concurrency: int = 16
    kind: str = "send_email"
    post: Post = field(init=False)

    def __post_init__(self) -> None:
        self.post = Post(self.server)

    def may_repeat(self, effect: Dispatch) -> bool:  # noqa: ARG002
        """No: mail servers deliver the same Message-ID twice."""
        return False

    def perform(self, effect: Dispatch) -> Answer:
        """Hand the message in."""
        found = message_of(effect, self.server.sender)
        if isinstance(found, Refused):
            return found
        answer = self.post.hand_in(*found)
        unheeded = [name for name in _UNHEEDED if effect.content.get(name)]
        if not unheeded or not isinstance(answer, Performed):
            return answer
        return replace(answer, result={**answer.result, "not_done": unheeded})


def message_of(effect: Dispatch, default_sender: str) -> tuple[str, list[str], bytes] | Refused:
    """Sender, readers and the message, or why there is none."""
    content = effect.content
    missing = next((reason for name, reason in _UNSUPPORTED.items() if content.get(name)), None)
    if missing is not None:
        return Refused("configuration", missing, may_retry=False)
    given = content.get("to") or effect.contact.get("email")
    readers = [
        parseaddr(str(text))[1] for text in (given, *_list(content, "cc"), *_list(content, "bcc")) if text
    ]
    if not given:
        return Refused("data", "The contact has no e-mail address.", may_retry=False)
    wrong = next((r for r in readers if not (r.isascii() and _ADDRESS.fullmatch(r))), None)
    if wrong is not None:
        return Refused("data", "A recipient's address is none.", may_retry=False)
    try:
        message = _message(effect, default_sender, str(given))
        sender = parseaddr(str(message["From"]))[1].encode("ascii").decode()
        return sender, readers, message.as_bytes()
    except (ValueError, UnicodeError):
        return Refused(
            "data", "A header would hold a line break or a character that mail cannot hold.", may_retry=False
        )


def _message(effect: Dispatch, default_sender: str, to: str) -> EmailMessage:
    content, message = effect.content, EmailMessage(policy=SMTP)
    address = content.get("from_email") or parseaddr(default_sender)[1]
    name = content.get("from_name") or parseaddr(default_sender)[0]
    message["From"] = formataddr((str(name or ""), str(address)))
    message["To"] = to
    if cc := _list(content, "cc"):
        message["Cc"] = ", ".join(cc)
    if content.get("reply_to"):
        message["Reply-To"] = str(content["reply_to"])
    message["Subject"] = str(content.get("subject") or "")
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{message_id(effect.key)}@{str(address).rpartition('@')[2]}>"
    kind = "html" if content.get("html", True) else "plain"
    message.set_content(str(content.get("body") or ""), subtype=kind)
    return message


def message_id(key: str) -> str:
    """The part of a Message-ID that is the effect's key."""
    return quote(key, safe="/#%-_~")


def _list(content: Mapping[str, Any], name: str) -> list[str]:
    given = content.get(name) or []
    return [str(item) for item in given if item] if isinstance(given, list) else []


def build(means: Means) -> Performer:
    if means.mail is None:
        return Unavailable("send_email", "No mail server is set: set ATLAS_SMTP_URL.")
    return SendEmail(means.mail)
