"""Keeps passwords off the list of processes: a command that is given one starts anew, with its words in a file without a name.

`./atlas`, which cannot import this, does the same before it makes the environment.
"""

import json
import os
import re
import sys
import tempfile

from atlas_workflows.errors import ConfigurationError

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
    """Make sys.argv what was given, and let nobody see a password in it who lists processes.

    Raises ConfigurationError where the variable was set by somebody else.
    """
    handed_on = os.environ.pop(VARIABLE, None)
    if handed_on is not None:
        sys.argv[1:] = _read(handed_on)
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


def _read(handed_on: str) -> list[str]:
    """The words in the open file of this number, which the process before this one left."""
    try:
        with os.fdopen(int(handed_on), encoding="utf-8") as file:
            words = json.load(file)
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError(words)
    except (OSError, ValueError) as cause:
        raise ConfigurationError(
            f"{VARIABLE} is set, and no words lie there; the command sets it for itself.",
            remedy=f"Take {VARIABLE} out of the environment (`unset {VARIABLE}`), then the same command again.",
        ) from cause
    return words
