"""A small client of Airflow's REST API: unpause, trigger, watch, read XCom."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from atlas_workflows.errors import StackError

FINAL_STATES = ("success", "failed")
POLL_SECONDS = 0.7
PAGE = 100
ANSWER_SECONDS = 90.0  # two processors with sixteen programs that want them: over 30 were seen


@dataclass(frozen=True, slots=True)
class TaskState:
    """One task instance of a DAG run; `state` is None before it is scheduled. Mapped ones carry their index."""

    task_id: str
    state: str | None
    map_index: int
    started_at: str | None
    ended_at: str | None
    seconds: float | None


class AirflowClient:
    """Logged in as one user. Every call raises StackError where Airflow refuses or does not answer."""

    def __init__(self, url: str, user: str, password: str, *, seconds: float = ANSWER_SECONDS) -> None:
        self._http = httpx.Client(base_url=url, timeout=seconds, trust_env=False)
        answer = self._call("POST", "/auth/token", {"username": user, "password": password})
        self._http.headers["Authorization"] = f"Bearer {answer['access_token']}"

    def wait_for_dag(self, dag_id: str, *, seconds: float = 90) -> None:
        """Wait until the DAG processor has read the DAG."""
        deadline = time.monotonic() + seconds
        while self._http.get(f"/api/v2/dags/{quote(dag_id)}").status_code != httpx.codes.OK:
            if time.monotonic() > deadline:
                raise StackError(
                    f"Airflow does not show the DAG {dag_id}: {self.import_errors() or 'not read yet'}.",
                    remedy="Read `./atlas logs dag-processor`.",
                )
            time.sleep(POLL_SECONDS)

    def import_errors(self) -> str:
        """What went wrong when DAG files were read, as one text."""
        entries = self._call("GET", "/api/v2/importErrors")["import_errors"]
        return "; ".join(f"{entry['filename']}: {entry['stack_trace'].strip()[-300:]}" for entry in entries)

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler run it."""
        self._call("PATCH", f"/api/v2/dags/{quote(dag_id)}", {"is_paused": False})

    def is_paused(self, dag_id: str) -> bool:
        """Whether the scheduler makes no DAG run of it go on."""
        return bool(self._call("GET", f"/api/v2/dags/{quote(dag_id)}")["is_paused"])

    def pause(self, dag_id: str) -> None:
        """Let the scheduler make no DAG run of it."""
        self._call("PATCH", f"/api/v2/dags/{quote(dag_id)}", {"is_paused": True})

    def dags(self, **which: str | bool) -> list[dict[str, Any]]:
        """The DAGs that fit, as Airflow shows them: `bundle_name`, `paused`, `dag_id_prefix_pattern` and the like."""
        found: list[dict[str, Any]] = []
        while True:
            asked = httpx.QueryParams({**which, "limit": PAGE, "offset": len(found), "order_by": "dag_id"})
            answer = self._call("GET", f"/api/v2/dags?{asked}")
            found += answer["dags"]
            if not answer["dags"] or len(found) >= answer["total_entries"]:
                return found

    def ask_to_read(self, file_token: str) -> None:
        """Have the file of a DAG read before others, and its bundle refreshed first."""
        answer = self._http.put(f"/api/v2/parseDagFile/{quote(file_token)}")
        if answer.is_error and answer.status_code != httpx.codes.CONFLICT:  # that it has been asked for
            raise StackError(
                f"Airflow refused to read a file anew: {answer.status_code} {answer.text[:500]}",
                remedy="It is read at the next refresh.",
            )

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        """Start a DAG run with these parameters; returns its id."""
        answer = self._call(
            "POST", f"/api/v2/dags/{quote(dag_id)}/dagRuns", {"logical_date": None, "conf": conf}
        )
        return str(answer["dag_run_id"])

    def trigger_once(self, dag_id: str, conf: dict[str, Any], run_id: str) -> dict[str, Any]:
        """Start a DAG run of this id, unless there is one; the parameters that it has."""
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns"
        given = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        self._call("POST", path, given, but=httpx.codes.CONFLICT)  # that it is there
        return self.conf(dag_id, run_id)

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The DAG's latest runs as Airflow shows them, newest first."""
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns?order_by=-run_after&limit=50"
        runs: list[dict[str, Any]] = self._call("GET", path)["dag_runs"]
        return runs

    def conf(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """The parameters a run was given."""
        return dict(self._call("GET", self._run_path(dag_id, run_id))["conf"] or {})

    def run_state(self, dag_id: str, run_id: str) -> str:
        """queued, running, success or failed."""
        return str(self._call("GET", self._run_path(dag_id, run_id))["state"])

    def state_if_known(self, dag_id: str, run_id: str) -> str | None:
        """Like run_state; None where there is no such run, or no more."""
        found = self._call("GET", self._run_path(dag_id, run_id), but=httpx.codes.NOT_FOUND)
        return None if (state := found.get("state")) is None else str(state)

    def tasks(self, dag_id: str, run_id: str) -> list[TaskState]:
        """Every task instance of the run."""
        entries = self._call("GET", self._run_path(dag_id, run_id) + "/taskInstances?limit=200")[
            "task_instances"
        ]
        return [
            TaskState(
                entry["task_id"],
                entry["state"],
                entry["map_index"],
                entry["start_date"],
                entry["end_date"],
                entry["duration"],
            )
            for entry in entries
        ]

    def xcom(
        self, dag_id: str, run_id: str, task_id: str, key: str = "return_value", map_index: int = -1
    ) -> Any:
        """A value that a task left, or None where it left none."""
        path = f"{self._run_path(dag_id, run_id)}/taskInstances/{quote(task_id)}/xcomEntries/{quote(key)}"
        answer = self._http.get(path, params={"deserialize": "false", "map_index": map_index})
        return answer.json().get("value") if answer.status_code == httpx.codes.OK else None

    def asks(self, dag_id: str, run_id: str, task_id: str) -> bool:
        """Whether a task waits for a person's answer."""
        answer = self._http.get(self._question_path(dag_id, run_id, task_id))
        return answer.status_code == httpx.codes.OK and not answer.json()["response_received"]

    def answer(self, dag_id: str, run_id: str, task_id: str, option: str, reason: str) -> None:
        """Answer what a task asks, in the name of whoever is logged in."""
        given = {"chosen_options": [option], "params_input": {"reason": reason}}
        self._call("PATCH", self._question_path(dag_id, run_id, task_id), given)

    def log_text(self, dag_id: str, run_id: str, task_id: str, *, attempt: int = 1) -> str:
        """The messages in a task's log, and the errors that ended it."""
        path = f"{self._run_path(dag_id, run_id)}/taskInstances/{quote(task_id)}/logs/{attempt}?full_content=true"
        content = self._call("GET", path)["content"]
        return "\n".join(line for entry in content for line in _log_lines(entry))

    def _question_path(self, dag_id: str, run_id: str, task_id: str) -> str:
        return f"{self._run_path(dag_id, run_id)}/taskInstances/{quote(task_id)}/-1/hitlDetails"

    def _run_path(self, dag_id: str, run_id: str) -> str:
        return f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id)}"

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None, *, but: int = 0) -> Any:
        """The answer as JSON; status `but` is no refusal."""
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise StackError(
                f"Airflow does not answer: {error}.", remedy="Look at `./atlas status`."
            ) from error
        if answer.is_error and answer.status_code != but:
            raise StackError(
                f"Airflow refused {method} {path.split('?')[0]}: {answer.status_code} {answer.text[:500]}",
                remedy="Look at `./atlas logs api-server`.",
            )
        return answer.json() if answer.content else {}


def _log_lines(entry: Any) -> list[str]:
    """An entry's message, and what Airflow keeps beside it: the errors with which the task ended."""
    if not isinstance(entry, dict):
        return [str(entry)]
    errors = entry.get("error_detail") or ()
    return [
        str(entry.get("event", entry)),
        *(f"{error.get('exc_type')}: {error.get('exc_value')}" for error in errors),
    ]
