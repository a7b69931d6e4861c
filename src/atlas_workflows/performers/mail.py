"""Hands messages in over SMTP, and what the mail server's answer or silence means; one session per thread, kept while it works."""

import ipaddress
import smtplib
import ssl
import threading
from dataclasses import dataclass, field
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from atlas_workflows.errors import ConfigurationError
from atlas_workflows.worker.model import Answer, Performed, Refused, Unclear

SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in; the password stays out of repr. `sender` is who sends where a message does not say.

    `clear_login`: the password may go over a line that is not encrypted.
    """

    host: str
    port: int
    sender: str
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    clear_login: bool = False


def mail_server(url: str, sender: str, *, clear_login: bool = False) -> MailServer:
    """Read smtp://user:password@host:port, or smtps:// for TLS from the first byte."""
    try:
        parts = urlsplit(url)
        port, beyond = parts.port, (parts.path.strip("/"), parts.query, parts.fragment)
    except ValueError as cause:
        raise _unreadable() from cause
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or any(beyond):
        raise _unreadable()
    if "@" not in parseaddr(sender)[1]:
        raise ConfigurationError(
            f"ATLAS_MAIL_FROM is {sender!r}.", remedy='Set it to an address, such as "Gym <gym@example.com>".'
        )
    tls = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    clear = clear_login or _is_loopback(parts.hostname)
    return MailServer(parts.hostname, port or (465 if tls else 25), sender, tls, user, password, clear)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _unreadable() -> ConfigurationError:
    """Nothing after the port is ignored: who writes an option there relies on it."""
    return ConfigurationError(
        "The address of the mail server cannot be read.",
        remedy="Set ATLAS_SMTP_URL to smtp://user:password@host:587, or smtps:// for TLS from the first byte; nothing follows the port.",
    )


class _NothingSent(Exception):
    """The server was not reached or refused the login."""


class _NotEncrypted(Exception):
    """The server offers no encryption, and a password would have to be sent."""


@dataclass(slots=True)
class Post:
    """Sessions on a mail server."""

    server: MailServer
    _own: threading.local = field(default_factory=threading.local)

    def hand_in(self, sender: str, readers: list[str], content: bytes) -> Answer:
        """Hand a message in. Raises nothing."""
        try:
            session = self._session()
        except _NothingSent as cause:
            return Refused("connection", str(cause))
        except _NotEncrypted as cause:
            return Refused("configuration", str(cause), may_retry=False)
        try:
            return _hand_in(session, sender, readers, content)
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
            session = self._greeted()
            is_encrypted = server.tls or session.has_extn("starttls")
            if is_encrypted and not server.tls:
                session.starttls(context=ssl.create_default_context())
                session.ehlo()
            if server.user is not None:
                self._log_in(session, is_encrypted=is_encrypted)
        except (smtplib.SMTPException, OSError) as cause:
            raise _NothingSent(
                f"The mail server cannot be reached or refuses the login: {type(cause).__name__}."
            ) from cause
        return session

    def _log_in(self, session: smtplib.SMTP, *, is_encrypted: bool) -> None:
        if not is_encrypted and not self.server.clear_login:
            session.close()
            raise _NotEncrypted(
                "The mail server offers no STARTTLS, and the password is not sent in clear: use smtps://, or set "
                "ATLAS_SMTP_CLEAR_LOGIN=allow where the line is safe."
            )
        session.login(self.server.user or "", self.server.password or "")

    def _greeted(self) -> smtplib.SMTP:
        host, port = self.server.host, self.server.port
        session: smtplib.SMTP
        if self.server.tls:
            # Without a context of its own smtplib checks no certificate.
            session = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=ssl.create_default_context())
        else:
            session = smtplib.SMTP(host, port, timeout=SECONDS)
        session.ehlo()
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
