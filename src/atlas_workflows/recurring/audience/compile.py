"""An audience query as one parametrised statement over the tables that this database has. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.statements import LINKS, ORGANIZED, of_organization
from atlas_workflows.integrations.crm.tables import PEOPLE, Crm, Table
from atlas_workflows.integrations.crm.tags import junction_of
from atlas_workflows.recurring.audience.conditions import (
    anniversary_condition,
    date_condition,
    field_condition,
)
from atlas_workflows.recurring.audience.contacted import contacted
from atlas_workflows.recurring.audience.days import Asked
from atlas_workflows.recurring.audience.fields import ROW, Bound
from atlas_workflows.recurring.audience.query import (
    All,
    AnniversaryLeaf,
    AnyOf,
    AudienceQuery,
    ContactLeaf,
    DateLeaf,
    FieldLeaf,
    Not,
    TagChoice,
)
from atlas_workflows.recurring.audience.refusal import refuse

SQL = compose.SQL
HAS_TAG = (
    'EXISTS (SELECT FROM ({tags}) AS carried (tag) WHERE lower(carried.tag COLLATE "C") = ANY({values}))'
)
TAGS_OF_ARRAY = "SELECT unnest({})::text"
TAGS_OF_JSON = (
    "SELECT each.tag #>> '{{}}' FROM jsonb_array_elements(CASE WHEN jsonb_typeof({0}::jsonb) = 'array' "
    "THEN {0}::jsonb ELSE '[]' END) AS each (tag) WHERE jsonb_typeof(each.tag) = 'string'"
)
TAGS_BETWEEN = (
    "SELECT tag.name::text FROM {junction} AS link INNER JOIN {tags} AS tag ON tag.id = link.tag_id "
    "WHERE {person}{cast} = {row}{cast} AND {organization}::text = %(organization)s::text"
)


@dataclass(frozen=True, slots=True)
class Compiled:
    """`condition` holds for whom the query finds; `values` are bound. `organization` limits rows to one."""

    table: Table
    organization: compose.Composable
    condition: compose.Composable
    linked_tags: compose.Composable
    values: dict[str, Any]

    def count(self) -> compose.Composed:
        """Counts whom it finds, and everybody."""
        return sql("recurring/audience/count").format(
            table=self.table.identifier, organization=self.organization, condition=self.condition
        )

    def page(self, after: str | None) -> compose.Composed:
        """The next `limit` rows behind the id `after`, in the order of ids; binds both."""
        behind = "true" if after is None else f"found.id > %(after)s::{self.table.columns['id']}"
        return sql("recurring/audience/page").format(
            table=self.table.identifier,
            organization=self.organization,
            condition=self.condition,
            tags=self.linked_tags,
            behind=SQL(behind),
        )


def compile_query(query: AudienceQuery, crm: Crm, organization: str, asked: Asked) -> Compiled:
    """The query over this CRM. Raises AudienceRefused for what it does not have, naming what it has."""
    table = _people(query, crm)
    bound = Bound({"organization": organization})
    compiler = _Compiler(crm, table, asked, bound)
    condition = SQL("true") if query.where is None else compiler.node(query.where, "where")
    return Compiled(table, _organization(crm, table), condition, compiler.linked_tags(), bound.values)


def _people(query: AudienceQuery, crm: Crm) -> Table:
    there = {table.name: table for table in crm.people()}
    table = there.get(query.of)
    if table is None:
        raise refuse(
            "of", f"the CRM has no table {query.of}.", f"It has {', '.join(there) or 'none of people'}."
        )
    if table.columns["id"] != "uuid" and table.name != next(iter(there)):
        before = PEOPLE[: PEOPLE.index(table.name)]
        raise refuse(
            "of",
            f"ids of {table.name} are {table.columns['id']}, which those of {' and '.join(before)} may be too, so nobody "
            "could tell whom an execution is about.",
            f"Ask for {next(iter(there))}.",
        )
    return table


def _organization(crm: Crm, table: Table) -> compose.Composable:
    """Rows of one organization; by the column itself where nothing else can say whose a row is, so that its index serves."""
    own = table.find("organization")
    hangs = any(LINKS[name] in table.columns for name in ORGANIZED if name != table.name)
    if own is not None and not hangs:
        return SQL("{} = %(organization)s::text::{}").format(
            compose.Identifier(ROW, own), SQL(table.columns[own].partition("(")[0])
        )
    return SQL("{} = %(organization)s::text").format(of_organization(crm, table, ROW))


@dataclass(frozen=True, slots=True)
class _Compiler:
    crm: Crm
    table: Table
    asked: Asked
    bound: Bound

    def node(self, node: Any, place: str) -> compose.Composable:
        if isinstance(node, All):
            return self._joined(" AND ", node.all, f"{place}.all")
        if isinstance(node, AnyOf):
            return self._joined(" OR ", node.any, f"{place}.any")
        if isinstance(node, Not):
            return SQL("(NOT {})").format(self.node(node.not_, f"{place}.not"))
        return self._leaf(node, place)

    def _joined(self, word: str, nodes: Iterable[Any], place: str) -> compose.Composable:
        return SQL("({})").format(
            SQL(word).join(self.node(node, f"{place}.{number}") for number, node in enumerate(nodes))
        )

    def _leaf(self, leaf: Any, place: str) -> compose.Composable:
        if isinstance(leaf, FieldLeaf):
            return field_condition(leaf, self.table, place, self.bound)
        if isinstance(leaf, DateLeaf):
            return date_condition(leaf, self.table, place, self.asked, self.bound)
        if isinstance(leaf, AnniversaryLeaf):
            return anniversary_condition(leaf, self.table, place, self.asked, self.bound)
        if isinstance(leaf, ContactLeaf):
            since = self.bound(self.asked.at - timedelta(days=leaf.not_contacted_days), "timestamptz")
            return SQL("(NOT {})").format(contacted(self.crm, self.table, since))
        return self._tags(leaf.tags, place)

    def _tags(self, choice: TagChoice, place: str) -> compose.Composable:
        places = self._places_of_tags()
        if not places:
            raise refuse(f"{place}.tags", f"the CRM keeps no tags of {self.table.name}.", "Ask for a field.")
        tags = SQL(" UNION ALL ").join(places)
        parts = [self._carries(tags, choice.any)] if choice.any else []
        parts += [self._carries(tags, [tag]) for tag in choice.all or ()]
        parts += [SQL("NOT {}").format(self._carries(tags, choice.none))] if choice.none else []
        return SQL("({})").format(SQL(" AND ").join(parts))

    def _carries(self, tags: compose.Composable, wanted: Iterable[str]) -> compose.Composable:
        return SQL(HAS_TAG).format(tags=tags, values=self.bound([_folded(tag) for tag in wanted], "text[]"))

    def _places_of_tags(self) -> list[compose.Composable]:
        kind = self.table.columns.get("tags")
        column = compose.Identifier(ROW, "tags")
        found: list[compose.Composable] = []
        if kind is not None and kind.endswith("[]"):
            found.append(SQL(TAGS_OF_ARRAY).format(column))
        elif kind in ("json", "jsonb"):
            found.append(SQL(TAGS_OF_JSON).format(column))
        return [*found, *self._between()]

    def _between(self) -> list[compose.Composable]:
        junction = junction_of(self.crm, self.table)
        if junction is None:
            return []
        words = SQL(TAGS_BETWEEN).format(
            junction=junction.table.identifier,
            tags=junction.tags.identifier,
            person=compose.Identifier("link", junction.person),
            cast=SQL("" if junction.table.columns[junction.person] == self.table.columns["id"] else "::text"),
            row=compose.Identifier(ROW, "id"),
            organization=compose.Identifier("tag", junction.tags.need("organization")),
        )
        return [words]

    def linked_tags(self) -> compose.Composable:
        """The tags that hang on the row through a table between, by name."""
        between = self._between()
        if not between:
            return SQL("ARRAY[]::text[]")
        return SQL("ARRAY({} ORDER BY 1)").format(between[0])


def _folded(text: str) -> str:
    """A to Z in small letters, as the statement does it."""
    return "".join(letter.lower() if "A" <= letter <= "Z" else letter for letter in text)
