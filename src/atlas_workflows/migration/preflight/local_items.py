"""Items about this machine and our settings: secrets, client tools, disk, rehearsal, notice of the window."""

import shutil
from pathlib import Path

from cryptography.fernet import Fernet

from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.legacy.source.shapes import SIDE_TABLES
from atlas_workflows.migration.backup.dump import choose
from atlas_workflows.migration.backup.scratch import may_create_databases
from atlas_workflows.migration.backup.tables import bytes_to_keep
from atlas_workflows.migration.preflight.item import Finding, Item, Look, failed, passed, skipped

# A dump compresses, its proof does not: restored once, it takes what the tables take now.
BACKUP_FACTOR = 1.0
# Originals, definitions, ledger and indexes beside the legacy rows; measured on the samples 1.5 to 2.5 times.
GROWTH_FACTOR = 2.5


def check_secrets(look: Look) -> Finding:
    keys = look.context.settings.secret_keys
    if not keys:
        return failed(
            "secrets",
            "No key to seal secrets with.",
            "Set ATLAS_SECRET_KEYS to a Fernet key and keep a copy of it.",
        )
    try:
        for key in keys:
            Fernet(key)
    except ValueError:
        return failed(
            "secrets",
            "A key in ATLAS_SECRET_KEYS is no Fernet key.",
            "Make one: 32 random bytes, URL-safe base64.",
        )
    return passed("secrets", f"{len(keys)} key(s)")


def check_client_tools(look: Look) -> Finding:
    choice = choose(look.context.dsn, look.context.settings)
    if choice.tools is None:
        return passed("client_tools", f"{choice.reason}; the backup is made with COPY instead")
    return passed("client_tools", choice.reason)


def check_disk(look: Look) -> Finding:
    touched = [f"public.{table}" for table in ("workflows", *SIDE_TABLES)]
    size = bytes_to_keep(look.connection, touched)
    folder = _existing_parent(look.context.settings.home)
    free = shutil.disk_usage(folder).free
    here = int(size * BACKUP_FACTOR)
    growth = f"the server's own disk needs about {_megabytes(int(size * GROWTH_FACTOR))} more"
    if free < here:
        return failed(
            "disk", f"{_megabytes(free)} free in {folder}, about {_megabytes(here)} needed for the backup.",
            "Free space, or point ATLAS_HOME at a larger disk.",
        )  # fmt: skip
    return passed("disk", f"backup about {_megabytes(here)}, {_megabytes(free)} free; {growth}")


def check_rehearsal(look: Look) -> Finding:
    context = look.context
    if not context.rehearses or not context.options.backup or not context.persistent:
        return skipped("rehearsal", "not asked for")
    if may_create_databases(look.context.dsn):
        return passed(
            "rehearsal", "the fresh backup will be restored and migrated in a scratch database first"
        )
    return skipped("rehearsal", "this role may not create databases; GRANT it CREATEDB to rehearse")


def check_notice(look: Look) -> Finding:
    announced = scalar(look.connection, sql("preflight/notice"), {"run_id": look.context.run_id})
    if announced is not None:
        return passed("notice", f"announced at {announced:%Y-%m-%d %H:%M} UTC")
    return skipped(
        "notice",
        "no announcement of the maintenance window is on record; the DAG sends one where SMTP is set up",
    )


def _existing_parent(path: Path) -> Path:
    return next(parent for parent in (path, *path.parents) if parent.exists())


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


ITEMS = (
    Item("secrets", "Keys for sealing secrets are set", check_secrets, may_be_waived=False),
    Item("client_tools", "Client tools for the backup", check_client_tools),
    Item("disk", "Disk space for backup and growth", check_disk),
    Item("rehearsal", "A rehearsal is possible", check_rehearsal),
    Item("notice", "Users were told of the window", check_notice),
)
