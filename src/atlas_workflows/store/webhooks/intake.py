"""The intake's store: endpoints by their address, and batches of deliveries committed together, under row-level security."""

import asyncio
from base64 import b64decode
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import structlog
from psycopg.rows import namedtuple_row

from atlas_workflows import exact_json
from atlas_workflows.db.connect import APPLICATION_ROLE
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import ConfigurationError, InputError
from atlas_workflows.integrations.webhooks.endpoint import AskedHeader, Endpoint, endpoint_of
from atlas_workflows.integrations.webhooks.judge import Delivery
from atlas_workflows.integrations.webhooks.manner import read_manner
from atlas_workflows.integrations.webhooks.ports import DeliveryUnfit, StoreAway, Stored
from atlas_workflows.integrations.webhooks.refusals import Refusal
from atlas_workflows.integrations.webhooks.schemes import scheme_named
from atlas_workflows.integrations.webhooks.verify import Secret
from atlas_workflows.nodes.trigger_questions import header_told
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.store.webhooks.writing import AsyncSession, Writer

CONNECT_SECONDS = 5
ATTEMPTS = 3
# SQLSTATE classes of what a delivery brings: its data, its integrity, its size. Whatever else is wrong is ours, so it shall come again.
UNFIT = ("22", "23", "54")
AGAIN = "40"
# A server that is gone without a word is noticed in ten seconds, not in the two hours of TCP.
SILENCE_SECONDS = 10
# For every session of the intake: it may do what the application may, and waits for nobody for long. There is no lock_timeout: a
# batch waits for the commit of the one before it, of the same endpoint, as long as that may take.
SETTINGS = {
    "role": APPLICATION_ROLE, "row_security": "on", "search_path": "pg_catalog", "TimeZone": "UTC", "statement_timeout": "10s",
    "idle_in_transaction_session_timeout": "10s", "jit": "off", "synchronous_commit": "on",
    # Planned once, on tables that may be empty then: by keys all the same.
    "plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_mergejoin": "off",
}  # fmt: skip
log = structlog.get_logger()


class PostgresWebhooks:
    """The ports of the intake. One session reads endpoints, one counts refusals, and as many write as batches are kept at once."""

    def __init__(self, dsn: str, sealer: Sealer | None) -> None:
        self._dsn, self._sealer = dsn, sealer
        self._reader: AsyncSession | None = None
        self._idle: list[Writer] = []
        self._is_closed = False
        self._noter: AsyncSession | None = None
        self._opening, self._noting = asyncio.Lock(), asyncio.Lock()

    async def endpoint(self, endpoint_id: str) -> Endpoint | None:
        """The endpoint of this id as it is now. Raises StoreAway."""
        async with self._opening:
            self._reader = reader = await self._alive(self._reader)
        try:
            cursor = await reader.cursor(row_factory=namedtuple_row).execute(
                sql("webhooks/door"), {"endpoint": endpoint_id}
            )
            found = await cursor.fetchall()
        except psycopg.Error as cause:
            raise _away(cause) from cause
        return _endpoint(found[0], self._sealer) if found else None

    async def keep(self, deliveries: Sequence[Delivery]) -> list[Stored]:
        """Store a batch, each new delivery with its event. Raises StoreAway and DeliveryUnfit."""
        writer = self._idle.pop() if self._idle else Writer(await self._alive(None))
        try:
            return await _kept(writer, deliveries)
        finally:
            await self._put_by(writer)

    async def keep_refusals(self, refusals: Sequence[Refusal]) -> None:
        """Count them, each under its organization's policies. Raises StoreAway."""
        async with self._noting:
            self._noter = session = await self._alive(self._noter)
            groups: dict[str, list[Refusal]] = {}
            for refusal in refusals:
                groups.setdefault(refusal.endpoint.organization, []).append(refusal)
            try:
                async with session.transaction():
                    for organization in sorted(groups):
                        await _note(session, organization, groups[organization])
            except psycopg.Error as cause:
                if session.broken or not _is_unfit(cause):
                    raise _away(cause) from cause
                await _note_alone(session, refusals)

    async def _put_by(self, writer: Writer) -> None:
        if not self._is_closed and _is_alive(writer.session):
            self._idle.append(writer)
            return
        # What ended it, such as the server's end, has mostly ended the others as well, which nobody would see before their turn.
        ended, self._idle = [writer, *self._idle], []
        for each in ended:
            await each.session.close()

    async def close(self) -> None:
        """End its sessions, those at work when they are done."""
        self._is_closed = True
        for session in (self._reader, self._noter, *(writer.session for writer in self._idle)):
            if session is not None:
                await session.close()

    async def _alive(self, session: AsyncSession | None) -> AsyncSession:
        if session is not None and _is_alive(session):
            return session
        try:
            made = await psycopg.AsyncConnection.connect(
                self._dsn,
                autocommit=True,
                application_name="atlas-webhooks",
                client_encoding="UTF8",
                connect_timeout=CONNECT_SECONDS,
                tcp_user_timeout=SILENCE_SECONDS * 1_000,
                keepalives_idle=SILENCE_SECONDS // 2,
                keepalives_interval=1,
                keepalives_count=SILENCE_SECONDS // 2,
                prepare_threshold=1,
            )
            for name, value in SETTINGS.items():
                await made.execute("SELECT set_config(%s, %s, false)", [name, value])
        except psycopg.Error as cause:
            raise _away(cause) from cause
        return made


