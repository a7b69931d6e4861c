"""What Airflow is told when a recurring workflow is published, paused or archived; a stand-in answers as Airflow's REST API does."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from recurring_world import published, recurring
from typer.testing import CliRunner
from workflows import line, setting
from world import ONE, PostgresWorld

from atlas_workflows.cli import schedule, workflow
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.occasion import Recurring
from atlas_workflows.recurring.survey import find_entries

WHO = ("--organization", ONE, "--by", "ada", "--reason", "because")


class StandIn(BaseHTTPRequestHandler):
    """`dags`: DAG to whether it is paused; `read`: tokens of files that were asked for."""

    dags: dict[str, bool]
    read: list[str]

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fits = given == {"username": "ada", "password": "s3cret"}
        self._answer(201 if fits else 401, {"access_token": "token"} if fits else {"detail": "who?"})

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        found = [
            {"dag_id": dag, "is_paused": paused, "file_token": "tok/en", "last_parsed_time": "2026-06-10T09:00:00Z"}
            for dag, paused in sorted(self.dags.items())
            if dag.startswith(asked.get("dag_id_prefix_pattern", "")) and asked.get("paused") in (None, str(paused).lower())
        ]  # fmt: skip
        page = found[int(asked["offset"]) :][:1]  # of one, so that the next is asked for
        self._answer(200, {"dags": page, "total_entries": len(found)})

    def do_PATCH(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.dags[unquote(self.path.rpartition("/")[2])] = given["is_paused"]
        self._answer(200, {})

    def do_PUT(self) -> None:
        self.read.append(unquote(self.path.removeprefix("/api/v2/parseDagFile/")))
        self._answer(409 if len(self.read) > 1 else 201, {})

    def log_message(self, *_: Any) -> None:
        """Silent."""

    def _answer(self, status: int, document: Any) -> None:
        text = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@contextmanager
def standing_in(dags: dict[str, bool]) -> Iterator[tuple[str, type[StandIn]]]:
    handler = type("Answers", (StandIn,), {"dags": dags, "read": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", handler
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def entry(postgres: PostgresWorld, monkeypatch: pytest.MonkeyPatch) -> Entry:
    monkeypatch.setenv("ATLAS_AIRFLOW_USER", "ada")
    monkeypatch.setenv("ATLAS_AIRFLOW_PASSWORD", "s3cret")
    published(postgres, recurring("news", cron="0 9 * * *"))
    (found,) = find_entries(postgres.connection, postgres.executions.now)  # type: ignore[arg-type]
    return found


def run(world: PostgresWorld, *words: str) -> str:
    apps = {"workflow": workflow.app, "schedule": schedule.app}
    done = CliRunner().invoke(apps[words[0]], [*words[1:], "--dsn", world.dsn])
    assert done.exit_code == 0, done.output
    assert "s3cret" not in done.output
    return done.output


def test_a_pause_pauses_the_dag_and_a_resume_lets_only_that_go_on(
    postgres: PostgresWorld, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = f"recurring.{entry.workflow}.older"
    others = "recurring.00000000-0000-4000-8000-000000000009.nine"
    with standing_in({entry.dag_id: False, held: True, others: False}) as (url, airflow):
        monkeypatch.setenv("ATLAS_AIRFLOW_URL", url)
        said = run(postgres, "workflow", "pause", entry.workflow, *WHO)
        assert f"Paused in Airflow: {entry.dag_id}." in said
        assert airflow.dags == {entry.dag_id: True, held: True, others: False}
        assert "Held by an operator" not in run(postgres, "schedule", "calendar")
        said = run(postgres, "workflow", "resume", entry.workflow, *WHO)
        assert f"An operator holds it in Airflow, so nothing is started: {held}." in said
        assert airflow.dags == {entry.dag_id: False, held: True, others: False}
        assert airflow.read == ["tok/en"]
        airflow.dags[entry.dag_id] = True  # by an operator: nothing here lets it go on
        assert f"nothing starts: {entry.title}" in run(postgres, "schedule", "calendar")
        run(postgres, "workflow", "pause", entry.workflow, *WHO)
        run(postgres, "workflow", "resume", entry.workflow, *WHO)
        assert airflow.dags[entry.dag_id] is True
        answer = json.loads(run(postgres, "workflow", "archive", entry.workflow, *WHO, "--json"))
        assert (answer["status"], answer["airflow"]) == ("archived", None)


def test_publishing_asks_for_the_dag_to_be_read(
    postgres: PostgresWorld, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.rows_changed("UPDATE atlas.workflows SET revision = 7")
    words = ("workflow", "publish", entry.workflow, "--revision", "7", *WHO)
    with standing_in({}) as (url, airflow):
        monkeypatch.setenv("ATLAS_AIRFLOW_URL", url)
        assert "Airflow" not in run(postgres, *words), "nothing recurring was there yet to ask by"
        airflow.dags["recurring.x.y"] = False
        assert "Airflow was asked to read it at once." in run(postgres, *words)
        assert airflow.read == ["tok/en"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "wrong password"])
def test_an_airflow_that_is_away_is_said_and_stops_nothing(
    postgres: PostgresWorld, entry: Entry, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with standing_in({entry.dag_id: False}) as (there, airflow):
        monkeypatch.setenv("ATLAS_AIRFLOW_URL", url if url.startswith("http") else there)
        if url == "wrong password":
            monkeypatch.setenv("ATLAS_AIRFLOW_PASSWORD", "s3cret-not")
        said = run(postgres, "workflow", "pause", entry.workflow, *WHO)
        assert "Airflow was not told" in said
        assert "Nothing of it starts all the same" in said
        assert airflow.dags == {entry.dag_id: False}
    assert find_entries(postgres.connection, postgres.executions.now) == []  # type: ignore[arg-type]


def test_what_has_no_schedule_is_no_matter_of_airflows(
    postgres: PostgresWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_AIRFLOW_URL", "http://127.0.0.1:1")
    which = Recurring(ONE, postgres.publish(line("w", setting("a"))), "")
    assert "Airflow" not in run(postgres, "workflow", "pause", which.workflow, *WHO)
