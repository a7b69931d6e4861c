"""`./atlas up` from a clone in an ordinary user's home of mode 0700; test_two_checkouts does the same in our own."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from closed_clone import CLONE, Account, ClosedClone, comes_up, make_closed_clone, python_for

pytestmark = [
    pytest.mark.airflow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may act as another account"),
]


@pytest.fixture
def clone(open_folder: Path) -> Iterator[ClosedClone]:
    """The clone; whatever runs in it is stopped in the end, also where a test failed."""
    entry = pwd.getpwnam("nobody")
    owner = Account("an ordinary user", entry.pw_uid, entry.pw_gid)
    made = make_closed_clone(open_folder / "home", CLONE, owner, python_for(owner))
    yield made
    made.atlas("down")


def test_the_stack_comes_up_and_goes_down(clone: ClosedClone) -> None:
    status = comes_up(clone)
    down = clone.atlas("down")
    assert down.returncode == 0, down.stderr
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"host=127.0.0.1 port={status['postgres_port']} user=postgres connect_timeout=3")
