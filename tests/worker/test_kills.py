"""Workers, their sessions and the server are killed and stopped at random: nothing is lost, nothing happens twice."""

import random
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from chaos import WAYS, Fleet, assert_exactly_once, fill, mail_sink, wait_until_settled

from atlas_workflows.db.schema import upgrade
from atlas_workflows.db.server import EmbeddedServer

sys.path.append(str(Path(__file__).parents[1] / "performers"))

KILLS = 20
EXECUTIONS = 1_000


def trial(folder: Path, kills: int, executions: int) -> tuple[int, str]:
    """How many kills there were, and which; that nothing was lost or doubled is asserted on the way."""
    from web_sink import serving

    folder.chmod(0o755)
    # A killed server loses nothing that the system has; only a machine that loses power needs fsync.
    server = EmbeddedServer(folder / "data", settings={"fsync": "off", "full_page_writes": "off"}).start()
    try:
        dsn = server.create_database("crm")
        upgrade(dsn)
        with mail_sink() as (sink, port), serving() as web:
            environment = {
                "ATLAS_SMTP_URL": f"smtp://127.0.0.1:{port}", "ATLAS_MAIL_FROM": "gym@example.com",
                "ATLAS_EGRESS_ALLOW": "127.0.0.0/8",
            }  # fmt: skip
            fill(dsn, executions, web.url + "/call")
            fleet = Fleet(server, dsn, environment, folder / "workers.log")
            fleet.begin()
            try:
                done = _disturb(fleet, sink.taken, executions, kills)
                wait_until_settled(dsn, 180)
            finally:
                fleet.end()
            called = Counter(headers["idempotency-key"] for _, _, headers, _ in web.seen)
            came = assert_exactly_once(dsn, executions, sink, called, fleet)
            words = f"{dict(fleet.kills)}, {done} of them while mail went out; {came}"
            return sum(fleet.kills.values()), words
    finally:
        server.stop(mode="immediate")


def _disturb(fleet: Fleet, taken: Counter[str], executions: int, kills: int) -> int:
    """Kill in random ways, each time after some mail went out, as long as there is any left."""
    while not taken:
        time.sleep(0.05)
    ways = [*dict.fromkeys(WAYS), *random.choices(WAYS, k=kills)][:kills]
    random.shuffle(ways)
    amid = 0
    for way in ways:
        before, patience = len(taken), time.monotonic() + 4
        while len(taken) == before and time.monotonic() < patience:
            time.sleep(0.02)
        time.sleep(random.random() * 0.1)
        amid += len(taken) < executions
        fleet.do(way)
    return amid


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_kills_lose_nothing_and_double_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    done, words = trial(tmp_path_factory.mktemp("kills"), KILLS, EXECUTIONS)
    print(words)
    assert done == KILLS
