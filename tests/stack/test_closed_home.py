"""`./atlas up` from a clone under a home of mode 0700, by root and by an ordinary user, with a blank and Unicode in the path."""

import json
import os
import pwd
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from closed_clone import PYTHON, Account, ClosedClone, make_closed_clone

from atlas_workflows.db.readable_binaries import is_runnable
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.supervision.airflow_client import AirflowClient

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(400)]

CLONE = "Zoë's gym Łódź"
OURSELVES = Account("root" if os.geteuid() == 0 else "an ordinary user")


def ordinary() -> Account:
    entry = pwd.getpwnam("nobody")
    return Account("an ordinary user", entry.pw_uid, entry.pw_gid)


def python_for(account: Account) -> Path:
    """A Python as ours that the account may run; ours may lie in a closed home itself."""
    ours = (Path(sys.prefix) / "bin" / "python").resolve()
    for python in (ours, Path("/usr/local/bin") / PYTHON, Path("/usr/bin") / PYTHON):
        if python.exists() and (account.uid is None or is_runnable(python.resolve())):
            return python
    pytest.skip(f"no {PYTHON} here that {account.name} may run")


@pytest.fixture(params=[OURSELVES, *([ordinary()] if os.geteuid() == 0 else [])], ids=lambda who: who.name)
def clone(request: pytest.FixtureRequest, open_folder: Path) -> Iterator[ClosedClone]:
    """The clone; whatever runs in it is stopped in the end, also where a test failed."""
    made = make_closed_clone(open_folder / "home", CLONE, request.param, python_for(request.param))
    data = made.root / ".atlas" / "postgres" / "data"
    yield made
    made.atlas("down")
    if request.param.uid is None and os.geteuid() == 0:
        shutil.rmtree(EmbeddedServer(data).data_dir, ignore_errors=True)


def test_the_stack_comes_up_and_goes_down(clone: ClosedClone) -> None:
    up = clone.atlas("up")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "Stack   ready" in up.stdout
    assert "making the environment" not in up.stderr

    status = json.loads(clone.atlas("status", "--json").stdout)
    assert status["stage"] == "ready"
    passwords = json.loads(Path(status["passwords_file"]).read_text())
    assert Path(status["passwords_file"]).is_relative_to(clone.root)
    client = AirflowClient(status["url"], "admin", passwords["admin"])
    client.wait_for_dag("migration_p1_database")

    down = clone.atlas("down")
    assert down.returncode == 0, down.stderr
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"host=127.0.0.1 port={status['postgres_port']} user=postgres connect_timeout=3")
