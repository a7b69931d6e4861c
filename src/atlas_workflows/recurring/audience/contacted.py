"""Whether a message went to somebody since an instant: by our ledger, the CRM's messages, and a column that says so. Pure."""

from psycopg import sql as compose

from atlas_workflows.integrations.crm.statements import LINKS
from atlas_workflows.integrations.crm.tables import Crm, Table
from atlas_workflows.recurring.audience.fields import ROW, Kind, kind_of

SQL = compose.SQL
LAST_CONTACT = ("last_contacted_at", "last_contact_at", "last_contacted", "last_contact_date")
# As the predicate of the index effects_sent has it.
LEDGER = """EXISTS (
    SELECT FROM atlas.effects AS e
    WHERE e.organization_id = %(organization)s::text::uuid AND e.subject IN ({subjects}) AND e.dispatched_at > {since}
        AND e.kind IN ('send_email', 'send_sms', 'send_whatsapp', 'make_call')
        AND e.status IN ('done', 'dispatching', 'unknown')
)"""
MESSAGES = "EXISTS (SELECT FROM {table} AS m WHERE ({links}) AND m.created_at > {since}{outbound})"


def contacted(crm: Crm, people: Table, since: compose.Composable) -> compose.Composable:
    """True where any of them knows of a message to the row `found` after `since`."""
    subjects = SQL(", ").join(_ids(people))
    parts: list[compose.Composable] = [SQL(LEDGER).format(subjects=subjects, since=since)]
    messages = crm.find("messages")
    links = [] if messages is None else _links(people, messages)
    if messages is not None and links and kind_of(messages.columns.get("created_at", "text")) is Kind.INSTANT:
        outbound = " AND m.direction::text = 'outbound'" if "direction" in messages.columns else ""
        parts.append(
            SQL(MESSAGES).format(
                table=messages.identifier, links=SQL(" OR ").join(links), since=since, outbound=SQL(outbound)
            )
        )
    column = next((name for name in LAST_CONTACT if name in people.columns), None)
    if column is not None:
        parts += _by_column(people, column, since)
    return SQL("({})").format(SQL(" OR ").join(parts))


def _ids(people: Table) -> list[compose.Composable]:
    """The ids under which the ledger may know the row: its own, and those it says of the same person elsewhere."""
    columns = [
        "id",
        *(link for name, link in LINKS.items() if name != people.name and link in people.columns),
    ]
    return [SQL("{}::text").format(compose.Identifier(ROW, column)) for column in columns]


def _links(people: Table, messages: Table) -> list[compose.Composable]:
    found: list[compose.Composable] = []
    for name, link in LINKS.items():
        own = "id" if name == people.name else link
        if link in messages.columns and own in people.columns:
            cast = "" if messages.columns[link] == people.columns[own] else "::text"
            words = SQL(f"{{}}{cast} = {{}}{cast}")
            found.append(words.format(compose.Identifier("m", link), compose.Identifier(ROW, own)))
    return found


def _by_column(people: Table, column: str, since: compose.Composable) -> list[compose.Composable]:
    words = {
        Kind.INSTANT: "coalesce({} > {}, false)",
        Kind.LOCAL: "coalesce({} AT TIME ZONE 'UTC' > {}, false)",
        Kind.DATE: "coalesce({} > ({} AT TIME ZONE 'UTC')::date, false)",
    }.get(kind_of(people.columns[column]))
    return [] if words is None else [SQL(words).format(compose.Identifier(ROW, column), since)]
