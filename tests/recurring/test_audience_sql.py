"""The SQL of audience queries agrees with a plain evaluation of every row, and answers over the real table variants."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from audience_oracle import At, Known, holds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.integrations.crm.tables import Crm, read_crm
from atlas_workflows.recurring.audience.compile import compile_query
from atlas_workflows.recurring.audience.days import Asked
from atlas_workflows.recurring.audience.query import parse_query
from atlas_workflows.recurring.audience.refusal import AudienceRefused
from atlas_workflows.recurring.audience.saved import count_audience, page_of
from crm_world import ANA, ANA_CLIENT, ANA_CONTACT, ONE, TWO, build_crm, hang_tag

LONDON, NEW_YORK = "Europe/London", "America/New_York"
ROWS = 300
TABLE = """
CREATE TYPE public.lead_status AS ENUM ('new', 'Contacted', 'lost');
CREATE TABLE public.leads (
    id uuid PRIMARY KEY, organization_id uuid, first_name text, last_name varchar(40), status public.lead_status, score integer,
    ratio double precision, balance numeric(8, 2), is_member boolean, birth date, joined_at timestamptz, seen_at timestamp,
    written text, tags text[], custom_fields jsonb, last_contacted_at timestamptz
);
CREATE TABLE public.tags (id uuid PRIMARY KEY, organization_id uuid, name text);
CREATE TABLE public.lead_tags (lead_id uuid, tag_id uuid);
CREATE TABLE public.messages (lead_id uuid, direction text, created_at timestamptz);
"""
NOW = datetime(
    2027, 3, 1, 2, 30, tzinfo=UTC
)  # 28 February in New York, and neither year around it is a leap year
TEXTS = [
    "",
    " ",
    "ana",
    "ANA",
    "Ána",
    "Ana %_ x",
    "a\nb",
    "12",
    "12.50",
    "-3",
    "1e3",
    "true",
    "Yes",
    "2024-02-30 x",
]
DAYS = ["1988-02-29", "1987-02-29", "--02-29", "02-28", "2001-03-01T05:00:00Z", "0000-02-29", "2030-02-28", "28.2.1990", "99-99",
        "2027-02-27", "2027-03-02", "2001-02-28\nx"]  # fmt: skip
TAGS = ["vip", "VIP", "shop", "Été", "a b"]


class People:
    """Rows at random, as the database has them."""

    def __init__(self, dsn: str) -> None:
        self.connection: Connection = connect(dsn, application_name="test", autocommit=True)
        self.connection.execute(TABLE)
        self.tags = {name: uuid4() for name in TAGS}
        for name, tag in self.tags.items():
            self.connection.execute("INSERT INTO tags VALUES (%s, %s, %s)", [tag, ONE, name])
        dice = random.Random(11)
        self.sent: dict[UUID, list[datetime]] = {}
        self.linked: dict[UUID, set[str]] = {}
        for _ in range(ROWS):
            self._add(dice)
        self.crm: Crm = read_crm(self.connection)
        self.known = self._known(dsn)

    def _add(self, dice: random.Random) -> None:
        person = UUID(int=dice.getrandbits(128))
        maybe = lambda value: None if dice.random() < 0.2 else value  # noqa: E731
        near = lambda: NOW + timedelta(minutes=dice.randint(-60 * 24 * 12, 60 * 24 * 12))  # noqa: E731
        custom = {
            "goal": dice.choice([*TEXTS, 3, 12.5, -3, True, False, None, {"a": 1}, [1]]),
            dice.choice(["birthday", "dob", "other"]): dice.choice(DAYS),
        }
        day = dice.choice(
            [date(1988, 2, 29), date(2027, 2, 28), date(2027, 3, 1), date(1990, 3, 1), near().date()]
        )
        joined = dice.choice([near(), datetime(2020, 2, 29, tzinfo=UTC), datetime(2021, 3, 1, 3, tzinfo=UTC)])
        tags = maybe([dice.choice(TAGS) for _ in range(dice.randint(0, 2))])
        self.connection.execute(
            "INSERT INTO leads VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [person, maybe(ONE) or TWO, maybe(dice.choice(TEXTS)), maybe(dice.choice(TEXTS)),
             maybe(dice.choice(["new", "Contacted", "lost"])), maybe(dice.randint(-3, 13)), maybe(dice.choice([0.1, 12.5, -3.0, 3.0])),
             maybe(dice.choice(["12.50", "3.00", "0.10"])), maybe(dice.random() < 0.5), maybe(day), maybe(joined),
             maybe(near().replace(tzinfo=None)), maybe(dice.choice([*DAYS, *TEXTS])), tags,
             maybe(json.dumps(custom)) or dice.choice([None, "[]", "3"]), maybe(near())],
        )  # fmt: skip
        if dice.random() < 0.3:
            name = dice.choice(TAGS)
            self.linked.setdefault(person, set()).add(name)
            self.connection.execute("INSERT INTO lead_tags VALUES (%s, %s)", [person, self.tags[name]])
        if dice.random() < 0.3:
            at = near()
            self.sent.setdefault(person, []).append(at)
            self._sent(person, at, dice.random() < 0.5)

    def _sent(self, person: UUID, at: datetime, by_us: bool) -> None:
        if by_us:
            self.connection.execute(
                "INSERT INTO atlas.effects (organization_id, effect_key, execution_id, workflow_id, subject, node_id, kind, status, content, "
                "dispatched_at) VALUES (%s, %s, %s, %s, %s, 'n', 'send_email', 'done', '{}', %s)",
                [ONE, str(uuid4()), uuid4(), uuid4(), str(person), at],
            )
            return
        self.connection.execute("INSERT INTO messages VALUES (%s, 'outbound', %s)", [person, at])
        self.connection.execute("INSERT INTO messages VALUES (%s, 'inbound', %s)", [person, NOW])

    def _known(self, dsn: str) -> dict[str, Known]:
        with psycopg.connect(dsn, row_factory=dict_row) as plain:
            found = plain.execute("SELECT * FROM leads WHERE organization_id = %s", [ONE]).fetchall()
        return {str(row["id"]): self._whole(row) for row in found}

    def _whole(self, row: dict[str, Any]) -> Known:
        if not isinstance(row["custom_fields"], dict):
            row["custom_fields"] = None
        at = [*self.sent.get(row["id"], []), *filter(None, [row["last_contacted_at"]])]
        tags = frozenset([*(row["tags"] or ()), *self.linked.get(row["id"], ())])
        return Known(row, tags, max(at, default=None))


@pytest.fixture(scope="module")
def people(pg_server: EmbeddedServer, atlas_template: str) -> Iterator[People]:
    """One database for all examples: nothing here writes."""
    dsn = pg_server.create_database("audience_sql", template=atlas_template)
    found = People(dsn)
    yield found
    found.connection.close()
    pg_server.drop_database("audience_sql")


_NUMBERS = st.sampled_from([3, 12, 12.5, -3, 0.1, 0])
_WORDS = st.sampled_from(["ana", "A", "12", "true", "\n", "Contacted", "NEW", "%", ""])
_SIGNS = ("greater_than", "greater_than_or_equal", "less_than", "less_than_or_equal")
_PARTS = ("contains", "not_contains", "starts_with", "ends_with")


def _compared(
    names: list[str], operators: tuple[str, ...], values: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    one = st.fixed_dictionaries(
        {"field": st.sampled_from(names), "operator": st.sampled_from(operators), "value": values}
    )
    many = st.fixed_dictionaries({
        "field": st.sampled_from(names), "operator": st.sampled_from(["in", "not_in"]),
        "value": st.lists(values, min_size=1, max_size=3),
    })  # fmt: skip
    return one | many


def _bare(names: list[str], *operators: str) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"field": st.sampled_from(names), "operator": st.sampled_from(operators)})


_TEXT_FIELDS, _NUMBER_FIELDS = (
    ["first_name", "last_name", "name", "status", "written"],
    ["score", "ratio", "balance"],
)
_DATES = ["birth", "joined", "seen_at", "written", "custom.goal", "birthday"]
_TAGS = st.lists(st.sampled_from([*TAGS, "none"]), min_size=1, max_size=2)
_LEAVES = st.one_of(
    _compared([*_TEXT_FIELDS, "custom.goal"], ("equals", "not_equals", *_PARTS), _WORDS),
    _compared([*_NUMBER_FIELDS, "custom.goal"], ("equals", "not_equals", *_SIGNS), _NUMBERS),
    _bare([*_TEXT_FIELDS, *_NUMBER_FIELDS, "custom.goal", "birth", "joined_at", "is_member"], "is_empty", "is_not_empty"),
    _bare(["is_member", "custom.goal"], "is_true", "is_false"),
    st.fixed_dictionaries({"tags": st.fixed_dictionaries({"any": _TAGS}, optional={"all": _TAGS, "none": _TAGS})}),
    st.fixed_dictionaries({"not_contacted_days": st.integers(1, 12)}),
    st.builds(
        lambda name, how: {"date": name, **how}, st.sampled_from(_DATES),
        st.sampled_from(["before", "after"]).flatmap(lambda w: st.sampled_from(["2027-02-28", "2027-03-01", "1990-01-01"]).map(lambda d: {w: d}))
        | st.sampled_from(["last_days", "next_days"]).flatmap(lambda w: st.integers(0, 12).map(lambda n: {w: n})),
    ),
    st.fixed_dictionaries(
        {"anniversary": st.sampled_from(_DATES)},
        optional={"in_days": st.integers(0, 2), "leap_day": st.sampled_from(["feb_28", "mar_1"])},
    ),
)  # fmt: skip
_NODES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda found: {"all": found}),
        st.lists(inner, min_size=1, max_size=3).map(lambda found: {"any": found}),
        inner.map(lambda found: {"not": found}),
    ),
    max_leaves=6,
)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=_NODES,
    zone=st.sampled_from([LONDON, NEW_YORK, "Pacific/Auckland"]),
    page=st.sampled_from([7, 60, 400]),
)
def test_the_statement_finds_whom_a_look_at_every_row_finds(
    people: People, where: dict[str, Any], zone: str, page: int
) -> None:
    wanted = {person for person, known in people.known.items() if holds(where, known, At(NOW, zone))}
    query = parse_query({"of": "leads", "where": where})
    compiled = compile_query(query, people.crm, ONE, Asked(NOW, zone))
    found = [row.id for row in page_of(people.connection, compiled, None, page)]
    while len(found) % page == 0 and found and len(found) < ROWS:
        more = page_of(people.connection, compiled, found[-1], page)
        found += [row.id for row in more]
        if not more:
            break
    assert set(found) == wanted
    assert len(found) == len(wanted), "nobody twice"
    ((many, everybody),) = people.connection.execute(compiled.count(), compiled.values).fetchall()
    assert (many, everybody) == (len(wanted), len(people.known))


def test_every_value_is_bound_and_never_text_of_the_statement(people: People) -> None:
    evil = "'; DROP TABLE leads; --%(x)s %s {y}"
    where = {"any": [{"field": "first_name", "operator": "contains", "value": evil}, {"tags": {"any": [evil]}},
                     {"field": f"custom.{evil}", "operator": "equals", "value": evil}]}  # fmt: skip
    compiled = compile_query(
        parse_query({"of": "leads", "where": where}), people.crm, ONE, Asked(NOW, LONDON)
    )
    assert "DROP" not in compiled.count().as_string()
    assert page_of(people.connection, compiled, None, 10) == []


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (
            {"field": "nosuch", "operator": "is_empty"},
            r"where\.field: leads has no field 'nosuch'\. It has .*first_name.*custom\.NAME",
        ),
        (
            {"all": [{"field": "score", "operator": "equals", "value": "x"}]},
            r"where\.all\.0\.value: score is compared as number",
        ),
        (
            {"field": "joined_at", "operator": "equals", "value": "2020-01-01"},
            r"where\.operator: .* Ask for dates with",
        ),
        (
            {"field": "status", "operator": "greater_than", "value": 3},
            r"where\.operator: greater_than does not fit status",
        ),
        ({"field": "tags", "operator": "contains", "value": "vip"}, "Ask for tags with"),
        ({"date": "score", "last_days": 3}, r"where\.date: score is a number, no date"),
        ({"not": {"anniversary": "is_member"}}, r"where\.not\.anniversary: is_member is a boolean"),
    ],
)
def test_what_this_crm_does_not_have_is_refused_by_name(
    people: People, where: dict[str, Any], said: str
) -> None:
    with pytest.raises(AudienceRefused, match=said):
        compile_query(parse_query({"of": "leads", "where": where}), people.crm, ONE, Asked(NOW, LONDON))


TAGGED = {"tags": {"any": ["VIP"]}}
CALLED_ANA = {"field": "name", "operator": "starts_with", "value": "ana"}


@pytest.mark.parametrize("variant", ["l1", "l2", "l3"])
def test_every_variant_of_the_tables_answers(atlas_dsn: str, variant: str) -> None:
    with (
        build_crm(atlas_dsn, variant) as crm,
        connect(atlas_dsn, application_name="t", autocommit=True) as connection,
    ):
        if variant != "l2":
            hang_tag(crm, "lead_tags", "lead_id", ANA, "vip")
        hang_tag(crm, "contact_tags", "contact_id", ANA_CONTACT, "vip")
        crm.execute("UPDATE clients SET tags = '[\"Vip\", 3, null]'")
        for of, person in (("leads", ANA), ("clients", ANA_CLIENT), ("contacts", ANA_CONTACT)):
            where = {
                "all": [
                    TAGGED,
                    CALLED_ANA,
                    {"not_contacted_days": 30},
                    {"date": "created_at", "last_days": 1},
                ]
            }
            if of == "contacts":
                where = {"all": [TAGGED, {"field": "first_name", "operator": "equals", "value": "ANA"}]}
            query = parse_query({"of": of, "where": where})
            assert count_audience(connection, ONE, query, datetime.now(UTC)).found == 1, of
            assert count_audience(connection, TWO, query, datetime.now(UTC)).found == 0, of
            compiled = compile_query(query, read_crm(connection), ONE, Asked(datetime.now(UTC), "UTC"))
            assert [row.id for row in page_of(connection, compiled, None, 5)] == [person]


def test_ids_that_could_be_somebody_elses_are_refused(dsn: str) -> None:
    with connect(dsn, application_name="t", autocommit=True) as connection:
        for name in ("leads", "clients"):
            connection.execute(f"CREATE TABLE public.{name} (id bigint PRIMARY KEY, organization_id uuid)")
        query = parse_query({"of": "clients", "everybody": True})
        with pytest.raises(AudienceRefused, match="of: ids of clients are bigint"):
            compile_query(query, read_crm(connection), ONE, Asked(NOW, "UTC"))
        query = parse_query({"of": "contacts", "everybody": True})
        with pytest.raises(
            AudienceRefused, match=r"of: the CRM has no table contacts\. It has leads, clients"
        ):
            compile_query(query, read_crm(connection), ONE, Asked(NOW, "UTC"))
