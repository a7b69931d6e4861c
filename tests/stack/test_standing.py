"""`status` and `up` ask what they speak of: what does not answer, or is something else, is not ready, with the reason."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from atlas_workflows.cli.demo import serves_on, told_when_stopped
from atlas_workflows.db.ports import free_port
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import StackError
from atlas_workflows.file_locks import hold
from atlas_workflows.settings import ROOT, Settings
from atlas_workflows.supervision.health import PARTS
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.standing import look
from atlas_workflows.supervision.state import READY, STOPPING, StackState, write_state


@pytest.fixture
def paths(tmp_path: Path) -> StackPaths:
    made = StackPaths(tmp_path, ROOT)
    made.make()
    return made


class Silent(BaseHTTPRequestHandler):
    """An HTTP server's own words are of no use here."""

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def web_server() -> Iterator[int]:
    """The port of an HTTP server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_each_part_that_does_not_answer_is_named(paths: StackPaths, web_server: int) -> None:
    state = StackState(READY, "", 1, airflow_port=free_port())
    for port, said in ((free_port(), "refused"), (web_server, "")):
        paths.crm_dsn.write_text(f"postgresql://ann:hunter2@127.0.0.1:{port}/crm")
        standing = look(paths, state)
        airflow, postgres, crm = standing.missing
        assert (airflow, postgres) == ("Airflow does not answer", "PostgreSQL does not answer")
        assert crm.startswith(f"the CRM: No connection to postgresql://ann@127.0.0.1:{port}/crm: ")
        assert said in crm
        assert "hunter2" not in crm
        assert (standing.is_good, standing.postgres.pid) == (False, None)


class Slow(Silent):
    """Airflow when it has just come up: the first answers are an error and a part that is not well yet."""

    answers: ClassVar[list[dict[str, str] | None]] = []

    def do_GET(self) -> None:
        sick = self.answers.pop(0) if self.answers else {}
        self.send_response(503 if sick is None else 200)
        self.end_headers()
        states = dict.fromkeys(PARTS, "healthy") | (sick or {})
        self.wfile.write(json.dumps({part: {"status": status} for part, status in states.items()}).encode())


@pytest.mark.postgres
def test_what_is_just_up_is_asked_again_where_one_has_patience(paths: StackPaths) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as web:
        Thread(target=web.serve_forever, daemon=True).start()
        state = StackState(READY, "", 1, airflow_port=web.server_port)
        Slow.answers = [{"scheduler": "unhealthy"}, None]
        assert look(paths, state).missing == ("Airflow's scheduler is not well", "PostgreSQL does not answer")
        server = EmbeddedServer(paths.postgres)
        with ThreadPoolExecutor() as pool:
            found = pool.submit(look, paths, state, 120.0)
            server.start()
            assert found.result().missing == ()
        server.stop()
        web.shutdown()


def test_what_fails_because_the_stack_was_stopped_is_told_as_that(paths: StackPaths) -> None:
    settings = Settings(root=ROOT, home=paths.home, crm_dsn=None, pg_bin=None, secret_keys=())
    state = StackState(READY, "", 4711)
    with hold(paths.run / "supervisor.lock"):
        write_state(paths.state, state)
        assert serves_on(settings, state)
        with pytest.raises(ZeroDivisionError), told_when_stopped(settings, state):
            raise ZeroDivisionError
        write_state(paths.state, StackState(STOPPING, "stopping", 4711))
        with pytest.raises(StackError, match="stopped elsewhere"), told_when_stopped(settings, state):
            raise ZeroDivisionError
    assert not serves_on(settings, state)
