"""Makes a sample: one transaction, so that it is there whole or not at all."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.sample import organizations as gyms
from atlas_workflows.sample import people, tagging
from atlas_workflows.sample.catalog import clear_the_way, create_tables, finish_tables, memberships
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.executions import make_executions
from atlas_workflows.sample.organizations import Organization, make_organizations
from atlas_workflows.sample.people import Lead, make_leads
from atlas_workflows.sample.rows import Coverage, copy_rows
from atlas_workflows.sample.spec import SampleSpec, Shape
from atlas_workflows.sample.workflows import make_drafts
from atlas_workflows.sample.writers import writer_for

CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What was made: rows per table, and the rows that show each class of dirt (code -> "table/id")."""

    spec: SampleSpec
    rows: dict[str, int]
    coverage: Coverage
    seconds: float


def create_sample(dsn: str, spec: SampleSpec, *, replace: bool = False) -> SampleReport:
    """Make the sample in the database.

    Raises DatabaseNotEmpty where other content is, or a sample that `replace` does not allow to drop.
    """
    started = time.monotonic()
    with connect(dsn, application_name="atlas sample create") as connection:
        clear_the_way(connection, replace=replace)
        create_tables(connection, spec)
        rows, coverage = _fill(connection, spec)
        finish_tables(connection, spec)
    return SampleReport(spec, dict(rows), coverage, time.monotonic() - started)


def _fill(connection: Connection, spec: SampleSpec) -> tuple[Counter[str], Coverage]:
    organizations = make_organizations(spec)
    leads = make_leads(spec, organizations)
    rows: Counter[str] = Counter()
    _fill_organizations(connection, spec, organizations, rows)
    _fill_people(connection, spec, organizations, leads, rows)
    writer = writer_for(spec, organizations)
    rows.update(writer.start(connection))
    coverage: Coverage = defaultdict(list)
    for chunk in _chunks(make_drafts(spec, organizations)):
        # Executions come first: the workflow's row tells when the last one ended.
        history = [
            (draft, make_executions(draft, leads[draft.organization.id], spec.seed)) for draft in chunk
        ]
        rows.update(writer.write(connection, history, coverage))
        _note_coverage(coverage, chunk)
    return rows, dict(coverage)


def _fill_organizations(
    connection: Connection, spec: SampleSpec, organizations: tuple[Organization, ...], rows: Counter[str]
) -> None:
    membership_rows = {
        "user_organizations": lambda: gyms.user_organization_rows(organizations, spec.seed),
        "organization_staff": lambda: gyms.staff_rows(organizations, spec.seed),
        "organization_members": lambda: gyms.member_rows(organizations),
        "auth_users": lambda: gyms.auth_user_rows(organizations),
    }
    rows["auth.users"] = copy_rows(connection, "auth.users", gyms.identity_rows(organizations))
    rows["organizations"] = copy_rows(connection, "organizations", gyms.organization_rows(organizations))
    rows["users"] = copy_rows(connection, "users", gyms.user_rows(organizations))
    for table in memberships(spec):
        rows[table] = copy_rows(connection, table, membership_rows[table]())


def _fill_people(
    connection: Connection,
    spec: SampleSpec,
    organizations: tuple[Organization, ...],
    leads: dict[str, tuple[Lead, ...]],
    rows: Counter[str],
) -> None:
    def everyone() -> Iterator[Lead]:
        return chain.from_iterable(leads.values())

    second_form = spec.shape is Shape.C
    contacts = people.contact_rows(everyone(), spec.seed, with_organization=spec.has_organization)
    messages = people.message_rows(everyone(), spec.seed, second_form=second_form)
    rows["leads"] = copy_rows(connection, "leads", people.lead_rows(everyone(), spec.shape))
    rows["clients"] = copy_rows(connection, "clients", people.client_rows(everyone(), spec.seed))
    rows["contacts"] = copy_rows(connection, "contacts", contacts)
    rows["tags"] = copy_rows(connection, "tags", tagging.tag_rows(organizations, spec.seed))
    rows["lead_tags"] = copy_rows(connection, "lead_tags", tagging.lead_tag_rows(everyone(), spec.seed))
    templates = tagging.template_rows(organizations, spec.seed)
    rows["message_templates"] = copy_rows(connection, "message_templates", templates)
    rows["tasks"] = copy_rows(connection, "tasks", people.task_rows(everyone(), spec.seed))
    rows["messages"] = copy_rows(connection, "messages", messages)


def _note_coverage(coverage: Coverage, drafts: list[Draft]) -> None:
    for draft in drafts:
        for code in draft.shows:
            coverage[code].append(f"workflows/{draft.id}")
        for code, execution_id in draft.history_shows:
            coverage[code].append(f"workflow_executions/{execution_id}")


def _chunks(drafts: Iterator[Draft]) -> Iterator[list[Draft]]:
    while chunk := list(islice(drafts, CHUNK)):
        yield chunk
