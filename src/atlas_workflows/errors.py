"""Every error this package raises on purpose, as one tree.

AtlasError
├── ConfigurationError        a setting or secret is missing or wrong
├── DatabaseError             the database refuses or cannot be reached
│   ├── DatabaseUnreachable
│   ├── PermissionMissing
│   └── ForeignServer         the server that answers is not ours
├── SourceError               the legacy side is not what we can read
│   ├── UnknownShape
│   └── HalfAppliedAttempt
├── InputError                a file or an argument given by a person is wrong
│   ├── InvalidJson
│   └── ScheduleRefused       a schedule or a wait that can mean nothing, or too much
├── PhaseError                a phase cannot start or go on
│   ├── GateClosed            validation, reconciliation or approval said no
│   ├── PhaseRefused          another phase or run stands in the way
│   └── PhasePaused
├── BackupError
└── StackError                a local process does not start or stay up
"""

from typing import Any

# The exit status of what somebody ended with Ctrl-C, as shells have it.
INTERRUPTED_STATUS = 130


class AtlasError(Exception):
    """A fact, what to do about it, and the attributes a program may want.

    Shown to people as one message: `fact` then `remedy`. `attributes` must never hold secrets.
    """

    exit_code = 1

    def __init__(self, fact: str, *, remedy: str, **attributes: Any) -> None:
        super().__init__(fact)
        self.fact = fact
        self.remedy = remedy
        self.attributes = attributes

    def __str__(self) -> str:
        return f"{self.fact} {self.remedy}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Whole from one process to another: what a worker raises is what its leader raises.
        return _made_again, (type(self), self.args, self.__dict__)


def _made_again(kind: type[AtlasError], args: tuple[Any, ...], state: dict[str, Any]) -> AtlasError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(AtlasError):
    """A setting or secret is missing or wrong."""


class DatabaseError(AtlasError):
    """The database refuses, or cannot be reached."""


class DatabaseUnreachable(DatabaseError):
    """No connection could be made."""


class PermissionMissing(DatabaseError):
    """The role lacks a privilege that the work needs."""


class ForeignServer(DatabaseError):
    """A server answers, but it is not the one we started."""


class SourceError(AtlasError):
    """The legacy side is not what we can read."""


class UnknownShape(SourceError):
    """The catalog shows no `workflows` table of a known shape."""


class HalfAppliedAttempt(SourceError):
    """Leftovers of an earlier migration attempt stand in the way."""


class InputError(AtlasError):
    """A file or an argument given by a person is wrong."""

    exit_code = 2


class InvalidJson(InputError):
    """A text is not JSON."""


class ScheduleRefused(InputError):
    """A schedule or a wait that can mean nothing, or too much; attribute `field` names the place."""


class ExpressionInvalid(InputError):
    """A condition, template or formula cannot be understood; the fact names the place."""


class ExpressionTooLarge(ExpressionInvalid):
    """A condition, template, formula or rendered text passes a stated limit; the fact names the limit."""


class ExpressionFailed(InputError):
    """A formula has no result for this data: a missing variable, text where a number belongs, a division by zero."""


class PhaseError(AtlasError):
    """A phase cannot start or go on."""


class GateClosed(PhaseError):
    """Validation, reconciliation or approval said no."""

    exit_code = 4


class PhaseRefused(PhaseError):
    """Another phase, or another run of this one, stands in the way."""


class PhasePaused(PhaseError):
    """Somebody paused the run; `resume` continues it."""


class BackupError(AtlasError):
    """A backup could not be made, verified or restored."""


class StackError(AtlasError):
    """A local process does not start or stay up."""
