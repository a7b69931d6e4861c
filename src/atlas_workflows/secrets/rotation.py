"""Seals anew, under the newest key, what older keys sealed: secrets and originals, batch by batch.

Killed at any moment, the same call goes on: what the newest key opens is only looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from atlas_workflows import audit
from atlas_workflows.audit import Subject
from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import ConfigurationError
from atlas_workflows.secrets.sealing import HMAC_PREFIX, Sealer
from atlas_workflows.site import Progress, ProgressSink, silent, utc_now

BATCH_ROWS = 500
# Enough to find them by; the count says how many there are in all.
PLACES_SHOWN = 20
SHELVES = {"secrets": "secret", "originals": "original"}


@dataclass(frozen=True, slots=True)
class Rotated:
    """Of one table: values sealed anew, values that the newest key opened already, places that no key opens."""

    resealed: int = 0
    current: int = 0
    unopened: int = 0
    places: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "resealed": self.resealed,
            "current": self.current,
            "unopened": self.unopened,
            "unopened_places": list(self.places),
        }


@dataclass(frozen=True, slots=True)
class SealedValue:
    """A sealed value, where it stands, and the hash of its content where one was taken."""

    place: str
    sealed: bytes
    content_hash: str | None


@dataclass(frozen=True, slots=True)
class Rotation:
    """What it takes: all keys, the newest one alone, a session in autocommit, whether to write, a sink for progress."""

    sealer: Sealer
    newest: Sealer
    connection: Connection
    dry_run: bool = False
    batch_rows: int = BATCH_ROWS
    progress: ProgressSink = silent
    now: Callable[[], datetime] = utc_now


def rotate_keys(
    connection: Connection,
    keys: tuple[str, ...],
    *,
    actor: str,
    dry_run: bool = False,
    batch_rows: int = BATCH_ROWS,
    progress: ProgressSink = silent,
) -> Mapping[str, Rotated]:
    """Seal everything under `keys[0]`; a dry run opens everything and writes nothing.

    Wants a session in autocommit on which nobody else seals meanwhile. Raises ConfigurationError where the last key
    is not the one that the content hashes were made with.
    """
    act_as_migration(connection)
    rotation = Rotation(Sealer(keys), Sealer(keys[:1]), connection, dry_run, batch_rows, progress)
    totals: dict[str, int] | None = one(connection, dict, sql("secrets/count_sealed"))
    assert totals is not None  # one row by construction
    done = {table: _rotate_table(rotation, table, totals[table]) for table in SHELVES}
    if not dry_run:
        _audit(rotation, actor, done)
    return done


def _rotate_table(rotation: Rotation, table: str, total: int) -> Rotated:
    done, after = Rotated(), None
    while True:
        with rotation.connection.transaction():
            parameters = {"after": after, "rows": rotation.batch_rows}
            batch = rows(rotation.connection, SealedValue, sql(f"secrets/sealed_{table}"), parameters)
            for value in batch:
                done = _take(rotation, table, value, done)
        rotation.progress(Progress("rotate", table, done.resealed + done.current + done.unopened, total))
        if len(batch) < rotation.batch_rows:
            return done
        after = batch[-1].place


def _take(rotation: Rotation, table: str, value: SealedValue, done: Rotated) -> Rotated:
    sealer = rotation.sealer
    if _opens(rotation.newest, value.sealed):
        return replace(done, current=done.current + 1)
    if not _opens(sealer, value.sealed):
        places = (*done.places, value.place)[:PLACES_SHOWN]
        return replace(done, unopened=done.unopened + 1, places=places)
    if value.content_hash is not None and value.content_hash.startswith(HMAC_PREFIX):
        _require_identity_key(sealer, value.sealed, value.content_hash)
    if not rotation.dry_run:
        parameters = {
            "place": value.place,
            "sealed": sealer.rotate(value.sealed),
            "key_id": sealer.key_id,
            "at": rotation.now(),
        }
        rotation.connection.execute(sql(f"secrets/reseal_{SHELVES[table]}"), parameters)
    return replace(done, resealed=done.resealed + 1)


def _opens(sealer: Sealer, sealed: bytes) -> bool:
    try:
        sealer.unseal(sealed)
    except ConfigurationError:
        return False
    return True


def _require_identity_key(sealer: Sealer, sealed: bytes, content_hash: str) -> None:
    if sealer.hmac(sealer.unseal(sealed)) != content_hash:
        raise ConfigurationError(
            "The last key of ATLAS_SECRET_KEYS is not the one that the content hashes were made with.",
            remedy="Put new keys in front and leave the last one last; then the same command again.",
        )


def _audit(rotation: Rotation, actor: str, done: Mapping[str, Rotated]) -> None:
    counts = ", ".join(f"{item.resealed} {table}" for table, item in done.items())
    audit.record(
        rotation.connection,
        Subject("secrets", rotation.sealer.key_id),
        actor=actor,
        action="rotate_keys",
        reason=f"sealed anew: {counts}",
    )
