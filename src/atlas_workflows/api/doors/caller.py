"""Who calls, and for which organization. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from atlas_workflows.api.manners.problems import HttpProblem, invalid, shortened

HEADER = "X-Organization-ID"


@dataclass(frozen=True, slots=True)
class Caller:
    """A key, a user or an operator, with the permissions it has in each organization; an operator has `everywhere` instead.

    `name` goes into the audit log and names its allowance; it is never a secret. `by_cookie`: what a browser sends by itself.
    """

    name: str
    kind: str  # api_key | user | operator
    permissions: Mapping[str, frozenset[str]]
    everywhere: frozenset[str] = frozenset()
    user: str | None = None
    by_cookie: bool = False

    def organization(self, asked: str | None) -> str:
        """The organization that a request is for: the one asked for, or the only one. Raises HttpProblem."""
        if asked is not None:
            return self._allowed(_an_id(asked))
        if len(self.permissions) == 1:
            return next(iter(self.permissions))
        fact = "You may act for several organizations." if self.permissions else "No organization is named."
        raise HttpProblem("organization_required", fact, remedy=f"Send {HEADER}.", field=HEADER)

    def may(self, permission: str, organization: str | None) -> bool:
        """Whether it may do something, in an organization or in the whole installation."""
        if organization is None:
            return permission in self.everywhere
        return permission in self.everywhere | self.permissions.get(organization, frozenset())

    def _allowed(self, organization: str) -> str:
        if organization in self.permissions or self.kind == "operator":
            return organization
        raise HttpProblem(
            "forbidden", f"You do not belong to organization {organization}.", remedy="See GET session."
        )


def _an_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise invalid(HEADER, f"{shortened(text)!r} is no id.", "Give the organization's UUID.") from None
