"""Adds tags to a person and takes them away, wherever this database keeps them."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.rows import named_rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.people import Person
from atlas_workflows.integrations.crm.refusal import CrmRefused, lacks
from atlas_workflows.integrations.crm.tags import Junction, junction_of, read_tags, tags_in_column
from atlas_workflows.integrations.crm.values import could_be
from atlas_workflows.integrations.crm.writing import Writing


def add_tags(writing: Writing, person: Person, tags: Iterable[Any], *, only: bool = False) -> list[str]:
    """Add tags, named or given by id; `only`: all others go. Answers the tags the person carries from now on.

    They are written to the person's own column where there is one, else hung on it; one that is there is left alone.
    """
    wanted = _names(writing, tags)
    known = read_tags(writing.connection, writing.crm, person)
    gone = [tag for tag in known if only and tag not in wanted]
    _change(writing, person, gone, [tag for tag in wanted if tag not in known])
    return list(dict.fromkeys([*(() if only else known), *wanted]))


def remove_tags(writing: Writing, person: Person, tags: Iterable[Any]) -> list[str]:
    """Take tags away from every place, in any case of letters. Answers those the person still carries."""
    gone = {name.casefold() for name in _names(writing, tags)}
    known = read_tags(writing.connection, writing.crm, person)
    _change(writing, person, [tag for tag in known if tag.casefold() in gone], [])
    return [tag for tag in known if tag.casefold() not in gone]


def _names(writing: Writing, tags: Iterable[Any]) -> list[str]:
    """Names, with ids of the organization's tags put into words."""
    given = list(dict.fromkeys(text for tag in tags if (text := str(tag).strip())))
    ids = {row.id: row.name for row in _rows(writing, [tag for tag in given if could_be("uuid", tag)])}
    unknown = [tag for tag in given if could_be("uuid", tag) and tag.lower() not in ids]
    if unknown:
        raise CrmRefused("data", f"The organization has no tag with the id {unknown[0]}.", "Name the tag.")
    return list(dict.fromkeys(ids.get(tag.lower(), tag) for tag in given))


def _change(writing: Writing, person: Person, gone: Sequence[str], new: Sequence[str]) -> None:
    junction, has_column = junction_of(writing.crm, person.table), "tags" in person.table.columns
    if has_column and (new or set(gone) & set(tags_in_column(person))):
        kept = [tag for tag in _raw(person) if tag not in gone]
        writing.update(person.table, person.row, {"tags": [*kept, *new]})
    elif new and junction is None:
        name = person.table.name
        remedy = f"Add a column tags to {name}, or tables tags and {name[:-1]}_tags."
        raise lacks(f"place for tags of {name}", remedy)
    if junction is not None:
        _unhang(writing, person, junction, gone)
        _hang(writing, person, junction, () if has_column else new)


def _hang(writing: Writing, person: Person, junction: Junction, tags: Sequence[str]) -> None:
    organization = writing.effect.organization
    for tag in tags:
        own = {junction.tags.need("organization"): organization, "name": tag}
        if not _rows(writing, [tag]) and writing.insert(junction.tags, own) is None:
            fact = f"The CRM has a tag much like {tag[:80]!r} and takes no second one."
            raise CrmRefused("rejected", fact, "Name the tag as the CRM does.")
        row = {junction.person: person.id, "tag_id": _rows(writing, [tag])[0].id}
        column = junction.table.find("organization")
        writing.insert(junction.table, row if column is None else {column: organization, **row})


def _unhang(writing: Writing, person: Person, junction: Junction, tags: Sequence[str]) -> None:
    for row in _rows(writing, tags):
        writing.delete(junction.table, {junction.person: person.id, "tag_id": row.id})


def _raw(person: Person) -> list[Any]:
    """The column as it is, with what is no text: somebody may need it."""
    found = person.row.get("tags")
    return list(found) if isinstance(found, list) else []


def _rows(writing: Writing, tags: Sequence[str]) -> list[Any]:
    table = writing.crm.find("tags")
    if not tags or table is None or not {"id", "name"} <= table.columns.keys():
        return []
    column = table.need("organization")
    statement = sql("crm/tag_ids").format(
        organization=compose.SQL("{}::text").format(compose.Identifier("tag", column))
    )
    given = {"organization": writing.effect.organization, "tags": list(tags)}
    return named_rows(writing.connection, statement, given)
