"""The copy that a game day happens on: a fresh backup restored beside the original, made unable to call out by itself."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.errors import BackupError, PermissionMissing, PhaseRefused
from atlas_workflows.integrations.credentials import keep_credential
from atlas_workflows.integrations.twilio import CONNECTOR
from atlas_workflows.migration.backup.dump import make_backup
from atlas_workflows.migration.backup.remains import clear_away
from atlas_workflows.migration.backup.retention import prune
from atlas_workflows.migration.backup.scratch import SCRATCH, may_create_databases, scratch_database
from atlas_workflows.migration.backup.verify import prove
from atlas_workflows.migration.cutover.drain import BEGUN, EXECUTIONS, NEEDED
from atlas_workflows.migration.steps.backup import plan_of
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.site import Site

# Texts go out under an account that is nobody's.
NOBODY = {
    "account_sid": "AC00000000000000000000000000000000", "auth_token": "game day", "sms_from": "+15005550006",
    "whatsapp_from": "+15005550006",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Copy:
    """Where it is, and which database triggers were switched off in it."""

    dsn: str
    switched_off: tuple[str, ...]


def back_up(site: Site) -> Path:
    """A fresh backup of the original, which is only read. Raises PermissionMissing where no copy could be made of it."""
    clear_away(site)
    if not may_create_databases(site.dsn):
        raise PermissionMissing(
            "This role may not create databases, so there is no copy to rehearse on.",
            remedy="ALTER ROLE … CREATEDB, or run the game day as a role that may.",
        )
    plan = plan_of(site)
    made = make_backup(plan, site.settings, now=site.now())
    prune(plan.folder)
    return made


@contextmanager
def restored(backup: Path, site: Site) -> Iterator[Copy]:
    """The copy for the time of the block. Raises BackupError where it is not what the backup was made of."""
    with scratch_database(site.dsn, _name(site)) as dsn:
        proof = prove(backup, dsn, site.settings, where="the copy of a game day")
        if not proof.passed:
            raise BackupError(
                f"The backup does not restore to what it was made of: {', '.join(proof.restored.faults)}.",
                remedy="Look at manifest.json in the backup's folder, fix the cause, and run the same command again.",
            )
        with Site(dsn, site.settings).connect("game-day", autocommit=True) as connection:
            act_as_migration(connection)
            connection.execute(sql("rehearsal/forget_open_runs"))
            _end_what_was_begun(connection)
            yield Copy(dsn, tuple(_silence(connection)))


def keep_nobodys_credentials(connection: Connection, site: Site, organizations: Sequence[str]) -> None:
    """In place of the organizations' own: what a sink is told must not be anybody's password."""
    if site.settings.secret_keys:
        sealer = Sealer(site.settings.secret_keys)
        for organization in organizations:
            keep_credential(connection, sealer, organization, CONNECTOR, NOBODY)


def _name(site: Site) -> str:
    """One name for each original, so that what a killed game day left is dropped by the next. Raises PhaseRefused beside another."""
    with site.connect("game-day", autocommit=True) as connection:
        original = connection.info.dbname
        name = f"{SCRATCH}game_day_{sha256(original.encode()).hexdigest()[:12]}"
        busy = scalar(connection, "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name])
    if busy:
        raise PhaseRefused(
            f"Another game day of {original} is at work, or its workers are still ending.",
            remedy=f"Wait for it; sessions on {name} in pg_stat_activity show it.",
        )
    return name


def _end_what_was_begun(connection: Connection) -> None:
    """The old application is not there to end what it had begun, and a cutover waits for that."""
    columns = read_catalog(connection).columns(EXECUTIONS)
    if all(name in columns for name in NEEDED):
        connection.execute(sql("game_day/end_begun"), {"begun": list(BEGUN)})


def _silence(connection: Connection) -> Iterator[str]:
    """Switch off database triggers that are not ours: one that posts to a URL would do so from a copy too."""
    found: list[tuple[Any, ...]] = connection.execute(sql("game_day/their_triggers")).fetchall()
    for schema, table, name in found:
        statement = sql("game_day/disable_trigger")
        connection.execute(
            statement.format(table=compose.Identifier(schema, table), name=compose.Identifier(name))
        )
        yield f"{schema}.{table}.{name}"
