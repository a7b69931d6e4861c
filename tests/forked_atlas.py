"""`atlas …` as a fork of the test's process: output and exit status as of a process of its own, without its imports.

For tests of what a command does. That the program starts by itself, in a terminal that knows only ASCII, killed or under
an environment of its own, is tested with real processes.
"""

import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO, NoReturn

from atlas_workflows.cli.app import COMMANDS, load_command, main


def run_atlas(
    *words: str, env: Mapping[str, str] | None = None, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it to its end. `env` goes on top of this process's; `given` is what it reads from stdin."""
    if words and words[0] in COMMANDS:
        load_command(words[0])  # imported here it is there for the next one too
    with TemporaryFile("w+") as asked, TemporaryFile("w+") as told, TemporaryFile("w+") as complained:
        asked.write(given or "")
        asked.flush()
        pid = os.fork()
        if pid == 0:
            _be_atlas(words, env or {}, (asked, told, complained))
        try:
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        told.seek(0)
        complained.seek(0)
        return subprocess.CompletedProcess(["atlas", *words], status, told.read(), complained.read())


def _be_atlas(words: Sequence[str], env: Mapping[str, str], files: Sequence[IO[str]]) -> NoReturn:
    status = 1
    try:
        os.lseek(files[0].fileno(), 0, os.SEEK_SET)
        for number, file in enumerate(files):
            os.dup2(file.fileno(), number)
        sys.stdin, sys.stdout, sys.stderr = map(os.fdopen, range(3), "rww")
        sys.argv = ["atlas", *words]
        os.environ.update(env)
        main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
