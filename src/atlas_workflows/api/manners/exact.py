"""JSON in and out of routes without losing a digit; what is ambiguous, too deep or of another type is refused."""

import hashlib
import re
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.utils import get_flat_dependant
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Needs
from atlas_workflows.api.manners.problems import HttpProblem, invalid, shortened
from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import dumps, is_deeper, loads_unambiguous

DEEPEST = 64
_NUMBER = re.compile(r"[-+]?[0-9._]+(e[-+]?[0-9]+)?", re.IGNORECASE)
# In the openapi_extra of a route: which other media types its JSON may come as.
ALSO_TAKES = "x-also-takes"
LONG = 65_536  # bytes; what is longer is read beside the event loop, which serves everybody


class Model(BaseModel):
    """What a body or an answer looks like; a field that it does not have is refused by name."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


def _written(value: Any) -> Any:
    if isinstance(value, int | float | Decimal) or (
        isinstance(value, str) and _NUMBER.fullmatch(value.strip())
    ):
        raise ValueError("It is a number. Write 2026-03-02T09:00:00Z.")
    return value


# An instant with its offset; pydantic alone takes a number too, and guesses whether it is seconds or milliseconds.
Instant = Annotated[AwareDatetime, BeforeValidator(_written)]


class ExactRequest(Request):
    """A request whose JSON keeps every digit and says every key once."""

    async def json(self) -> Any:
        if not hasattr(self, "_exact"):
            body = await self.body()
            long = len(body) > LONG
            self._exact = await run_in_threadpool(_read, body) if long else _read(body)
        return self._exact


class ExactRoute(APIRoute):
    """A route that reads bodies so, and refuses query parameters that it does not have."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        known = {field.alias for field in get_flat_dependant(self.dependant).query_params}
        media_types = ("application/json", *(self.openapi_extra or {}).get(ALSO_TAKES, ()))
        keepers = [each.call for each in self.dependant.dependencies if isinstance(each.call, Needs)]

        async def exact(request: Request) -> Response:
            asked = ExactRequest(request.scope, request.receive)
            # Who it is comes first: nobody else's bodies are read.
            for keeper in keepers:
                await keeper.admit(asked)
            refuse_unknown((name for name, _ in asked.query_params.multi_items()), known)
            if await self.has_body(asked):
                _require_json(asked, media_types)
                await asked.json()
            asked.state.request_hash = await _hash_of(asked)
            return await handle(asked)

        return exact

    async def has_body(self, request: Request) -> bool:  # noqa: ARG002
        """Whether a body is to be read."""
        return self.body_field is not None


def reply(
    model: type[Model], content: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`content` (a mapping, or something with these attributes) as JSON, checked against the model."""
    return json_response(document_of(model, content), status, headers)


def document_of(model: type[Model], content: Any) -> dict[str, Any]:
    """The same as a mapping, for who keeps it."""
    return model.model_validate(content).model_dump()


def json_response(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer as it stands."""
    return Response(dumps(document), status, dict(headers or {}), "application/json")


def refuse_unknown(given: Iterable[str], known: Iterable[str]) -> None:
    """Raise for the first parameter that nobody has, and for one that stands twice: a misspelt one would be ignored."""
    allowed, seen = set(known), set[str]()
    for name in given:
        if name not in allowed:
            said = f"There is no parameter {shortened(name)!r} here."
            raise invalid(shortened(name), said, f"There is {', '.join(sorted(allowed)) or 'none'}.")
        if name in seen:
            raise invalid(name, f"The parameter {name} stands twice.", "Keep one of them.")
        seen.add(name)


def require_shallow(body: bytes) -> None:
    """Raise for JSON that is nested deeper than anything of ours, before anything recurses into it."""
    if is_deeper(body, DEEPEST):
        raise InvalidJson(f"The JSON is nested more than {DEEPEST} deep.", remedy="Flatten it.")


def _read(body: bytes) -> Any:
    require_shallow(body)
    return loads_unambiguous(body)


def _require_json(request: Request, media_types: Sequence[str]) -> None:
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise HttpProblem(
            "unsupported_media_type", "The body is compressed.", remedy="Send it as it is.", field="Content-Encoding"
        )  # fmt: skip
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() in media_types and charset in ("", "utf-8", "utf8"):
        return
    said = request.headers.get("content-type", "").strip()
    fact = f"The body's Content-Type is {shortened(said)!r}." if said else "The body has no Content-Type."
    raise HttpProblem("unsupported_media_type", fact, remedy=f"Send {media_types[-1]} in UTF-8.")


async def _hash_of(request: Request) -> str:
    """Over what makes a request the same one when it is sent again."""
    head = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(head + await request.body()).hexdigest()
