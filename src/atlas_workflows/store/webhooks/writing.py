"""Writes batches of deliveries under row-level security, with as few ways to the server and back as can be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import scalar_row

from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.webhooks.judge import Delivery
from atlas_workflows.integrations.webhooks.ports import Stored
from atlas_workflows.worker.messages import json_text

AsyncSession = psycopg.AsyncConnection[Any]
ACT = "SELECT set_config('atlas.organization_id', %s, %s)"


@dataclass(slots=True)
class Writer:
    """A session that keeps one batch at a time, and the organization that it acts for between transactions."""

    session: AsyncSession
    organization: str | None = None

    async def keep(self, deliveries: Sequence[Delivery]) -> list[Stored]:
        """One transaction, committed when this returns. Raises psycopg.Error; then nothing of the batch is stored."""
        groups = _by_organization(deliveries)
        if len(groups) > 1 or any(delivery.seconds is not None for delivery in deliveries):
            return await self._keep_groups(groups, deliveries)
        await self._act_for(deliveries[0].endpoint.organization)
        cursor = await _send(self.session, deliveries)  # a transaction by itself
        return [Stored(answer) for answer in await cursor.fetchall()]

    async def _act_for(self, organization: str) -> None:
        if organization != self.organization:
            self.organization = None
            await self.session.execute(ACT, [organization, False])
            self.organization = organization

    async def _keep_groups(
        self, groups: Sequence[Sequence[Delivery]], deliveries: Sequence[Delivery]
    ) -> list[Stored]:
        """Each organization's deliveries under that organization's policies."""
        found: dict[str, Stored] = {}
        async with self.session.pipeline(), self.session.transaction():
            asked = [(group, await self._send_group(group)) for group in groups]
            for group, cursor in asked:
                answers = await cursor.fetchall()
                found |= {
                    delivery.id: Stored(answer) for delivery, answer in zip(group, answers, strict=True)
                }
        return [found[delivery.id] for delivery in deliveries]

    async def _send_group(self, group: Sequence[Delivery]) -> psycopg.AsyncCursor[Any]:
        await self.session.execute(ACT, [group[0].endpoint.organization, True])
        passing = [delivery for delivery in group if delivery.seconds is not None]
        if passing:
            await self.session.execute(sql("webhooks/release_keys"), _passing(passing))
        return await _send(self.session, group)


def _by_organization(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    groups: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        groups.setdefault(delivery.endpoint.organization, []).append(delivery)
    # In one order for everybody: two writers wait for each other in one direction.
    return [groups[organization] for organization in sorted(groups)]


async def _send(session: AsyncSession, group: Sequence[Delivery]) -> psycopg.AsyncCursor[Any]:
    # Each by itself: the slow way that one of them may need, its neighbours are spared.
    said = ",".join([json_text(_said(delivery)) for delivery in group])
    given = {"organization": group[0].endpoint.organization, "deliveries": f"[{said}]"}
    return await session.cursor(row_factory=scalar_row).execute(sql("webhooks/keep"), given)


def _said(delivery: Delivery) -> tuple[Any, ...]:
    """In the places where `webhooks/keep` looks for them."""
    endpoint, subject = delivery.endpoint, delivery.subject
    finder = None if subject is None or endpoint.manner.subject_by == "id" else endpoint.manner.subject_by
    return (
        delivery.id,
        endpoint.id,
        delivery.key,
        delivery.event,
        subject,
        finder,
        delivery.order,
        delivery.trigger,
    )


def _passing(group: Sequence[Delivery]) -> dict[str, Any]:
    return {
        "organization": group[0].endpoint.organization,
        "webhooks": [delivery.endpoint.id for delivery in group],
        "keys": [delivery.key for delivery in group],
        "seconds": [delivery.seconds for delivery in group],
    }
