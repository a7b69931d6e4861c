"""Who is calling, what that one may do where, and the token that a browser's unsafe requests bring."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from atlas_workflows.api.doors.cookies import COOKIE, new_token
from atlas_workflows.api.doors.needs import Operator
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.routing import KNOWN, api_router
from atlas_workflows.api.schemas.session import Session

ROUTER = api_router("session")


@ROUTER.get("/session", response_model=Session)
def read_session(request: Request, known: Annotated[Operator, Depends(KNOWN)]) -> Response:
    """The caller and its permissions; a browser's session gets its token here."""
    caller = known.caller
    csrf = (request.cookies.get(COOKIE) or new_token()) if caller.by_cookie else None
    where = [
        {"organization": name, "permissions": sorted(given)}
        for name, given in sorted(caller.permissions.items())
    ]
    told = {
        "name": caller.name, "kind": caller.kind, "organizations": where,
        "everywhere": sorted(caller.everywhere), "csrf": csrf,
    }  # fmt: skip
    answer = reply(Session, told)
    if csrf is not None:
        answer.set_cookie(
            COOKIE, csrf, httponly=True, samesite="strict", secure=request.url.scheme == "https",
            path=request.scope.get("root_path") or "/",
        )  # fmt: skip
    return answer
