"""Cohorts: stable, monotone in the percentage, close to it, and independent of each other."""

from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.errors import InputError
from atlas_workflows.rollout.cohorts import PLACES, Cohort, Why, membership, place

NAMESPACE = UUID("00000000-0000-4000-8000-000000000000")
MANY = [uuid5(NAMESPACE, str(number)) for number in range(20_000)]
percentages = st.decimals(0, 100, places=2)


@given(st.uuids(), st.text(max_size=20))
def test_a_place_is_within_bounds_and_stable(organization: UUID, salt: str) -> None:
    assert 0 <= place(salt, organization) < PLACES
    assert place(salt, organization) == place(salt, organization)


def test_a_place_is_the_same_in_every_release() -> None:
    assert place("cutover", UUID("11111111-1111-4111-8111-111111111111")) == 5035


@given(st.uuids(), percentages, percentages)
def test_a_growing_percentage_never_drops_an_organization(
    organization: UUID, one: Decimal, two: Decimal
) -> None:
    small, large = sorted((one, two))
    if membership(Cohort("ramp", small), organization).included:
        assert membership(Cohort("ramp", large), organization).included


@given(st.uuids())
def test_nobody_at_zero_and_everybody_at_a_hundred(organization: UUID) -> None:
    assert membership(Cohort("c", Decimal(0)), organization) == membership(
        Cohort("d", Decimal(0)), organization
    )
    assert not membership(Cohort("c", Decimal(0)), organization).included
    assert membership(Cohort("c", Decimal(100)), organization).included


@pytest.mark.parametrize("percentage", ["0.5", "10", "33.33", "90"])
def test_the_share_is_close_to_the_percentage(percentage: str) -> None:
    cohort = Cohort("ramp", Decimal(percentage))
    inside = sum(membership(cohort, organization).included for organization in MANY)
    assert abs(inside * 100 / len(MANY) - float(percentage)) < 1


def test_two_cohorts_of_a_tenth_are_not_the_same_tenth() -> None:
    one, two = (
        {
            organization
            for organization in MANY
            if membership(Cohort(name, Decimal(10)), organization).included
        }
        for name in ("one", "two")
    )
    assert len(one & two) < len(one) / 4
    salted = {
        organization
        for organization in MANY
        if membership(Cohort("two", Decimal(10), salt="one"), organization).included
    }
    assert salted == one


@given(st.uuids(), percentages)
def test_deny_beats_allow_and_allow_beats_the_percentage(organization: UUID, percentage: Decimal) -> None:
    both = Cohort("c", percentage, allow=frozenset({organization}), deny=frozenset({organization}))
    assert membership(both, organization).why is Why.DENIED
    allowed = Cohort("c", Decimal(0), allow=frozenset({organization}))
    assert membership(allowed, organization).why is Why.ALLOWED


@pytest.mark.parametrize("percentage", ["-0.01", "100.01"])
def test_an_impossible_percentage_is_refused(percentage: str) -> None:
    with pytest.raises(InputError, match="percent"):
        Cohort("c", Decimal(percentage))
