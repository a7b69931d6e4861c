"""The language of audience queries: what it takes, what it refuses and by which name, and which days its dates mean."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from atlas_workflows.recurring.audience.days import Asked, anniversaries_of, window_of
from atlas_workflows.recurring.audience.query import AnniversaryLeaf, DateLeaf, parse_query, query_to_json
from atlas_workflows.recurring.audience.refusal import AudienceRefused

NEW = {"field": "status", "operator": "equals", "value": "new"}


def test_what_is_read_is_written_as_it_was() -> None:
    raw = {
        "of": "clients", "timezone": "Europe/London", "everybody": False,
        "where": {"all": [NEW, {"not": {"tags": {"any": ["vip"], "none": ["x"]}}}, {"any": [{"not_contacted_days": 3}]},
                          {"date": "joined", "before": "2027-01-01"}, {"anniversary": "birthday", "in_days": 7, "leap_day": "mar_1"},
                          {"field": "custom.goal", "operator": "in", "value": [1, 2.5, "a", True]},
                          {"field": "email", "operator": "is_empty"}]},
    }  # fmt: skip
    query = parse_query(raw)
    assert parse_query(query_to_json(query)) == query


def _deep(levels: int) -> Any:
    found: Any = NEW
    for _ in range(levels):
        found = {"not": found}
    return found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ([], "query: Input should be an object"),
        ({}, "of: Field required"),
        ({"of": "staff", "everybody": True}, "of: Input should be 'leads', 'clients' or 'contacts'"),
        ({"of": "leads"}, "where: without it the query is all leads"),
        ({"of": "leads", "were": NEW}, "were: nothing here has this key"),
        ({"of": "leads", "where": {"status": "new"}}, "where: it is no condition; one has one of the keys all, any"),
        ({"of": "leads", "where": {"all": [NEW | {"operater": "x"}]}}, r"where\.all\.0\.operater: nothing here has this key"),
        ({"of": "leads", "where": {"all": []}}, r"where\.all: .* at least 1"),
        ({"of": "leads", "where": {"any": [NEW], "all": [NEW]}}, r"where\.any: nothing here has this key"),
        ({"of": "leads", "where": {"not": {"field": "a", "operator": "like", "value": "x"}}}, r"where\.not\.operator: "),
        ({"of": "leads", "where": {"field": "a", "operator": "equals"}}, "where: equals takes one value"),
        ({"of": "leads", "where": {"field": "a", "operator": "in", "value": "x"}}, "where: in takes a list"),
        ({"of": "leads", "where": {"field": "a", "operator": "is_empty", "value": 1}}, "where: is_empty takes no value"),
        ({"of": "leads", "where": {"tags": {"some": ["x"]}}}, r"where\.tags\.some: nothing here"),
        ({"of": "leads", "where": {"tags": {}}}, r"where\.tags: say any, all or none"),
        ({"of": "leads", "where": {"date": "a", "last_days": 3, "next_days": 3}}, "where: say exactly one of before"),
        ({"of": "leads", "where": {"date": "a", "before": "3/4/2027"}}, r"where\.before: .* is not an ISO 8601 date"),
        ({"of": "leads", "where": {"not_contacted_days": 0}}, r"where\.not_contacted_days: "),
        ({"of": "leads", "where": {"anniversary": "birthday", "leap_day": "none"}}, r"where\.leap_day: "),
        ({"of": "leads", "where": {"field": "a\0", "operator": "is_true"}}, r"where\.field: it holds a character"),
        ({"of": "leads", "everybody": "yes"}, "everybody: Input should be a valid boolean"),
        ({"of": "leads", "everybody": True, "timezone": "Europe/Londn"}, "timezone: .* Did you mean Europe/London"),
        ({"of": "leads", "where": _deep(11)}, "where: it has too many conditions"),
        ({"of": "leads", "where": {"any": [NEW] * 101}}, "where: it has too many conditions"),
        ({"of": "leads", "where": _deep(2000)}, "where: it has too many conditions"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(query: Any, said: str) -> None:
    with pytest.raises(AudienceRefused, match=f"^{said}"):
        parse_query(query)


@pytest.mark.parametrize(
    ("day", "leap_day", "in_days", "meant"),
    [
        ("2027-02-28", "feb_28", 0, (228, 229)),
        ("2027-02-28", "mar_1", 0, (228,)),
        ("2027-03-01", "mar_1", 0, (301, 229)),
        ("2027-03-01", "feb_28", 0, (301,)),
        ("2028-02-28", "feb_28", 0, (228,)),
        ("2028-02-29", "mar_1", 0, (229,)),
        ("2028-03-01", "mar_1", 0, (301,)),
        ("2100-02-28", "feb_28", 0, (228, 229)),
        ("2027-02-21", "feb_28", 7, (228, 229)),
        ("2027-12-31", "feb_28", 1, (101,)),
    ],
)  # fmt: skip
def test_29_february_comes_once_a_year(day: str, leap_day: Any, in_days: int, meant: tuple[int, ...]) -> None:
    asked = Asked(datetime.fromisoformat(f"{day}T12:00:00+00:00"), "Europe/London")
    leaf = AnniversaryLeaf(anniversary="birthday", leap_day=leap_day, in_days=in_days)
    assert anniversaries_of(leaf, asked).days == meant


def test_days_are_those_of_the_zone_over_a_clock_change() -> None:
    asked = Asked(
        datetime(2027, 3, 28, 0, 30, tzinfo=UTC), "Europe/London"
    )  # half an hour before the clock goes forward
    last = window_of(DateLeaf(date="a", last_days=1), asked)
    assert (last.since, last.first, last.beyond) == (
        datetime(2027, 3, 27, tzinfo=UTC),
        date(2027, 3, 27),
        date(2027, 3, 29),
    )
    assert last.until == asked.at + timedelta(microseconds=1)
    coming = window_of(DateLeaf(date="a", next_days=0), asked)
    assert (coming.since, coming.until) == (asked.at, datetime(2027, 3, 28, 23, tzinfo=UTC)), (
        "the day has 23 hours"
    )
    west = Asked(asked.at, "America/New_York")
    assert west.today == date(2027, 3, 27)
    assert window_of(DateLeaf(date="a", after="2027-03-27"), west).since == datetime(
        2027, 3, 28, 4, tzinfo=UTC
    )
    with pytest.raises(AudienceRefused, match="beyond all calendars"):
        window_of(DateLeaf(date="a", last_days=3660), Asked(datetime(3, 1, 1, tzinfo=UTC), "UTC"))
