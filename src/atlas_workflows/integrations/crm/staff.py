"""People who work for an organization: who may be given a lead or a task, and who is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.tables import Crm, Table

LEADERS = ("owner", "admin")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a membership that is in force; `roles` with commas, as the CRM calls them."""

    id: str
    roles: str
    email: str | None

    def has(self, roles: Sequence[str]) -> bool:
        """Whether one of the roles is theirs."""
        return bool(set(self.roles.split(",")) & set(roles))


def members(connection: Connection, crm: Crm, organization: str) -> list[Member]:
    """Everybody, from whichever membership tables there are."""
    memberships = scalar(connection, "SELECT atlas.membership_query()")
    if not memberships:
        return []
    statement = sql("crm/members").format(members=compose.SQL(memberships), email=_address(crm))
    return rows(connection, Member, statement, {"organization": organization})


def need_member(connection: Connection, crm: Crm, organization: str, named: str) -> Member:
    """Whom an id or an e-mail address means. Raises CrmRefused where nobody of the organization has it."""
    found = named_member(members(connection, crm, organization), named)
    if found is None:
        raise CrmRefused(
            "data",
            f"Nobody who works for the organization has the id or address {named[:80]}.",
            "Choose somebody of the team.",
        )
    return found


def named_member(team: Sequence[Member], named: str) -> Member | None:
    """The one with this id or address."""
    wanted = named.strip().lower()
    # Blank means nobody, also where the CRM has no address of somebody.
    return next(
        (one for one in team if wanted and wanted in (one.id.lower(), (one.email or "").lower())), None
    )


def told_members(team: Sequence[Member], to: str | None, owner: str | None) -> list[Member]:
    """Who is told: a person, everybody of a role; the subject's owner where nobody is named, else the organization's."""
    if to:
        person = named_member(team, to)
        role = to.strip().lower().removesuffix("s")
        return [person] if person else [one for one in team if one.has((role, to.strip().lower()))]
    person = named_member(team, owner) if owner else None
    return [person] if person else [one for one in team if one.has(LEADERS)]


def _address(crm: Crm) -> compose.Composable:
    """SQL for a member's address."""
    found = [
        _address_in(table, column)
        for name, column in (("users", "id"), ("organization_staff", "user_id"))
        if (table := crm.find(name)) is not None and {column, "email"} <= table.columns.keys()
    ]
    return compose.SQL("coalesce({})").format(compose.SQL(", ").join([*found, compose.SQL("NULL::text")]))


def _address_in(table: Table, column: str) -> compose.Composable:
    # By the key's own type, so that its index serves; a membership may say "pending" instead of a user.
    is_uuid = table.columns[column] == "uuid"
    user = "CASE WHEN atlas.is_uuid(m.user_id) THEN m.user_id::uuid END" if is_uuid else "m.user_id"
    words = compose.SQL("(SELECT min(p.email::text) FROM {} AS p WHERE {} = {})")
    return words.format(table.identifier, compose.Identifier("p", column), compose.SQL(user))
