"""What the stack decides and writes, without any process."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.supervision.airflow_environment import (
    CONNECTION_VARIABLE,
    airflow_connection,
    airflow_environment,
)
from atlas_workflows.supervision.backoff import LONGEST_SECONDS, STEADY_SECONDS, crashes_after, restart_delay
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.secret_files import StackSecrets, ensure_secrets, write_private
from atlas_workflows.supervision.state import ProcessState, StackState, read_state, write_state


@given(st.integers(min_value=1, max_value=10_000))
def test_delay_grows_and_is_bounded(crashes: int) -> None:
    assert 0.5 <= restart_delay(crashes) <= restart_delay(crashes + 1) <= LONGEST_SECONDS


def test_a_steady_process_starts_counting_anew() -> None:
    assert crashes_after(7, STEADY_SECONDS) == 1
    assert crashes_after(7, STEADY_SECONDS - 1) == 8


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    first = ensure_secrets(tmp_path / "secrets")
    again = ensure_secrets(tmp_path / "secrets")
    files = sorted((tmp_path / "secrets").iterdir())
    assert [file.name for file in files] == [
        "airflow-api.secret", "airflow-fernet.key", "airflow-jwt.secret", "airflow-passwords.json", "fernet.key",
    ]  # fmt: skip
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert (first.jwt, first.passwords, first.airflow_fernet) == (
        again.jwt,
        again.passwords,
        again.airflow_fernet,
    )
    assert set(first.passwords) == {"admin", "viewer"}


def test_secrets_stay_out_of_repr(tmp_path: Path) -> None:
    made = ensure_secrets(tmp_path)
    shown = repr(made)
    for secret in (made.jwt, made.airflow_fernet, made.api_secret, *made.passwords.values()):
        assert secret not in shown


def test_a_private_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "crm.dsn"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("new", 0o600)


def test_state_round_trips(tmp_path: Path) -> None:
    state = StackState(
        "ready",
        "",
        7,
        airflow_port=8080,
        processes=(ProcessState("scheduler", 9, 1.5, 2, "ended with code 1"),),
    )
    write_state(tmp_path / "state.json", state)
    assert read_state(tmp_path / "state.json") == state
    assert json.loads((tmp_path / "state.json").read_text())["url"] == "http://127.0.0.1:8080"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stage": "ready"}', '{"unknown": 1}'])
def test_a_broken_state_file_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    assert read_state(tmp_path / "state.json") is None


def _secrets(folder: Path) -> StackSecrets:
    return replace(ensure_secrets(folder), jwt="the-jwt")


def test_environment_drops_what_would_mislead(tmp_path: Path) -> None:
    inherited = {
        "AIRFLOW__CORE__EXECUTOR": "Other",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": "/bin",
        "NO_PROXY": "x",
    }
    env = airflow_environment(
        StackPaths(tmp_path, tmp_path / "checkout"),
        _secrets(tmp_path / "secrets"),
        metadata_dsn="postgresql://u:p@127.0.0.1:5/airflow",
        port=8123,
        crm_dsn=None,
        inherited=inherited,
    )
    assert env["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert "PYTHONDONTWRITEBYTECODE" not in env
    assert (env["PATH"], env["PYTHONTZPATH"], env["NO_PROXY"]) == ("/bin", "", "x,127.0.0.1,localhost")
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].startswith("postgresql+psycopg2://u:p@")
    assert env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8123/execution/"
    assert CONNECTION_VARIABLE not in env
    assert (env["GX_ANALYTICS_ENABLED"], env["SCARF_ANALYTICS"]) == ("false", "false")


def test_a_connection_keeps_every_part_of_the_address() -> None:
    document = json.loads(airflow_connection("postgresql://me:p%40ss@db.example:6543/crm?sslmode=require"))
    assert document == {
        "conn_type": "postgres", "host": "db.example", "port": 6543, "login": "me", "password": "p@ss",
        "schema": "crm", "extra": {"sslmode": "require"},
    }  # fmt: skip