async def _kept(writer: Writer, deliveries: Sequence[Delivery]) -> list[Stored]:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await writer.keep(deliveries)
        except psycopg.Error as cause:
            state = (cause.sqlstate or "")[:2]
            if state in UNFIT:
                raise DeliveryUnfit from cause
            if state != AGAIN or attempt == ATTEMPTS:
                raise _away(cause) from cause
    raise AssertionError


async def _note(session: AsyncSession, organization: str, group: Sequence[Refusal]) -> None:
    await session.execute("SELECT set_config('atlas.organization_id', %s, true)", [organization])
    given = {
        "organization": organization,
        "webhooks": [each.endpoint.id for each in group],
        "statuses": [each.status for each in group],
        "codes": [each.code for each in group],
        "facts": [each.fact for each in group],
        "addresses": [each.address or "" for each in group],
        "events": [each.event for each in group],
        "times": [each.times for each in group],
    }
    await session.execute(sql("webhooks/keep_refusals"), given)


async def _note_alone(session: AsyncSession, refusals: Sequence[Refusal]) -> None:
    """Each for itself: one that cannot be kept is let go, not the others for its sake. Raises StoreAway."""
    for refusal in refusals:
        try:
            async with session.transaction():
                await _note(session, refusal.endpoint.organization, [refusal])
        except psycopg.Error as cause:
            if session.broken or not _is_unfit(cause):
                raise _away(cause) from cause
            log.warning(
                "a refusal of a webhook cannot be noted",
                webhook=refusal.endpoint.id, code=refusal.code, error=str(_away(cause)),
            )  # fmt: skip


def _endpoint(row: Any, sealer: Sealer | None) -> Endpoint:
    """Raises StoreAway for what this release cannot read: a call may be right, so it shall come again."""
    try:
        return endpoint_of(
            row.id, row.organization, row.endpoint_id, scheme_named(row.scheme), read_manner(exact_json.loads(row.manner)),
            secrets=tuple(_secrets(row, sealer)), verifies=row.verifies, is_open=row.is_open, rate_limit=row.rate_limit,
            asked=tuple(_asked(row.asked, sealer)),
        )  # fmt: skip
    except (InputError, ConfigurationError) as cause:
        raise StoreAway(f"Endpoint {row.endpoint_id} cannot be used: {cause.fact}") from cause


def _secrets(row: Any, sealer: Sealer | None) -> list[Secret]:
    sealed = [(row.sealed, None), (row.previous_sealed, row.previous_until)]
    if sealer is None and row.sealed is not None:
        raise ConfigurationError("There is no key to open secrets with.", remedy="Set ATLAS_SECRET_KEYS.")
    return [
        Secret(sealer.unseal(text), until)
        for text, until in sealed
        if text is not None and sealer is not None
    ]


def _asked(document: str | None, sealer: Sealer | None) -> Iterator[AskedHeader]:
    """Headers that triggers ask for. What is a secret, and cannot be opened, nobody can send."""
    for asked in exact_json.loads(document or "[]"):
        value, sealed = asked["value"], asked["sealed"]
        if isinstance(value, str):
            yield AskedHeader(asked["name"], value, value)
        elif sealed is not None and sealer is not None:
            yield AskedHeader(asked["name"], sealer.unseal(b64decode(sealed)), header_told(value))


def _is_alive(session: AsyncSession) -> bool:
    return not session.closed and not session.broken


def _is_unfit(cause: psycopg.Error) -> bool:
    """Whether it is the rows that cannot be kept; the driver refuses some by itself, without a state."""
    return isinstance(cause, psycopg.DataError) or (cause.sqlstate or "")[:2] in (*UNFIT, "21")


def _away(cause: psycopg.Error) -> StoreAway:
    lines = str(cause).strip().splitlines()
    return StoreAway(lines[0] if lines else type(cause).__name__)
