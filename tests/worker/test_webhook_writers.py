"""Two writers at once: a repeat is still one, an order still an order, and what befalls one batch befalls no other."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from test_webhook_intake import hooks
from webhook_world import Hooks, MemoryHooks, PostgresHooks, delivery
from world import TWO, PostgresWorld

from atlas_workflows.integrations.webhooks.group_commit import GroupCommit, TooBusy
from atlas_workflows.integrations.webhooks.judge import Delivery
from atlas_workflows.integrations.webhooks.ports import Deliveries, StoreAway, Stored
from atlas_workflows.store.webhooks.intake import PostgresWebhooks

__all__ = ["hooks"]
PATIENCE_SECONDS = 20


@dataclass(slots=True)
class Uneven:
    """Every other batch takes its time before it reaches the store, so that the one behind it would overtake it; with a gate, all
    of them wait there."""

    store: Deliveries
    gate: asyncio.Event | None = None
    batches: list[list[Delivery]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def keep(self, deliveries: Sequence[Delivery]) -> list[Stored]:
        self.batches.append([*deliveries])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0.005 * (len(self.batches) % 2)))
            return await self.store.keep(deliveries)
        finally:
            self.at_once -= 1


async def all_kept(commits: GroupCommit, deliveries: Sequence[Delivery]) -> list[Any]:
    """Called one after the other, in eight groups, as callers do."""
    asked = []
    for place, each in enumerate(deliveries):
        asked.append(asyncio.ensure_future(commits.keep(each)))
        if place % 8 == 7:
            await asyncio.sleep(0.001)
    return await asyncio.gather(*asked, return_exceptions=True)


def told(hooks: Hooks, order: str) -> list[int]:
    """The numbers of an order's events, in the order in which the engine hears of them."""
    return [trigger["n"] for _, _, trigger in hooks.events() if trigger.get("order") == order]


def test_the_same_key_in_two_batches_at_once_is_stored_once(hooks: Hooks) -> None:
    one, two = hooks.add("e1", rate_limit=1_000), hooks.add("e2", TWO, rate_limit=1_000)
    rounds = 10

    async def at_once(store: Any) -> None:
        for number in range(rounds):
            hooks.later(61)  # the keys are free again
            keys = ["a", "b", "c"] if number % 2 else ["c", "a", "b"]
            first = [delivery(endpoint, key, seconds=60) for key in keys for endpoint in (one, two)]
            second = [
                delivery(endpoint, key, seconds=60) for key in reversed(keys) for endpoint in (two, one)
            ]
            answers = await asyncio.gather(store.keep(first), store.keep(second))
            for endpoint in (one, two):
                for key in keys:
                    found = [
                        answer
                        for batch, said in zip((first, second), answers, strict=True)
                        for each, answer in zip(batch, said, strict=True)
                        if (each.endpoint, each.key) == (endpoint, key)
                    ]
                    assert sorted(found) == [Stored.REPEAT, Stored.STORED]

    hooks.over(at_once)
    assert len(hooks.events()) == rounds * 3 * 2


def test_deliveries_of_one_order_do_not_overtake_each_other(hooks: Hooks) -> None:
    one, two = hooks.add("e1", rate_limit=1_000), hooks.add("e2", TWO, rate_limit=1_000)
    sent = [
        delivery(
            (one, two)[number % 2], f"k{number}", order=f"o{number % 6}", trigger={"n": number, "order": f"o{number % 6}"}
        )
        for number in range(96)
    ]  # fmt: skip
    free = [delivery(one, f"free{number}") for number in range(32)]

    async def trial(store: Any) -> Uneven:
        uneven = Uneven(store)
        found = await all_kept(GroupCommit(uneven, at_once=7), [*sent[:48], *free, *sent[48:]])
        assert found == [Stored.STORED] * 128
        return uneven

    assert hooks.over(trial).most_at_once == 2
    for remainder in range(6):
        assert told(hooks, f"o{remainder}") == [*range(remainder, 96, 6)]


async def gated(
    store: Deliveries, *groups: Sequence[Delivery], **bounds: int
) -> tuple[list[list[Delivery]], list[Any]]:
    """Each group calls while those before it are under way or wait; then all are let through. The batches, and the answers."""
    uneven = Uneven(store, asyncio.Event())
    commits, asked = GroupCommit(uneven, **bounds), []
    for group in groups:
        asked += [asyncio.ensure_future(commits.keep(each)) for each in group]
        for _ in range(5):
            await asyncio.sleep(0)
    writers = asyncio.all_tasks() - {asyncio.current_task(), *asked}
    assert uneven.at_once == len(writers)  # none goes round and round for what it may not take
    assert uneven.gate
    uneven.gate.set()
    found = await asyncio.gather(*asked, return_exceptions=True)
    return uneven.batches, found


