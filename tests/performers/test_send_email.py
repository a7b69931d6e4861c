"""Mails over real SMTP: what arrives, what is refused, and what nobody can tell."""

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from atlas_workflows.db.ports import free_port
from atlas_workflows.errors import ConfigurationError
from atlas_workflows.performers.mail import MailServer, mail_server
from atlas_workflows.performers.send_email import SendEmail, message_id
from atlas_workflows.worker.model import Dispatch, Performed, Refused, Unclear

KEY = "5e6c/wel%2Fcome/0#2"


class Sink:
    """Takes mail, or answers as `say` has it."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.readers: list[list[str]] = []
        self.sessions = 0
        self.say = "250 taken"

    async def handle_EHLO(
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such person"
        if address.startswith("full"):
            return "452 mailbox is full"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.say.startswith("250"):
            self.readers.append(envelope.rcpt_tos)
            self.mails.append(message_from_bytes(envelope.content, policy=default))
        return self.say


@pytest.fixture
def sink() -> Iterator[tuple[Sink, SendEmail]]:
    box, port = Sink(), free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, SendEmail(MailServer("127.0.0.1", port, "Gym <gym@example.com>"))
    server.stop()


def mail(**content: Any) -> Dispatch:
    given = {"subject": "Hé", "body": "<p>Käse</p>", "html": True, **content}
    return Dispatch("o", "e", KEY, "send_email", 1, given, {"email": "ana@example.com"})


def test_a_mail_arrives_under_the_key_of_its_effect(sink: tuple[Sink, SendEmail]) -> None:
    box, performer = sink
    answer = performer.perform(mail(cc=["c@example.com"], bcc=["b@example.com"], reply_to="r@example.com"))
    assert answer == Performed({"to": "ana@example.com", "recipients": 3})
    (found,) = box.mails
    assert found["Message-ID"] == f"<{message_id(KEY)}@example.com>"
    assert (found["Subject"], found["From"], found["To"]) == (
        "Hé",
        "Gym <gym@example.com>",
        "ana@example.com",
    )
    assert found["Reply-To"] == "r@example.com"
    assert "b@example.com" not in found.as_string()
    assert box.readers == [["ana@example.com", "c@example.com", "b@example.com"]]
    assert found.get_content_type() == "text/html"
    assert found.get_content().strip() == "<p>Käse</p>"


def test_a_session_is_kept_for_the_next_mail(sink: tuple[Sink, SendEmail]) -> None:
    box, performer = sink
    for _ in range(3):
        assert isinstance(performer.perform(mail()), Performed)
    assert (len(box.mails), box.sessions) == (3, 1)


@pytest.mark.parametrize(
    ("content", "cause", "may_retry"),
    [
        ({"to": "nobody@example.com"}, "rejected", False),
        ({"to": "full@example.com"}, "provider", True),
        ({"to": "no address"}, "data", False),
        ({"to": "a@example.com\nBcc: x@example.com"}, "data", False),
        ({"to": "ünä@example.com"}, "data", False),
        ({"subject": "one\r\nBcc: x@example.com"}, "data", False),
        ({"template_id": "t1"}, "configuration", False),
        ({"send_at": "2030-01-01"}, "configuration", False),
    ],
)
def test_what_is_not_sent_says_why(
    sink: tuple[Sink, SendEmail], content: dict[str, Any], cause: str, may_retry: bool
) -> None:
    box, performer = sink
    answer = performer.perform(mail(**content))
    assert isinstance(answer, Refused)
    assert (answer.cause, answer.may_retry) == (cause, may_retry)
    assert box.mails == []
    assert isinstance(performer.perform(mail()), Performed), "the session is still good"


def test_a_contact_without_an_address_is_said(sink: tuple[Sink, SendEmail]) -> None:
    answer = sink[1].perform(Dispatch("o", "e", KEY, "send_email", 1, {"subject": "x", "body": "y"}, {}))
    assert answer == Refused("data", "The contact has no e-mail address.", may_retry=False)


@pytest.mark.parametrize(
    ("say", "cause", "may_retry"), [("451 later", "provider", True), ("554 spam", "rejected", False)]
)
def test_a_refusal_after_the_content_is_one(
    sink: tuple[Sink, SendEmail], say: str, cause: str, may_retry: bool
) -> None:
    sink[0].say = say
    answer = sink[1].perform(mail())
    assert isinstance(answer, Refused)
    assert (answer.cause, answer.may_retry) == (cause, may_retry)


def test_a_server_that_is_away_took_nothing() -> None:
    answer = SendEmail(MailServer("127.0.0.1", free_port(), "g@example.com")).perform(mail())
    assert isinstance(answer, Refused)
    assert (answer.cause, answer.may_retry) == ("connection", True)


def test_a_server_that_falls_silent_after_the_content_leaves_it_unclear() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rwb", buffering=0) as talk:
                talk.write(b"220 here\r\n")
                for line in talk:
                    if line.strip() == b".":
                        return
                    if line[:4].upper() in (b"EHLO", b"MAIL", b"RCPT"):
                        talk.write(b"250 fine\r\n")
                    elif line[:4].upper() == b"DATA":
                        talk.write(b"354 go on\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        answer = SendEmail(MailServer("127.0.0.1", listening.getsockname()[1], "g@example.com")).perform(
            mail()
        )
        thread.join()
    assert isinstance(answer, Unclear)


def test_the_address_of_the_mail_server_is_read_whole() -> None:
    found = mail_server("smtps://us%40er:p%2Fw@mail.example.com", "g@example.com")
    assert (found.host, found.port, found.tls, found.user, found.password) == (
        "mail.example.com",
        465,
        True,
        "us@er",
        "p/w",
    )
    assert "p/w" not in repr(found)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        mail_server("mail.example.com", "g@example.com")


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("smtp://mail.example:port", "gym@example.com"), ("smtp://mail.example:99999", "gym@example.com"),
        ("smtp://mail.example:587/?starttls=required", "gym@example.com"), ("smtp://mail.example:587", "Gym"),
    ],
)  # fmt: skip
def test_an_address_of_which_something_would_be_ignored_is_refused(url: str, sender: str) -> None:
    with pytest.raises(ConfigurationError, match=r"mail server|ATLAS_MAIL_FROM"):
        mail_server(url, sender)


def test_a_password_goes_over_no_line_that_is_not_encrypted(sink: tuple[Sink, SendEmail]) -> None:
    box, plain = sink
    server = replace(plain.server, user="gym", password="secret")
    answer = SendEmail(server).perform(mail())
    assert isinstance(answer, Refused)
    assert (answer.cause, answer.may_retry) == ("configuration", False)
    assert "no STARTTLS" in answer.message
    assert box.mails == []
    for host, allowed, clear in (
        ("mail.example.com", False, False), ("mail.example.com", True, True), ("127.0.0.1", False, True),
        ("localhost", False, True), ("[::1]", False, True), ("localhost.example.com", False, False),
    ):  # fmt: skip
        found = mail_server(f"smtp://u:p@{host}:25", "g@example.com", clear_login=allowed)
        assert found.clear_login is clear


def test_what_is_not_done_is_said_in_the_steps_output(sink: tuple[Sink, SendEmail]) -> None:
    _, performer = sink
    answer = performer.perform(mail(track_opens=True, track_clicks=False))
    assert isinstance(answer, Performed)
    assert answer.result["not_done"] == ["track_opens"]


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    box, port = Sink(), free_port()
    server = Controller(box, hostname="127.0.0.1", port=port, ssl_context=context)
    # By itself it would ask over TLS, without trust in its own certificate.
    server._trigger_server = lambda: socket.create_connection(("127.0.0.1", port)).close()
    server.start()
    try:
        performer = SendEmail(mail_server(f"smtps://127.0.0.1:{port}", "gym@example.com"))
        answer = performer.perform(Dispatch("o", "e", KEY, "send_email", 1, {"to": "ana@example.com"}))
    finally:
        server.stop()
    assert isinstance(answer, Refused)
    assert "SSLCertVerificationError" in answer.message
    assert box.sessions == 0


def self_signed(folder: Path) -> str:
    """A file with a certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    own = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + own)
    return str(file)
