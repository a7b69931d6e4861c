"""The mail sink of a sample's stack: what its workers send ends in a folder, whatever mail server the environment names."""

import mailbox
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from atlas_workflows.interpreter import SAFE_PATH, python
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.processes import Program

HOST = "127.0.0.1"
DROPPED_PREFIXES = ("AIRFLOW", "PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH")


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in the sink. `message_id` is without its brackets."""

    to: str
    sender: str
    subject: str
    message_id: str
    arrived_at: datetime


def mail_url(port: int) -> str:
    """What ATLAS_SMTP_URL is for those who send into the sink."""
    return f"smtp://{HOST}:{port}"


def mail_program(paths: StackPaths, port: int, inherited: Mapping[str, str] | None = None) -> Program:
    """An SMTP server that keeps each message as a file of a Maildir, and sends none on."""
    source = os.environ if inherited is None else inherited
    keep = ("-c", "aiosmtpd.handlers.Mailbox", str(paths.mail))
    return Program(
        name="mail",
        argv=python("-m", "aiosmtpd", "-n", "-l", f"{HOST}:{port}", *keep),
        env={name: value for name, value in source.items() if not name.startswith(DROPPED_PREFIXES)}
        | SAFE_PATH,
        log=paths.log_of("mail"),
        port=port,
    )


def read_mail(folder: Path) -> list[Mail]:
    """Every message in the sink, as they arrived; none where nothing was ever sent."""
    if not (folder / "new").is_dir():
        return []
    box = mailbox.Maildir(folder, create=False)
    return sorted((_mail(item) for item in box), key=lambda mail: mail.arrived_at)


def _mail(item: mailbox.MaildirMessage) -> Mail:
    return Mail(
        str(item["To"] or item["X-RcptTo"] or ""),
        str(item["From"] or ""),
        _decoded(str(item["Subject"] or "")),
        str(item["Message-ID"] or "").strip().strip("<>"),
        datetime.fromtimestamp(item.get_date(), UTC),
    )


def _decoded(header: str) -> str:
    from email.header import decode_header, make_header

    return str(make_header(decode_header(header)))