def test_one_order_is_stored_by_one_writer_at_a_time_and_what_it_holds_up_counts_as_waiting() -> None:
    hooks = MemoryHooks()
    endpoint = hooks.add("e1", rate_limit=1_000)
    groups = [[delivery(endpoint, f"k{ten}{one}", order="o") for one in range(10)] for ten in range(4)]
    batches, found = asyncio.run(gated(hooks.store, *groups, most_waiting=20))
    assert [type(answer) for answer in found] == [Stored] * 30 + [TooBusy] * 10
    keys = [f"k{ten}{one}" for ten in range(3) for one in range(10)]
    assert [[each.key for each in batch] for batch in batches] == [keys[:10], keys[10:]]
    assert [each.key for each in hooks.store.events] == keys


@pytest.mark.parametrize(
    ("groups", "batches"),
    [
        ((1,), [1]),
        ((1, 1), [1, 1]),
        ((20, 5, 5), [20, 10]),
        ((20, 5, 20, 30), [20, 25, 30]),
        ((150,), [100, 50]),
    ],
)
def test_a_call_waits_for_nobody_but_small_batches_are_not_made_beside_a_large_one(
    groups: tuple[int, ...], batches: list[int]
) -> None:
    hooks = MemoryHooks()
    endpoint = hooks.add("e1", rate_limit=1_000)
    sent = [
        [delivery(endpoint, f"{group}-{one}") for one in range(many)] for group, many in enumerate(groups)
    ]
    made, found = asyncio.run(gated(hooks.store, *sent))
    assert [len(batch) for batch in made] == batches
    assert found == [Stored.STORED] * sum(groups)


def test_one_that_cannot_be_held_costs_neither_its_neighbours_nor_the_batch_beside_it() -> None:
    hooks = MemoryHooks()
    endpoint = hooks.add("e1", rate_limit=1_000)
    hooks.store.unfit = lambda each: each.key in ("k3", "k20", "k77")
    uneven = Uneven(hooks.store)

    async def trial() -> list[Any]:
        sent = [
            delivery(endpoint, f"k{n}", order=f"o{n % 3}", trigger={"n": n, "order": f"o{n % 3}"}) for n in range(100)
        ]  # fmt: skip
        return await all_kept(GroupCommit(uneven, at_once=9), sent)

    found = asyncio.run(trial())
    assert [n for n, answer in enumerate(found) if answer is not Stored.STORED] == [3, 20, 77]
    assert {found[n] for n in (3, 20, 77)} == {Stored.UNFIT}
    for remainder in range(3):
        assert told(hooks, f"o{remainder}") == [n for n in range(remainder, 100, 3) if n not in (3, 20, 77)]


@contextmanager
def held_up(world: PostgresWorld, one: Delivery) -> Iterator[None]:
    """Whoever stores this delivery has its row and waits to insert its event, which somebody else is about to."""
    event = "INSERT INTO atlas.event_outbox (organization_id, event_key, event_type, anchor) VALUES (%s, %s, 'webhook', 'x')"
    with world.connection.transaction():
        world.connection.execute(event, [one.endpoint.organization, f"webhook {one.id}"])
        yield
        raise psycopg.Rollback


WAITERS = """
SELECT pid FROM pg_stat_activity WHERE application_name = 'atlas-webhooks' AND wait_event_type = 'Lock' ORDER BY query_start
"""


async def waiting(world: PostgresWorld, many: int) -> list[int]:
    until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while asyncio.get_running_loop().time() < until:
        found = [pid for (pid,) in world.rows(WAITERS)]
        if len(found) == many:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"{many} sessions never waited")


