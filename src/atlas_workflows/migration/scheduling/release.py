"""Lets an organization's schedules fire here, and stops them again: the flag, the record, and workflows that the old one fires."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from atlas_workflows.audit import Subject, record
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.cutover.take_over import Author, take_over
from atlas_workflows.migration.scheduling.look import Looked
from atlas_workflows.migration.scheduling.standing import ACTIVE, Standing, is_quiet
from atlas_workflows.rollout.evaluation import declare_known_flags
from atlas_workflows.rollout.flags import Override
from atlas_workflows.rollout.known import TRANSLATED_SCHEDULES
from atlas_workflows.rollout.ownership import Owner, Rules
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.rollout.rollouts import hold_going
from atlas_workflows.schedule.occurrences import Schedule

REASON = "{phase} brings its schedules over"


def keep(
    connection: Connection, looked: Iterable[Looked], author: Author, organizations: Sequence[str]
) -> None:
    """Write down what was seen, and forget schedules of these organizations that are gone; in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.executemany(sql("migration/p4_advanced/keep"), [_row(item, author) for item in looked])
    given = author.parameters | {"organizations": list(organizations)}
    connection.execute(sql("migration/p4_advanced/forget_gone"), given)


def unsigned(looked: Iterable[Looked]) -> list[Looked]:
    """Those that would wake up with the flag, and nobody signed it."""
    return [item for item in looked if item.verdict.standing is Standing.UNSIGNED]


def release(connection: Connection, organization: str, looked: Sequence[Looked], author: Author) -> int:
    """Set the flag and note what fires from now on, in the caller's transaction. Returns how many schedules begin.

    Raises PhaseRefused where the rollout is halted, or somebody holds the organization's schedules back. What the old
    application fires waits for `bring_over`.
    """
    hold_going(connection, author.phase)
    _let(PostgresFlags(connection), organization, author)
    begun = [
        item
        for item in looked
        if item.verdict.standing in ACTIVE and item.verdict.standing is not Standing.COMES_OVER
    ]
    _activate(connection, organization, begun, author)
    return len(begun)


def bring_over(
    connection: Connection, switch: Switch, looked: Sequence[Looked], rules: Rules, author: Author
) -> tuple[list[Looked], list[Looked]]:
    """Take over the workflows whose schedules the old application fires, where none is due just now.

    Returns those that came, and those that have to wait for a quiet moment. The session is in autocommit.
    """
    quiet = [item for item in looked if is_quiet(_schedules_of(item, looked), author.at)]
    candidates = {item.facts.workflow: item.candidate for item in quiet if item.candidate is not None}
    done = take_over(connection, switch, candidates.values(), rules, author)
    taken = {item.facts.workflow for item, decided in done if decided.owner is Owner.ATLAS_ENHANCED}
    came = [item for item in quiet if item.facts.workflow in taken]
    for organization in sorted({item.facts.organization for item in came}):
        mine = [item for item in came if item.facts.organization == organization]
        _activate(connection, organization, mine, author)
    return came, [item for item in looked if item not in quiet]


def let_by(connection: Connection, phase: str, organizations: Collection[str] | None) -> dict[str, datetime]:
    """Organizations whose flag the phase set, and nobody else since, with when; None: among all."""
    found = PostgresFlags(connection).overrides(TRANSLATED_SCHEDULES.key)
    return {
        str(item.organization_id): item.set_at
        for item in found
        if item.value is True
        and item.reason == REASON.format(phase=phase)
        and (organizations is None or str(item.organization_id) in organizations)
    }


def came_over(connection: Connection, let: dict[str, datetime]) -> list[str]:
    """Workflows of these organizations that the old application fired by the clock until they were taken over since then."""
    given = {"organizations": list(let), "since": list(let.values())}
    return scalars(connection, sql("migration/p4_advanced/came_over"), given)


def stop(connection: Connection, let: Collection[str], author: Author, reason: str) -> int:
    """Clear the flag and note that nothing fires any more; returns how many schedules stop."""
    stopped, flags = firing(connection, let), PostgresFlags(connection)
    for organization in sorted(let):
        flags.clear_override(TRANSLATED_SCHEDULES.key, UUID(organization), actor=author.actor, reason=reason)
    connection.execute(sql("migration/p4_advanced/stop"), {"organizations": list(let)})
    return stopped


def firing(connection: Connection, organizations: Collection[str]) -> int:
    """How many schedules `stop` would stop."""
    given = {"organizations": list(organizations)}
    return int(scalar(connection, sql("migration/p4_advanced/firing"), given))


def _let(flags: PostgresFlags, organization: str, author: Author) -> None:
    declare_known_flags(flags, actor=author.actor)
    known = flags.override(TRANSLATED_SCHEDULES.key, UUID(organization))
    if known is not None and known.value is not True:
        raise PhaseRefused(
            f"{known.set_by} holds the schedules of {organization} back: {known.reason}",
            remedy=f"`atlas flags clear {TRANSLATED_SCHEDULES.key} --organization {organization} --by … --reason …`, "
            "or leave that organization out.",
        )
    if known is None:
        reason = REASON.format(phase=author.phase)
        flags.set_override(
            Override(TRANSLATED_SCHEDULES.key, UUID(organization), True, author.actor, reason, author.at)
        )


def _schedules_of(item: Looked, looked: Iterable[Looked]) -> Iterator[Schedule]:
    """Every schedule of its workflow that the old application fires, by its clock and by ours: they have one column."""
    for other in looked:
        if other.facts.workflow == item.facts.workflow:
            yield from filter(None, (other.configured.schedule, other.after.schedule))


def _activate(connection: Connection, organization: str, begun: Sequence[Looked], author: Author) -> None:
    given = author.parameters | {
        "organization": organization,
        "workflows": [item.facts.workflow for item in begun],
        "triggers": [item.facts.trigger for item in begun],
    }
    new = connection.execute(sql("migration/p4_advanced/activate"), given).fetchall()
    for item in begun:
        if (item.facts.workflow, item.facts.trigger) not in new:
            continue
        record(
            connection,
            Subject("workflows", item.facts.workflow),
            actor=author.actor,
            action="activate_schedule",
            reason=f"{item.facts.trigger}: {item.verdict.why} {item.after.words}",
            organization_id=organization,
        )


def _row(item: Looked, author: Author) -> dict[str, object]:
    return author.parameters | {
        "organization": item.facts.organization, "workflow": item.facts.workflow, "trigger": item.facts.trigger,
        "legacy_id": item.legacy_id, "standing": str(item.verdict.standing), "why": item.verdict.why,
        "timezone": item.after.timezone, "words": item.after.words, "fire_times": dumps_text(item.fire_times),
    }  # fmt: skip
