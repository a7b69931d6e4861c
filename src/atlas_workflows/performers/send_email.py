"""Sends an e-mail over SMTP. The effect's key is its Message-ID; a provider that was reached and fell silent leaves it unclear."""

import re
import smtplib
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate, parseaddr
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from atlas_workflows.errors import ConfigurationError
from atlas_workflows.worker.model import Answer, Dispatch, Performed, Refused, Unclear

SECONDS = 60.0
_UNSUPPORTED = {
    "template_id": "Stored templates cannot be sent yet.",
    "ab_test": "Variants of an e-mail cannot be sent yet.",
    "send_at": "Sending at a later time is done by a wait before it.",
}
_ADDRESS = re.compile(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in; the password stays out of repr. `sender` is who sends where a message does not say."""

    host: str
    port: int
    sender: str
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def mail_server(url: str, sender: str) -> MailServer:
    """Read smtp://user:password@host:port, or smtps:// for TLS from the first byte."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ConfigurationError(
            "The address of the mail server cannot be read.",
            remedy="Set ATLAS_SMTP_URL to smtp://user:password@host:587, or smtps:// for TLS from the first byte.",
        )
    tls = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return MailServer(parts.hostname, parts.port or (465 if tls else 25), sender, tls, user, password)


class _NothingSent(Exception):
    """The server was not reached or did not let us in."""


@dataclass(slots=True)
class SendEmail:
    """One session per thread, kept while it works."""

    server: MailServer
    concurrency: int = 16
    kind: str = "send_email"
    _own: threading.local = field(default_factory=threading.local)

    def may_repeat(self, effect: Dispatch) -> bool:  # noqa: ARG002
        """No: mail servers deliver the same Message-ID twice."""
        return False

    def perform(self, effect: Dispatch) -> Answer:
        """Hand the message in."""
        found = message_of(effect, self.server.sender)
        if isinstance(found, Refused):
            return found
        try:
            session = self._session()
        except _NothingSent as cause:
            return Refused("connection", str(cause))
        try:
            return _hand_in(session, *found)
        except (smtplib.SMTPException, OSError) as cause:
            self._drop()
            return Refused("connection", f"The mail server broke off: {type(cause).__name__}.")

    def _session(self) -> smtplib.SMTP:
        session: smtplib.SMTP | None = getattr(self._own, "session", None)
        if session is not None and _is_alive(session):
            return session
        self._drop()
        self._own.session = session = self._connect()
        return session

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        try:
            kind = smtplib.SMTP_SSL if server.tls else smtplib.SMTP
            session = kind(server.host, server.port, timeout=SECONDS)
            session.ehlo()
            if not server.tls and session.has_extn("starttls"):
                session.starttls(context=ssl.create_default_context())
                session.ehlo()
            if server.user is not None:
                session.login(server.user, server.password or "")
        except (smtplib.SMTPException, OSError) as cause:
            raise _NothingSent(f"The mail server does not let us in: {type(cause).__name__}.") from cause
        return session

    def _drop(self) -> None:
        session: smtplib.SMTP | None = getattr(self._own, "session", None)
        self._own.session = None
        if session is not None:
            session.close()


def _is_alive(session: smtplib.SMTP) -> bool:
    try:
        return session.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _hand_in(session: smtplib.SMTP, sender: str, readers: list[str], content: bytes) -> Answer:
    """Up to the content nothing has been taken; from then on only the server's answer says whether it was."""
    code, said = session.mail(sender)
    for reader in readers if code == 250 else ():
        code, said = session.rcpt(reader)
        if code not in (250, 251):
            break
    if code not in (250, 251):
        session.rset()
        return _refused(code, said)
    try:
        code, said = session.data(content)
    except smtplib.SMTPDataError as cause:
        return _refused(cause.smtp_code, cause.smtp_error)
    except (smtplib.SMTPException, OSError) as cause:
        session.close()
        return Unclear(f"The mail server fell silent after it got the message: {type(cause).__name__}.")
    if code != 250:
        return _refused(code, said)
    return Performed({"to": readers[0], "recipients": len(readers)})


def _refused(code: int, said: bytes | str) -> Refused:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    passing = 400 <= code < 500
    return Refused("provider" if passing else "rejected", f"{code} {text}"[:500], may_retry=passing)


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
