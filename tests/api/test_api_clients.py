"""Generated clients: what they are made of has good names, and what is made type-checks and calls a real server."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from api_world import World
from typer.testing import CliRunner

from atlas_workflows.api.app import create_app
from atlas_workflows.api.clients.folder import MARK, fresh_folder
from atlas_workflows.api.clients.typescript_client import node_modules, run_node
from atlas_workflows.api.reference import served_document
from atlas_workflows.api.serving import PREFIX, listen
from atlas_workflows.cli.api import app as command
from atlas_workflows.errors import InputError, StackError
from atlas_workflows.settings import ROOT, load_settings
from crm_world import ONE, TWO

HOW_TO = ROOT / "docs" / "how-to" / "generate-a-client.md"
SAID = ["made Welcome", "200 archived", "412 stale - Read it again, then repeat the change."]
VERBS = {
    "announce", "approve", "archive", "cancel", "change", "count", "create", "delete", "describe", "diff",
    "discard", "explain", "forecast", "list", "merge", "patch", "plan", "preview", "publish", "read",
    "render", "replay", "restore", "revoke", "rotate", "save", "sign", "simulate", "start", "stream",
    "test", "validate",
}  # fmt: skip


def test_operations_and_schemas_make_good_names() -> None:
    """A function's name is a verb and what it is about; a type's name is one word that no file's name stands in."""
    document = served_document()
    operations = [each for path in document["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(names) > 40
    assert len(names) == len(set(names))
    odd = [
        name
        for name in names
        if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name) or name.partition("_")[0] not in VERBS
    ]
    assert odd == []
    schemas = document["components"]["schemas"]
    assert [name for name in schemas if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)] == []
    used = set(re.findall(r"#/components/schemas/([^\"]+)", json.dumps(document)))
    assert set(schemas) == used, "a client would have types that nothing takes or gives"


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    foreign, file = tmp_path / "src", tmp_path / "file"
    foreign.mkdir()
    (foreign / "mine.py").write_text("x = 1\n")
    file.write_text("x")
    for target in (foreign, file, file / "below"):
        with pytest.raises(InputError), fresh_folder(target):
            raise AssertionError("never begun")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "src"]
    assert [each.name for each in foreign.iterdir()] == ["mine.py"]


def test_a_client_is_replaced_whole_or_stays(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "client"
    for turn in ("first", "second"):
        with fresh_folder(target) as folder:
            folder.mkdir()
            (folder / turn).write_text(turn)
    assert {each.name for each in target.iterdir()} == {"second", MARK}
    with pytest.raises(StackError), fresh_folder(target):
        raise StackError("The generator failed.", remedy="-")
    assert {each.name for each in target.iterdir()} == {"second", MARK}
    assert [each.name for each in target.parent.iterdir()] == ["client"]


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    """The API on a socket, at the addresses of `atlas serve`."""
    app = create_app(dsn=lambda: world.dsn, prefix=PREFIX)
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()
    app.state.doors.database.close()


def _environment(world: World, address: str, organization: str) -> dict[str, str]:
    return {"ATLAS_URL": address, "KEY": world.keys["owner", organization], "NO_PROXY": "*"}


def _generate(language: str, folder: Path) -> None:
    done = CliRunner().invoke(command, ["client", language, "--to", str(folder)])
    if isinstance(done.exception, StackError) and "npm" in done.exception.fact:
        pytest.skip(f"the generator of TypeScript clients is not to be had: {done.exception.fact}")
    assert done.exit_code == 0, done.output or done.exception


def _example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.+?)```", HOW_TO.read_text(), re.DOTALL)
    return str(found)


def test_the_python_client_type_checks_and_calls(world: World, address: str, tmp_path: Path) -> None:
    """The how-to's own example: a list, a workflow made, archived by its ETag, and the problem of a stale one."""
    _generate("python", tmp_path / "python")
    script = tmp_path / "archive.py"
    script.write_text(_example("python"))
    where = {"MYPYPATH": str(tmp_path / "python"), "PYTHONPATH": str(tmp_path / "python")}
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", f"--cache-dir={tmp_path / 'cache'}", "--check-untyped-defs",
         "-p", "atlas_workflows_client", "-m", "archive"],
        cwd=tmp_path, env=os.environ | where, capture_output=True, text=True,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    done = subprocess.run(
        [sys.executable, str(script)], env=os.environ | where | _environment(world, address, ONE), capture_output=True, text=True
    )  # fmt: skip
    assert done.stdout.splitlines() == SAID, done.stderr


def test_the_typescript_client_type_checks_and_calls(world: World, address: str, tmp_path: Path) -> None:
    _generate("typescript", tmp_path / "typescript")
    (tmp_path / "archive.ts").write_text(_example("typescript"))
    compiler = node_modules(load_settings().home) / "typescript" / "bin" / "tsc"
    words = ["--strict", "--target", "es2022", "--module", "commonjs", "--outDir", "out", "archive.ts"]
    checked = run_node([str(compiler), *words], seconds=120, cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _environment(world, address, TWO).items():
            patch.setenv(name, value)
        done = run_node([str(tmp_path / "out" / "archive.js")], seconds=60)
    assert done.stdout.splitlines() == SAID, done.stderr
