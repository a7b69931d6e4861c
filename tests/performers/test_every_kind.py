"""Each kind of effect that the catalogue knows has exactly one performer, and those that cannot be done here say so."""

import dataclasses
import pkgutil

import pytest

import atlas_workflows.performers
from atlas_workflows.engine.nesting import STARTS
from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.performers.unavailable import LATER, Unavailable
from atlas_workflows.settings import ROOT, load_settings
from atlas_workflows.wiring import load_performers
from atlas_workflows.worker.model import Dispatch, Refused

KINDS = {kind.name for kind in load_catalogue().nodes.values() if kind.effect is not Effect.NONE} - STARTS
FILES = {file.name for file in pkgutil.iter_modules(atlas_workflows.performers.__path__)}


def test_every_kind_has_exactly_one() -> None:
    settings = dataclasses.replace(load_settings({}), smtp_url="smtp://127.0.0.1")
    found = load_performers(settings, "postgresql://127.0.0.1/none")
    assert set(found) == KINDS
    assert all(performer.kind == kind for kind, performer in found.items())
    assert {kind for kind, performer in found.items() if isinstance(performer, Unavailable)} == set(LATER)
    assert KINDS - set(LATER) == KINDS & FILES, "one file per kind, called like it"


def test_without_a_database_and_a_mail_server_every_kind_is_still_there() -> None:
    found = load_performers(load_settings({}))
    assert set(found) == KINDS
    for kind in ("send_email", "send_sms", "notify_team", "add_tags"):
        content = {"message": "x", "tags": ["x"], "to": "+447700900001"}
        answer = found[kind].perform(Dispatch("o", "e", "k", kind, 1, content))
        assert isinstance(answer, Refused)
        assert (answer.cause, answer.may_retry) == ("configuration", False)


@pytest.mark.parametrize("kind", sorted(LATER))
def test_a_kind_that_cannot_be_done_is_refused_by_name_and_listed(kind: str) -> None:
    answer = Unavailable(kind, LATER[kind]).perform(Dispatch("o", "e", "k", kind, 1, {}))
    assert isinstance(answer, Refused)
    assert (answer.cause, answer.may_retry) == ("configuration", False)
    assert answer.message.startswith(f"{kind} cannot be done here. ")
    assert f"`{kind}`" in (ROOT / "docs" / "reference" / "effects.md").read_text()
