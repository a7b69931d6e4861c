"""Each kind of effect that the catalogue knows has exactly one performer, and those that are missing say so."""

import dataclasses

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.performers.missing import Missing
from atlas_workflows.settings import load_settings
from atlas_workflows.wiring import load_performers
from atlas_workflows.worker.model import Dispatch, Refused


def test_every_kind_has_one() -> None:
    kinds = {kind.name for kind in load_catalogue().nodes.values() if kind.effect is not Effect.NONE}
    settings = dataclasses.replace(load_settings({}), smtp_url="smtp://127.0.0.1")
    found = load_performers(settings)
    assert kinds <= set(found)
    assert all(performer.kind == kind for kind, performer in found.items())
    real = {kind for kind, performer in found.items() if not isinstance(performer, Missing)}
    assert real == {"http_request", "send_email", "send_webhook"}


def test_a_kind_that_nothing_performs_fails_at_once() -> None:
    answer = Missing("add_tags").perform(Dispatch("o", "e", "k", "add_tags", 1, {}))
    assert isinstance(answer, Refused)
    assert not answer.may_retry
