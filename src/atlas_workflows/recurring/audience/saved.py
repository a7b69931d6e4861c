"""Saved audience queries of an organization: kept under a name, checked against its CRM, counted and previewed."""

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.audit import Subject, record
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows, scalar, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.integrations.crm.tables import Crm, read_crm
from atlas_workflows.integrations.crm.zone import zone_of
from atlas_workflows.recurring.audience.compile import Compiled, compile_query
from atlas_workflows.recurring.audience.days import Asked
from atlas_workflows.recurring.audience.query import AudienceQuery, parse_query, query_to_json
from atlas_workflows.recurring.audience.refusal import refuse
from atlas_workflows.store.steering import By

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)


class NoSuchAudience(InputError):
    """The organization has saved no query under this name."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved query; `query` is JSON text."""

    name: str
    revision: int
    query: str
    saved_by: str
    saved_at: datetime

    @property
    def parsed(self) -> AudienceQuery:
        return parse_query(exact_json.loads(self.query))


@dataclass(frozen=True, slots=True)
class Counted:
    """How many a query finds, and of how many."""

    found: int
    everybody: int


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody whom a query found: the whole row as JSON text, and the tags that hang on it."""

    id: str
    content: str
    tags: tuple[str, ...]


def list_audiences(connection: Connection, organization: str) -> list[Saved]:
    """All of an organization, by name."""
    return rows(connection, Saved, sql("recurring/audience/list"), {"organization": organization})


def read_audience(connection: Connection, organization: str, name: str) -> Saved:
    """The query of that name. Raises NoSuchAudience naming those that there are."""
    given = {"organization": organization, "name": name}
    found = one(connection, Saved, sql("recurring/audience/read"), given)
    if found is None:
        names = ", ".join(each.name for each in list_audiences(connection, organization))
        raise NoSuchAudience(
            f"audience: there is no saved audience {name[:63]!r}.",
            remedy=f"There are {names}." if names else "Save it first: atlas audience save.",
            field="audience",
        )
    return found


def save_audience(
    connection: Connection,
    organization: str,
    name: str,
    raw: Any,
    by: By,
    now: datetime,
    revision: int | None = None,
) -> tuple[int, Counted]:
    """Save a query, a new one or (`revision`: as it was read) another one; its revision, and how many it finds now.

    Raises AudienceRefused for one that the CRM cannot answer, or that finds everybody without saying so.
    """
    _require_name(name)
    query = parse_query(raw)
    with connection.transaction():
        counted = count_audience(connection, organization, query, now)
        require_not_everybody(query, counted)
        text = exact_json.dumps_text(query_to_json(query))
        given = {
            "organization": organization, "name": name, "query": text, "by": by.actor.strip(), "revision": revision,
        }  # fmt: skip
        written = scalar(connection, sql("recurring/audience/save"), given)
        if written is None:
            raise _stale(connection, organization, name, revision)
        _audit(connection, organization, name, "save_audience", by, text)
    return int(written), counted


def remove_audience(connection: Connection, organization: str, name: str, by: By) -> None:
    """Remove a query. Raises InputError while a published workflow asks it."""
    given = {"organization": organization, "name": name}
    with connection.transaction():
        read_audience(connection, organization, name)
        users = scalars(connection, sql("recurring/audience/users"), given)
        if users:
            raise InputError(
                f"The audience {name!r} is asked by {', '.join(users)}.",
                remedy="Publish them with another one, or archive them, first.",
            )
        connection.execute(sql("recurring/audience/remove"), given)
        _audit(connection, organization, name, "remove_audience", by, None)


def count_audience(connection: Connection, organization: str, query: AudienceQuery, now: datetime) -> Counted:
    """How many it finds now. Raises AudienceRefused for what this CRM does not have."""
    compiled = compiled_now(connection, organization, query, now)
    found = one(connection, Counted, compiled.count(), compiled.values)
    assert found is not None  # an aggregate has a row
    return found


def preview_audience(
    connection: Connection, organization: str, query: AudienceQuery, now: datetime, limit: int
) -> list[Row]:
    """The first of those whom it finds now, by id."""
    compiled = compiled_now(connection, organization, query, now)
    return page_of(connection, compiled, None, limit)


def page_of(connection: Connection, compiled: Compiled, after: str | None, limit: int) -> list[Row]:
    """The next rows behind an id."""
    return rows(connection, _row, compiled.page(after), compiled.values | {"after": after, "limit": limit})


def compiled_now(connection: Connection, organization: str, query: AudienceQuery, now: datetime) -> Compiled:
    """The query over the CRM as it is, asked now in its own zone or the organization's."""
    crm = read_crm(connection)
    return compile_query(query, crm, organization, Asked(now, zone_for(connection, crm, organization, query)))


def zone_for(connection: Connection, crm: Crm, organization: str, query: AudienceQuery) -> str:
    """In which zone its days begin."""
    return query.timezone or zone_of(connection, crm, organization)


def require_not_everybody(query: AudienceQuery, counted: Counted) -> None:
    """Raises AudienceRefused for a query that finds everybody there is without saying that this is meant."""
    if counted.everybody > 1 and counted.found == counted.everybody and not query.everybody:
        raise refuse(
            "where",
            f"it finds all {counted.everybody} {query.of} there are.",
            'Say `"everybody": true` where that is meant, else correct it.',
        )


def _row(*, id: str, content: str, tags: list[str]) -> Row:  # noqa: A002 - the column's name
    return Row(id, content, tuple(tags))


def _require_name(name: str) -> None:
    if NAME.fullmatch(name) is None:
        raise InputError(
            f"{name[:70]!r} is no name for an audience.",
            remedy="Use up to 63 small letters, digits, - and _, such as trial-ended.",
        )


def _stale(connection: Connection, organization: str, name: str, revision: int | None) -> InputError:
    if revision is None:
        there = read_audience(connection, organization, name)
        return InputError(
            f"There is an audience {name!r} already, at revision {there.revision}.",
            remedy=f"Give --revision {there.revision} to change it.",
        )
    there = read_audience(connection, organization, name)
    return InputError(
        f"The audience {name!r} is at revision {there.revision}, not {revision}.",
        remedy=f"Look at what has changed, then save at revision {there.revision}.",
    )


def _audit(
    connection: Connection, organization: str, name: str, action: str, by: By, text: str | None
) -> None:
    record(
        connection,
        Subject("audiences", name),
        actor=by.actor.strip(),
        action=action,
        reason=by.reason.strip(),
        organization_id=organization,
        after_hash=None if text is None else sha256(text.encode()).hexdigest(),
    )
