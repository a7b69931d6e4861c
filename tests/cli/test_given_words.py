"""A password given on the command line reaches the server and nobody who lists processes; Ctrl-C ends it quietly."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from atlas_workflows.cli.given_words import shown
from atlas_workflows.cli.interruption import GO_ON
from atlas_workflows.settings import ROOT

ATLAS = Path(sys.executable).with_name("atlas")


@pytest.mark.parametrize(
    ("word", "seen"),
    [
        ("postgresql://ann:hunter2@db/crm", "postgresql://ann:***@db/crm"),
        ("--dsn=postgresql://ann:hun@ter/2@db/crm?sslmode=require", "--dsn=postgresql://ann:***@db/crm?sslmode=require"),
        ("postgresql://db/crm?user=ann&password=hunter2&sslmode=require", "postgresql://db/crm?user=ann&password=***&sslmode=require"),
        ("host=db password = 'hunter2 hunter3' user=ann", "host=db password = *** user=ann"),
        ("host=db sslpassword=hunter2", "host=db sslpassword=***"),
        ("postgresql://ann@db/crm", "postgresql://ann@db/crm"),
        ("https://example.com/@ann", "https://example.com/@ann"),
    ],
)  # fmt: skip
def test_of_a_word_others_see_no_password(word: str, seen: str) -> None:
    assert shown(word) == seen


def test_the_password_is_used_and_not_listed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        dsn = f"postgresql://ann:hunter2@127.0.0.1:{server.getsockname()[1]}/crm?sslmode=disable&gssencmode=disable"
        with subprocess.Popen(
            [ATLAS, "migrate", "status", "--dsn", dsn],
            env=os.environ | {"ATLAS_HOME": str(tmp_path)}, stderr=subprocess.PIPE, text=True,
        ) as command:  # fmt: skip
            client, _ = server.accept()
            with client:
                client.recv(1000)
                client.sendall(b"R\0\0\0\x08\0\0\0\x03")  # asks for it in clear
                assert b"hunter2" in client.recv(1000)
                listed = psutil.Process(command.pid)
                assert "postgresql://ann:***@" in " ".join(listed.cmdline())
                assert "hunter2" not in " ".join(listed.cmdline()) + str(listed.environ())
            assert command.stderr is not None
            assert "hunter2" not in command.stderr.read()
    assert command.returncode == 1


@pytest.mark.parametrize("handed_on", ["", "no number", "99", "-1"])
def test_a_variable_that_somebody_else_set_is_one_error(handed_on: str) -> None:
    found = subprocess.run(
        [ATLAS, "status"],
        env=os.environ | {"ATLAS_WORDS": handed_on},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1, found
    assert "Error ATLAS_WORDS is set, and no words lie there" in found.stderr
    assert "unset ATLAS_WORDS" in found.stderr
    assert "Traceback" not in found.stderr


def test_ctrl_c_is_a_quiet_end_with_a_way_on(tmp_path: Path) -> None:
    words = {
        ("migrate", "run", "p1"): "`atlas migrate run p1` with the same words continues it.",
        ("limits", "list"): GO_ON,
    }
    for command, way_on in words.items():
        with socket.create_server(("127.0.0.1", 0)) as server:
            dsn = f"postgresql://ann@127.0.0.1:{server.getsockname()[1]}/crm"
            with subprocess.Popen(
                [ATLAS, *command, "--dsn", dsn, *(["--organization", str(UUID(int=1))] if command[0] == "limits" else [])],
                env=os.environ | {"ATLAS_HOME": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            ) as running:  # fmt: skip
                client, _ = server.accept()  # which never hears anything
                running.send_signal(signal.SIGINT)
                told, complained = running.communicate(timeout=120)
                client.close()
        assert (running.returncode, told, complained.strip()) == (130, "", f"Interrupted; {way_on}")


def test_nor_while_the_environment_is_made(tmp_path: Path) -> None:
    with (tmp_path / "environment.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen(
            [sys.executable, ROOT / "atlas", "status", "--dsn", "postgresql://ann:hunter2@db/crm"],
            env=os.environ | {"ATLAS_HOME": str(tmp_path)},
        ) as script:
            deadline = time.monotonic() + 60
            while "hunter2" in (listed := " ".join(psutil.Process(script.pid).cmdline())):
                assert time.monotonic() < deadline, listed
                time.sleep(0.02)
            script.kill()
    assert "postgresql://ann:***@db/crm" in listed
