"""Which state of something a caller has seen: ETags, and what follows where it has changed since. Pure."""

import re
from typing import Annotated

from fastapi import Header

from atlas_workflows.api.manners.problems import HttpProblem

IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=200, description="The ETag of what was read.")
]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=400)]
_TAG = re.compile(r'"([^"]*)"')


def tag_of(*parts: object) -> str:
    """A strong ETag of what makes a state."""
    return '"' + ".".join("-" if part is None else str(part) for part in parts) + '"'


def require_match(given: str | None, tag: str, *, what: str) -> None:
    """Raise HttpProblem where no state was named (428) or another one is there now (412)."""
    if given is None:
        fact = f"It is not said which state of the {what} was read."
        raise HttpProblem(
            "precondition_required", fact, remedy="Send If-Match with its ETag.", field="If-Match"
        )
    if not _names(given, tag):
        fact = f"The {what} is {tag} now, not {given.strip()[:100]}."
        raise HttpProblem("stale", fact, remedy="Read it again, then repeat the change.", field="If-Match", headers={"ETag": tag})  # fmt: skip


def is_known(given: str | None, tag: str) -> bool:
    """Whether a reader has this state already (If-None-Match)."""
    return given is not None and (given.strip() == "*" or tag[1:-1] in _TAG.findall(given))


def revision_of(given: str | None, now: int) -> int:
    """The revision that an If-Match names, of several the one that is there `now`. Raises HttpProblem (428, 412)."""
    if given is None:
        fact = "It is not said which revision of the draft was read."
        raise HttpProblem(
            "precondition_required", fact, remedy="Send If-Match with its ETag.", field="If-Match"
        )
    if _names(given, tag_of(now)):
        return now
    found = re.match(r'"([1-9][0-9]{0,8})"', given.strip())
    if found is None:
        fact = f"{given.strip()[:100]} is no revision of a draft."
        raise HttpProblem("stale", fact, remedy='Send If-Match with the ETag of the draft, such as "7".', field="If-Match")  # fmt: skip
    return int(found[1])


def _names(given: str, tag: str) -> bool:
    """Whether an If-Match names the state: by its strong tag, alone or among others, or by * whatever it is."""
    return given.strip() == "*" or tag in (each.strip() for each in given.split(","))
