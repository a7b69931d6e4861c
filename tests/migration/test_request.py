"""What a person asks of a phase: declared once, and whatever is not declared is refused by name."""

import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.errors import InputError
from atlas_workflows.migration.preflight.checklist import waivable_items
from atlas_workflows.migration.request import (
    PHASE_FIELDS,
    PhaseRequest,
    RollbackRequest,
    RolloutRequest,
    RunOptions,
    Scope,
    phase_fields,
    rollback_fields,
)


def test_the_scope_comes_tidy() -> None:
    one, two = str(uuid4()), str(uuid4())
    assert PhaseRequest.read({"organizations": [], "percent": None}, actor="ada").scope.is_everything
    assert PhaseRequest.read({"organizations": None, "percent": 10}, actor="ada").scope == Scope(percent=10)
    read = PhaseRequest.read({"organizations": [two.upper(), f" {one} ", two, ""]}, actor="ada")
    assert read.scope == Scope(tuple(sorted((one, two))))


def test_organizations_and_a_percentage_exclude_each_other() -> None:
    asked = {"organizations": [str(uuid4())], "percent": 5}
    for read in (
        lambda: PhaseRequest.read(asked, actor="ada"),
        lambda: RollbackRequest.read({"phase": "p1", **asked}),
    ):
        with pytest.raises(InputError, match="both"):
            read()


def test_options_carry_who_asked_and_defaults_where_nothing_was_said() -> None:
    options = PhaseRequest.read({"dry_run": True, "batch_rows": 7, "throttle": None}, actor="ada").options
    assert (options.dry_run, options.batch_rows, options.throttle, options.actor) == (True, 7, True, "ada")


@pytest.mark.parametrize(
    "name", ["dryrun", "precent", "organisations", "batchRows", "worker", "actor", "report_dir", ""]
)
def test_a_name_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=repr(name)) as caught:
        PhaseRequest.read({name: True}, actor="ada")
    assert "dry_run" in str(caught.value.remedy)
    with pytest.raises(InputError, match=repr(name)):
        RollbackRequest.read({"phase": "p1_database", name: True})


@given(
    st.dictionaries(st.text(max_size=12), st.none() | st.booleans() | st.integers(), min_size=1, max_size=4)
)
def test_no_unknown_name_ever_passes(document: dict[str, object]) -> None:
    unknown = set(document) - set(PHASE_FIELDS)
    if unknown:
        with pytest.raises(InputError):
            PhaseRequest.read(document, actor="ada")


def test_the_refusal_says_what_was_meant() -> None:
    with pytest.raises(InputError, match="do you mean 'dry_run'"):
        PhaseRequest.read({"dryrun": True}, actor="ada")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", "many"), ("workers", 0), ("workers", 33), ("workers", 1.5), ("workers", True), ("batch_rows", 0),
        ("batch_rows", 100_001), ("dry_run", "yes"), ("dry_run", 1), ("percent", 0), ("percent", 101), ("percent", "10"),
        ("organizations", [7]), ("organizations", 5), ("organizations", "abc"), ("organizations", ["abc"]), ("waivers", 5),
        ("waivers", "tls=VPN"), ("assume_organization", "x"), ("backup", "no"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_with_its_name(name: str, value: object) -> None:
    with pytest.raises(InputError, match=name) as refused:
        PhaseRequest.read({name: value}, actor="ada")
    assert refused.value.attributes["field"] == name


def test_waivers_name_an_item_and_a_reason() -> None:
    given = [" tls = inside the VPN ", "", "long_transactions=ends at noon, a=b"]
    assert PhaseRequest.read({"waivers": given}, actor="ada", waivable=waivable_items()).options.waivers == {
        "tls": "inside the VPN",
        "long_transactions": "ends at noon, a=b",
    }
    for wrong in ("tls", "tls=", "tls=  ", "nonsense=because", "row_security=because", "=because"):
        with pytest.raises(InputError, match="names no item that can be waived"):
            PhaseRequest.read({"waivers": [wrong]}, actor="ada", waivable=waivable_items())


def test_a_rollback_only_counts_unless_told() -> None:
    assert RollbackRequest.read({"phase": "p1_database"}).dry_run is True
    real = {"phase": "p1_database", "dry_run": False}
    assert RollbackRequest.read(real | {"reason": "wrong week"}).dry_run is False
    for said in ({}, {"reason": None}, {"reason": "    "}):
        with pytest.raises(InputError, match="for real needs a reason"):
            RollbackRequest.read(real | said)
        with pytest.raises(InputError, match="for real needs a reason"):
            RolloutRequest.read({"dry_run": False} | said)
    with pytest.raises(InputError, match="reason"):
        RollbackRequest.read({"phase": "p1_database", "reason": "x"})
    with pytest.raises(InputError, match="phase"):
        RollbackRequest.read({"dry_run": False})


def test_what_was_recorded_is_read_back_and_nothing_else() -> None:
    options = RunOptions(
        dry_run=True, workers=3, waivers={"tls": "VPN"}, actor="ada", assume_organization=str(uuid4())
    )
    scope = Scope((str(uuid4()),))
    assert RunOptions.from_json(json.loads(json.dumps(options.to_json()))) == options
    assert Scope.from_json(json.loads(json.dumps(scope.to_json()))) == scope
    with pytest.raises(InputError, match="dryrun"):
        RunOptions.from_json({"dryrun": True})
    with pytest.raises(InputError, match="organisations"):
        Scope.from_json({"organisations": []})


def test_every_field_has_a_title_and_says_what_it_does() -> None:
    for name, schema in (*phase_fields().items(), *rollback_fields().items()):
        assert {"title", "description", "type"} <= set(schema), name
    assert rollback_fields()["percent"] == phase_fields()["percent"]
    assert (phase_fields()["dry_run"]["default"], rollback_fields()["dry_run"]["default"]) == (False, True)


def test_a_rollout_hands_on_who_executes_what_is_not_ready() -> None:
    asked = RolloutRequest.read({"not_ready": "atlas_legacy", "watch_minutes": 5})
    assert RunOptions(**asked.cutover).not_ready == "atlas_legacy"
    assert RunOptions(**RolloutRequest.read({}).cutover).not_ready == "legacy_app"
