"""Phase 1 under a real scheduler: approval, outcome, report, pages for readers only, and a repeat that changes nothing."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import jwt
import psycopg
import pytest

from atlas_workflows.cli.stack_view import logins
from atlas_workflows.db.connect import connect
from atlas_workflows.store.api_keys import create_key
from atlas_workflows.store.steering import By
from atlas_workflows.supervision.airflow_client import FINAL_STATES
from atlas_workflows.supervision.patience import Patience
from live_stack import LiveStack

PHASE = "migration_p1_database"
ROLLBACK = "migration_rollback"
PHASE_NAME = "p1_database"
# Each round of asking costs the API server 100 ms of a processor, which the run then lacks.
ROUND_SECONDS = 1.0
PATIENCE = 90.0  # for one answer of Airflow's on a busy machine

pytestmark = [pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def approved_run(live_stack: LiveStack) -> str:
    """A run that asked for approval, waited, was approved and went on to its end; its Airflow id."""
    client = live_stack.client()
    client.wait_for_dag(PHASE)
    client.unpause(PHASE)
    run_id = client.trigger(
        PHASE,
        {"dry_run": False, "require_approval": True, "rehearse": False, "workers": 2, "throttle": False},
    )
    _wait_for_question(live_stack, run_id)
    assert _state(live_stack, run_id, "finish") is None
    _answer_until_the_end(live_stack, run_id, "Approve")
    return run_id


def _state(stack: LiveStack, run_id: str, task_id: str) -> str | None:
    return next(task.state for task in stack.client().tasks(PHASE, run_id) if task.task_id == task_id)


@dataclass(frozen=True)
class Question:
    """The approval that a run asks for, as a logged-in person sees it."""

    web: httpx.Client
    path: str

    def is_open(self) -> bool:
        answer = self.web.get(self.path)
        return answer.status_code == 200 and not answer.json()["response_received"]

    def answer(self, option: str) -> None:
        self.web.patch(
            self.path, json={"chosen_options": [option], "params_input": {"reason": "looked at it"}}
        ).raise_for_status()


@contextmanager
def _question(stack: LiveStack, run_id: str) -> Iterator[Question]:
    path = f"/api/v2/dags/{PHASE}/dagRuns/{run_id}/taskInstances/approve/-1/hitlDetails"
    bearer = {"Authorization": f"Bearer {_token(stack, 'admin')}"}
    with httpx.Client(base_url=str(stack.state.url), headers=bearer, timeout=PATIENCE) as web:
        yield Question(web, path)


def _wait_for_question(stack: LiveStack, run_id: str) -> None:
    deadline, client = time.monotonic() + 400, stack.client()
    with _question(stack, run_id) as question:
        while not question.is_open():
            assert time.monotonic() < deadline, client.tasks(PHASE, run_id)
            assert client.run_state(PHASE, run_id) not in FINAL_STATES, client.xcom(PHASE, run_id, "close")
            time.sleep(ROUND_SECONDS)


def _answer_until_the_end(stack: LiveStack, run_id: str, option: str) -> str:
    """Answer as a person would, and again should Airflow lose the answer and the retry ask once more.

    No person answers within the moment in which the task parks itself, which lasts as long as a round of the scheduler: the
    busier the machine, the longer. Returns the run's state.
    """
    deadline, client, patience = time.monotonic() + 400, stack.client(), Patience()
    with _question(stack, run_id) as question:
        while (state := client.run_state(PHASE, run_id)) not in FINAL_STATES:
            assert time.monotonic() < deadline, client.tasks(PHASE, run_id)
            if patience.is_over(is_asked=question.is_open(), now=time.monotonic()):
                question.answer(option)
            time.sleep(ROUND_SECONDS)
    return state


def _token(stack: LiveStack, user: str) -> str:
    login = {"username": user, "password": logins(stack.settings)[user]}
    return str(
        httpx.post(f"{stack.state.url}/auth/token", json=login, timeout=PATIENCE).json()["access_token"]
    )


def test_the_run_succeeds_after_approval(live_stack: LiveStack, approved_run: str) -> None:
    client = live_stack.client()
    failed = [task for task in client.tasks(PHASE, approved_run) if task.state not in ("success", "skipped")]
    logs = [
        client.log_text(PHASE, approved_run, task.task_id)[-3000:]
        for task in failed
        if task.state == "failed"
    ]
    assert client.run_state(PHASE, approved_run) == "success", (failed, logs)
    assert client.xcom(PHASE, approved_run, "approve")["approved_by"] == "admin"
    closing = client.xcom(PHASE, approved_run, "close")
    assert (closing["status"], closing["exit_code"]) == ("succeeded", 3)
    assert sum(closing["counts"].values()) == 200


def test_the_dag_run_leads_to_its_report_and_its_logs_are_sentences(
    live_stack: LiveStack, approved_run: str
) -> None:
    path = _report_path(live_stack, approved_run)
    asked = {"dag_id": PHASE, "run_id": approved_run}
    cookie = {"_token": _token(live_stack, "viewer")}
    answer = httpx.get(
        f"{live_stack.state.url}/atlas/dag-run", params=asked, cookies=cookie, timeout=PATIENCE
    )
    assert answer.status_code == 303
    assert f"/atlas/{answer.headers['location']}" == path
    log = live_stack.client().log_text(PHASE, approved_run, "reconcile")
    assert "Step reconcile: passed, differences: 0" in log
    assert "Returned value was" not in log


def test_the_backfill_was_mapped(live_stack: LiveStack, approved_run: str) -> None:
    mapped = [
        task for task in live_stack.client().tasks(PHASE, approved_run) if task.task_id == "backfill_ranges"
    ]
    assert [task.state for task in sorted(mapped, key=lambda task: task.map_index)] == ["success", "success"]


def test_what_airflow_says_is_what_the_database_says(live_stack: LiveStack, approved_run: str) -> None:
    closing = live_stack.client().xcom(PHASE, approved_run, "close")
    with psycopg.connect(live_stack.crm_dsn()) as connection:
        rows = connection.execute(
            "SELECT outcome, count(*) FROM atlas.migration_ledger WHERE source_table = 'workflows' GROUP BY outcome"
        ).fetchall()
    assert {outcome: count for outcome, count in closing["counts"].items() if count} == dict(rows)


def test_progress_is_left_as_xcom(live_stack: LiveStack, approved_run: str) -> None:
    said = live_stack.client().xcom(PHASE, approved_run, "backfill_ranges", "progress", 0)
    assert said["step"] == "backfill"
    assert 0 < said["done"] <= said["total"]


def test_a_repeat_changes_nothing(live_stack: LiveStack, approved_run: str) -> None:
    def fingerprint() -> Any:
        with psycopg.connect(live_stack.crm_dsn()) as connection:
            return connection.execute(
                "SELECT count(*), md5(string_agg(w::text, '|' ORDER BY id)) FROM atlas.workflows AS w"
            ).fetchone()

    assert approved_run
    before = fingerprint()
    _, state = live_stack.run(
        PHASE, {"dry_run": False, "rehearse": False, "backup": False, "throttle": False}
    )
    assert state == "success"
    assert fingerprint() == before


def test_a_rejection_finishes_nothing_and_is_not_asked_for_again(
    live_stack: LiveStack, approved_run: str
) -> None:
    assert approved_run
    run_id = live_stack.client().trigger(
        PHASE,
        {"dry_run": False, "rehearse": False, "backup": False, "require_approval": True, "throttle": False},
    )
    _wait_for_question(live_stack, run_id)
    assert _answer_until_the_end(live_stack, run_id, "Reject") == "failed"
    states = {task.task_id: task.state for task in live_stack.client().tasks(PHASE, run_id)}
    assert (states["approve"], states["finish"], states["close"]) == ("failed", "upstream_failed", "success")


def test_the_form_is_checked_by_airflow(live_stack: LiveStack) -> None:
    answer = httpx.post(
        f"{live_stack.state.url}/api/v2/dags/{PHASE}/dagRuns",
        json={"logical_date": None, "conf": {"percent": 500}},
        headers={"Authorization": f"Bearer {_token(live_stack, 'admin')}"},
        timeout=PATIENCE,
    )
    assert answer.status_code == 400
    assert "500" in answer.text


@pytest.mark.parametrize(
    ("dag_id", "conf", "named"),
    [
        (PHASE, {"dryrun": True}, "dryrun"),
        (PHASE, {"dry_run": False, "precent": 10}, "precent"),
        (ROLLBACK, {"phase": PHASE_NAME, "organisations": [], "dry_run": False}, "organisations"),
    ],
)
def test_a_misspelt_setting_is_refused_by_name_and_nothing_is_done(
    live_stack: LiveStack, dag_id: str, conf: dict[str, Any], named: str
) -> None:
    before = _counts(live_stack)
    run_id, state = live_stack.run(dag_id, conf)
    assert state == "failed"
    (first, *_rest) = [task for task in live_stack.client().tasks(dag_id, run_id) if task.state == "failed"]
    assert named in live_stack.client().log_text(dag_id, run_id, first.task_id)
    assert _counts(live_stack) == before


def _counts(stack: LiveStack) -> list[tuple[Any, ...]]:
    with psycopg.connect(stack.crm_dsn()) as connection:
        return connection.execute(
            "SELECT (SELECT count(*) FROM atlas.workflows), (SELECT count(*) FROM atlas.phase_runs)"
        ).fetchall()


def _report_path(stack: LiveStack, run_id: str) -> str:
    phase_run = stack.client().xcom(PHASE, run_id, "begin", "phase_run_id")
    return f"/atlas/reports/{phase_run}/report.html"


def test_reports_are_for_logged_in_readers_only(live_stack: LiveStack, approved_run: str) -> None:
    base, path = live_stack.state.url, _report_path(live_stack, approved_run)
    for page in ("/atlas/", "/atlas/runs", "/atlas/dag-run?dag_id=a&run_id=b", "/atlas/calendar", path):
        assert httpx.get(f"{base}{page}", timeout=PATIENCE).status_code == 401
        cookie = {"_token": _token(live_stack, "viewer")}
        assert httpx.get(f"{base}{page}", cookies=cookie, timeout=PATIENCE).status_code == 200
        nobody = {"Authorization": f"Bearer {_without_role(live_stack)}"}
        assert httpx.get(f"{base}{page}", headers=nobody, timeout=PATIENCE).status_code == 403


def test_the_api_is_the_same_where_it_is_mounted_and_knows_who_is_logged_in(
    live_stack: LiveStack, approved_run: str
) -> None:
    mounted = f"{live_stack.state.url}/atlas/api/v2"
    alone = f"{live_stack.state.api_url}/atlas/api/v2"
    assert approved_run
    assert {httpx.get(f"{base}/session").status_code for base in (mounted, alone)} == {401}
    nobody = {"Authorization": f"Bearer {_without_role(live_stack)}"}
    assert httpx.get(f"{mounted}/session", headers=nobody).status_code == 401, (
        "Airflow's tokens are a session's only"
    )
    assert httpx.get(f"{mounted}/session", cookies={"_token": _without_role(live_stack)}).status_code == 403
    for login, may_change in (("viewer", False), ("admin", True)):
        cookies = {"_token": _token(live_stack, login)}
        answer = httpx.get(f"{mounted}/session", cookies=cookies)
        told = answer.json()
        assert (told["kind"], "system:admin" in told["everywhere"]) == ("operator", may_change)
        assert len(httpx.get(f"{mounted}/migration/runs", cookies=cookies).json()["items"]) >= 1
        cookies["atlas_csrf"] = told["csrf"]
        assert httpx.post(f"{mounted}/validate", json={"definition": {}}, cookies=cookies).status_code == 403
        own = {"Origin": live_stack.state.url or "", "X-Atlas-CSRF": told["csrf"]}
        checked = httpx.post(f"{mounted}/validate", json={"definition": {}}, cookies=cookies, headers=own)
        assert (checked.status_code, checked.json()["valid"]) == (200, False)
    with connect(live_stack.crm_dsn(), application_name="test", autocommit=True) as connection:
        (organization,) = connection.execute("SELECT organization_id::text FROM atlas.workflows LIMIT 1").fetchone() or ("",)  # fmt: skip
        scopes, by = ["workflow:analytics"], By("ana", "a test")
        _, made = create_key(connection, organization, "test", scopes, by, datetime.now(UTC))
    bearer = {"Authorization": f"Bearer {made.text}"}
    pages = [httpx.get(f"{base}/workflows?limit=200", headers=bearer).json() for base in (mounted, alone)]
    assert pages[0] == pages[1]
    assert pages[0]["items"]


def _without_role(stack: LiveStack) -> str:
    """A token as Airflow signs them, of a user who has no role."""
    secret = (stack.paths.secrets / "airflow-jwt.secret").read_text().strip()
    token = _token(stack, "viewer")
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims | {"role": None}, secret, algorithm=header["alg"])


@pytest.mark.parametrize(
    "tail",
    [
        "../../../secrets/airflow-jwt.secret",
        "%2e%2e/%2e%2e/secrets/fernet.key",
        "..%2f..%2fsecrets%2ffernet.key",
    ],
)
def test_no_path_leads_out_of_the_reports(live_stack: LiveStack, approved_run: str, tail: str) -> None:
    folder = _report_path(live_stack, approved_run).rpartition("/")[0]
    # http.client sends the path as it is; httpx and browsers would resolve the dots before sending.
    connection = HTTPConnection("127.0.0.1", live_stack.state.airflow_port)
    connection.request(
        "GET", f"{folder}/{tail}", headers={"Authorization": f"Bearer {_token(live_stack, 'admin')}"}
    )
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    assert answer.status in (404, 422)
    secrets = [file.read_text().strip() for file in live_stack.paths.secrets.iterdir()]
    assert not [secret for secret in secrets if secret in text]


def test_task_logs_hold_no_secret(live_stack: LiveStack, approved_run: str) -> None:
    logs = "".join(file.read_text(errors="replace") for file in Path(live_stack.paths.logs).rglob("*.log"))
    assert approved_run in logs
    password = live_stack.crm_dsn().split(":")[2].split("@")[0]
    keys = [file.read_text().strip() for file in live_stack.paths.secrets.glob("*.key")]
    assert not [secret for secret in (password, *keys) if secret in logs]
    assert json.dumps(password) not in logs