@pytest.mark.postgres
def test_a_writer_that_is_killed_takes_no_other_batch_with_it(atlas_dsn: str) -> None:
    """Killed between its insert and its commit: nothing of it is stored, and the batch behind it is."""
    world, other = PostgresWorld(atlas_dsn, now=None), PostgresWorld(atlas_dsn, now=None)
    hooks = PostgresHooks(world)
    endpoint = hooks.add("e1", rate_limit=1_000)

    async def trial(store: PostgresWebhooks) -> list[Any]:
        commits = GroupCommit(store)
        sent = [delivery(endpoint, key) for key in ("a", "b")]
        with held_up(other, sent[0]):
            first = [asyncio.ensure_future(commits.keep(each)) for each in sent]
            (killed,) = await waiting(world, 1)
            # `a` again: behind the first one's rows.
            second = [asyncio.ensure_future(commits.keep(delivery(endpoint, key))) for key in ("a", "c")]
            await waiting(world, 2)
            world.connection.execute("SELECT pg_terminate_backend(%s)", [killed])
            found = await asyncio.gather(*first, return_exceptions=True)
            found += await asyncio.gather(*second)
        return [*found, await commits.keep(delivery(endpoint, "b"))]

    first, neighbour, *others = hooks.over(trial)
    assert isinstance(first, StoreAway)
    assert isinstance(neighbour, StoreAway)
    assert others == [Stored.STORED] * 3  # `a` among them: what was killed left nothing
    assert sorted(trigger["n"] for _, _, trigger in hooks.events()) == ["a", "b", "c"]
    world.close()
    other.close()


DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


@pytest.mark.postgres
def test_two_batches_that_free_the_same_keys_wait_for_each_other_in_one_direction(atlas_dsn: str) -> None:
    """Each holds some of them when both come to one that somebody else has."""
    world, other = PostgresWorld(atlas_dsn, now=None), PostgresWorld(atlas_dsn, now=None)
    hooks = PostgresHooks(world)
    endpoint, keys = hooks.add("e1", rate_limit=1_000), ["a", "b", "c"]

    async def trial(store: PostgresWebhooks) -> list[Stored]:
        batches = [[delivery(endpoint, key, seconds=60) for key in way] for way in (keys, keys, keys[::-1])]
        assert await store.keep(batches[0]) == [Stored.STORED] * 3
        hooks.later(61)
        with other.connection.transaction():
            other.connection.execute(
                "SELECT 1 FROM atlas.webhook_deliveries WHERE delivery_key = 'b' FOR UPDATE"
            )
            asked = [asyncio.ensure_future(store.keep(batch)) for batch in batches[1:]]
            await waiting(world, 2)
        return [answer for batch in await asyncio.gather(*asked) for answer in batch]

    before = world.rows(DEADLOCKS)
    assert sorted(hooks.over(trial)) == [Stored.REPEAT] * 3 + [Stored.STORED] * 3
    assert len(hooks.events()) == 6
    assert world.rows(DEADLOCKS) == before  # each would have cost a batch a second
    world.close()
    other.close()


SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'atlas-webhooks' AND datname = current_database()"


@pytest.mark.postgres
def test_sessions_that_ended_together_cost_one_batch(atlas_dsn: str) -> None:
    """As when the server starts anew: the one that notices first speaks for the other, whose turn may come hours later."""
    world = PostgresWorld(atlas_dsn, now=None)
    hooks = PostgresHooks(world)
    endpoint = hooks.add("e1", rate_limit=1_000)

    async def trial(store: PostgresWebhooks) -> None:
        async def two() -> list[Any]:
            batches = ([delivery(endpoint, str(uuid4()))] for _ in range(2))
            return await asyncio.gather(*(store.keep(batch) for batch in batches), return_exceptions=True)

        assert await two() == [[Stored.STORED]] * 2
        world.rows(SESSIONS.replace("count(*)", "pg_terminate_backend(pid)"))
        with pytest.raises(StoreAway):
            await store.keep([delivery(endpoint, "noticed")])
        assert await store.keep([delivery(endpoint, "alone")]) == [Stored.STORED]
        assert await two() == [[Stored.STORED]] * 2

    hooks.over(trial)
    world.close()


@pytest.mark.postgres
def test_a_session_that_is_at_work_when_the_store_is_closed_ends_with_its_batch(atlas_dsn: str) -> None:
    world, other = PostgresWorld(atlas_dsn, now=None), PostgresWorld(atlas_dsn, now=None)
    hooks = PostgresHooks(world)
    sent = delivery(hooks.add("e1"), "a")

    async def trial(store: PostgresWebhooks) -> list[Stored]:
        with held_up(other, sent):
            kept = asyncio.ensure_future(store.keep([sent]))
            await waiting(world, 1)
            await store.close()
        found = await kept
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while world.rows(SESSIONS) != [(0,)]:
            assert asyncio.get_running_loop().time() < until
            await asyncio.sleep(0.01)
        return found

    assert hooks.over(trial) == [Stored.STORED]
    world.close()
    other.close()


