"""Notices: who is told, what the mail says, and that a mail server that is away stops nothing. Over real SMTP."""

import asyncio
import json
import os
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller

from atlas_workflows.db.connect import connect
from atlas_workflows.db.ports import free_port
from atlas_workflows.orchestration.deadline import tell_late
from atlas_workflows.orchestration.notify import (
    RECIPIENTS_VARIABLE,
    notice,
    on_failure,
    on_success,
    recipients,
    tell,
)


class Mailbox:
    """What an SMTP server was given."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 taken"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    box = Mailbox()
    port = free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT",
        f'{{"conn_type": "smtp", "host": "127.0.0.1", "port": {port}, "extra": {{"disable_ssl": true, "disable_tls": true}}}}',
    )
    monkeypatch.setenv(RECIPIENTS_VARIABLE, "ada@gym.example, bob@gym.example")
    yield box
    server.stop()


def test_recipients_come_from_the_environment() -> None:
    assert recipients({}) == []
    assert recipients({RECIPIENTS_VARIABLE: " a@x , ,b@y "}) == ["a@x", "b@y"]


def test_a_notice_goes_out_by_mail(mailbox: Mailbox) -> None:
    assert tell("Phase p1 begins", "Keep calm & carry on <soon>", {"phase run": "42"})
    ((to, mail),) = mailbox.mails
    assert to == ["ada@gym.example", "bob@gym.example"]
    assert str(make_header(decode_header(mail["Subject"]))) == "Phase p1 begins"
    body = next(part for part in mail.walk() if part.get_content_type() == "text/html").get_payload(
        decode=True
    )
    assert b"Keep calm &amp; carry on &lt;soon&gt;" in body
    assert b"<td>42</td>" in body


def test_a_failed_run_is_told_with_its_reason(mailbox: Mailbox) -> None:
    run = SimpleNamespace(dag_id="migration_p1_database", run_id="manual__1")
    on_failure({"dag_run": run, "reason": "task_failure"})
    ((_, mail),) = mailbox.mails
    assert "migration_p1_database failed" in str(make_header(decode_header(mail["Subject"])))


def test_a_dry_run_says_that_it_was_one(mailbox: Mailbox) -> None:
    run = SimpleNamespace(dag_id="migration_p1_database", run_id="manual__1")
    on_success({"dag_run": run, "params": {"dry_run": True}})
    ((_, mail),) = mailbox.mails
    assert "Dry run of migration_p1_database finished" in str(make_header(decode_header(mail["Subject"])))


def test_nobody_to_tell_is_no_failure() -> None:
    assert RECIPIENTS_VARIABLE not in os.environ
    assert not tell("A subject", "A message", {})


def test_a_mail_server_that_is_away_is_logged_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(RECIPIENTS_VARIABLE, "ada@gym.example")
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT",
        '{"conn_type": "smtp", "host": "127.0.0.1", "port": 9, "extra": {"disable_ssl": true, "disable_tls": true, "retry_limit": 1}}',
    )
    with caplog.at_level("WARNING", logger="atlas.notify"):
        assert not tell("A subject", "A message", {})
    # Airflow, once imported, logs to stdout.
    assert "was not sent" in caplog.text + capsys.readouterr().out


def test_a_notice_escapes_what_it_is_given() -> None:
    assert "<script>" not in notice("<script>", "<script>", {"<script>": "<script>"})


SCHEDULED = {
    "dag_id": "recurring.w.nine", "dag_display_name": "Iron Gym · News", "dag_run_id": "scheduled__x", "run_type": "scheduled",
    "logical_date": "2026-06-10T09:00:00Z", "queued_at": "2026-06-10T09:00:01Z", "state": "queued",
}  # fmt: skip


def test_a_workflow_that_has_not_started_by_its_deadline_is_told(mailbox: Mailbox) -> None:
    assert asyncio.run(tell_late({"dag_run": SCHEDULED}))
    ((_, mail),) = mailbox.mails
    subject = str(make_header(decode_header(mail["Subject"])))
    assert subject == "recurring.w.nine has not started within 10 minutes of its due time"


def test_its_own_people_are_told_too(
    mailbox: Mailbox, atlas_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ATLAS_CRM", atlas_dsn)
    workflow = str(uuid4())
    late = SCHEDULED | {"dag_id": f"recurring.{workflow}.nine"}
    settings = {"notify_emails": ["ana@gym.example", "bo@gym.example"]}
    for number, said in enumerate((settings, {"notify_on_error": False, **settings}), start=1):
        with connect(atlas_dsn, application_name="test", autocommit=True) as connection:
            connection.execute(
                "INSERT INTO atlas.workflows (id, organization_id, name, published_version) VALUES (%s, %s, 'w', 1) "
                "ON CONFLICT (id) DO UPDATE SET published_version = 2",
                [workflow, workflow],
            )
            connection.execute(
                "INSERT INTO atlas.workflow_versions (organization_id, workflow_id, version, definition, definition_hash) "
                "VALUES (%s, %s, %s, %s, 'h')",
                [workflow, workflow, number, json.dumps({"settings": said})],
            )
        assert asyncio.run(tell_late({"dag_run": late}))
    (first, _), (own, mail), (second, _) = mailbox.mails
    assert first == second == ["ada@gym.example", "bob@gym.example"]
    assert own == settings["notify_emails"]
    assert str(make_header(decode_header(mail["Subject"]))) == "Iron Gym · News has not started"
    monkeypatch.setenv("AIRFLOW_CONN_ATLAS_CRM", "postgresql://nobody@127.0.0.1:9/gone")
    assert asyncio.run(tell_late({"dag_run": late})), "where the database is away those of Airflow are told"


@pytest.mark.parametrize(
    "changed",
    [{"run_type": "backfill"}, {"run_type": "manual", "logical_date": None}, {"queued_at": "2026-06-10T12:00:00+00:00"}],
)  # fmt: skip
def test_nobody_is_told_of_what_is_late_by_intent(mailbox: Mailbox, changed: dict[str, Any]) -> None:
    assert not asyncio.run(tell_late({"dag_run": SCHEDULED | changed}))
    assert mailbox.mails == []
