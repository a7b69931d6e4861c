"""The team is told in the CRM where it keeps notifications, else by a real mail server; never somebody of another organization."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from gym import Gym

from atlas_workflows.db.ports import free_port
from atlas_workflows.worker.model import Dispatch
from crm_world import ANA, COACH, ONE, OWNER

pytestmark = pytest.mark.postgres
SHOWN = "CREATE TABLE notifications (id uuid PRIMARY KEY, organization_id uuid, user_id uuid, message text, is_read boolean DEFAULT false)"


class Box:
    """Who got what."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], str]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 taken"


@pytest.fixture
def box(gym: Gym) -> Iterator[Box]:
    found, port = Box(), free_port()
    server = Controller(found, hostname="127.0.0.1", port=port)
    server.start()
    gym.set_up(ATLAS_SMTP_URL=f"smtp://127.0.0.1:{port}", ATLAS_MAIL_FROM="Gym <gym@example.com>")
    yield found
    server.stop()


def tell(**content: Any) -> dict[str, Any]:
    return {"title": "A lead waits", "message": "Call Ana", **content}


@pytest.mark.parametrize(
    ("to", "readers"),
    [
        (None, ["owner@gym.example"]),
        (COACH, ["coach@gym.example"]),
        ("Coach@gym.example", ["coach@gym.example"]),
        ("staff", ["coach@gym.example"]),
        ("owners", ["owner@gym.example"]),
    ],
)
def test_a_mail_goes_to_whoever_is_meant(gym: Gym, box: Box, to: str | None, readers: list[str]) -> None:
    gym.done("notify_team", tell(to=to))
    ((got, text),) = box.mails
    assert got == readers
    assert "Subject: A lead waits" in text
    assert "Call Ana" in text


def test_the_subjects_owner_is_told_where_nobody_is_named(gym: Gym, box: Box) -> None:
    gym.connection.execute("UPDATE leads SET assigned_to = %s WHERE id = %s", [COACH, ANA])
    gym.done("notify_team", tell())
    assert [got for got, _ in box.mails] == [["coach@gym.example"]]


def test_nobody_of_another_organization_is_told(gym: Gym, box: Box) -> None:
    assert gym.refused("notify_team", tell(to="stranger@gym.example")).cause == "data"
    assert gym.refused("notify_team", tell(channel="slack")).cause == "configuration"
    assert box.mails == []


def test_where_the_crm_shows_notifications_they_are_written_once(gym: Gym, box: Box) -> None:
    effect = Dispatch(ONE, "e", "e/n", "notify_team", 1, tell(to="owner"), {}, ANA)
    assert not gym.performers["notify_team"].may_repeat(effect)
    gym.connection.execute(SHOWN.encode())
    gym.set_up()
    assert gym.performers["notify_team"].may_repeat(effect)
    for _ in range(2):
        gym.done("notify_team", tell(to="owner"))
    assert gym.rows("SELECT organization_id::text, user_id::text, message FROM notifications") == [
        (ONE, OWNER, "A lead waits\n\nCall Ana")
    ]
    gym.done("notify_team", tell(to="owner", channel="email"), key="e/2")
    assert (len(box.mails), len(gym.rows("SELECT 1 FROM notifications"))) == (1, 1)


def test_without_a_mail_server_it_is_said(gym: Gym) -> None:
    assert "ATLAS_SMTP_URL" in gym.refused("notify_team", tell()).message
