"""Keeps passwords off the list of processes: a command that is given one starts anew, with its words in a file without a name.

`./atlas`, which cannot import this, does the same before it makes the environment.
"""

import json
import os
import re
import sys
import tempfile

VARIABLE = "ATLAS_WORDS"
_PASSWORD = re.compile(
    r"(?P<before>://[^:@/\s]*:)\S*@|(?P<name>password\s*=\s*)(?:'[^']*'|[^\s&]+)", re.IGNORECASE
)


def shown(word: str) -> str:
    """The word as others may see it."""
    return _PASSWORD.sub(
        lambda found: f"{found['before']}***@" if found["before"] else f"{found['name']}***", word
    )


def hide_passwords() -> None:
    """Make sys.argv what was given, and let nobody see a password in it who lists processes."""
    handed_on = os.environ.pop(VARIABLE, None)
    if handed_on is not None:
        with os.fdopen(int(handed_on), encoding="utf-8") as file:
            sys.argv[1:] = json.load(file)
        return
    given = sys.argv[1:]
    words = [shown(word) for word in given]
    if words == given or sys.orig_argv[-len(given) :] != given:  # started as a part of another program
        return
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        json.dump(given, file)
        file.seek(0)
        os.set_inheritable(file.fileno(), True)
        command = [*sys.orig_argv[: -len(given)], *words]
        os.execve(sys.executable, command, os.environ | {VARIABLE: str(file.fileno())})  # noqa: S606