def test_a_writer_that_is_cancelled_holds_up_nobody() -> None:
    hooks = MemoryHooks()
    endpoint = hooks.add("e1", rate_limit=1_000)

    async def trial() -> tuple[list[Any], Stored]:
        uneven = Uneven(hooks.store, asyncio.Event())
        commits, before = GroupCommit(uneven), asyncio.all_tasks()
        first = asyncio.ensure_future(commits.keep(delivery(endpoint, "a", order="o")))
        for _ in range(5):
            await asyncio.sleep(0)
        (writer,) = asyncio.all_tasks() - before - {first}
        writer.cancel()
        found = await asyncio.gather(first, return_exceptions=True)
        assert uneven.gate
        uneven.gate.set()
        return found, await asyncio.wait_for(
            commits.keep(delivery(endpoint, "b", order="o")), PATIENCE_SECONDS
        )

    found, later = asyncio.run(trial())
    assert [type(each) for each in found] == [asyncio.CancelledError]
    assert later is Stored.STORED


@pytest.mark.postgres
def test_one_body_that_is_hard_to_write_does_not_slow_its_neighbours(atlas_dsn: str) -> None:
    """A number beyond 64 bits, half a pair of surrogates, a control character: each takes a slow way through its own body only."""
    world = PostgresWorld(atlas_dsn, now=None)
    hooks = PostgresHooks(world)
    endpoint = hooks.add("e1", rate_limit=100_000)
    rows = [{"name": "x" * 10, "number": 7} for _ in range(300)]

    def batch(*odd: Any) -> list[Delivery]:
        values = [*odd, *[1] * (100 - len(odd))]
        return [delivery(endpoint, str(uuid4()), trigger={"rows": rows, "odd": value}) for value in values]

    async def trial(store: PostgresWebhooks) -> tuple[float, float]:
        async def seconds(*odd: Any) -> float:
            taken = []
            for _ in range(3):
                sent = batch(*odd)
                begun = time.process_time()
                assert await store.keep(sent) == [Stored.STORED] * 100
                taken.append(time.process_time() - begun)
            return min(taken)

        return await seconds(), await seconds(2**64, "\ud800", "\x01")

    plain, odd = hooks.over(trial)
    assert odd < 4 * plain
    world.close()


@pytest.mark.postgres
def test_a_commit_that_fails_is_no_success(atlas_dsn: str) -> None:
    """The statement was right, and its transaction ends in an error: for one organization, and for two together."""
    world = PostgresWorld(atlas_dsn, now=None)
    hooks = PostgresHooks(world)
    one, two = hooks.add("e1"), hooks.add("e2", TWO)
    world.connection.execute("""
        CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today' USING ERRCODE = '58000'; END $$;
        CREATE CONSTRAINT TRIGGER refused AFTER INSERT ON atlas.webhook_deliveries DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION public.refuse()
    """)
    for batch in ([delivery(one, "a")], [delivery(one, "a"), delivery(two, "a")]):
        with pytest.raises(StoreAway, match="not today"):
            hooks.keep(*batch)
    world.connection.execute("DROP TRIGGER refused ON atlas.webhook_deliveries")
    assert hooks.events() == []
    assert hooks.keep(delivery(one, "a"), delivery(two, "a")) == [Stored.STORED] * 2
    world.close()


@pytest.mark.postgres
def test_a_session_that_acted_for_one_organization_stores_nothing_for_it_in_the_next_batch(
    atlas_dsn: str,
) -> None:
    world = PostgresWorld(atlas_dsn, now=None)
    hooks = PostgresHooks(world)
    one, two = hooks.add("e1"), hooks.add("e2", TWO)

    async def trial(store: PostgresWebhooks) -> list[Any]:
        batches = ([one], [two], [one, two], [two], [one])
        return [
            await store.keep([delivery(each, f"{n}") for each in batch]) for n, batch in enumerate(batches)
        ]

    assert hooks.over(trial) == [[Stored.STORED] * many for many in (1, 1, 2, 1, 1)]
    found = "SELECT w.endpoint_id, d.delivery_key FROM atlas.webhook_deliveries AS d JOIN atlas.workflow_webhooks AS w"
    kept = world.rows(
        found + " ON w.id = d.webhook_id AND w.organization_id = d.organization_id ORDER BY 1, 2"
    )
    assert kept == [("e1", "0"), ("e1", "2"), ("e1", "4"), ("e2", "1"), ("e2", "2"), ("e2", "3")]
    world.close()
