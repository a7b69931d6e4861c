"""The same contract over the flags kept in memory and those kept in PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest

from atlas_workflows.db.connect import connect
from atlas_workflows.errors import InputError
from atlas_workflows.rollout.cohorts import Cohort
from atlas_workflows.rollout.evaluation import all_flags, declare_known_flags, evaluation, evaluations
from atlas_workflows.rollout.flags import Flag, FlagType, Override, Source
from atlas_workflows.rollout.known import KNOWN_FLAGS, P1_DATABASE
from atlas_workflows.rollout.memory import MemoryFlags
from atlas_workflows.rollout.ports import FlagStore
from atlas_workflows.rollout.postgres import PostgresFlags

NOW = datetime(2026, 6, 1, 8, 30, 0, 123456, tzinfo=UTC)
ONE = UUID("11111111-1111-4111-8111-111111111111")
TWO = UUID("22222222-2222-4222-8222-222222222222")
BATCH = Flag(
    "engine.batch", FlagType.NUMBER, Decimal("1.10"), "engine", "trial", NOW.replace(year=2030), "how many"
)


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Iterator[FlagStore]:
    if request.param == "memory":
        yield MemoryFlags()
        return
    with connect(
        request.getfixturevalue("atlas_dsn"), application_name="test", autocommit=True
    ) as connection:
        yield PostgresFlags(connection)


def test_a_flag_comes_back_as_it_was_put(store: FlagStore) -> None:
    assert store.flag("engine.batch") is None
    store.put_flag(BATCH, actor="ana", reason="new")
    assert store.flag("engine.batch") == BATCH
    changed = replace(BATCH, default=12345678901234567890123, expires_at=None)
    store.put_flag(changed, actor="ana", reason="more")
    assert store.flags() == [changed]


def test_cohorts_decide_between_override_and_default(store: FlagStore) -> None:
    store.put_cohort(
        Cohort("first", Decimal("0.00"), "s", allow=frozenset({ONE})), actor="ana", reason="pilot"
    )
    store.put_flag(replace(BATCH, cohort=Cohort("first"), cohort_value=7), actor="ana", reason="pilot")
    assert evaluation(store, "engine.batch", ONE, now=NOW).value == 7
    assert evaluation(store, "engine.batch", TWO, now=NOW).source is Source.DEFAULT
    store.put_cohort(
        Cohort("first", Decimal("100.00"), "s", deny=frozenset({ONE})), actor="ana", reason="all but one"
    )
    assert evaluation(store, "engine.batch", ONE, now=NOW).source is Source.DEFAULT
    assert evaluation(store, "engine.batch", TWO, now=NOW).source is Source.COHORT


def test_overrides_are_per_organization_and_can_be_forgotten(store: FlagStore) -> None:
    store.put_flag(BATCH, actor="ana", reason="new")
    override = Override("engine.batch", ONE, 5, "ben", "asked for", NOW)
    store.set_override(override)
    store.set_override(replace(override, value=Decimal("5.50")))
    assert store.override("engine.batch", ONE) == replace(override, value=Decimal("5.50"))
    assert store.overrides("engine.batch") == [replace(override, value=Decimal("5.50"))]
    assert evaluation(store, "engine.batch", ONE, now=NOW).source is Source.OVERRIDE
    assert evaluation(store, "engine.batch", TWO, now=NOW).source is Source.DEFAULT
    assert store.clear_override("engine.batch", ONE, actor="ben", reason="over")
    assert not store.clear_override("engine.batch", ONE, actor="ben", reason="over")
    assert store.override("engine.batch", ONE) is None


def test_putting_a_flag_again_keeps_its_overrides(store: FlagStore) -> None:
    store.put_flag(BATCH, actor="ana", reason="new")
    store.set_override(Override("engine.batch", ONE, 5, "ben", "asked for", NOW))
    store.put_flag(replace(BATCH, default=2), actor="ana", reason="new default")
    assert evaluation(store, "engine.batch", ONE, now=NOW).value == 5


def test_known_flags_are_declared_once_and_count_before_that(store: FlagStore) -> None:
    assert evaluation(store, P1_DATABASE.key, ONE, now=NOW).value is True
    assert all_flags(store) == list(KNOWN_FLAGS)
    assert declare_known_flags(store, actor="test") == [flag.key for flag in KNOWN_FLAGS]
    store.put_flag(replace(P1_DATABASE, default=False), actor="ana", reason="hold everybody")
    assert declare_known_flags(store, actor="test") == []
    assert evaluation(store, P1_DATABASE.key, ONE, now=NOW).value is False


def test_many_organizations_are_asked_for_at_once(store: FlagStore) -> None:
    declare_known_flags(store, actor="test")
    store.set_override(Override(P1_DATABASE.key, ONE, False, "ana", "odd data", NOW))
    found = evaluations(store, P1_DATABASE.key, [ONE, TWO], now=NOW)
    assert {organization: held.value for organization, held in found.items()} == {ONE: False, TWO: True}
    for organization in (ONE, TWO):
        assert found[organization] == evaluation(store, P1_DATABASE.key, organization, now=NOW)


def test_an_unknown_flag_is_named(store: FlagStore) -> None:
    with pytest.raises(InputError, match=r"no\.such"):
        evaluation(store, "no.such", ONE, now=NOW)


def test_every_write_is_audited_with_hashes(atlas_dsn: str) -> None:
    with connect(atlas_dsn, application_name="test", autocommit=True) as connection:
        store = PostgresFlags(connection)
        store.put_cohort(Cohort("c", salt="s"), actor="ana", reason="r1")
        store.put_flag(BATCH, actor="ana", reason="r2")
        store.set_override(Override("engine.batch", ONE, 5, "ben", "r3", NOW))
        store.clear_override("engine.batch", ONE, actor="cleo", reason="r4")
        rows = connection.execute(
            "SELECT action, actor, reason, organization_id, before_hash IS NULL, after_hash IS NULL "
            "FROM atlas.audit_log ORDER BY id"
        ).fetchall()
    assert rows == [
        ("put_cohort", "ana", "r1", None, True, False),
        ("put_flag", "ana", "r2", None, True, False),
        ("set_flag", "ben", "r3", ONE, True, False),
        ("clear_flag", "cleo", "r4", ONE, False, True),
    ]


def test_a_write_that_fails_leaves_no_audit_entry(atlas_dsn: str) -> None:
    with connect(atlas_dsn, application_name="test", autocommit=True) as connection:
        store = PostgresFlags(connection)
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            store.put_flag(replace(BATCH, cohort=Cohort("missing"), cohort_value=1), actor="ana", reason="r")
        assert connection.execute("SELECT count(*) FROM atlas.audit_log").fetchone() == (0,)
