"""The door of the old fields: a key or a token as everywhere, or, for a caller let in for a while, its network and shared secret."""

from datetime import datetime

from fastapi import Request

from atlas_workflows.api.doors.caller import Caller
from atlas_workflows.api.doors.doors import Doors
from atlas_workflows.api.doors.needs import Needs
from atlas_workflows.api.doors.refusing import unauthenticated
from atlas_workflows.secrets.api_keys import is_api_key
from atlas_workflows.store.v1_let_ins import LetIn, find_let_in

HEADER = "X-Webhook-Secret"  # in which the old application sent shared secrets itself


class FieldNeeds(Needs):
    """Needs of a route that callers may be let in to; where an Authorization is sent it alone decides."""

    def caller(self, request: Request, doors: Doors, now: datetime) -> Caller:
        """Who it is. Raises HttpProblem (401; 429 from where too many wrong ones came), without saying whether secret, network or time was wrong."""
        secret = request.headers.get(HEADER)
        if "authorization" in request.headers or secret is None:
            return super().caller(request, doors, now)
        found = _let_in(doors, request, secret) if is_api_key(secret) else None
        if found is None:
            doors.strangers.failed(doors.network(request), secret)
            raise unauthenticated(f"{HEADER} lets nobody in from there.")
        permissions = {found.organization: frozenset({self.permission or ""})}
        known = Caller(f"let-in:{found.id}", "let_in", permissions)
        request.state.known_caller = known  # counted also where it is refused
        if found.refusal(now) is not None or not found.admits(doors.address(request)):
            raise unauthenticated(f"{HEADER} lets nobody in from there.")
        return known


def _let_in(doors: Doors, request: Request, secret: str) -> LetIn | None:
    doors.strangers.admit(doors.network(request), secret)
    with doors.database.session() as connection:
        found = find_let_in(connection, secret)
    if found is not None:
        doors.strangers.opened(secret)
    return found
