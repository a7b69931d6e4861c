"""Every door of the API together: which one a request comes to, and what is behind it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import Request

from atlas_workflows.api.database import Database
from atlas_workflows.api.doors.caller import Caller
from atlas_workflows.api.doors.keys import caller_of_key
from atlas_workflows.api.doors.rates import Rate, take
from atlas_workflows.api.doors.refusing import unauthenticated
from atlas_workflows.api.doors.strangers import Strangers, network_of
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.integrations.webhooks.rules import client_address
from atlas_workflows.secrets.api_keys import MARK
from atlas_workflows.store.api_keys import SCOPES

if TYPE_CHECKING:
    from atlas_workflows.api.doors.tokens import Tokens

# Who is logged in where the application is mounted, and whether he may change anything; None for nobody.
ReadSession = Callable[[Request], Awaitable[tuple[str, bool] | None]]
READ = "workflow:analytics"


class Doors:
    """Keys always, tokens where there is a provider, a session where somebody else logs people in."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        rate: Rate,
        *,
        tokens: "Tokens | None" = None,
        read_session: ReadSession | None = None,
        proxies: int = 0,
    ) -> None:
        self.database, self.now, self.rate = database, now, rate
        self.tokens, self.read_session = tokens, read_session
        self.proxies, self.strangers = proxies, Strangers()

    async def session(self, request: Request) -> Caller | None:
        """The operator whose session the request belongs to."""
        found = None if self.read_session is None else await self.read_session(request)
        if found is None:
            return None
        name, may_change = found
        everywhere = frozenset(SCOPES if may_change else (READ,))
        return Caller(f"operator:{name}", "operator", {}, everywhere, by_cookie=True)

    def caller(self, request: Request, now: datetime) -> Caller:
        """Who a request's Authorization names. Raises HttpProblem (401; 429 from where too many wrong ones came)."""
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if not scheme:
            raise unauthenticated("The request has no credentials.")
        if scheme.lower() != "bearer" or not text.strip():
            raise unauthenticated("The Authorization is not of the kind Bearer.")
        network = self.network(request)
        try:
            return self._opened(text.strip(), network, now)
        except HttpProblem as refused:
            if refused.code == "unauthenticated":
                self.strangers.failed(network, text.strip())
            raise

    def network(self, request: Request) -> str:
        """Where a request comes from, as the allowance for wrong credentials counts."""
        peer = request.client.host if request.client else None
        return network_of(peer, request.headers.getlist("x-forwarded-for"), self.proxies)

    def address(self, request: Request) -> str | None:
        """Who called; None where a proxy of ours was passed by."""
        peer = request.client.host if request.client else None
        return client_address(peer, request.headers.getlist("x-forwarded-for"), self.proxies)

    def _opened(self, text: str, network: str, now: datetime) -> Caller:
        """A token is verified whoever else comes from there: that asks no database, and users get a new one every few minutes."""
        if text.startswith(MARK):
            self.strangers.admit(network, text)
            found = caller_of_key(self.database, text, now)
            self.strangers.opened(text)
            return found
        if self.tokens is None:
            raise unauthenticated("This is no key of ours, and no identity provider is set up.")
        return self.tokens.caller(self.database, text, now)

    def take(self, caller: str) -> dict[str, str]:
        """One request out of the caller's allowance."""
        return take(self.database, caller, self.rate)
