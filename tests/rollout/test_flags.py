"""Flags: typed, and their value decided in one order: expiry, override, cohort, default."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from atlas_workflows.errors import InputError
from atlas_workflows.rollout.cohorts import Cohort
from atlas_workflows.rollout.flags import (
    Evaluation,
    Flag,
    FlagType,
    FlagValue,
    Override,
    Source,
    evaluate,
    parse_value,
)
from atlas_workflows.rollout.known import KNOWN_FLAGS

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ORGANIZATION = UUID("11111111-1111-4111-8111-111111111111")


def flag(**changes: object) -> Flag:
    given = {
        "key": "engine.batch", "type": FlagType.INTEGER, "default": 10, "owner": "engine", "reason": "trial",
        "expires_at": None,
    }  # fmt: skip
    return Flag(**(given | changes))  # type: ignore[arg-type]


OVERRIDE = Override("engine.batch", ORGANIZATION, 99, "ana", "asked", NOW)
EVERYBODY = {"cohort": Cohort("all", Decimal(100)), "cohort_value": 50}


@pytest.mark.parametrize(
    ("changes", "override", "expected"),
    [
        ({}, None, Evaluation(10, Source.DEFAULT)),
        ({}, OVERRIDE, Evaluation(99, Source.OVERRIDE)),
        (EVERYBODY, None, Evaluation(50, Source.COHORT)),
        (EVERYBODY, OVERRIDE, Evaluation(99, Source.OVERRIDE)),
        ({"cohort": Cohort("none"), "cohort_value": 50}, None, Evaluation(10, Source.DEFAULT)),
        (EVERYBODY | {"expires_at": NOW}, OVERRIDE, Evaluation(10, Source.EXPIRED)),
        ({"expires_at": NOW + timedelta(seconds=1)}, OVERRIDE, Evaluation(99, Source.OVERRIDE)),
    ],
)
def test_the_order_of_deciding(
    changes: dict[str, object], override: Override | None, expected: Evaluation
) -> None:
    assert evaluate(flag(**changes), ORGANIZATION, override, now=NOW) == expected


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FlagType.BOOLEAN, "true", True), (FlagType.INTEGER, "12", 12), (FlagType.NUMBER, "1.10", Decimal("1.10")),
        (FlagType.NUMBER, "3", 3), (FlagType.STRING, "true", "true"), (FlagType.STRING, "", ""),
    ],
)  # fmt: skip
def test_values_are_read_as_their_type(kind: FlagType, text: str, value: FlagValue) -> None:
    read = parse_value("k", kind, text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FlagType.BOOLEAN, "yes"), (FlagType.BOOLEAN, "1"), (FlagType.INTEGER, "true"), (FlagType.INTEGER, "1.5"),
        (FlagType.NUMBER, '"1"'), (FlagType.INTEGER, ""), (FlagType.BOOLEAN, "null"), (FlagType.NUMBER, "[1]"),
    ],
)  # fmt: skip
def test_other_values_are_refused(kind: FlagType, text: str) -> None:
    with pytest.raises(InputError, match="flag k"):
        parse_value("k", kind, text)


def test_a_flag_with_a_default_of_another_type_cannot_be_made() -> None:
    with pytest.raises(InputError):
        flag(default=True)
    with pytest.raises(InputError):
        flag(cohort=Cohort("all"), cohort_value="fifty")


def test_every_flag_we_declare_has_somebody_and_a_reason_and_every_switch_an_end() -> None:
    """A number that an organization's plan sets lasts; a switch is there for a change that is over one day."""
    assert KNOWN_FLAGS
    for known in KNOWN_FLAGS:
        assert known.owner
        assert known.reason
        assert (known.expires_at is None) == (known.type is FlagType.INTEGER)
