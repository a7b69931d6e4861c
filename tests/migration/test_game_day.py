"""What a game day sends ends in its sinks, what cannot be turned there is refused, and its accounts tell lost from parked."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from plain_source import settings_at

from atlas_workflows.cli.game_day import diverted
from atlas_workflows.migration.game_day.accounts import (
    Back,
    EffectRow,
    Effects,
    EventCounts,
    complaints,
    count_effects,
)
from atlas_workflows.migration.game_day.diversion import Diverted, divert, means_to
from atlas_workflows.migration.game_day.sinks import Places, Taken, Weather, sinks
from atlas_workflows.migration.game_day.traffic import Column, Listened
from atlas_workflows.performers.mail import MailServer
from atlas_workflows.performers.send_email import SendEmail
from atlas_workflows.wiring import load_performers
from atlas_workflows.worker.model import Dispatch, Performed, Refused

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
OUTSIDE = frozenset({"send_email", "http_request", "send_webhook", "send_sms", "send_whatsapp"})
CALM, STORMY = Weather(slow=0.0, refused=0.0), Weather(slow=0.0, refused=1.0)


@dataclass
class Day:
    taken: Taken
    places: Places
    diverted: Diverted

    def perform(self, kind: str, key: str, **content: object) -> object:
        return self.diverted.performers[kind].perform(
            Dispatch("o", "e", key, kind, 1, content, {"email": "ana@example.com"})
        )


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    taken = Taken(CALM, random.Random(1))
    with sinks(taken) as places:
        yield Day(taken, places, diverted(NOWHERE, places, settings_at(tmp_path)))


def test_every_kind_of_the_catalogue_is_diverted(day: Day, tmp_path: Path) -> None:
    assert day.diverted.refused == ()
    assert day.diverted.outside == OUTSIDE
    assert day.diverted.performers.keys() == load_performers(settings_at(tmp_path)).keys()


def test_what_is_sent_arrives_under_its_key_wherever_it_was_meant_to_go(day: Day) -> None:
    sent = [
        day.perform("send_email", "e/mail#1", subject="Hi", body="x"),
        day.perform("http_request", "e/call 2", method="PUT", url="https://api.example.com/leads?x=1"),
        day.perform("http_request", "e/call 2", method="PUT", url="https://api.example.com/leads?x=1"),
        day.perform("send_webhook", "e/hook", url="https://hooks.example.com/1", payload={"a": 1}),
        day.perform("send_webhook", "e/hook", url="https://hooks.example.com/1", payload={"a": 1}),
    ]
    assert all(isinstance(answer, Performed) for answer in sent), sent
    assert day.taken.arrived == {"e/mail#1": 1, "e/call 2": 1, "e/hook": 2}
    assert day.taken.repeats == 1, "a provider knows a repeated PUT; a webhook is there twice"


def test_a_provider_that_refuses_has_taken_nothing(day: Day) -> None:
    day.taken.weather = STORMY
    answers = [
        day.perform("send_email", "m", subject="Hi", body="x"),
        day.perform("http_request", "c", method="POST", url="https://api.example.com"),
    ]
    assert [isinstance(answer, Refused) and answer.cause for answer in answers] == ["provider"] * 2
    assert (day.taken.arrived, day.taken.refused) == ({}, 2)


def test_a_way_out_that_cannot_be_turned_is_refused_by_name(day: Day, tmp_path: Path) -> None:
    means = means_to(day.places, NOWHERE, settings_at(tmp_path))
    real = SendEmail(MailServer("mail.example.com", 25, "gym@example.com"))
    found = divert({"send_email": real, "carrier_pigeon": Pigeon()}, means)
    assert found.refused == ("carrier_pigeon", "send_email")
    for kind, performer in found.performers.items():
        answer = performer.perform(Dispatch("o", "e", "k", kind, 1, {}))
        assert isinstance(answer, Refused)
        assert f"{kind} cannot be done here. Its way out cannot be turned" in answer.message


@dataclass(frozen=True)
class Pigeon:
    kind: str = "carrier_pigeon"
    concurrency: int = 1

    def may_repeat(self, effect: Dispatch) -> bool:
        return False

    def perform(self, effect: Dispatch) -> Performed:
        raise AssertionError("it flew")


def test_accounts_tell_lost_from_parked_and_written() -> None:
    rows = [
        EffectRow("arrived", "send_email", "done"),
        EffectRow("silent", "send_email", "done"),
        EffectRow("tag", "add_tags", "done"),
        EffectRow("parked", "send_email", "unknown"),
        EffectRow("open", "send_email", "dispatching"),
        EffectRow("no", "send_email", "failed", "451 try later"),
        EffectRow("night", "send_sms", "held"),
    ]
    found = count_effects(rows, {"arrived": 2, "parked": 1, "no": 1}, OUTSIDE)
    assert found == Effects(
        intended=7,
        delivered=1,
        written=1,
        parked=1,
        failed=1,
        held=1,
        unresolved=1,
        twice=1,
        lost=2,
        unsaid=1,
    )
    events = EventCounts(events=4, handled=3, started=5)
    said = complaints(events, found, Back(not_returned=2, started_since=1))
    assert [sentence.split(" ")[0] for sentence in said] == ["2", "1", "1", "1", "2", "1"]
    assert complaints(replace(events, handled=4), Effects(intended=3, delivered=3), Back()) == []
    assert "nothing was rehearsed" in complaints(EventCounts(), Effects(), Back())[0]


def test_an_event_says_what_its_trigger_asks_for() -> None:
    listened = Listened("o", "w", "t", "form_submitted", {"form_ids": ["f1", "f2"], "source": "all"})
    assert listened.facts == {"form_id": "f1", "source": "all"}


def test_a_made_up_lead_has_a_value_wherever_the_table_wants_one() -> None:
    known = {"id": "i", "email": "a@example.com", "status": "new"}
    columns = {
        Column("id", "uuid", "U", None, False): "i",
        Column("email", "text", "S", None, False): "a@example.com",
        Column("status", "lead_status", "E", "open", True): "open",
        Column("visits", "integer", "N", None, True): "0",
        Column("extra", "jsonb", "U", None, True): "{}",
        Column("notes", "text", "S", None, False): None,
    }
    assert {column: column.value(known) for column in columns} == columns
